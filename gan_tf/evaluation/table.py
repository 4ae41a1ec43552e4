"""The metrics in words: what better is, and the tables that are printed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gan_tf.evaluation.evaluator import Evaluation, Evaluator
from gan_tf.metrics import class_rows

# {name: (what better is, what it is)}, in the order of the table.
METRICS = {
    "frechet_ratio": ("lower", "classifier Frechet distance over that of real images"),
    "frechet": ("lower", "classifier Frechet distance"),
    "frechet_debiased": ("lower", "classifier Frechet distance less its bias"),
    "frechet_logits": ("lower", "Frechet distance of the judge's logits"),
    "kid": ("lower", "kernel distance in the judge's features"),
    "score": ("higher", "MNIST score: exp of the mean KL(p(y|x) || p(y))"),
    "precision": ("higher", "share of generated images among real ones, k = 3"),
    "recall": ("higher", "share of real images among generated ones, k = 3"),
    "density": ("like real", "how many real balls an image is in, k = 5"),
    "coverage": ("higher", "share of real balls with a generated image, k = 5"),
    "class_tv": ("lower", "total variation of the class shares from the real ones"),
    "label_accuracy": ("higher", "how often the judge sees the label asked for"),
    "label_cross_entropy": ("lower", "the judge's loss on the labels asked for"),
    "class_frechet_mean": ("lower", "Frechet distance within a class, mean"),
    "class_frechet_worst": ("lower", "Frechet distance within a class, worst"),
    "ndb": ("lower", "bins of training images whose share is off"),
    "ndb_js": ("lower", "Jensen-Shannon divergence of the shares of the bins"),
    "copying": ("like real", "C_T: far below 0, copies of training images"),
    "nearest_ratio": ("like real", "distance to training images over test images'"),
    "cas": ("higher", "accuracy of a classifier that learnt from generated images"),
}
_ERRORS = {"kid": "kid_error", "copying": "copying_error"}
_SHORT = (
    "frechet_ratio",
    "kid",
    "score",
    "precision",
    "recall",
    "density",
    "coverage",
    "class_tv",
    "label_accuracy",
)
_MOST_CLASSES = 20


def table(evaluation: Evaluation, evaluator: Evaluator, name: str) -> str:
    """Returns a line a metric: this set of images, real ones, and what better is.

    Args:
        evaluation: the scores.
        evaluator: what made them.
        name: of the set, for the heading.
    """
    metrics, real = evaluation.metrics, evaluator.real
    rows = [("", name, "real images", "better")]
    for metric in METRICS:
        if metric in metrics:
            values = [_number(metric, scores) for scores in (metrics, real)]
            rows.append((metric, values[0], values[1], METRICS[metric][0]))
    return "\n".join(_aligned(rows))


def class_table(evaluation: Evaluation, evaluator: Evaluator) -> str:
    """Returns a line a class, of the worst if they are many.

    How often it was read as asked and what it was taken for; of an unconditional
    generator, its share.
    """
    names = evaluator.dataset.class_names
    if evaluation.confusion is None:
        seen, real = (
            np.bincount(labels, minlength=len(names)) / len(labels)
            for labels in (evaluation.seen, evaluator.labels)
        )
        order = np.argsort(-np.abs(seen - real), kind="stable")[:_MOST_CLASSES]
        rows = [("class", "share seen", "real images", "")]
        rows += [
            (names[k], f"{seen[k]:.3f}", f"{real[k]:.3f}", "") for k in sorted(order)
        ]
        return "\n".join(_aligned(rows))
    classes = sorted(class_rows(evaluation.confusion), key=lambda row: row.accuracy)
    rows = [("class", "asked", "seen as it", "mostly mistaken for")]
    for row in sorted(classes[:_MOST_CLASSES], key=lambda row: row.label):
        mistaken = ""
        if row.mistaken_for is not None:
            mistaken = f"{names[row.mistaken_for]} ({row.mistakes})"
        rows.append(
            (names[row.label], f"{row.asked:,}", f"{row.accuracy:.3f}", mistaken)
        )
    return "\n".join(_aligned(rows))


def checkpoint_heading() -> str:
    """Returns the heading of `checkpoint_row`s."""
    return _row("step", _SHORT)


def checkpoint_row(name: str, scores: dict[str, float]) -> str:
    """Returns the metrics that tell most, in one line under `checkpoint_heading`.

    Args:
        name: the step.
        scores: {name: value}; what is not there is left blank.
    """
    cells = [f"{scores[metric]:.4f}" if metric in scores else "" for metric in _SHORT]
    return _row(name, cells)


def cost(seconds: dict[str, float]) -> str:
    """Returns what each part cost, such as `generate 4.1 s, metrics 9.0 s`."""
    return ", ".join(f"{part} {value:.1f} s" for part, value in seconds.items())


def _number(metric: str, scores: dict[str, float]) -> str:
    if metric not in scores:
        return ""
    value = scores[metric]
    error = scores.get(_ERRORS.get(metric, ""))
    return f"{value:.4f}" if error is None else f"{value:.4f} +-{error:.4f}"


def _row(first: str, cells: Sequence[str]) -> str:
    widths = [max(8, len(metric)) for metric in _SHORT]
    padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths)]
    return "  ".join([f"{first:<11}", *padded]).rstrip()


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Text to the left in the first and the last column, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for first, *middle, last in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(middle, widths[1:])]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells, last]).rstrip())
    return lines
