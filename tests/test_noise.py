import numpy as np
import pytest
import tensorflow as tf

from gan_tf import noise

SEED = tf.constant([7, 11])


@pytest.mark.parametrize("draw", [noise.uniform, noise.normal])
def test_same_numbers_with_and_without_xla(draw):
    eager = draw([40, 50], SEED)
    compiled = tf.function(lambda: draw([40, 50], SEED), jit_compile=True)()
    np.testing.assert_allclose(eager, compiled, atol=2e-6)
    assert np.abs(eager - draw([40, 50], tf.constant([7, 12]))).max() > 1


def test_mask_is_the_same_with_xla():
    compiled = tf.function(
        lambda: noise.keep_mask([33, 7], 0.3, SEED), jit_compile=True
    )
    np.testing.assert_array_equal(compiled(), noise.keep_mask([33, 7], 0.3, SEED))


def test_uniform_has_its_moments_and_stays_inside():
    x = noise.uniform([500, 400], SEED).numpy()
    assert np.abs(x).max() < 1 and np.abs(x).max() > 0.9999
    # 200,000 draws: standard errors 0.0013, 0.0007.
    assert x.mean() == pytest.approx(0, abs=0.006)
    assert (x**2).mean() == pytest.approx(1 / 3, abs=0.004)
    assert np.corrcoef(x[:, :-1].ravel(), x[:, 1:].ravel())[0, 1] == pytest.approx(
        0, abs=0.01
    )


def test_normal_has_its_moments_and_tails():
    x = noise.normal([500, 400], SEED).numpy()
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert (x**2).mean() == pytest.approx(1, abs=0.015)
    assert (x**4).mean() == pytest.approx(3, abs=0.12)
    # P(|x| > 3) = 0.0027.
    assert (np.abs(x) > 3).mean() == pytest.approx(0.0027, abs=0.0006)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.3])
def test_mask_keeps_the_share_that_was_asked_for(rate):
    kept = noise.keep_mask(tf.constant([333, 301]), rate, SEED).numpy()
    assert kept.shape == (333, 301)
    assert kept.mean() == pytest.approx(1 - round(256 * rate) / 256, abs=0.007)
    # Neither rows nor columns are favoured.
    assert np.abs(kept.mean(axis=0) - kept.mean()).max() < 0.15
