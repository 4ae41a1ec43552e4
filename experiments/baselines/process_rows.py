"""Rows 6, 7 and half of 9: whole processes, from their start."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from baselines.timing import Effort, alternate, compared

_IMPORT = (sys.executable, "-c", "import tensorflow")
_TRAIN = (sys.executable, "-m", "gan_tf.train", "--model")

# Trains one step by the command's own code, prints that and exits at once.
_FIRST_STEP = """
import os, sys
from gan_tf import cli
cli.import_tensorflow()
import gan_tf.train
from gan_tf.training.trainer import Trainer
train = Trainer.train
def train_and_exit(self, num_steps):
    train(self, num_steps)
    print("trained to step", self.step, flush=True)
    os._exit(0)
Trainer.train = train_and_exit
sys.modules["gan_tf.train"].main(["train", *sys.argv[1:]])
"""

# The kernel counts the memory of a process's parent as its own until it starts: a small
# parent is between this process, which is large, and the one that is measured.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
"""


def start_up(effort: Effort) -> list[dict]:
    """Making 16 images, and the first step of a training, against the bare import."""
    with tempfile.TemporaryDirectory() as folder:
        run = f"{folder}/run"
        _seconds([*_TRAIN, "acgan", "--steps", "2", "--run_dir", run])
        generate = [sys.executable, "-m", "gan_tf.generate", "--run_dir", run]
        generate += ["--label", "7", "--num", "16", "--out", f"{folder}/sevens.png"]
        numbers = iter(range(1_000))

        def first_step():
            new = f"{folder}/{next(numbers)}"  # an existing one would be resumed
            flags = ["--model", "acgan", "--steps", "1", "--run_dir", new]
            command = [sys.executable, "-c", _FIRST_STEP, *flags]
            return _seconds(command, "trained to step 1\n")

        sides = {
            "generate": functools.partial(_seconds, generate),
            "train": first_step,
            "import tensorflow": functools.partial(_seconds, _IMPORT),
        }
        values = alternate(sides, effort.rounds)
    bare = values.pop("import tensorflow")
    whats = {
        "generate": "`gan_tf.generate --label 7 --num 16`, whole process",
        "train": "`gan_tf.train --model acgan`, to the end of the first step",
    }
    return [
        compared(
            f"{whats[name]}, against `import tensorflow`",
            "s",
            {name: seconds, "import tensorflow": bare},
        )
        for name, seconds in values.items()
    ]


def memory(effort: Effort) -> list[dict]:
    """Peak memory of the default acgan training on MNIST."""
    with tempfile.TemporaryDirectory() as folder:
        train = [*_TRAIN, "acgan", "--steps", str(effort.num(300))]
        values = {
            "gan_tf": [_peak([*train, "--run_dir", f"{folder}/run"])],
            "import tensorflow": [_peak(_IMPORT)],
        }
    return [compared("peak memory of training `acgan`", "MiB", values)]


def _seconds(command: Sequence[str], last_words: str = "") -> float:
    """Seconds of a process; raises if it failed, or printed something else at its end."""
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if not done.stdout.endswith(last_words):
        raise RuntimeError(f"{command} ended with {done.stdout[-200:]!r}")
    return seconds


def _peak(command: Sequence[str]) -> float:
    """Greatest memory in use of a process, in MiB."""
    command = [sys.executable, "-c", _PEAK, *command]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(answer.stdout) / 2**20


class Training:
    """A `gan` training in a process of its own, which can be suspended and resumed."""

    def __init__(self, run_dir: Path, steps: int, every: int):
        """Starts `steps` steps with a log step after `every`; the `with` ends it."""
        command = [*_TRAIN, "gan", "--steps", str(steps), "--log_every", str(every)]
        self._metrics, self.memory = run_dir / "metrics.jsonl", []
        self._process = subprocess.Popen(
            [*command, "--run_dir", str(run_dir)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.kill()
        self._process.wait()

    def rows(self) -> list[dict[str, float]]:
        """Returns the complete rows of metrics.jsonl so far."""
        if not self._metrics.exists():
            return []
        lines = self._metrics.read_text("utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def run_to(self, step: int) -> tuple[float, float]:
        """Resumes it until `step`, and two more rows, are logged; suspends it.

        Returns:
            (steps/s, the median of the new rows except the first, in which the process was
            suspended or traced; CPU milliseconds per step of all cores, 0 if unknown).

        Raises:
            CalledProcessError: it has ended before that step.
        """
        before, used = self.rows(), self._cpu_seconds()
        self._process.send_signal(signal.SIGCONT)
        while True:
            # In this order: the rows then include those of a process that has ended.
            status, rows = self._process.poll(), self.rows()
            if len(rows) > len(before) + 1 and rows[-1]["step"] >= step:
                break
            if status is not None:
                raise subprocess.CalledProcessError(status, self._process.args)
            resident = self._proc("status").partition("VmRSS:")[2].split()
            self.memory += [int(kib) / 1024 for kib in resident[:1]]
            time.sleep(0.05)
        used = self._cpu_seconds() - used
        self._process.send_signal(signal.SIGSTOP)
        steps = rows[-1]["step"] - (before[-1]["step"] if before else 0)
        speeds = [row["speed/steps_per_second"] for row in rows[len(before) + 1 :]]
        return statistics.median(speeds), 1_000 * used / steps

    def _cpu_seconds(self):
        # After the name: the state is field 3, user and system time are 14 and 15.
        fields = self._proc("stat").rpartition(")")[2].split()[11:13]
        return sum(map(int, fields)) / os.sysconf("SC_CLK_TCK")

    def _proc(self, name):
        """The text of a file in /proc, empty where there is none."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self._process.pid}/{name}").read_text("utf-8")
        return ""


def long_run(effort: Effort) -> list[dict]:
    """Speed and memory at the end of a long gan training against those at its start.

    A training in its last tenth and one that has just begun take turns of a second or two,
    shorter than the machine's own changes of speed, which then affect both.
    """
    steps, every = (600, 2) if effort.quick else (20_000, 50)
    tenth, num_turns = steps // 10, effort.num(10)
    ends = [turn * tenth // num_turns for turn in range(1, num_turns + 1)]
    old_ends = (steps - tenth + end for end in ends)
    new_ends = (2 * every + end for end in ends)  # tracing takes the first two rows
    with (
        tempfile.TemporaryDirectory() as folder,
        Training(Path(folder, "old"), steps, every) as old,
    ):
        old.run_to(steps - tenth)
        early = old.memory[len(old.memory) // 4 : len(old.memory) // 2]
        with Training(Path(folder, "new"), steps, every) as new:
            new.run_to(2 * every)
            sides = {
                "last tenth": lambda: old.run_to(next(old_ends)),
                "first tenth": lambda: new.run_to(next(new_ends)),
            }
            values = alternate(sides, num_turns)
        speeds = [row["speed/steps_per_second"] for row in old.rows()]
    wall, cpu = ({k: [pair[i] for pair in v] for k, v in values.items()} for i in (0, 1))
    what = f"`gan`, {steps:,} steps: the last tenth against the first"
    rows = [compared(what, "steps/s", wall, all_log_steps=speeds)]
    if all(map(all, cpu.values())):
        rows.append(compared("the same: CPU time of all cores", "ms per step", cpu))
    if early:
        memory = {"end": old.memory[-1:], "second quarter": [statistics.median(early)]}
        rows.append(compared("the same: memory", "MiB", memory))
    return rows
