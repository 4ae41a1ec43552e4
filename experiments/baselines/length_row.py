"""Half of row 9: whether a step costs more, the longer the training has lasted."""

from __future__ import annotations

import contextlib
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from baselines.timing import Effort, alternate, compared


class _Training:
    """A `gan` training in a process of its own, which can be held and let go on."""

    def __init__(self, run_dir: Path, steps: int, every: int):
        """Starts it; the `with` ends it."""
        command = [sys.executable, "-m", "gan_tf.train", "--model", "gan"]
        command += ["--steps", str(steps), "--log_every", str(every)]
        command += ["--run_dir", str(run_dir)]
        self._metrics = run_dir / "metrics.jsonl"
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def entries(self) -> list[dict[str, float]]:
        """Returns what it has logged so far."""
        if not self._metrics.exists():
            return []
        # The last line may be half written.
        lines = self._metrics.read_text("utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def run_to(self, step: int) -> float:
        """Lets it go on until `step` is logged, and holds it; returns its steps/s.

        That is the median of the new entries. The first does not count: in it the process
        was held, or traced everything.
        """
        known = len(self.entries())
        self.process.send_signal(signal.SIGCONT)
        while not (entries := self.entries()) or entries[-1]["step"] < step:
            if self.process.poll():
                raise subprocess.CalledProcessError(
                    self.process.returncode, self.process.args
                )
            time.sleep(0.02)
        self.process.send_signal(signal.SIGSTOP)
        new = entries[known + 1 :]
        return statistics.median(entry["speed/steps_per_second"] for entry in new)


def long_run(effort: Effort) -> list[dict]:
    """Speed and memory at the end of a long gan training against those at its start.

    A training that has come to its last tenth and others that have just begun take turns,
    so that the machine's own changes are not taken for the training's.
    """
    steps, every = (60, 2) if effort.quick else (20_000, 100)
    tenth = steps // 10
    marks = iter(range(1, effort.rounds + 1))
    with tempfile.TemporaryDirectory() as folder:

        def last_tenth():
            return old.run_to(steps - tenth + next(marks) * tenth // effort.rounds)

        def first_tenth():
            with _Training(Path(tempfile.mkdtemp(dir=folder)), steps, every) as new:
                return new.run_to(tenth)

        with _Training(Path(folder, "old"), steps, every) as old, _watched(old) as used:
            old.run_to(steps - tenth)
            num_used = len(used)
            sides = {"last tenth": last_tenth, "first tenth": first_tenth}
            values = alternate(sides, effort.rounds)
            at_end = used[-1:]
        speeds = [entry["speed/steps_per_second"] for entry in old.entries()]
    what = f"`gan`, {steps:,} steps: the last tenth against the first"
    rows = [compared(what, "steps/s", values, all_entries=speeds)]
    if used:
        # In the first quarter everything is read and traced.
        middle = used[num_used // 4 : num_used // 2]
        values = {"end": at_end, "second quarter": [statistics.median(middle)]}
        rows.append(compared("the same: memory", "MiB", values))
    return rows


@contextlib.contextmanager
def _watched(training):
    """Yields the list that gets its process's memory in MiB five times a second.

    It stays empty where that is not known.
    """
    used: list[float] = []
    ended = threading.Event()

    def watch():
        status = Path(f"/proc/{training.process.pid}/status")
        while not ended.wait(0.2):
            # No such file on this system, or the process has just ended.
            with contextlib.suppress(OSError, IndexError):
                text = status.read_text("utf-8")
                used.append(int(text.split("VmRSS:")[1].split()[0]) / 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield used
    finally:
        ended.set()
        watcher.join()
