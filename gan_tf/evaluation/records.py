"""Writes evaluations into a run: metrics.json, and TensorBoard's scalars and images."""

import math
import os

from gan_tf.errors import InputError
from gan_tf.evaluation.evaluator import Evaluation, Evaluator
from gan_tf.evaluation.plots import plot_confusion, plot_nearest
from gan_tf.evaluation.table import METRICS
from gan_tf.run_dir import evaluations, event_files
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.lock import locked_evaluations
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import now, versions

# With a confusion matrix: that of 1,500 classes would take 2 million lines of JSON.
_MAX_CLASSES = 100
_PLOTS = {
    "confusion": "row: requested label; column: predicted label",
    "nearest": "generated images (left) that are closest to a training image (right)",
}


def check_writable(run: Run) -> None:
    """Raises an InputError if metrics.json is damaged or the run cannot be written."""
    if not os.access(run.path, os.W_OK):
        raise InputError(
            f"run_dir ({run.path}) cannot be written: copy it to a place of your own"
        )
    evaluations.read(run.path)


def write(
    run: Run, step: int, weights: str, evaluation: Evaluation, evaluator: Evaluator
) -> None:
    """Writes the scores of a checkpoint.

    metrics.json keeps those of other images, or of another number of them, beside these;
    TensorBoard has the newest alone.
    """
    classifier, confusion = evaluator.classifier, evaluation.confusion
    if confusion is not None and len(confusion) > _MAX_CLASSES:
        confusion = None
    real = {k: v for k, v in evaluator.real.items() if k in evaluation.metrics}
    record = {
        "step": step,
        "weights": weights,
        "num": evaluator.num,
        "data": evaluator.dataset.name,
        **evaluator.checksums,
        "metrics": _finite_or_null(evaluation.metrics),
        "real": _finite_or_null(real),
        "class_names": list(evaluator.dataset.class_names),
        "confusion": None if confusion is None else confusion.tolist(),
        "classifier": {
            "name": classifier.name,
            "seed": classifier.seed,
            "test_accuracy": evaluator.test_accuracy,
        },
        "notes": evaluation.notes,
        "seconds": {**evaluator.seconds, **evaluation.seconds},
        "versions": versions(),
        "created": now(),
    }
    groups = evaluation.predicted if evaluation.labels is None else evaluation.labels
    train, names = evaluator.dataset.x_train, evaluator.dataset.class_names
    plots = {"nearest": plot_nearest(evaluation.images, groups, train)}
    if confusion is not None:
        plots["confusion"] = plot_confusion(confusion, names)
    with locked_evaluations(run.path), writing(run.path):
        record = evaluations.with_earlier(run.path, record)  # refused where it is damaged
        event_files.write_evaluation(
            run.path / "evaluation",
            step,
            "evaluation" if weights == "ema" else "evaluation_raw",
            {k: v for k, v in record["metrics"].items() if v is not None},
            plots,
            {**{name: text for name, (_, text) in METRICS.items()}, **_PLOTS},
        )
        # Last: what it has is not evaluated again after a kill.
        evaluations.write(run.path, record)


def truncate_after(run: Run, step: int) -> None:
    """Removes the evaluations of later steps, which will be trained anew."""
    # A copy of a run may have metrics.json without TensorBoard's folder.
    if os.path.isdir(run.path / "evaluation") or evaluations.read(run.path):
        with locked_evaluations(run.path), writing(run.path):
            event_files.truncate_evaluations_after(run.path / "evaluation", step)
            evaluations.truncate_after(run.path, step)


def _finite_or_null(metrics):  # JSON has no NaN
    return {k: v if math.isfinite(v) else None for k, v in metrics.items()}
