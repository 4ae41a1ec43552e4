import numpy as np
from numpy.testing import assert_allclose

from gan_tf.metrics import data_copying_test, mann_whitney_z


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


def test_ct_of_fresh_data_is_the_z_score_of_the_distances():
    rng = np.random.default_rng(0)
    train, test, fresh = (rng.normal(size=[num, 2]) for num in (3000, 1000, 1000))
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
    train = (10 * train).round()  # the distances are then exactly 0
    same = data_copying_test(train, train[:30], train[30:60])
    assert same.ct == 0.0 and np.isnan(same.nn_distance_ratio)
