"""The order in which training uses the images."""

import functools

import numpy as np


@functools.lru_cache(maxsize=2)  # a batch may straddle two epochs
def _permutation(seed: int, epoch: int, num_images: int) -> np.ndarray:
    rows = np.random.default_rng([seed, epoch]).permutation(num_images)
    return rows.astype(np.int32)


def batch_rows(
    seed: int, step: int, num_steps: int, batch_size: int, num_images: int
) -> np.ndarray:
    """Returns which training images the steps from `step` on use.

    The rows are cut from an endless stream that holds one random permutation of all
    images per epoch, so each image is used exactly once per epoch, batches may straddle
    two epochs, and a resumed run continues in the order of one that never stopped. The
    result depends on nothing but the arguments.

    Args:
        seed: Non-negative; another seed is another order.
        step: The first step, from 0.
        num_steps: How many steps.
        batch_size: Images per step; may exceed `num_images`.
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
