import numpy as np
import pytest
import tensorflow as tf

from gan_tf.ops import random

SEED = tf.constant([7, 11])


def draw(noise, shape, seed=SEED):
    ints_per_element, from_bits = random.DISTRIBUTIONS[noise]
    return from_bits(random.random_bits([*shape[:-1], ints_per_element * shape[-1]], seed))


@pytest.mark.parametrize("noise", ["uniform", "normal"])
def test_same_numbers_with_and_without_xla(noise):
    eager = draw(noise, [40, 50])
    compiled = tf.function(lambda: draw(noise, [40, 50]), jit_compile=True)()
    np.testing.assert_allclose(eager, compiled, atol=2e-6)
    other = draw(noise, [40, 50], tf.constant([7, 12]))
    assert np.abs(eager - other).max() > 1


@pytest.mark.parametrize("shape", [(3, 8), (5,), (2, 3, 7)])
def test_the_bits_of_a_step_depend_on_its_number_alone(shape):
    def drawn(num_steps, seed, first):
        first = tf.constant(first, tf.int64)
        return random.random_bits_for_steps(num_steps, shape, seed, first).numpy()

    together = drawn(6, 3, 10)
    assert together.shape == (6, *shape)
    for i in range(6):
        np.testing.assert_array_equal(together[i], drawn(1, 3, 10 + i)[0])
    assert not np.intersect1d(together, drawn(6, 4, 10)).size


def test_no_step_repeats_the_numbers_of_another():
    first = tf.constant(10**9, tf.int64)
    drawn = random.random_bits_for_steps(300, (5, 7), 0, first).numpy()
    # Of 10,500 numbers among 2^32, 0.013 pairs are equal by chance.
    assert len(np.unique(drawn)) >= drawn.size - 1


def test_uniform_has_its_moments_and_stays_inside():
    x = draw("uniform", [500, 400]).numpy()
    assert np.abs(x).max() < 1 and np.abs(x).max() > 0.9999
    # 200,000 draws: standard errors 0.0013, 0.0007.
    assert x.mean() == pytest.approx(0, abs=0.006)
    assert (x**2).mean() == pytest.approx(1 / 3, abs=0.004)
    neighbours = np.corrcoef(x[:, :-1].ravel(), x[:, 1:].ravel())[0, 1]
    assert neighbours == pytest.approx(0, abs=0.01)


def test_normal_has_its_moments_and_tails():
    x = draw("normal", [500, 400]).numpy()
    assert x.mean() == pytest.approx(0, abs=0.01)
    assert (x**2).mean() == pytest.approx(1, abs=0.015)
    assert (x**4).mean() == pytest.approx(3, abs=0.12)
    # P(|x| > 3) = 0.0027.
    assert (np.abs(x) > 3).mean() == pytest.approx(0.0027, abs=0.0006)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.3])
def test_the_mask_drops_a_fraction_of_rate_with_and_without_xla(rate):
    kept = random.dropout_mask(tf.constant([333, 301]), rate, SEED).numpy()
    assert kept.shape == (333, 301)
    assert kept.mean() == pytest.approx(1 - round(256 * rate) / 256, abs=0.007)
    # No column differs from the others.
    assert np.abs(kept.mean(axis=0) - kept.mean()).max() < 0.15
    compiled = tf.function(random.dropout_mask, jit_compile=True)
    np.testing.assert_array_equal(compiled([333, 301], rate, SEED), kept)


def test_the_largest_bits_are_below_1():
    bits = tf.constant([0, 1 << 8, -(2**31), -1], tf.int32)
    numbers = random.unit(bits).numpy().astype(float)
    np.testing.assert_array_equal(
        numbers, [0.5 * 2**-24, 1.5 * 2**-24, 0.5, 1 - 2**-24]
    )
