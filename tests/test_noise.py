import numpy as np
import pytest
import tensorflow as tf

from gan_tf.ops import random as noise

SEED = tf.constant([7, 11])


def draw(distribution, shape, seed=SEED):
    bits = noise.bits([*shape[:-1], distribution.words * shape[-1]], seed)
    return distribution.numbers(bits)


@pytest.mark.parametrize("distribution", [noise.UNIFORM, noise.NORMAL])
def test_same_numbers_with_and_without_xla(distribution):
    eager = draw(distribution, [40, 50])
    compiled = tf.function(lambda: draw(distribution, [40, 50]), jit_compile=True)()
    np.testing.assert_allclose(eager, compiled, atol=2e-6)
    other = draw(distribution, [40, 50], tf.constant([7, 12]))
    assert np.abs(eager - other).max() > 1


@pytest.mark.parametrize("shape", [(3, 8), (5,), (2, 3, 7)])
def test_a_steps_bits_depend_on_its_number_alone(shape):
    together = noise.step_bits(6, shape, 3, tf.constant(10, tf.int64)).numpy()
    assert together.shape == (6, *shape)
    for i in range(6):
        alone = noise.step_bits(1, shape, 3, tf.constant(10 + i, tf.int64))
        np.testing.assert_array_equal(together[i], alone[0])
    other = noise.step_bits(6, shape, 4, tf.constant(10, tf.int64)).numpy()
    assert not np.intersect1d(together, other).size


def test_no_step_repeats_the_numbers_of_another():
    drawn = noise.step_bits(300, (5, 7), 0, tf.constant(10**9, tf.int64)).numpy()
    # Of 10,500 numbers among 2^32, 0.013 pairs are equal by chance.
    assert len(np.unique(drawn)) >= drawn.size - 1


def test_mask_is_the_same_with_xla():
    compiled = tf.function(
        lambda: noise.keep_mask([33, 7], 0.3, SEED), jit_compile=True
    )
    np.testing.assert_array_equal(compiled(), noise.keep_mask([33, 7], 0.3, SEED))


def test_uniform_has_its_moments_and_stays_inside():
    x = draw(noise.UNIFORM, [500, 400]).numpy()
    assert np.abs(x).max() < 1 and np.abs(x).max() > 0.9999
    # 200,000 draws: standard errors 0.0013, 0.0007.
    assert x.mean() == pytest.approx(0, abs=0.006)
    assert (x**2).mean() == pytest.approx(1 / 3, abs=0.004)
    assert np.corrcoef(x[:, :-1].ravel(), x[:, 1:].ravel())[0, 1] == pytest.approx(
        0, abs=0.01
    )


def test_normal_has_its_moments_and_tails():
    x = draw(noise.NORMAL, [500, 400]).numpy()
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
