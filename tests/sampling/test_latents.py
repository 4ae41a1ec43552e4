"""z as a function of (seed, index), and the paths between two z."""

import numpy as np
import pytest

from gan_tf.sampling.latents import interpolate, sample_z


@pytest.mark.parametrize("noise, bound", [("normal", 5.5), ("uniform", 1.0)])
def test_z_has_its_distribution(noise, bound):
    z = sample_z(seed=3, num=5000, latent_dim=5, noise=noise)
    assert z.shape == (5000, 5) and z.dtype == np.float32 and np.abs(z).max() <= bound
    variance = 1 if noise == "normal" else 1 / 3
    assert z.var() == pytest.approx(variance, abs=0.03)


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_z_depends_on_seed_and_index_alone(noise):
    many = sample_z(1, 150, 5, noise)
    for num in (1, 64, 65):
        np.testing.assert_array_equal(sample_z(1, num, 5, noise), many[:num])
    assert not np.array_equal(sample_z(2, 150, 5, noise), many)
    rng = np.random.default_rng([1, 2])  # rows 128 to 191
    draw = rng.standard_normal if noise == "normal" else lambda s: rng.uniform(-1, 1, s)
    np.testing.assert_array_equal(many[128:], draw((64, 5))[:22].astype(np.float32))


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_the_path_starts_and_ends_at_its_z(noise):
    a, b = sample_z(0, 2, 5, noise)
    path = interpolate(a, b, np.array([[0.0], [0.5], [1.0]]), noise)
    np.testing.assert_allclose(path[0], a, atol=1e-6)
    np.testing.assert_allclose(path[2], b, atol=1e-6)
    if noise == "uniform":
        np.testing.assert_allclose(path[1], (a + b) / 2, atol=1e-6)
    else:  # orthogonal vectors, whose middle is as long
        x, y, *_ = np.eye(5, dtype=np.float32)
        middle = interpolate(x, y, np.array([[0.5]]), noise)[0]
        np.testing.assert_allclose(middle[:2], np.sqrt([0.5, 0.5]), rtol=1e-6)
    same = interpolate(a, a, np.array([[0.3]]), noise)
    np.testing.assert_allclose(same[0], a, atol=1e-6)
