"""The kernel distance (KID), which has an unbiased estimate."""

from typing import NamedTuple

import numpy as np

from gan_tf.metrics.validation import check_pair


class KernelDistance(NamedTuple):
    """The estimate and its standard error (NaN when there was one block only)."""

    value: float
    standard_error: float


def kernel_distance(first, second, block_size=1024, seed=0):
    """Returns the `KernelDistance`, the squared MMD under k(x, y) = (x.y / D + 1)^3.

    The kernel is that of Binkowski et al. 2018 (KID), https://arxiv.org/abs/1801.01401,
    section 4. The U-statistic leaves out k(x, x), so its mean is exactly 0 for equal
    distributions and it may come out negative. Rows are shuffled and cut into blocks
    whose estimates are averaged (Zaremba et al. 2013, https://arxiv.org/abs/1307.1954):
    time and memory stay linear in N, and the spread of the blocks gives the error.

    Args:
        first: features [N, D].
        second: features [M, D].
        block_size: largest number of rows per block; larger where a sample is too small
            for blocks of two rows or more.
        seed: of the shuffles.
    """
    first, second = check_pair(first, second, min_rows=2)
    num_blocks = -(-max(len(first), len(second)) // block_size)
    num_blocks = min(num_blocks, len(first) // 2, len(second) // 2)
    rng = np.random.default_rng(seed)
    blocks_1 = np.array_split(rng.permutation(first), num_blocks)
    blocks_2 = np.array_split(rng.permutation(second), num_blocks)
    values = np.array([_squared_mmd(x, y) for x, y in zip(blocks_1, blocks_2, strict=True)])
    error = values.std(ddof=1) / np.sqrt(num_blocks) if num_blocks > 1 else np.nan
    return KernelDistance(float(values.mean()), float(error))


def _squared_mmd(x, y):
    """The unbiased estimate from one block: Gretton et al. 2012, eq. (3)."""
    within = 0.0
    for rows in (x, y):
        k = _kernel(rows, rows)
        within += (k.sum() - np.trace(k)) / (len(rows) * (len(rows) - 1))
    return within - 2.0 * _kernel(x, y).mean()


def _kernel(x, y):
    return (x @ y.T / x.shape[1] + 1.0) ** 3
