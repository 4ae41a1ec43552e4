"""Judges a generator by measurement: `python -m gan_tf.evaluate --run_dir runs/acgan`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_tf import cli
from gan_tf.errors import InputError
from gan_tf.fields import Rule

USAGE = """
usage: python -m gan_tf.evaluate [--run_dir runs/acgan] [flags]

Judges what a trained generator makes, beside what real images score in its place. The
table is printed; a run also gets it in metrics.json and in TensorBoard. docs/metrics.md
says how to read it.
"""

FLAGS = [
    cli.Flag("run_dir", Rule(str), "the run", "the newest under runs/"),
    cli.Flag(
        "checkpoint",
        Rule(str),
        "a step that has one, best, or all of them",
        "the newest",
    ),
    cli.Flag(
        "weights",
        Rule(str, choices=("ema", "raw")),
        "the running average of the generator, or what was being trained",
        "ema",
    ),
    cli.Flag(
        "num",
        Rule(int, 10, 1_000_000),
        "images to judge, at most as many as there are test images",
        "10000, or as many as there are",
    ),
    cli.Flag(
        "thorough",
        Rule(bool),
        "also bins, copies and CAS, which take minutes",
        "false",
    ),
    cli.Flag(
        "images",
        Rule(str),
        "an .npz of images (uint8) and, if any were asked for, labels, to judge in place "
        "of a run",
    ),
    cli.Flag(
        "data",
        Rule(str),
        "the real images: mnist, fashion_mnist, a folder or an .npz file",
        "those of the run; mnist with --images",
    ),
]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    of_run = [name for name in ("run_dir", "checkpoint", "weights") if name in values]
    if "images" in values and of_run:
        raise InputError(f"images and {of_run[0]} exclude one another: leave one out")
    if not re.fullmatch(r"[0-9]{1,9}|best|all", values.get("checkpoint", "all")):
        raise InputError(
            f"checkpoint ({values['checkpoint']}) must be a step, best, or all"
        )
    if "images" in values:
        _score_file(values)
    else:
        _score_run(values)


def _score_file(values: dict[str, Any]):
    from gan_tf import data
    from gan_tf.evaluation import NUM, split
    from gan_tf.evaluation.image_set import check_fit, read_images
    from gan_tf.evaluation.table import cost

    # Before TensorFlow, which takes seconds: a wrong file is told at once.
    images, labels = read_images(Path(values["images"]))
    dataset = data.load(values.get("data", "mnist"))
    if labels is not None and dataset.num_classes > 1 and not labels.any():
        print("note      every label is 0: taken for images that no label was asked of")
        labels = None
    num = values.get("num")
    if num is None:
        num = min(NUM, len(images), split(dataset).most)
    check_fit(images, labels, dataset, num)
    _start()
    evaluator = _evaluator(dataset, num, values)
    evaluation = evaluator.score_images(images, labels)
    _print(evaluation, evaluator, Path(values["images"]).name)
    print(f"cost      {cost(evaluation.seconds)}")


def _score_run(values: dict[str, Any]):
    _start()
    from gan_tf import data
    from gan_tf.evaluation import label_sampling as asking
    from gan_tf.evaluation import records
    from gan_tf.evaluation.table import checkpoint_heading, checkpoint_row, cost
    from gan_tf.run_dir.run import Run
    from gan_tf.run_dir.search import newest_run

    if "run_dir" in values:
        run = Run(values["run_dir"])
    else:
        run = newest_run("runs", conditional=False)
    weights = values.get("weights", "ema")
    is_series = values.get("checkpoint") == "all"
    step = None if is_series else run.resolve_checkpoint(values.get("checkpoint"))
    # What cannot be done is said before the minute that follows.
    sampler = run.sampler(step, weights)
    records.check(run)
    dataset = data.load(values.get("data", run.config.data))
    asking.check_sampler(sampler, dataset)
    if is_series:
        steps = run.checkpoints.steps()
    else:
        steps = [run.checkpoints.steps()[-1] if step is None else step]
    print(f"run       {run.path}, {weights} weights")
    evaluator = _evaluator(dataset, values.get("num"), values)
    if is_series:
        print(f"\n{checkpoint_heading()}")
    for step in steps:
        if step not in run.checkpoints.steps():
            continue  # a training that goes on has deleted it
        evaluation = evaluator.score_sampler(run.sampler(step, weights))
        started = time.monotonic()
        records.write(run, step, weights, evaluation, evaluator)
        evaluation.seconds["write"] = time.monotonic() - started
        if is_series:
            row = checkpoint_row(f"{step:,}", evaluation.metrics)
            print(f"{row}  {sum(evaluation.seconds.values()):.0f} s", flush=True)
        else:
            _print(evaluation, evaluator, f"step {step:,}")
    if is_series:
        print(f"{checkpoint_row('real images', evaluator.real)}\n")
        _print_notes(evaluator)
    else:
        print(f"cost      {cost(evaluation.seconds)}")
    print(f"wrote     {run.path / 'metrics.json'}, TensorBoard's evaluation/")


def _start():
    """Imports TensorFlow and keeps it from taking all memory, and from telling tales."""
    cli.import_tensorflow()
    import tensorflow as tf

    from gan_tf.training import devices as hardware

    hardware.select_gpus()
    # Each call of the judge is traced, a dozen in all: not worth TensorFlow's warnings.
    tf.get_logger().setLevel("ERROR")


def _evaluator(dataset, num, values):
    from gan_tf.evaluation import Evaluator
    from gan_tf.evaluation.table import cost

    def on_epoch(epoch, accuracy):
        if epoch == 0:
            print(
                "judge     these data are met for the first time: it is trained, once"
            )
        print(f"judge     epoch {epoch + 1}, accuracy {accuracy:.4f}", flush=True)

    print(f"data      {dataset.summary()}", flush=True)
    evaluator = Evaluator(dataset, num, values.get("thorough", False), on_epoch)
    print(
        f"judge     reads {evaluator.test_accuracy:.2%} of the test images as labelled"
    )
    print(
        f"compares  {evaluator.num:,} generated with as many test images; real images: "
        "training images in the place of generated ones"
    )
    print(f"cost      {cost(evaluator.seconds)}", flush=True)
    return evaluator


def _print(evaluation, evaluator, name):
    from gan_tf.evaluation.table import class_table, table

    print(f"\n{table(evaluation, evaluator, name)}")
    print(f"\n{class_table(evaluation, evaluator)}\n")
    _print_notes(evaluator)


def _print_notes(evaluator):
    for note in evaluator.notes:
        print(f"note      {note}")


if __name__ == "__main__":
    cli.run(main)
