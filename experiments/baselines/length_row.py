"""Half of row 9: whether a step costs more, the longer the training has lasted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from baselines.process_rows import TRAIN
from baselines.timing import Effort, alternate, compared

_TRAIN_GAN = [*TRAIN, "gan"]


class _Training:
    """A `gan` training in a process of its own, which can be held and let go on."""

    def __init__(self, run_dir: Path, steps: int, every: int):
        """Starts it; the `with` ends it.

        Args:
            run_dir: a new directory.
            steps: at which the training ends.
            every: steps to an entry.
        """
        command = [*_TRAIN_GAN, "--steps", str(steps), "--log_every", str(every)]
        command += ["--run_dir", str(run_dir)]
        self._metrics = run_dir / "metrics.jsonl"
        self._entries: list[dict[str, float]] = []
        self._read = 0
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
        # Only what is new is read: it is asked often, beside the training that is timed.
        with self._metrics.open("rb") as file:
            file.seek(self._read)
            # The last line may be half written.
            lines = file.read().splitlines(keepends=True)
        for line in lines:
            if line.endswith(b"\n"):
                self._entries.append(json.loads(line))
                self._read += len(line)
        # A copy: what was there before stays as it was when more has been read.
        return list(self._entries)

    def run_to(self, step: int) -> tuple[float, float]:
        """Lets it go on until `step`, and two entries, are logged; and holds it.

        Returns:
            (its steps/s, milliseconds that a step took of all cores together). The former
            is the median of the new entries but the first, in which the process was held,
            or traced everything. The latter is 0 where the system does not tell.

        Raises:
            CalledProcessError: it has ended before that step.
        """
        before, used = self.entries(), self._cpu_seconds()
        first = before[-1]["step"] if before else 0
        self.process.send_signal(signal.SIGCONT)
        while True:
            # Asked first: what it logged before it ended is then read.
            status, entries = self.process.poll(), self.entries()
            # Of the new ones the first does not count.
            if len(entries) > len(before) + 1 and entries[-1]["step"] >= step:
                break
            if status is not None:
                raise subprocess.CalledProcessError(status, self.process.args)
            time.sleep(0.02)
        used = self._cpu_seconds() - used
        self.process.send_signal(signal.SIGSTOP)
        new = entries[len(before) + 1 :]
        speed = statistics.median(entry["speed/steps_per_second"] for entry in new)
        return speed, 1_000 * used / (entries[-1]["step"] - first)

    def _cpu_seconds(self):
        try:
            text = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        except OSError:
            return 0.0
        # After the name: the state is field 3, user and system time are 14 and 15.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def long_run(effort: Effort) -> list[dict]:
    """Speed and memory at the end of a long gan training against those at its start.

    A training that has come to its last tenth and one that has just begun take turns of a
    second or two, shorter than the machine stays as fast as it is: its own changes, which
    last longer, come to both.
    """
    steps, every = (600, 2) if effort.quick else (20_000, 50)
    tenth, num_turns = steps // 10, effort.num(10)
    ends = [turn * tenth // num_turns for turn in range(1, num_turns + 1)]
    old_ends = (steps - tenth + end for end in ends)
    # To start and to trace takes seconds, and two entries.
    new_ends = (2 * every + end for end in ends)
    with (
        tempfile.TemporaryDirectory() as folder,
        _Training(Path(folder, "old"), steps, every) as old,
        _watched(old) as used,
    ):
        old.run_to(steps - tenth)
        num_used = len(used)
        with _Training(Path(folder, "new"), steps, every) as new:
            new.run_to(2 * every)
            sides = {
                "last tenth": lambda: old.run_to(next(old_ends)),
                "first tenth": lambda: new.run_to(next(new_ends)),
            }
            values = alternate(sides, num_turns)
        at_end = used[-1:]
        speeds = [entry["speed/steps_per_second"] for entry in old.entries()]
    what = f"`gan`, {steps:,} steps: the last tenth against the first"
    wall = {name: [speed for speed, _ in rounds] for name, rounds in values.items()}
    cpu = {name: [spent for _, spent in rounds] for name, rounds in values.items()}
    rows = [compared(what, "steps/s", wall, all_entries=speeds)]
    if all(map(all, cpu.values())):
        rows.append(compared("the same: time of all cores", "ms a step", cpu))
    if used:
        # In the first quarter everything is read and traced.
        middle = used[num_used // 4 : num_used // 2]
        memory = {"end": at_end, "second quarter": [statistics.median(middle)]}
        rows.append(compared("the same: memory", "MiB", memory))
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
