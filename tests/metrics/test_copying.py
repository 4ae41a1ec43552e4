import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.errors import InputError
from gan_tf.metrics import copying_test, mann_whitney_z, nearest_training_rows


def test_mann_whitney_worked_example():
    """Aesop's race, T H H H H H T T T T T H: U = 25 of 36 pairs have T after H.

    https://en.wikipedia.org/wiki/Mann-Whitney_U_test; z = (25 - 18) / sqrt(39).
    """
    race = np.array(list("THHHHHTTTTTH"))
    tortoises, hares = np.flatnonzero(race == "T"), np.flatnonzero(race == "H")
    assert_allclose(mann_whitney_z(tortoises, hares), 7 / np.sqrt(39))
    assert_allclose(mann_whitney_z(hares, tortoises), -7 / np.sqrt(39))


def test_ties_count_half():
    assert_allclose(mann_whitney_z([1.0, 1.0], [1.0, 1.0]), 0.0)
    # U = 2 + 1/2 of 4 pairs, mean 2, variance 2 * 2 * 5 / 12.
    assert_allclose(mann_whitney_z([1.0, 2.0], [0.0, 1.0]), 1.5 / np.sqrt(5 / 3))


def test_z_is_standard_normal_under_one_distribution():
    rng = np.random.default_rng(0)
    z = [mann_whitney_z(rng.normal(size=80), rng.normal(size=60)) for _ in range(1000)]
    assert_allclose(np.mean(z), 0.0, atol=0.1)
    assert_allclose(np.std(z), 1.0, atol=0.08)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    return {
        "train": rng.normal(size=[3000, 2]),
        "test": rng.normal(size=[1000, 2]),
        "fresh": rng.normal(size=[1000, 2]),
        "noise": rng.normal(0.0, 0.01, size=[1000, 2]),
    }


def test_fresh_data_is_no_copy(samples):
    result = copying_test(samples["train"], samples["test"], samples["fresh"])
    assert abs(result.score) < 3 * result.error
    assert_allclose(result.distance_ratio, 1.0, atol=0.1)
    # Ten cells of about equal weight.
    assert_allclose(result.error, 1 / np.sqrt(10), rtol=0.2)


def test_noisy_copies_are_found(samples):
    copies = samples["train"][:1000] + samples["noise"]
    result = copying_test(samples["train"], samples["test"], copies)
    assert result.score < -10 * result.error
    assert result.distance_ratio < 0.7


def test_samples_off_the_data_are_underfit(samples):
    coarse = 1.5 * samples["fresh"]
    result = copying_test(samples["train"], samples["test"], coarse)
    assert result.score > 3 * result.error
    assert result.distance_ratio > 1.1


def test_copies_in_one_region_are_not_hidden_by_the_rest(samples):
    """What the cells are for: copied on the left, spread too wide on the right."""
    copies = samples["train"][:1000] + samples["noise"]
    mixed = np.where(copies[:, :1] < 0, copies, 1.3 * samples["fresh"])
    z = copying_test(samples["train"], samples["test"], mixed).z
    assert np.nanmin(z) < -4


def test_cells_with_few_rows_are_left_out(samples):
    left = samples["fresh"][samples["fresh"][:, 0] < -0.5]
    result = copying_test(samples["train"], samples["test"], left)
    assert 0 < np.isnan(result.z).sum() < 10
    assert np.isfinite(result.score)
    with pytest.raises(InputError, match="no cell holds 20 test"):
        copying_test(samples["train"], samples["test"], left[:10])


def test_nearest_training_rows():
    train = np.array([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]])
    indices, distances = nearest_training_rows([[0.0, 0.0], [9.0, 0.0]], train)
    assert_array_equal(indices, [0, 2])
    assert_allclose(distances, [0.0, 1.0])


def test_a_copied_image_is_its_own_neighbour():
    train = np.random.default_rng(0).integers(0, 256, [30, 28, 28, 1], np.uint8)
    indices, distances = nearest_training_rows(train[[7, 21]], train)
    assert_array_equal(indices, [7, 21])
    assert_array_equal(distances, 0.0)
