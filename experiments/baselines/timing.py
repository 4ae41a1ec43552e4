"""Timing: sides that take turns, and baselines that run in processes of their own.

Needs NumPy alone: an interpreter without this package may import it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

_EXPERIMENTS = Path(__file__).resolve().parents[1]
_LESS_IS_BETTER = ("s", "MiB")


class Effort(NamedTuple):
    """How much to measure, and the interpreter of PyTorch."""

    quick: bool
    torch_python: str

    @property
    def rounds(self) -> int:
        """Number of rounds of a comparison."""
        return 1 if self.quick else 3

    def num(self, full: int) -> int:
        """Returns `full`, or 1 in a quick run."""
        return 1 if self.quick else full


def seconds(work: Callable[[], object]) -> Callable[[], float]:
    """Returns a function that measures the seconds of `work`."""

    def side() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return side


def rate(run: Callable[[int], object], num: int, images: float = 1) -> Callable[[], float]:
    """Returns a function that measures `num` steps of `run`, times `images`, per second.

    Calls `run`, a function of a number of steps, once first: start-up is not timed.
    """
    run(min(num, 2))
    measure = seconds(lambda: run(num))
    return lambda: num * images / measure()


def alternate(sides: dict[str, Callable], rounds: int) -> dict[str, list]:
    """Returns {side: [value per round]}; in a round each side has its turn."""
    turns = [{name: side() for name, side in sides.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in sides}


def compared(what: str, unit: str, values: dict[str, list[float]], **more) -> dict:
    """Returns one row of the table: the first of `values` against the best of the others.

    `values` are {side: [value of each round]}; `unit` decides whether less is better, and
    `more` are further fields of the row.
    """
    medians = {name: statistics.median(v) for name, v in values.items()}
    ours, *others = values
    best = min if unit in _LESS_IS_BETTER else max
    against = best(others, key=lambda name: medians[name])
    in_rounds = [a / b for a, b in zip(values[ours], values[against])]
    return {
        "what": what,
        "unit": unit,
        "rounds": values,
        "medians": medians,
        "ours": ours,
        "against": against,
        "ratio": medians[ours] / medians[against],
        "ratio_least": min(in_rounds),
        "ratio_greatest": max(in_rounds),
        **more,
    }


def interpreter(python: str) -> str:
    """Returns the absolute path of a Python interpreter, as the type of a flag."""
    found = shutil.which(python)
    if not found:
        raise argparse.ArgumentTypeError(f"{python} must be a Python interpreter")
    return os.path.abspath(found)


def has_torch(python: str) -> bool:
    """Whether the interpreter `python` has PyTorch."""
    command = [python, "-c", "import torch"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


class Worker:
    """A baseline in a process of its own; `version` is that of its framework.

    It has the kernels that TensorFlow chooses by itself, as for the users of such programs:
    gan_tf's choice in TF_ENABLE_ONEDNN_OPTS is not passed on.
    """

    def __init__(self, python: str, module: str, arguments: Sequence[str]):
        """Starts `python -m baselines.<module> <arguments>`; it ends with the `with`."""
        own = {k: v for k, v in os.environ.items() if k != "TF_ENABLE_ONEDNN_OPTS"}
        self._process = subprocess.Popen(
            [python, "-m", f"baselines.{module}", *arguments],
            cwd=_EXPERIMENTS,
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version = self._answer("ready").strip()

    def run(self, name: str, num: int) -> None:
        """Returns when `num` steps of the program called `name` are done."""
        self._process.stdin.write(f"{name} {num}\n")
        self._process.stdin.flush()
        self._answer("done")

    def _answer(self, expected):
        answer = self._process.stdout.readline()
        if not answer.startswith(expected):
            raise RuntimeError(f"a baseline answered {answer!r}, not {expected!r}")
        return answer.removeprefix(expected)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception):
        self._process.__exit__(*exception)


def serve(build: Callable[..., dict[str, Callable]], version: str) -> None:
    """Is the baseline's end of `Worker`: runs the steps that stdin requests, until its end.

    `build(*kind, images, labels, batch_size)`, of the process's arguments, returns
    functions that do one step, by a name without white space. The images are uint8
    [N, H, W]. `version` is of the framework, such as "torch 2.13.0".
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
