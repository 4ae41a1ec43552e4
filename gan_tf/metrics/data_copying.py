"""Does a generator copy its training images? Nearest neighbours, and a test of them."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.distances import nearest_neighbours

MIN_ROWS = 20  # the z-score of U takes its distribution for a normal one


class DataCopying(NamedTuple):
    """The data-copying test.

    Attributes:
        ct: C_T, a z-score; far below 0 for copies of training images, far above 0 for
            images that lie further from the training images than real ones do.
        ct_error: its standard deviation for a generator as good as held-out data, which
            is 1, as of any z-score.
        nn_distance_ratio: median distance to the nearest training image of the generated
            rows over that of the test rows; below 1 for copies. NaN if the latter is 0.
    """

    ct: float
    ct_error: float
    nn_distance_ratio: float


def data_copying_test(train, test, generated):
    """Returns the three-sample test C_T of Meehan et al. 2020, with one region.

    https://arxiv.org/abs/2004.05675, section 3: the distances of generated and of test
    rows to their nearest training row are ranked, and C_T is the z-score of their
    Mann-Whitney U. It grows with the square root of the number of rows: compare at one
    size. The paper averages the scores of several regions of the space.

    Args:
        train: [L, D] (or images, flattened): what the generator was trained on.
        test: [N, D], held-out real rows.
        generated: [M, D].

    Raises:
        InputError: fewer than 20 test or generated rows.
    """
    if min(len(test), len(generated)) < MIN_ROWS:
        raise InputError(
            f"test ({len(test)} rows) and generated ({len(generated)} rows) must have "
            f"{MIN_ROWS} rows or more."
        )
    _, of_test = nearest_neighbours(test, train, ("test", "train"))
    _, of_generated = nearest_neighbours(generated, train, ("generated", "train"))
    median = np.median(of_test)
    ratio = np.median(of_generated) / median if median > 0 else np.nan
    return DataCopying(mann_whitney_z(of_generated, of_test), 1.0, float(ratio))


def mann_whitney_z(first, second):
    """Returns the z-score of Mann-Whitney's U, < 0 where `first` is the smaller.

    U counts the pairs with first > second, ties by half; under one distribution its
    mean is nm/2 and its variance nm(n + m + 1)/12 (Mann & Whitney 1947).

    Args:
        first: float [N].
        second: float [M].
    """
    first, second = np.asarray(first), np.sort(second)
    n, m = len(first), len(second)
    below = np.searchsorted(second, first, side="left")
    up_to = np.searchsorted(second, first, side="right")
    u = 0.5 * (below + up_to).sum()
    return float((u - 0.5 * n * m) / np.sqrt(n * m * (n + m + 1) / 12.0))
