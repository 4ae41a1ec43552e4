import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.errors import InputError
from gan_tf.metrics import class_frechet_distances, frechet_bias, frechet_distance, moments


def random_covariance(size, rng):
    root = rng.normal(size=[size, size])
    return root @ root.T / size


def test_moments_are_numpys():
    features = np.random.default_rng(0).normal(3.0, 2.0, size=[50, 4])
    mean, covariance = moments(features)
    assert_allclose(mean, features.mean(axis=0))
    assert_allclose(covariance, np.cov(features, rowvar=False))


def test_moments_are_taken_in_float64():
    # In float32 the mean of these would be off, and the variance useless.
    features = (1e4 + np.random.default_rng(0).normal(size=[1000, 1])).astype(
        np.float32
    )
    assert_allclose(moments(features).covariance, np.cov(features.T.astype(float)))


def test_equal_gaussians():
    covariance = random_covariance(20, np.random.default_rng(0))
    mean = np.arange(20.0)
    distance = frechet_distance(mean, covariance, mean, covariance)
    assert_allclose(distance, 0.0, atol=1e-6)


def test_a_shift_by_d_costs_its_square():
    covariance = random_covariance(5, np.random.default_rng(0))
    shift = np.array([1.0, 2.0, 0.0, -2.0, 4.0])
    distance = frechet_distance(np.zeros(5), covariance, shift, covariance)
    assert_allclose(distance, 25.0, rtol=1e-9)


def test_isotropic_gaussians():
    """tr(a^2 I + b^2 I - 2ab I) = D (a - b)^2."""
    distance = frechet_distance(np.zeros(7), 9 * np.eye(7), np.zeros(7), 4 * np.eye(7))
    assert_allclose(distance, 7.0, rtol=1e-12)


def test_covariances_that_do_not_commute():
    """For 2x2 matrices tr (AB)^(1/2) = (tr AB + 2 (det AB)^(1/2))^(1/2)."""
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    b = np.array([[1.0, -0.7], [-0.7, 3.0]])
    root = np.sqrt(np.trace(a @ b) + 2.0 * np.sqrt(np.linalg.det(a @ b)))
    expected = np.trace(a) + np.trace(b) - 2.0 * root
    zero = np.zeros(2)
    assert_allclose(frechet_distance(zero, a, zero, b), expected, rtol=1e-10)
    assert_allclose(frechet_distance(zero, b, zero, a), expected, rtol=1e-10)


def test_singular_covariances():
    a, b = np.diag([1.0, 0.0, 0.0]), np.diag([0.0, 4.0, 0.0])
    assert_allclose(frechet_distance(np.zeros(3), a, np.zeros(3), b), 5.0, rtol=1e-12)


def test_bias_of_a_flat_spectrum():
    """64 equal eigenvalues, 10,000 rows each: 0.345 % of the trace."""
    bias = frechet_bias(3.0 * np.eye(64), 10_000, 10_000)
    assert_allclose(bias / (3.0 * 64), 0.00345, rtol=1e-3)


def test_bias_skips_directions_without_variance():
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
    real = rng.normal(size=[1000, 3]) + 4.0 * labels[:, None]
    fake = rng.normal(size=[1000, 3]) + 4.0 * labels[:, None]
    honest = class_frechet_distances(real, labels, fake, labels)
    swapped = class_frechet_distances(real, labels, fake, 1 - labels)
    assert honest.shape == (2,)
    assert honest.max() < 0.1
    # Each class is off by 4 in each of 3 directions.
    assert_allclose(swapped, 48.0, rtol=0.05)


def test_a_class_without_rows():
    features, labels = np.zeros([4, 2]), np.array([0, 0, 1, 1])
    with pytest.raises(InputError, match=r"class 1 \(2 real, 0 fake rows\)"):
        class_frechet_distances(features, labels, features, np.zeros(4, int))
