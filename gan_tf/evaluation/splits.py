"""Which real images train the classifier, and which ones are compared with."""

from typing import NamedTuple

import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError

NUM = 10_000
_MIN_NUM = 10  # fewer are too few for the five nearest neighbours of `prdc`
_HELD_OUT_DIVISOR = 7  # MNIST's test split is a seventh of all


class Splits(NamedTuple):
    """The real images of a dataset, in two parts.

    Attributes:
        train: (uint8 images [N, H, W, C], int32 labels [N]).
        test: the same.
        held_out: whether `test` was taken out of the training split, for want of another.
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

    Raises:
        InputError: no labels, or a class that is too small to split.
    """
    if dataset.y_train is None:
        raise InputError(
            f"data ({dataset.name}) have no labels: the evaluation classifier is trained "
            "on labelled real images; give labelled data"
        )
    x, y = dataset.x_train, dataset.y_train
    if dataset.x_test is not None and dataset.y_test is not None:
        return Splits((x, y), (dataset.x_test, dataset.y_test), False)
    rng = np.random.default_rng(0)
    is_test = np.zeros(len(y), bool)
    for label, name in enumerate(dataset.class_names):
        members = rng.permutation(np.flatnonzero(y == label))
        if len(members) < 4:
            raise InputError(
                f"data ({dataset.name}) have no test split and {len(members)} images of "
                f"class {name}: add a test split, or images until each class has 4"
            )
        is_test[members[: max(2, len(members) // _HELD_OUT_DIVISOR)]] = True
    return Splits((x[~is_test], y[~is_test]), (x[is_test], y[is_test]), True)


def choose_num(splits: Splits, name: str, num: int | None) -> int:
    """Returns how many images are compared with as many test images of the data `name`.

    That is `num`, and for None `NUM`, or as many as there are.

    Raises:
        InputError: there are not so many.
    """
    most = splits.most
    sizes = f"{len(splits.test[0])} test and {len(splits.train[0])} training images"
    if most < _MIN_NUM:
        raise InputError(
            f"data ({name}) have {sizes} to compare with: {_MIN_NUM} of each are needed"
        )
    if num is None:
        return min(NUM, most)
    if not _MIN_NUM <= num <= most:
        raise InputError(
            f"num ({num}) must be from {_MIN_NUM} to {most}: {name} has {sizes} to "
            "compare with"
        )
    return num
