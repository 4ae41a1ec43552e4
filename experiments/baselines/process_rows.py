"""Rows 6 and 7: whole processes, from their start."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from baselines.timing import Effort, alternate, compared

_IMPORT = (sys.executable, "-c", "import tensorflow")
_GENERATE = (sys.executable, "-m", "gan_tf.generate")
_TRAIN = (sys.executable, "-m", "gan_tf.train", "--model")

# Trains one step by the command's own code, prints that and exits at once.
_FIRST_STEP = """
import os, sys
from gan_tf import startup
startup.import_tensorflow()
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
        flags = f"--run_dir {run} --label 7 --num 16 --out {folder}/sevens.png".split()
        numbers = iter(range(1_000))

        def first_step():
            new = f"{folder}/{next(numbers)}"  # an existing one would be resumed
            command = [sys.executable, "-c", _FIRST_STEP, "--model", "acgan"]
            command += ["--steps", "1", "--run_dir", new]
            return _seconds(command, "trained to step 1\n")

        sides = {
            "generate": lambda: _seconds([*_GENERATE, *flags]),
            "train": first_step,
            "import tensorflow": lambda: _seconds(_IMPORT),
        }
        values = alternate(sides, effort.rounds)
    bare = {"import tensorflow": values.pop("import tensorflow")}
    whats = {
        "generate": "`gan_tf.generate --label 7 --num 16`, whole process",
        "train": "`gan_tf.train --model acgan`, to the end of the first step",
    }
    return [
        compared(f"{whats[k]}, against `import tensorflow`", "s", {k: v, **bare})
        for k, v in values.items()
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
    return int(subprocess.check_output(command, stderr=subprocess.DEVNULL)) / 2**20
