import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.errors import InputError
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


def test_point_masses():
    """k(a, a) + k(b, b) - 2 k(a, b) = 8 + 125 - 2 * 27 for a.a/D = 1, b.b/D = 4."""
    value, error = kernel_distance(
        np.ones([30, 5]), 2 * np.ones([30, 5]), block_size=10
    )
    assert_allclose(value, 79.0, rtol=1e-12)
    assert_allclose(error, 0.0, atol=1e-12)


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


def test_a_shift_is_found():
    rng = np.random.default_rng(0)
    value, error = kernel_distance(
        rng.normal(size=[2000, 8]), rng.normal(0.3, 1.0, size=[2000, 8]), block_size=200
    )
    assert value > 5 * error


def test_rows_are_shuffled():
    """Sorted rows would make every block compare unlike with unlike."""
    rows = np.sort(np.random.default_rng(0).normal(size=[1000, 1]), axis=0)
    value, error = kernel_distance(rows, rows[::-1], block_size=100)
    shuffled = np.random.default_rng(1).permutation(rows)
    assert abs(value) < 4 * error
    assert error < 3 * kernel_distance(shuffled, rows, block_size=100).standard_error


@pytest.mark.parametrize("sizes", [(100, 5), (11, 11), (29, 29), (2, 3)])
def test_blocks_grow_until_each_has_two_rows(sizes):
    ones, twos = np.ones([sizes[0], 5]), 2 * np.ones([sizes[1], 5])
    value, error = kernel_distance(ones, twos, block_size=2)
    assert_allclose(value, 79.0, rtol=1e-12)
    assert np.isnan(error) if min(sizes) < 4 else abs(error) < 1e-12
    with pytest.raises(InputError, match="first .1 rows. must have 2 or more"):
        kernel_distance(ones[:1], twos)
