"""A tutorial's own loop, timed beside the step of this package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from speed import provenance
from tutorial import QUICK, Experiment

from gan_tf.presets import PRESETS

_ROUNDS = 3


def time_loop(
    experiment: Experiment,
    what: str,
    loop: Callable[[int], object],
    num: int,
    version: str = "",
) -> None:
    """Times a tutorial's own loop and the preset's step in turns, for the record; once.

    Args:
        experiment: whose record.
        what: names the loop.
        loop: does a number of steps.
        num: steps of each in a round.
        version: of what the loop runs on.
    """
    from baselines.ours import trainer
    from baselines.timing import alternate, compared, rate

    if _is_timed(experiment):
        return
    num, settings = experiment.num(num), QUICK if experiment.quick else {}
    runs = {"gan_tf": trainer(experiment.preset, **settings).train, what: loop}
    sides = {name: rate(run, num) for name, run in runs.items()}
    values = alternate(sides, 1 if experiment.quick else _ROUNDS)
    row = compared(f"`{experiment.preset}`", "steps/s", values)
    row |= {"version": version, "steps": num, **provenance()}
    experiment.record["against"] = row
    experiment.save()


def _is_timed(experiment):
    """Whether there are numbers, and not only why there are none."""
    return "medians" in experiment.record.get("against", {})


def time_process(
    experiment: Experiment,
    what: str,
    loop: tuple[str, str, str],
    num: int,
    python: str = sys.executable,
) -> None:
    """Times a tutorial's own loop that runs in a process of its own; once.

    Args:
        experiment: whose record.
        what: names the loop.
        loop: (the module of `baselines` that the process runs, which of its programs, the
            loop's name there).
        num: steps in a round.
        python: the interpreter.
    """
    from baselines.ours import mnist_file
    from baselines.timing import Worker

    if _is_timed(experiment):
        return
    (module, program, name), size = loop, PRESETS[experiment.preset]["batch_size"]
    with Worker(python, module, [program, mnist_file(), str(size)]) as worker:
        run = partial(worker.run, name)
        time_loop(experiment, what, run, num, worker.version)
