"""Which images are used, in which order: a subset, or some classes more often."""

import functools

import numpy as np

from gan_tf.errors import InputError


def subset_rows(labels: np.ndarray, num: int) -> np.ndarray:
    """Returns the rows of `num` images of each class in proportion, in order.

    The same arguments give the same rows. Each class has at least one image.

    Args:
        labels: integers or names [N]; equal ones for images without labels.
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
        weights = np.sqrt(counts) if balance == "sqrt" else np.ones_like(counts)
        self._labels = labels
        probabilities = weights[labels] / counts[labels]
        by_class = labels.argsort(kind="stable")
        # Of images in the order of their classes, whose probabilities are all alike.
        self._ends = (probabilities / probabilities.sum())[by_class].cumsum()

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


@functools.lru_cache(maxsize=2)  # a batch may straddle two epochs
def _epoch(seed: int, epoch: int, num_images: int, balance: Balance | None) -> np.ndarray:
    rng = np.random.default_rng([seed, epoch])
    if balance:
        return balance.epoch(rng)
    return rng.permutation(num_images).astype(np.int32)


def batch_rows(
    seed: int,
    step: int,
    num_steps: int,
    batch_size: int,
    num_images: int,
    balance: Balance | None = None,
) -> np.ndarray:
    """Returns the indices of the training images that the steps from `step` on use.

    The rows are consecutive parts of an endless stream of random permutations, one per
    epoch: each image is used once per epoch, and a batch may straddle two. The result
    depends on the arguments alone, so a resumed run has the order of an uninterrupted one.

    Args:
        seed: 0 or more; another seed gives another order.
        step: the first step, from 0.
        num_steps: number of steps.
        batch_size: images per step; may exceed `num_images`.
        num_images: N of the training set, at least 1.
        balance: of its labels, for epochs in which rare classes occur more often; None
            for each image once.

    Returns:
        int32 [num_steps, batch_size] in [0, num_images).
    """
    start = int(step) * batch_size  # int: NumPy's integers would overflow
    stop = start + num_steps * batch_size
    parts = []
    for epoch in range(start // num_images, stop // num_images + 1):
        first = epoch * num_images
        rows = _epoch(seed, epoch, num_images, balance)
        parts.append(rows[max(0, start - first) : stop - first])
    return np.concatenate(parts).reshape(num_steps, batch_size)
