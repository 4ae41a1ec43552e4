"""The tables of metrics that are printed, with a description of each metric."""

import math
from collections.abc import Sequence

import numpy as np

from gan_tf.evaluation.evaluator import Evaluation, Evaluator

# {name: (which values are better, description)}, in the order of the table.
METRICS = {
    "frechet_ratio": ("lower", "classifier Frechet distance over that of real images"),
    "frechet": ("lower", "classifier Frechet distance"),
    "frechet_debiased": ("lower", "classifier Frechet distance less its bias"),
    "frechet_logits": ("lower", "Frechet distance of the classifier's logits"),
    "kid": ("lower", "kernel distance in the classifier's features"),
    "score": (
        "higher",
        "inception score by the classifier: exp of the mean KL(p(y|x) || p(y))",
    ),
    "precision": ("higher", "fraction of generated images among real ones, k = 3"),
    "recall": ("higher", "fraction of real images among generated ones, k = 3"),
    "density": ("like real", "mean number of real balls around an image over k, k = 5"),
    "coverage": ("higher", "fraction of real balls with a generated image, k = 5"),
    "class_tv": ("lower", "total variation of the predicted classes from the real ones"),
    "label_accuracy": ("higher", "fraction of images classified as the requested label"),
    "label_cross_entropy": ("lower", "the classifier's loss on the requested labels"),
    "class_frechet_mean": ("lower", "Frechet distance within a class, mean"),
    "class_frechet_worst": ("lower", "Frechet distance within a class, worst"),
    "data_copying_ct": ("like real", "C_T: far below 0 for copies of training images"),
    "nn_distance_ratio": (
        "like real",
        "distance to the nearest training image over that of test images",
    ),
    "cas": ("higher", "accuracy of a classifier trained on generated images"),
    "cas_for_training": ("higher", "the same of a set that was made for training"),
}
_SHORT = (
    "frechet_ratio kid score precision recall density coverage class_tv label_accuracy "
    "data_copying_ct"
).split()
_MAX_CLASSES = 20


def table(evaluation: Evaluation, evaluator: Evaluator, name: str) -> str:
    """Returns one line per metric: the set `name`, real images, and what is better."""
    metrics, real = evaluation.metrics, evaluator.real
    rows = [("", name, "real images", "better")]
    for metric, (better, _) in METRICS.items():
        if metric in metrics:
            ours, reals = _with_error(metric, metrics), _with_error(metric, real)
            rows.append((metric, ours, reals, better))
    return _aligned(rows)


def class_table(evaluation: Evaluation, evaluator: Evaluator) -> str:
    """Returns one line per class, of the worst if there are many.

    Its accuracy and its most frequent confusion; for an unconditional generator, its
    fraction of the images.
    """
    names = evaluator.dataset.class_names
    if evaluation.confusion is None:
        generated, real = (
            np.bincount(labels, minlength=len(names)) / len(labels)
            for labels in (evaluation.predicted, evaluator.labels)
        )
        quality = -np.abs(generated - real)
        heading = "class", "fraction", "real images", ""
        columns = [(f"{a:.3f}", f"{b:.3f}", "") for a, b in zip(generated, real)]
    else:
        requested, right = evaluation.confusion.sum(axis=1), evaluation.confusion.diagonal()
        wrong = evaluation.confusion - np.diag(right)
        quality = np.where(requested, right / np.maximum(requested, 1), np.nan)
        heading = "class", "requested", "accuracy", "most confused with"
        confused = [
            f"{names[row.argmax()]} ({row.max()})" if row.any() else "" for row in wrong
        ]
        columns = [
            (f"{num:,}", _number(accuracy, 3), text)
            for num, accuracy, text in zip(requested, quality, confused)
        ]
    # NaN, of a class that was not requested, is sorted to the end.
    worst = np.argsort(quality, kind="stable")[:_MAX_CLASSES]
    text = _aligned([heading, *((names[k], *columns[k]) for k in sorted(worst))])
    if len(names) > _MAX_CLASSES:
        text += f"\nthe {_MAX_CLASSES} worst of {len(names):,} classes"
    return text


def checkpoint_heading() -> str:
    """Returns the heading of `checkpoint_row`s."""
    return _row("step", _SHORT)


def checkpoint_row(name: str, scores: dict[str, float]) -> str:
    """Returns a line under `checkpoint_heading`; what `scores` lacks is left blank."""
    values = [_number(scores[name]) if name in scores else "" for name in _SHORT]
    return _row(name, values)


def cost(seconds: dict[str, float]) -> str:
    """Returns the seconds of each part, such as `generate 4.1 s, metrics 9.0 s`."""
    return ", ".join(f"{part} {value:.1f} s" for part, value in seconds.items())


def _with_error(metric: str, scores: dict[str, float]) -> str:
    if metric not in scores:
        return ""
    error = scores.get(f"{metric}_error")
    text = _number(scores[metric])
    return text if error is None else f"{text} +-{_number(error)}"


def _number(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "n/a"


def _row(first: str, values: Sequence[str]) -> str:
    widths = [max(8, len(metric)) for metric in _SHORT]
    padded = [f"{value:>{width}}" for value, width in zip(values, widths)]
    return "  ".join([f"{first:<11}", *padded]).rstrip()


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """Text to the left in the first and the last column, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for first, *middle, last in rows:
        numbers = [f"{text:>{width}}" for text, width in zip(middle, widths[1:])]
        lines.append("  ".join([f"{first:<{widths[0]}}", *numbers, last]).rstrip())
    return "\n".join(lines)
