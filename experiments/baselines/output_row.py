"""Row 5: what logging, samples and checkpoints cost."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from baselines.ours import mnist, mnist_description, trainer
from baselines.timing import Effort, alternate, compared

from gan_tf.monitoring.reporting import entry_metrics, log_entry
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.sampling import image_io as images


def outputs(effort: Effort) -> list[dict]:
    """Training with the default logging, samples and checkpoints against none of it."""
    rows = []
    for preset in ("gan",) if effort.quick else ("gan", "acgan"):
        ours = trainer(preset)
        config = ours.config
        # An entry costs less than the machine's own changes: many short turns.
        steps = effort.num(config.log_every)
        turns = _seconds_of_entries(ours, steps, effort.num(15))
        # A sheet and a checkpoint cost, a step, too little to be seen in a difference.
        values = _seconds_of_writing(ours, effort)
        every = {"sheet": config.sample_every, "checkpoint": config.save_every}
        a_step = sum(statistics.median(v) / every[k] for k, v in values.items())
        sides = {
            "all outputs": [1 / (s / steps + a_step) for s in turns["with"]],
            "none": [steps / s for s in turns["without"]],
        }
        what = f"`{preset}`: all outputs at their defaults against none"
        rows.append(compared(what, "steps/s", sides, seconds_of_writing=values))
    return rows


def _seconds_of_entries(ours, steps, num_turns):
    """Returns {"with" or "without": seconds of `steps` steps and one entry, or none}.

    An entry is what the commands write: scalars, histograms, a line of metrics.jsonl.
    Its events are kept until a checkpoint flushes them, many entries at once; its share
    of such a flush is added here.
    """
    model = ours.train_step.model
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), ours.config, mnist_description(), "")
        writer = Summaries(Path(folder))

        def plain():
            return ours.train(steps)

        def logged():
            means, snapshot = ours.train(steps)
            entry = entry_metrics(ours, writer, means, snapshot, 1.0)
            log_entry(entry, model, writer, run, ours.step)

        sides = {"with": _timed(logged), "without": _timed(plain)}
        writer.flush()  # of the entry before the turns
        values = alternate(sides, num_turns)
        start = time.perf_counter()
        writer.flush()
        share = (time.perf_counter() - start) / num_turns
        writer.close()
    return values | {"with": [seconds + share for seconds in values["with"]]}


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


def _timed(work):
    work()

    def side():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return side
