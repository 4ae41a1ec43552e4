import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.metrics import data_copying_test, mann_whitney_z, nearest_neighbours


def test_mann_whitney_worked_example():
    """Aesop's race, T H H H H H T T T T T H: U = 25 of 36 pairs have T after H.

    https://en.wikipedia.org/wiki/Mann-Whitney_U_test; z = (25 - 18) / sqrt(39).
    """
    race = np.array(list("THHHHHTTTTTH"))
    tortoises, hares = np.flatnonzero(race == "T"), np.flatnonzero(race == "H")
    assert_allclose(mann_whitney_z(tortoises, hares), 7 / np.sqrt(39))
    assert_allclose(mann_whitney_z(hares, tortoises), -7 / np.sqrt(39))
    # Ties count half.
    assert_allclose(mann_whitney_z([1.0, 1.0], [1.0, 1.0]), 0.0)
    # U = 2 + 1/2 of 4 pairs, mean 2, variance 2 * 2 * 5 / 12.
    assert_allclose(mann_whitney_z([1.0, 2.0], [0.0, 1.0]), 1.5 / np.sqrt(5 / 3))


@pytest.fixture(scope="module")
def samples():
    """Training, test and fresh rows of one distribution, and noise."""
    rng = np.random.default_rng(0)
    sizes = [[3000, 2], [1000, 2], [1000, 2]]
    rows = [rng.normal(size=size) for size in sizes]
    return *rows, rng.normal(0.0, 0.01, size=[1000, 2])


def test_ct_of_fresh_data_is_the_z_score_of_the_distances(samples):
    train, test, fresh, _ = samples
    distances = [
        np.linalg.norm(rows[:, None] - train, axis=2).min(axis=1)
        for rows in (fresh, test)
    ]
    result = data_copying_test(train, test, fresh)
    assert abs(result.ct) < 3 and result.ct_error == 1.0
    assert_allclose(result.nn_distance_ratio, 1.0, atol=0.1)
    assert_allclose(result.ct, mann_whitney_z(*distances), rtol=1e-9)
    medians = [np.median(d) for d in distances]
    assert_allclose(result.nn_distance_ratio, medians[0] / medians[1], rtol=1e-6)


def test_copies_are_found_and_samples_off_the_data_underfit(samples):
    train, test, fresh, noise = samples
    copies = data_copying_test(train, test, train[:1000] + noise)
    assert copies.ct < -10 and copies.nn_distance_ratio < 0.7
    underfit = data_copying_test(train, test, 1.5 * fresh)
    assert underfit.ct > 3 and underfit.nn_distance_ratio > 1.1
    train = (10 * train).round()
    same = data_copying_test(train, train[:30], train[30:60])
    assert same.ct == 0.0 and np.isnan(same.nn_distance_ratio)


def test_nearest_neighbours():
    rows = np.array([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]])
    indices, distances = nearest_neighbours([[0.0, 0.0], [9.0, 0.0]], rows)
    assert indices.tolist() == [0, 2] and distances.tolist() == [0.0, 1.0]
    # A copied image is its own neighbour.
    train = np.random.default_rng(0).integers(0, 256, [30, 28, 28, 1], np.uint8)
    indices, distances = nearest_neighbours(train[[7, 21]], train)
    assert indices.tolist() == [7, 21] and distances.tolist() == [0.0, 0.0]
