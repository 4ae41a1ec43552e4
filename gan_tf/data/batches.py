"""The order in which a training uses the images."""

from __future__ import annotations

import functools

import numpy as np

from gan_tf.data.sampling import Balance


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
