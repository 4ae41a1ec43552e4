"""Which real images train the classifier, and which ones are compared with."""

import operator
from typing import NamedTuple

import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError

NUM = 10_000
MIN_NUM = 10  # fewer are too few for the five nearest neighbours of `prdc`
_MIN_TRAIN = 24  # a twelfth of them chooses the epoch of the evaluation classifier
_HELD_OUT_DIVISOR = 7  # MNIST's test split is a seventh of all


class Splits(NamedTuple):
    """The real images of a dataset, in two parts.

    Attributes:
        train: (uint8 images [N, H, W, C], int32 labels [N]).
        test: the same.
        held_out: whether `test` was taken out of the training split, for want of one with
            labels.
    """

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    held_out: bool

    @property
    def most(self) -> int:
        """The largest number of generated images that can be compared with these."""
        return min(len(self.train[0]), len(self.test[0]))


def split(dataset: Dataset) -> Splits:
    """Returns the two parts; without a test split a seventh of each class is held out.

    Data without labels are one class. The parts are large enough for the evaluation.

    Raises:
        InputError: a class, or a part, is too small.
    """
    x, y = dataset.x_train, dataset.y_train
    x_test, y_test = dataset.x_test, dataset.y_test
    if y is None:
        y = np.zeros(len(x), np.int32)
        y_test = None if x_test is None else np.zeros(len(x_test), np.int32)
    if x_test is not None and y_test is not None:
        _check_sizes(dataset, len(x), len(x_test))
        return Splits((x, y), (x_test, y_test), False)
    counts = np.bincount(y)
    held_out = _num_held_out(counts, len(counts))
    _check_sizes(dataset, (counts - held_out).sum(), held_out.sum(), counts)
    rng = np.random.default_rng(0)
    is_test = np.zeros(len(y), bool)
    for label, num in enumerate(held_out):
        is_test[rng.permutation(np.flatnonzero(y == label))[:num]] = True
    return Splits((x[~is_test], y[~is_test]), (x[is_test], y[is_test]), True)


def missing_split(dataset: Dataset) -> str:
    """Returns what data lack of which `split` holds test images out."""
    return "test split" if dataset.x_test is None else "labelled test split"


def _num_held_out(counts, num_classes):
    """A seventh; of small classes more, up to half, for 2 of each and 10 in all."""
    least = max(2, -(-MIN_NUM // num_classes))
    return np.maximum(counts // _HELD_OUT_DIVISOR, np.minimum(counts // 2, least))


def _check_sizes(dataset, num_train, num_test, counts=None):
    """Checks both parts; `counts` are the images of each class before they were split."""
    is_small = num_train < _MIN_TRAIN or num_test < MIN_NUM
    if not is_small and (counts is None or counts.min() > 1):
        return
    classes = max(dataset.num_classes, 1)
    of_each = " of each class" if classes > 1 else ""
    if counts is None:
        found = f"{num_train} training and {num_test} test images"
        needed = f"{-(-_MIN_TRAIN // classes)} and {-(-MIN_NUM // classes)}{of_each}"
    else:
        found = f"no {missing_split(dataset)} and {counts.min()} images"
        if classes > 1:
            found += f" of class {dataset.class_names[counts.argmin()]}"
        sizes = np.arange(2, 2 * _MIN_TRAIN)
        tests = _num_held_out(sizes, classes)
        parts = classes * tests, classes * (sizes - tests)
        enough = sizes[(parts[0] >= MIN_NUM) & (parts[1] >= _MIN_TRAIN)]
        needed = f"{enough[0]}{of_each}, or a {missing_split(dataset)}"
    raise InputError(
        f"data ({dataset.name}) have {found}, which are too few to be evaluated: give "
        f"{needed}"
    )


def choose_num(splits: Splits, name: str, num: int | None) -> int:
    """Returns how many images are compared with as many test images of the data `name`.

    That is `num`, and for None `NUM`, or as many as there are.

    Raises:
        InputError: there are not so many, or it is no whole number.
    """
    most = splits.most
    if num is None:
        return min(NUM, most)
    try:
        num = operator.index(num)
    except TypeError:
        raise InputError(f"num ({num!r}) must be a whole number") from None
    if not MIN_NUM <= num <= most:
        raise InputError(
            f"num ({num}) must be from {MIN_NUM} to {most}: {name} has "
            f"{len(splits.test[0])} test and {len(splits.train[0])} training images to "
            "compare with"
        )
    return num
