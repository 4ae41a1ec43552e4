import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.metrics import kernel_distance


def test_every_pair_by_hand():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=[6, 3]), rng.normal(size=[4, 3])

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    same_x = np.mean([k(a, b) for i, a in enumerate(x) for b in np.delete(x, i, 0)])
    same_y = np.mean([k(a, b) for i, a in enumerate(y) for b in np.delete(y, i, 0)])
    across = np.mean([k(a, b) for a in x for b in y])
    value, error = kernel_distance(x, y)
    assert_allclose(value, same_x + same_y - 2 * across, rtol=1e-12)
    assert np.isnan(error)


def test_unbiased_and_its_error_is_right():
    """Even at 100 rows, where the Frechet distance is nearly all bias."""
    rng = np.random.default_rng(0)
    estimates = [
        kernel_distance(*rng.normal(size=[2, 100, 8]), block_size=10)
        for _ in range(300)
    ]
    values, errors = np.array(estimates).T
    standard_error = values.std() / np.sqrt(len(values))
    assert abs(values.mean()) < 3 * standard_error
    # Each estimate's own error bar agrees with how much the estimates really spread.
    assert_allclose(np.sqrt(np.mean(errors**2)), values.std(), rtol=0.15)


def test_rows_are_shuffled():
    """Sorted rows would make every block compare unlike with unlike."""
    rows = np.sort(np.random.default_rng(0).normal(size=[1000, 1]), axis=0)
    value, error = kernel_distance(rows, rows[::-1], block_size=100)
    shuffled = np.random.default_rng(1).permutation(rows)
    assert abs(value) < 4 * error
    assert error < 3 * kernel_distance(shuffled, rows, block_size=100).standard_error


@pytest.mark.parametrize(
    "size_1, size_2, block_size",
    [(30, 30, 10), (100, 5, 2), (11, 11, 2), (29, 29, 2), (2, 3, 2)],
)
def test_point_masses(size_1, size_2, block_size):
    """k(a, a) + k(b, b) - 2 k(a, b) = 8 + 125 - 2 * 27 for a.a/D = 1, b.b/D = 4.

    Blocks that would be too small grow until each has two rows.
    """
    ones, twos = np.ones([size_1, 5]), 2 * np.ones([size_2, 5])
    value, error = kernel_distance(ones, twos, block_size)
    assert_allclose(value, 79.0, rtol=1e-12)
    assert np.isnan(error) if min(size_1, size_2) < 4 else abs(error) < 1e-12
