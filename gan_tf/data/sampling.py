"""Which images are used: all, a subset, or some classes more often than others."""

from __future__ import annotations

import numpy as np

from gan_tf.errors import InputError


def subset_rows(labels: np.ndarray, num: int) -> np.ndarray:
    """Returns the rows of `num` images of each class in proportion, in order.

    The same arguments give the same rows. Each class has at least one image.

    Args:
        labels: integers [N]; equal ones for images without labels.
        num: at least the number of classes; more than N is N.

    Raises:
        InputError: there are more classes than `num`.
    """
    if num >= len(labels):
        return np.arange(len(labels))
    order = np.random.default_rng(0).permutation(len(labels))
    _, index, counts = np.unique(labels[order], return_inverse=True, return_counts=True)
    if num < len(counts):
        raise InputError(
            f"subset ({num}) must be at least {len(counts):,}, one image of each class"
        )
    by_class = index.argsort(kind="stable")
    firsts = np.concatenate([[0], counts.cumsum()[:-1]])
    place = np.empty(len(labels))
    place[by_class] = np.arange(len(labels)) - np.repeat(firsts, counts)
    # The first of each class, then those that are first in proportion.
    fraction = np.where(place == 0, -1, (place + 0.5) / counts[index])
    return np.sort(order[fraction.argsort(kind="stable")[:num]])


class Balance:
    """Order of the images of an epoch in which rare classes occur more often."""

    def __init__(self, labels: np.ndarray, balance: str):
        """Computes how often each image occurs.

        Args:
            labels: int32 [N].
            balance: "sqrt" or "equal"; see `gan_tf.Config`.
        """
        counts = np.bincount(labels).astype(float)
        weights = np.sqrt(counts) if balance == "sqrt" else (counts > 0) * 1.0
        self._labels = labels
        probabilities = weights[labels] / counts[labels]
        self._by_class = labels.argsort(kind="stable")
        # Of images in the order of their classes, whose probabilities are all alike.
        self._ends = (probabilities / probabilities.sum())[self._by_class].cumsum()

    def epoch(self, rng: np.random.Generator) -> np.ndarray:
        """Returns int32 [N], the images of an epoch of N draws in random order.

        A class of probability p occurs N p times, rounded down or up, and no image of a
        class occurs twice more than another one (systematic sampling).
        """
        num = len(self._labels)
        shuffled = rng.permutation(num)
        shuffled = shuffled[self._labels[shuffled].argsort(kind="stable")]
        places = (np.arange(num) + rng.random()) / num
        rows = shuffled[np.searchsorted(self._ends, places).clip(max=num - 1)]
        return rng.permutation(rows).astype(np.int32)
