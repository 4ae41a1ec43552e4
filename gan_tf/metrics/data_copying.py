"""Does a generator copy its training images? Nearest neighbours, and a test of them."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.clustering import kmeans, nearest_rows
from gan_tf.metrics.validation import check_pair


class CopyingTest(NamedTuple):
    """The data-copying test C_T.

    Attributes:
        score: C_T; far below 0 for copies of training images, far above 0 for images
            that lie further from the training images than real ones do.
        error: its standard deviation for a generator as good as held-out data.
        z: float64 [cells], the z-scored Mann-Whitney U of each cell; NaN if left out.
        distance_ratio: median distance to the nearest training image of the generated
            rows over that of the test rows; below 1 for copies.
    """

    score: float
    error: float
    z: np.ndarray
    distance_ratio: float


def copying_test(train, test, generated, num_cells=10, seed=0, min_rows=20):
    """Returns the three-sample test of Meehan et al. 2020.

    https://arxiv.org/abs/2004.05675. In each k-means cell of the training rows the
    distances of generated and of test rows to their nearest training row of that cell
    are ranked; C_T is the mean of the cells' z-scores, weighted by their share of the
    test rows. z grows with the square root of the number of rows: compare at one size.

    Args:
        train: [L, D] (or images, flattened): what the generator was trained on.
        test: [N, D], held-out real rows.
        generated: [M, D].
        num_cells: number of k-means cells.
        seed: of k-means.
        min_rows: a cell with fewer generated rows, or fewer test rows, is left out.

    Raises:
        InputError: no cell has rows enough.
    """
    train, test = check_pair(train, test, names=("train", "test"))
    train, generated = check_pair(train, generated, names=("train", "generated"))
    centres = kmeans(train, num_cells, seed)
    train_cells, test_cells, generated_cells = (
        nearest_rows(rows, centres)[0] for rows in (train, test, generated)
    )
    z = np.full(num_cells, np.nan)
    test_distances, generated_distances = [], []
    for cell in range(num_cells):
        neighbours = train[train_cells == cell]
        of_test = nearest_rows(test[test_cells == cell], neighbours)[1]
        of_generated = nearest_rows(generated[generated_cells == cell], neighbours)[1]
        test_distances.append(of_test)
        generated_distances.append(of_generated)
        if min(len(of_test), len(of_generated)) >= min_rows:
            z[cell] = mann_whitney_z(of_generated, of_test)
    used = ~np.isnan(z)
    if not used.any():
        raise InputError(
            f"no cell holds {min_rows} test and {min_rows} generated rows: give more "
            f"rows, or fewer than {num_cells} cells."
        )
    weights = np.bincount(test_cells, minlength=num_cells)[used].astype(np.float64)
    weights /= weights.sum()
    medians = [
        np.sqrt(np.median(np.concatenate(distances)))
        for distances in (generated_distances, test_distances)
    ]
    return CopyingTest(
        score=float(weights @ z[used]),
        error=float(np.sqrt((weights**2).sum())),
        z=z,
        distance_ratio=float(medians[0] / medians[1]) if medians[1] > 0 else np.nan,
    )


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


def nearest_training_rows(queries, train):
    """Returns the nearest training row of each query, for a picture of the pairs.

    Args:
        queries: [N, D] (or images, flattened).
        train: [M, D].

    Returns:
        (indices int64 [N], distances float64 [N]).
    """
    queries, train = check_pair(queries, train, names=("queries", "train"))
    indices, squares = nearest_rows(queries, train)
    return indices, np.sqrt(squares)
