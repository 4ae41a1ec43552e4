import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.metrics import class_frechet_distances, frechet_bias, frechet_distance, moments


def test_moments_are_numpys_in_float64():
    features = np.random.default_rng(0).normal(3.0, 2.0, size=[50, 4])
    mean, covariance = moments(features)
    assert_allclose(mean, features.mean(axis=0))
    assert_allclose(covariance, np.cov(features, rowvar=False))
    # In float32 the mean of these would be off, and the variance useless.
    large = (1e4 + np.random.default_rng(0).normal(size=[1000, 1])).astype(np.float32)
    assert_allclose(moments(large).covariance, np.cov(large.T.astype(float)))


COVARIANCE = np.cov(np.random.default_rng(0).normal(size=[5, 9]))
A, B = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.7], [-0.7, 3.0]])
# For 2x2 matrices tr (AB)^(1/2) = (tr AB + 2 (det AB)^(1/2))^(1/2).
ROOT = np.sqrt(np.trace(A @ B) + 2.0 * np.sqrt(np.linalg.det(A @ B)))


@pytest.mark.parametrize(
    "shift, first, second, expected",
    [
        (np.zeros(5), COVARIANCE, COVARIANCE, 0.0),
        # A shift by d costs |d|^2.
        (np.array([1.0, 2.0, 0.0, -2.0, 4.0]), COVARIANCE, COVARIANCE, 25.0),
        # tr(a^2 I + b^2 I - 2ab I) = D (a - b)^2.
        (np.zeros(7), 9 * np.eye(7), 4 * np.eye(7), 7.0),
        # Covariances that do not commute, and singular ones.
        (np.zeros(2), A, B, np.trace(A) + np.trace(B) - 2.0 * ROOT),
        (np.zeros(3), np.diag([1.0, 0.0, 0.0]), np.diag([0.0, 4.0, 0.0]), 5.0),
    ],
)
def test_closed_forms(shift, first, second, expected):
    mean = np.arange(float(len(shift)))
    for pair in ((first, second), (second, first)):
        distance = frechet_distance(mean, pair[0], mean + shift, pair[1])
        assert_allclose(distance, expected, rtol=1e-9, atol=1e-6 * (expected == 0))


def test_bias_in_closed_form():
    # 64 equal eigenvalues, 10,000 rows each: 0.345 % of the trace.
    bias = frechet_bias(3.0 * np.eye(64), 10_000, 10_000)
    assert_allclose(bias / (3.0 * 64), 0.00345, rtol=1e-3)
    # Directions without variance do not count.
    bias = frechet_bias(np.diag([1.0, 0.0]), 100, 50)
    assert_allclose(bias, 0.5 * (0.01 + 0.02) * 3.0)


@pytest.mark.parametrize("sizes", [(2000, 2000), (2000, 6000)])
def test_bias_is_what_samples_of_one_gaussian_give(sizes):
    rng = np.random.default_rng(0)
    scales = np.linspace(0.2, 2.0, 48)
    distances = [
        frechet_distance(
            *moments(rng.normal(size=[sizes[0], 48]) * scales),
            *moments(rng.normal(size=[sizes[1], 48]) * scales),
        )
        for _ in range(8)
    ]
    # The mean of eight has a standard error of about 0.5 %.
    expected = frechet_bias(np.diag(scales**2), *sizes)
    assert_allclose(np.mean(distances), expected, rtol=0.03)


def test_class_distances_reveal_swapped_labels():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 500)
    real, fake = rng.normal(size=[2, 1000, 3]) + 4.0 * labels[:, None]
    honest = class_frechet_distances(real, labels, fake, labels)
    swapped = class_frechet_distances(real, labels, fake, 1 - labels)
    assert honest.shape == (2,) and honest.max() < 0.1
    # Each class is off by 4 in each of 3 directions.
    assert_allclose(swapped, 48.0, rtol=0.05)
