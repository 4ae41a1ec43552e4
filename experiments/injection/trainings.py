"""Tiny trainings by the real command, each in a process of its own."""

import functools
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import records
from injection.remains import Lost, check_same, checkpoint_files, intact_steps

STEPS = 120
# After steps 15, 35 and 90, the first output is samples, a log step and a checkpoint.
_SETTINGS = dict(
    steps=STEPS, save_every=5, log_every=6, sample_every=8, steps_per_loop=4, batch_size=6,
    latent_dim=5, ema_decay=0.9, jit_compile="off", mixed_precision="off",
)  # fmt: skip
_TIMEOUT = 300  # seconds, many times what anything here takes
_NUM_CHECKPOINTS = 3


class Session:
    """A process of the training command."""

    def __init__(self, command: list[str], run_dir: Path):
        """Starts it; its output goes to files beside the run directory."""
        self.run_dir = run_dir
        name = f"{run_dir.name}-{time.monotonic_ns()}"
        self._files = [run_dir.with_name(f"{name}.{kind}") for kind in ("out", "err")]
        added = {"PYTHONUNBUFFERED": "1", "CUDA_VISIBLE_DEVICES": "-1"}
        with open(self._files[0], "wb") as out, open(self._files[1], "wb") as err:
            options = {"stdout": out, "stderr": err, "env": {**os.environ, **added}}
            self.process = subprocess.Popen(command, **options)

    out = property(lambda self: self._files[0].read_text(encoding="utf-8"))
    err = property(lambda self: self._files[1].read_text(encoding="utf-8"))

    def wait_for(self, happened) -> None:
        """Waits until `happened()`, or the process has ended."""
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            if happened() or self.process.poll() is not None:
                return
            time.sleep(0.001)  # a checkpoint is partly written for a few of these
        self.kill()
        raise Lost(f"an expected moment did not come in {_TIMEOUT} s: {self.out}")

    def wait_until_prepared(self) -> None:
        """Waits until the remains of earlier sessions are removed, before any step."""
        names = "*tfevents*.v2"
        old = set(self.run_dir.glob(names))
        self.wait_for(lambda: not old.issuperset(self.run_dir.glob(names)))

    def kill(self) -> bool:
        """Ends it by SIGKILL; returns whether it had not ended before."""
        self.process.kill()
        return self.process.wait() == -signal.SIGKILL

    def end(self) -> int:
        """Waits for its end; returns its status."""
        try:
            return self.process.wait(_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Lost(f"it did not end within {_TIMEOUT} s: {self.out}") from None

    def check_refused(self, *words: str) -> None:
        """Raises `Lost` unless it ends with status 2 and one line with `words`."""
        status, err = self.end(), self.err
        one_line = err.startswith("error: ") and err.count("\n") == 1
        if status != 2 or not one_line or not all(word in err for word in words):
            raise Lost(f"not one line with {words}: status {status}, {err[-2000:]}")

    def check_done(self) -> str:
        """Returns its output; raises `Lost` unless it ends well."""
        status = self.end()
        if status or self.err:
            raise Lost(f"status {status}: {self.err[-2000:]}")
        return self.out


class Trainings:
    """Trainings of one model with the same settings, under one folder."""

    def __init__(self, folder: Path, model: str, last: type[Session] = Session):
        """Writes the data, three classes of 8x8 bars; `last` makes undisturbed sessions."""
        self.folder, self.model, self.last = folder, model, last
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        labels = np.arange(60, dtype=np.int32) % 3
        images = rng.integers(0, 30, (60, 8, 8, 1), dtype=np.uint8)
        images[np.arange(60), 2 * labels + 1] += 200
        np.savez(folder / "bars.npz", x_train=images, y_train=labels)

    def command(self, run_dir: Path, keep: int = _NUM_CHECKPOINTS) -> list[str]:
        """Returns the command for a run directory, always the same one."""
        flags = {"model": self.model, "keep_checkpoints": keep, "run_dir": run_dir}
        data = self.folder / "bars.npz"
        return records.train_command(**_SETTINGS, **flags, data=data)

    def start(self, run_dir: Path, prefix=()) -> Session:
        """Starts the command, or the command `prefix` that starts it."""
        return Session([*prefix, *self.command(run_dir)], run_dir)

    @functools.cached_property
    def undisturbed(self) -> Path:
        """A run without any fault, with all its checkpoints."""
        run_dir = self.folder / "undisturbed"
        self.last(self.command(run_dir, keep=STEPS), run_dir).check_done()
        return run_dir

    def stopped(self, name: str, step: int) -> Path:
        """Returns a run whose newest checkpoint is of `step`; other files go further."""
        run_dir = self.folder / name
        steps = intact_steps(self.undisturbed)
        rest = set(steps) - set([s for s in steps if s <= step][-_NUM_CHECKPOINTS:])
        names = [file.name for s in rest for file in checkpoint_files(run_dir, s)]
        shutil.copytree(self.undisturbed, run_dir, ignore=shutil.ignore_patterns(*names))
        config, keep = run_dir / "config.json", '"keep_checkpoints": '
        text = config.read_text().replace(f"{keep}{STEPS},", f"{keep}{_NUM_CHECKPOINTS},")
        config.write_text(text)
        return run_dir

    def check_continues(self, run_dir: Path, step: int) -> str:
        """Returns the output of the command; `Lost` unless it ends as if undisturbed."""
        out = self.last(self.command(run_dir), run_dir).check_done()
        check_resumed(out, step)
        check_same(run_dir, self.undisturbed, STEPS)
        return out


def check_resumed(out: str, step: int) -> None:
    """Raises `Lost` unless the output of a session says where it began."""
    expected = "is finished" if step == STEPS else rf"from step {step}\b"
    if step and not re.search(expected, out):
        raise Lost(f"it does not resume at step {step}: {out}")
