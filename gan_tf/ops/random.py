"""Random numbers as pure functions of a seed, the same with and without XLA.

TensorFlow's stateless generators give other floats under XLA, and its default algorithm
is a hundred times slower there on the CPU. The integers of its Philox generator are the
same everywhere (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405), so the
floats here are made from those.
"""

import contextlib
import math
import random

import numpy as np
import tensorflow as tf

_PHILOX = 1


@contextlib.contextmanager
def keras_seed(seed):
    """Seeds what Keras draws its seeds from; the caller's random numbers go on after it."""
    states = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def random_bits(shape, seed):
    """Returns int32 `shape` of random bits, a function of `seed` (int32 [2])."""
    return tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )


def random_bits_for_steps(num_steps, shape, seed, first_step):
    """Returns the random bits of many steps, int32 [num_steps, *shape].

    Row i is a function of (seed, first_step + i). XLA is slow at Philox on the CPU, and
    one long draw is faster than many short ones.

    Args:
        num_steps: int.
        shape: the shape of one step's bits.
        seed: int >= 0.
        first_step: int64 scalar.
    """
    num = math.prod(shape)
    # One count of the generator gives four integers.
    counts = -(-num // 4)
    counter = tf.cast(first_step * counts, tf.uint64)
    drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[num_steps, 4 * counts],
        key=np.random.SeedSequence(seed).generate_state(1, np.uint64),
        counter=tf.stack([counter, tf.zeros_like(counter)]),
        alg=_PHILOX,
        dtype=tf.int32,
    )
    return tf.reshape(drawn[:, :num], [num_steps, *shape])


def unit(bits):
    """Maps random int32 to float32 in (0, 1), rounded to multiples of 2^-25."""
    high = tf.bitwise.right_shift(tf.bitcast(bits, tf.uint32), 8)
    numbers = (tf.cast(tf.bitcast(high, tf.int32), tf.float32) + 0.5) * 2.0**-24
    return tf.minimum(numbers, 1 - 2.0**-24)  # the largest would be rounded to 1


def _uniform(bits):
    return 2 * unit(bits) - 1


def _normal(bits):
    # Box & Muller 1958, https://doi.org/10.1214/aoms/1177706645, its cosine branch.
    radius, angle = tf.split(unit(bits), 2, axis=-1)
    return tf.sqrt(-2 * tf.math.log(radius)) * tf.cos((2 * math.pi) * angle)


# {noise: (number k of random int32 per element of z, their function: int32 [..., k n]
# to float32 [..., n])}
DISTRIBUTIONS = {"uniform": (1, _uniform), "normal": (2, _normal)}


def dropout_mask(shape, rate, seed):
    """Returns bool `shape`, True (not dropped) with probability 1 - `rate`.

    A function of `seed`; each element takes one random byte.

    Args:
        shape: a tensor or list.
        rate: in [0, 255/256], rounded to 1/256.
        seed: int32 [2].
    """
    size = tf.reduce_prod(shape)
    bits = random_bits([(size + 3) // 4], seed)
    random_bytes = tf.reshape(tf.bitcast(bits, tf.uint8), [-1])[:size]
    return tf.reshape(random_bytes, shape) >= tf.constant(round(256 * rate), tf.uint8)
