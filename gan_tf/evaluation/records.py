"""What evaluations leave in a run: metrics.json, and TensorBoard's scalars and pictures."""

from __future__ import annotations

import datetime
import os

from gan_tf.errors import InputError
from gan_tf.evaluation import summaries as events
from gan_tf.evaluation.evaluator import Evaluation, Evaluator
from gan_tf.evaluation.plots import confusion_picture, nearest_picture
from gan_tf.evaluation.table import METRICS
from gan_tf.run_dir import evaluations as scores
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions

_PICTURES = {
    "confusion": "row: label asked for; column: class that the judge sees",
    "nearest": "generated images (left) that are closest to a training image (right)",
}


def check(run: Run) -> None:
    """Checks that an evaluation of `run` can be written.

    Raises:
        InputError: metrics.json is damaged, or the run cannot be written.
    """
    if not os.access(run.path, os.W_OK):
        raise InputError(
            f"run_dir ({run.path}) cannot be written: copy it to a place of your own"
        )
    scores.read(run.path)


def write(
    run: Run, step: int, weights: str, evaluation: Evaluation, evaluator: Evaluator
) -> None:
    """Writes one evaluation; an earlier one of the same checkpoint and weights goes.

    Args:
        run: the run.
        step: the checkpoint's.
        weights: "ema" or "raw".
        evaluation: the scores.
        evaluator: what made them.
    """
    judge, confusion = evaluator.judge, evaluation.confusion
    record = {
        "step": step,
        "weights": weights,
        "num": evaluator.num,
        "data": evaluator.dataset.name,
        "metrics": evaluation.metrics,
        "real": {k: v for k, v in evaluator.real.items() if k in evaluation.metrics},
        "class_names": list(evaluator.dataset.class_names),
        "confusion": None if confusion is None else confusion.tolist(),
        "judge": {
            "name": judge.name,
            "seed": judge.seed,
            "test_accuracy": evaluator.test_accuracy,
        },
        "notes": evaluator.notes,
        "seconds": {**evaluator.seconds, **evaluation.seconds},
        "versions": versions(),
        "created": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    scores.write(run.path, record)
    pictures = _pictures(evaluation, evaluator)
    with writing(run.path):
        events.write(
            run.path / "evaluation",
            step,
            "evaluation" if weights == "ema" else "evaluation_raw",
            evaluation.metrics,
            pictures,
            {**{name: text for name, (_, text) in METRICS.items()}, **_PICTURES},
        )


def _pictures(evaluation, evaluator):
    groups = evaluation.seen if evaluation.labels is None else evaluation.labels
    train = evaluator.dataset.x_train
    pictures = {"nearest": nearest_picture(evaluation.images, groups, train)}
    if evaluation.confusion is not None:
        names = evaluator.dataset.class_names
        pictures["confusion"] = confusion_picture(evaluation.confusion, names)
    return pictures
