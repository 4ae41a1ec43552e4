"""Row 5: what logging, samples and checkpoints cost."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from pathlib import Path

import logging_cost
import numpy as np
from baselines.ours import mnist, mnist_description, trainer
from baselines.timing import Effort, alternate, compared

from gan_tf import images
from gan_tf.runs import Run
from gan_tf.sampling import Sampler
from gan_tf.summaries import Summaries


def outputs(effort: Effort) -> list[dict]:
    """Training with the default logging, samples and checkpoints against none of it."""
    rows = []
    for model in ("gan",) if effort.quick else ("gan", "acgan"):
        # What an entry costs, as steps a second with and without entries ...
        cost = logging_cost.measure(
            model, effort.rounds, effort.num(logging_cost.EVERY)
        )
        steps = cost["steps_per_second"] * statistics.median(cost["seconds_without"])
        with_it, without = (
            [steps / seconds for seconds in cost[f"seconds_{way}"]]
            for way in ("with", "without")
        )
        # ... and what a sheet and a checkpoint cost, a step, which is too little to be
        # seen in the noise of a difference.
        ours = trainer(model)
        values = _seconds_of_writing(ours, effort)
        every = {
            "sheet": ours.config.sample_every,
            "checkpoint": ours.config.save_every,
        }
        a_step = sum(statistics.median(v) / every[k] for k, v in values.items())
        sides = {
            "all outputs": [1 / (1 / speed + a_step) for speed in with_it],
            "none": without,
        }
        what = f"`{model}`: all outputs at their defaults against none"
        rows.append(compared(what, "steps/s", sides, seconds_of_writing=values))
    return rows


def _seconds_of_writing(ours, effort):
    """Returns {"sheet" or "checkpoint": seconds of writing one in each round}."""
    model, config = ours.train_step.model, ours.config
    ours.train(effort.num(100))
    sampler = Sampler(
        ours.train_step.ema_generator,
        model.image_range,
        config.noise,
        mnist().class_names if model.conditional else (),
    )
    labels = range(10) if model.conditional else [None]
    numbers = itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), config, mnist_description(), "")
        writer = Summaries(Path(folder))

        def sheet():
            num = 100 // len(labels)
            made = np.concatenate([sampler.generate(x, num) for x in labels])
            grid = images.grid(made, 10)
            images.write_png(Path(folder) / "sheet.png", grid)
            writer.image("samples/fake", grid, ours.step)

        def checkpoint():
            writer.flush()
            run.checkpoints.save(ours.checkpoint, next(numbers))

        sides = {"sheet": _timed(sheet), "checkpoint": _timed(checkpoint)}
        values = alternate(sides, effort.rounds)
        writer.close()
    return values


def _timed(write):
    write()

    def side():
        start = time.perf_counter()
        write()
        return time.perf_counter() - start

    return side
