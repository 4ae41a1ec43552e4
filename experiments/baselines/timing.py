"""Timing: sides that take turns, and baselines that run in processes of their own.

Needs NumPy alone: an interpreter without this package may import it.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Effort(NamedTuple):
    """How much to measure, and the interpreter of PyTorch."""

    quick: bool
    torch_python: str

    rounds = property(lambda self: 1 if self.quick else 3)  # of a comparison

    def num(self, full: int) -> int:
        """Returns `full`, or 1 in a quick run."""
        return 1 if self.quick else full


def seconds(work):
    """Returns a function that measures the seconds of `work()`."""

    def side():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return side


def rate(run, num: int, images: float = 1):
    """Returns a function that measures steps of `run(num)`, times `images`, per second."""
    run(min(num, 2))  # start-up is not timed
    measure = seconds(lambda: run(num))
    return lambda: num * images / measure()


def alternate(sides: dict, rounds: int) -> dict[str, list]:
    """Returns {side: [value per round]}; in a round each side has its turn."""
    turns = [{name: side() for name, side in sides.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in sides}


def compared(what: str, unit: str, values: dict[str, list[float]], **more) -> dict:
    """Returns a row: the first of {side: [value per round]}, and the best of the others."""
    medians = {name: statistics.median(v) for name, v in values.items()}
    ours, *others = values
    best = min if unit in ("s", "MiB") else max
    against = best(others, key=medians.__getitem__)
    in_rounds = [a / b for a, b in zip(values[ours], values[against])]
    row = {"what": what, "unit": unit, "rounds": values, "medians": medians}
    row |= {"ours": ours, "against": against, "ratio": medians[ours] / medians[against]}
    return {**row, "ratio_least": min(in_rounds), "ratio_greatest": max(in_rounds), **more}


def interpreter(python: str) -> str:
    """Returns the absolute path of a Python interpreter, as the type of a flag."""
    if not (found := shutil.which(python)):
        raise argparse.ArgumentTypeError(f"{python} must be a Python interpreter")
    return os.path.abspath(found)


class Worker(subprocess.Popen):
    """A baseline in a process of its own; `version` is that of its framework.

    It has the kernels that TensorFlow chooses by itself, as for the users of such programs:
    gan_tf's choice in TF_ENABLE_ONEDNN_OPTS is not passed on.
    """

    def __init__(self, python: str, module: str, arguments):
        """Starts `python -m baselines.<module> <arguments>`; it ends with the `with`."""
        own = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
        options = {"env": {"TF_CPP_MIN_LOG_LEVEL": "3", **own}, "text": True}
        options |= {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [python, "-m", f"baselines.{module}", *arguments]
        super().__init__(command, cwd=Path(__file__).resolve().parents[1], **options)
        self.version = self._answer("ready").strip()

    def run(self, name: str, num: int) -> None:
        """Returns when `num` steps of the program called `name` are done."""
        self.stdin.write(f"{name} {num}\n")
        self.stdin.flush()
        self._answer("done")

    def _answer(self, expected):
        answer = self.stdout.readline()
        if not answer.startswith(expected):
            raise RuntimeError(f"a baseline answered {answer!r}, not {expected!r}")
        return answer.removeprefix(expected)


def serve(build, version: str) -> None:
    """Is the baseline's end of `Worker`: runs the steps that stdin requests, until its end.

    `build(*kind, images, labels, batch_size)`, of the process's arguments and uint8
    [N, H, W], returns {name: function that does one step}.
    """
    *kind, file, batch_size = sys.argv[1:]
    with np.load(file, allow_pickle=False) as arrays:
        images, labels = arrays["x_train"], arrays["y_train"]
    steps = build(*kind, images, labels, int(batch_size))
    print(f"ready {version}", flush=True)
    for line in sys.stdin:
        name, num = line.split()
        for _ in range(int(num)):
            steps[name]()
        print("done", flush=True)
