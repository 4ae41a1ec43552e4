"""Evaluates a generator: `python -m gan_tf.evaluate --run_dir runs/acgan`."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any

from gan_tf import cli, data, startup
from gan_tf.data.fingerprint import note_other_images
from gan_tf.data.settings import DataSettings
from gan_tf.errors import InputError, naming
from gan_tf.evaluation import NUM, Evaluator, split, table
from gan_tf.evaluation.evaluator import check_sampler
from gan_tf.evaluation.image_set import array_names, check_image_set, read_images
from gan_tf.fields import Field
from gan_tf.files import local_path

USAGE = """
usage: python -m gan_tf.evaluate [--run_dir runs/acgan] [flags]

Scores the images of a trained generator, and real images for comparison. The table is
printed; of a run it is also written to metrics.json and to TensorBoard. docs/metrics.md
explains the metrics.
"""

_READING = "reading of pictures (default: as in the run, if there is one)"
FLAGS = [
    cli.RUN_DIR,
    cli.Flag(
        "checkpoint", Field(str), "step of a saved checkpoint, best, or all", "the newest"
    ),
    cli.WEIGHTS,
    cli.Flag(
        "num",
        Field(int, 10, 1_000_000),
        "images to score, at most as many as there are training or test images",
        "10000, or as many as there are",
    ),
    cli.Flag(
        "slow_metrics",
        Field(bool),
        "also CAS, and the data-copying test of large training sets, which take minutes",
        "false",
    ),
    cli.Flag(
        "images",
        Field(str),
        "what to score in place of a run: an .npy file, an .npz of images and, optionally, "
        "requested labels, or a folder of pictures",
    ),
    cli.Flag(
        "data",
        Field(str),
        "the real images: mnist, fashion_mnist, or the path of a folder or a file",
        "those of the run; mnist with --images",
    ),
    *(f._replace(default="", group=_READING) for f in cli.setting_flags(DataSettings())),
]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    for name in ("run_dir", "checkpoint", "weights"):
        cli.check_exclusive(values, "images", name)
    cli.check_checkpoint(values, "all")
    (_score_file if "images" in values else _score_run)(values)


def _score_file(values: dict[str, Any]):
    # Before TensorFlow, which takes seconds: a wrong file is refused at once.
    file = local_path("images", values["images"])
    reading = _reading(values)
    dataset = data.load(values.get("data", "mnist"), **reading)
    images, labels = read_images(file, dataset.class_names, **reading)
    if labels is not None and dataset.num_classes < 2:
        print(f"note      the labels are ignored: {dataset.name} has one class at most")
        labels = None
    num = values.get("num") or min(NUM, len(images), split(dataset).most)
    with naming("images", file):
        check_image_set(images, labels, dataset, num)
    if values.get("slow_metrics") and labels is not None and len(images) < 12:
        raise InputError(
            f"images ({file}) has {len(images)} images, and the CAS of slow_metrics needs "
            "12: give more, or leave slow_metrics out"
        )
    _start()
    evaluator = _evaluator(dataset, num, values)
    evaluation = evaluator.score_images(images, labels)
    arrays = array_names(file)
    if "z_factor" in arrays:
        print(
            f"note      {file.name} is made for training (gan_tf.generate --for_training): "
            "the metrics describe the set, not its generator, and its CAS is named "
            "cas_for_training"
        )
        for scores in (evaluation.metrics, evaluator.real):
            if "cas" in scores:
                scores["cas_for_training"] = scores.pop("cas")
    elif "num_drawn" in arrays:
        print(
            f"note      {file.name} is made by gan_tf.generate --verify: images whose "
            "label a classifier did not predict are left out, so the metrics describe the "
            "set, not its generator"
        )
    _print(evaluation, evaluator, file.name)
    print(f"cost      {table.cost(evaluation.seconds)}")


def _score_run(values: dict[str, Any]):
    _start()
    from gan_tf.evaluation import records
    from gan_tf.run_dir.find import open_run

    run = open_run(values, conditional=False)
    weights = values.get("weights", "ema")
    is_series = values.get("checkpoint") == "all"
    step = run.resolve_checkpoint(None if is_series else values.get("checkpoint"))
    if is_series:
        intact = filter(run.checkpoints.is_intact, reversed(run.checkpoints.steps()))
        step = next(intact, step)
    # Errors come before the minute that follows.
    sampler = run.sampler(step, weights)
    records.check_writable(run)
    reading = run.config.reading() | _reading(values)
    dataset = data.load(values.get("data", run.config.data), **reading)
    check_sampler(sampler, dataset)
    note_other_images(dataset, run.data)
    steps = run.checkpoints.steps() if is_series else [step]
    print(f"run       {run.path}, {weights} weights")
    evaluator = _evaluator(dataset, values.get("num"), values)
    evaluation = None
    if is_series:
        print(f"\n{table.checkpoint_heading()}")
    for step in steps:
        if is_series:
            try:
                sampler = run.sampler(step, weights)
            except InputError as error:
                # Or a training in progress has deleted it.
                if step in run.checkpoints.steps():
                    print(f"note      left out: {error}")
                continue
        evaluation = evaluator.score_sampler(sampler)
        started = time.perf_counter()
        records.write(run, step, weights, evaluation, evaluator)
        evaluation.seconds["write"] = time.perf_counter() - started
        if is_series:
            row = table.checkpoint_row(f"{step:,}", evaluation.metrics)
            cas = evaluation.metrics.get("cas")
            row += f"  cas {cas:.4f}" if cas is not None else ""
            print(f"{row}  {sum(evaluation.seconds.values()):.0f} s", flush=True)
        else:
            _print(evaluation, evaluator, f"step {step:,}")
    if evaluation is None:
        raise InputError("all checkpoints were replaced meanwhile: run the command again")
    if is_series:
        print(f"{table.checkpoint_row('real images', evaluator.real)}\n")
        _print_notes(evaluation.notes)
    else:
        print(f"cost      {table.cost(evaluation.seconds)}")
    print(f"wrote     {run.path / 'metrics.json'}, TensorBoard's evaluation/")


def _reading(values):
    """Returns {setting: value} of the flags that say how pictures are read."""
    names = {setting.name for setting in dataclasses.fields(DataSettings)}
    return {name: value for name, value in values.items() if name in names}


def _start():
    """Imports TensorFlow, with memory growth."""
    startup.import_tensorflow()
    from gan_tf.training.devices import select_gpus

    select_gpus()


def _evaluator(dataset, num, values):
    print(f"data      {dataset.summary()}", flush=True)
    if not values.keys().isdisjoint(("data", "images")):  # a training has printed its own
        _print_notes(dataset.notes)
    evaluator = Evaluator(dataset, num, values.get("slow_metrics", False))
    accuracy = evaluator.test_accuracy
    if accuracy is not None:
        print(f"accuracy  {accuracy:.2%}, of the classifier on the test images")
    print(
        f"compares  {evaluator.num:,} generated with as many test images; real images: "
        "training images in the place of generated ones"
    )
    print(f"cost      {table.cost(evaluator.seconds)}", flush=True)
    return evaluator


def _print(evaluation, evaluator, name):
    print(f"\n{table.table(evaluation, evaluator, name)}")
    if evaluator.has_classes:
        print(f"\n{table.class_table(evaluation, evaluator)}")
    print()
    _print_notes(evaluation.notes)


def _print_notes(notes):
    for note in notes:
        print(f"note      {note}")


if __name__ == "__main__":
    cli.run(main)
