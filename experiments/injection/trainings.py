"""Tiny trainings by the real command, each in a process of its own."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from injection.remains import Lost, check_same, checkpoint_files, whole_steps

STEPS = 120
# From 15, 35 and 90 on, what is written first is a sheet, an entry and a checkpoint.
_SETTINGS = {
    "steps": STEPS,
    "save_every": 5,
    "log_every": 6,
    "sample_every": 8,
    "steps_per_loop": 4,
    "batch_size": 6,
    "latent_dim": 5,
    "ema_decay": 0.9,
    "jit_compile": "off",
    "mixed_precision": "off",
}
_PATIENCE = 300  # seconds, many times what anything here takes
_KEPT = 3


class Sitting:
    """A process of the training command.

    Attributes:
        run_dir: its run.
        process: the `subprocess.Popen`.
    """

    def __init__(self, command: Sequence[str], run_dir: Path):
        """Starts it; what it prints goes into files beside the run directory."""
        self.run_dir = run_dir
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        self._files = [
            run_dir.with_name(f"{run_dir.name}-{time.monotonic_ns()}.{name}")
            for name in ("out", "err")
        ]
        with open(self._files[0], "wb") as out, open(self._files[1], "wb") as err:
            self.process = subprocess.Popen(
                [*command], stdout=out, stderr=err, env=environment
            )

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._files[0].read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it has printed on stderr."""
        return self._files[1].read_text(encoding="utf-8")

    def reaches(self, happened: Callable[[], bool]) -> bool:
        """Waits until `happened()`; returns False if the process ended before that."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if happened():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.001)  # a checkpoint's files are half there for some of these
        self.kill()
        raise Lost(f"waited {_PATIENCE} s for a moment that did not come: {self.out}")

    def wait_until_prepared(self) -> None:
        """Waits until what earlier sittings left is cleared away, before the first step."""
        names = "*tfevents*.v2"
        old = set(self.run_dir.glob(names))
        self.reaches(lambda: not old.issuperset(self.run_dir.glob(names)))

    def kill(self) -> bool:
        """Ends it by SIGKILL; returns whether it had not ended before."""
        self.process.kill()
        return self.process.wait() == -signal.SIGKILL

    def end(self) -> int:
        """Waits for its end; returns its status."""
        try:
            return self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Lost(f"it did not end within {_PATIENCE} s: {self.out}") from None

    def check_refused(self, *words: str) -> None:
        """Waits for its end, which must be one line on stderr, with `words`, and status 2.

        Raises:
            Lost: it is another one.
        """
        status, err = self.end(), self.err
        one_line = err.startswith("error: ") and err.count("\n") == 1
        if status != 2 or not one_line or not all(word in err for word in words):
            raise Lost(f"not one line with {words}: status {status}, {err[-2000:]}")

    def check_done(self) -> str:
        """Waits for its end, which must be a good one; returns what it printed.

        Raises:
            Lost: it is another one.
        """
        status = self.end()
        if status or self.err:
            raise Lost(f"status {status}: {self.err[-2000:]}")
        return self.out


class Trainings:
    """Trainings of one model with the same settings, under one folder.

    Attributes:
        folder: has all run directories.
        model: "gan" or "acgan".
        last: runs the command where nothing is to happen to it any more.
    """

    def __init__(self, folder: Path, model: str, last: type[Sitting] = Sitting):
        """Writes the data: three classes of noisy bars, 8x8 pixels.

        Args:
            folder: is made, and gets all run directories.
            model: "gan" or "acgan".
            last: runs the command where nothing is to happen to it any more.
        """
        self.folder = folder
        self.model = model
        self.last = last
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        labels = np.arange(60, dtype=np.int32) % 3
        images = rng.integers(0, 30, (60, 8, 8, 1), dtype=np.uint8)
        images[np.arange(60), 2 * labels + 1] += 200
        np.savez(folder / "bars.npz", x_train=images, y_train=labels)

    def command(self, run_dir: Path, keep: int = _KEPT) -> list[str]:
        """Returns the command for a run directory, always the same one."""
        flags = {**_SETTINGS, "data": self.folder / "bars.npz", "run_dir": run_dir}
        flags |= {"model": self.model, "keep_checkpoints": keep}
        arguments = [f"--{name}={value}" for name, value in flags.items()]
        return [sys.executable, "-m", "gan_tf.train", *arguments]

    def start(self, run_dir: Path, prefix: Sequence[str] = ()) -> Sitting:
        """Starts the command, or the command `prefix` that starts it."""
        return Sitting([*prefix, *self.command(run_dir)], run_dir)

    @functools.cached_property
    def undisturbed(self) -> Path:
        """A run that nothing happened to, with all its checkpoints."""
        run_dir = self.folder / "undisturbed"
        self.last(self.command(run_dir, keep=STEPS), run_dir).check_done()
        return run_dir

    def stopped(self, name: str, step: int) -> Path:
        """Returns a run that was killed when its newest checkpoint was that of `step`.

        Its other files say as much as they can, up to the last step.
        """
        run_dir = self.folder / name
        all_steps = whole_steps(self.undisturbed)
        left_out = [s for s in all_steps if s > step]
        left_out += [s for s in all_steps if s <= step][:-_KEPT]
        names = [file.name for s in left_out for file in checkpoint_files(run_dir, s)]
        ignore = shutil.ignore_patterns(*names)
        shutil.copytree(self.undisturbed, run_dir, ignore=ignore)
        config = run_dir / "config.json"
        text = config.read_text(encoding="utf-8")
        for_all, for_few = (f'"keep_checkpoints": {n},' for n in (STEPS, _KEPT))
        config.write_text(text.replace(for_all, for_few), encoding="utf-8")
        return run_dir

    def check_continues(self, run_dir: Path, step: int) -> str:
        """Repeats the command, which must go on from `step` and end as if undisturbed.

        Of a run that was at its end before the fault it must say so.

        Returns:
            What it printed.

        Raises:
            Lost: it did anything else.
        """
        out = self.last(self.command(run_dir), run_dir).check_done()
        said = "is finished" if step == STEPS else f"continues from step {step}\n"
        if step and said not in out:
            raise Lost(f"it does not continue from step {step}: {out}")
        check_same(run_dir, self.undisturbed, STEPS)
        return out
