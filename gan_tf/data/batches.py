"""The order in which a training uses the images."""

import functools

import numpy as np


@functools.lru_cache(maxsize=2)  # a batch may straddle two epochs
def _permutation(seed: int, epoch: int, num_images: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(num_images).astype(np.int32)


def batch_rows(
    seed: int, step: int, num_steps: int, batch_size: int, num_images: int
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

    Returns:
        int32 [num_steps, batch_size] in [0, num_images).
    """
    start = int(step) * batch_size  # int: NumPy's integers would overflow
    stop = start + num_steps * batch_size
    parts = []
    for epoch in range(start // num_images, stop // num_images + 1):
        first = epoch * num_images
        rows = _permutation(seed, epoch, num_images)
        parts.append(rows[max(0, start - first) : stop - first])
    return np.concatenate(parts).reshape(num_steps, batch_size)
