import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.errors import InputError
from gan_tf.metrics import count_different_bins, jensen_shannon, make_bins, two_proportion_z
from gan_tf.metrics.ndb import Bins


def test_two_proportions_worked_example():
    """38 of 100 against 102 of 200: z = -2.13 (stattrek.com, two-proportion test)."""
    z = two_proportion_z([38, 62], 100, [102, 98], 200)
    assert_allclose(z, [-2.13, 2.13], atol=0.005)


def test_a_bin_empty_in_both_is_not_different():
    assert_allclose(two_proportion_z([0, 10], 10, [0, 20], 20), [0.0, 0.0])


def test_jensen_shannon():
    assert_allclose(jensen_shannon([0.5, 0.5], [0.5, 0.5]), 0.0, atol=1e-15)
    assert_allclose(jensen_shannon([1.0, 0.0], [0.0, 1.0]), np.log(2))
    # KL((1, 0) || m) and KL((1/2, 1/2) || m), m = (3/4, 1/4).
    expected = 0.5 * (np.log(4 / 3) + 0.5 * np.log(2 / 3) + 0.5 * np.log(2))
    assert_allclose(jensen_shannon([1.0, 0.0], [0.5, 0.5]), expected)


def test_the_threshold_sets_the_rate_of_false_alarms():
    """A perfect sample: 0.27 % of bins beyond 3 standard errors, 4.55 % beyond 2."""
    rng = np.random.default_rng(0)
    centres = np.arange(50.0)[:, None]
    shares = np.full(50, 1 / 50)
    rates = {2.0: [], 3.0: []}
    for _ in range(200):
        bins = Bins(centres, rng.multinomial(20_000, shares))
        sample = np.repeat(centres, rng.multinomial(5_000, shares), axis=0)
        for threshold, seen in rates.items():
            report = count_different_bins(bins, sample, threshold)
            seen.append(report.different / 50)
    assert_allclose(np.mean(rates[3.0]), 0.0027, atol=0.0015)
    assert_allclose(np.mean(rates[2.0]), 0.0455, atol=0.006)


def test_a_missing_mode():
    rng = np.random.default_rng(0)
    modes = rng.integers(0, 4, 4000)
    train = rng.normal(size=[4000, 2]) + 30.0 * modes[:, None]
    bins = make_bins(train, num_bins=4)
    sample = rng.normal(size=[1000, 2]) + 30.0 * rng.integers(0, 3, 1000)[:, None]
    report = count_different_bins(bins, sample)
    assert report.different == 4
    missing = bins.centres[:, 0].argmax()
    assert report.z[missing] < -10
    assert (np.delete(report.z, missing) > 3).all()
    # Shares 1/4 each against 1/3, 1/3, 1/3, 0.
    expected = jensen_shannon(np.full(4, 0.25), [1 / 3, 1 / 3, 1 / 3, 0])
    assert_allclose(report.js, expected, rtol=0.1)


def test_every_training_row_is_counted():
    bins = make_bins(np.random.default_rng(0).normal(size=[500, 3]), num_bins=10)
    assert bins.counts.sum() == 500
    assert (bins.counts > 0).all()


def test_widths_must_agree():
    bins = make_bins(np.random.default_rng(0).normal(size=[50, 3]), num_bins=2)
    with pytest.raises(InputError, match="as wide as the bins, 3"):
        count_different_bins(bins, np.zeros([5, 2]))
