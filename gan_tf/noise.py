"""Random numbers as pure functions of a seed, the same with and without XLA.

TensorFlow's stateless generators give other floats under XLA, and its default algorithm
is a hundred times slower there on the CPU. The integers of its Philox generator are the
same everywhere (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405), so the
floats here are made of those.
"""

import math

import tensorflow as tf


def _bits(shape, seed):
    """Returns int32 `shape`, every bit of them random."""
    return tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )


def _unit(bits):
    """Maps random int32 to float32 in (0, 1): 2^24 values, all exact."""
    high = tf.bitwise.right_shift(tf.bitcast(bits, tf.uint32), 8)
    return (tf.cast(tf.bitcast(high, tf.int32), tf.float32) + 0.5) * 2.0**-24


def uniform(shape, seed):
    """Returns float32 `shape` from U(-1, 1), a function of `seed` (int32 [2])."""
    return 2 * _unit(_bits(shape, seed)) - 1


def normal(shape, seed):
    """Returns float32 `shape` (of rank 1 or more) from N(0, 1), a function of `seed`.

    Box & Muller 1958, https://doi.org/10.1214/aoms/1177706645, its cosine branch.
    """
    radius, angle = tf.unstack(_unit(_bits([2, *shape], seed)))
    return tf.sqrt(-2 * tf.math.log(radius)) * tf.cos((2 * math.pi) * angle)


def keep_mask(shape, rate, seed):
    """Returns bool `shape`, True with probability 1 - `rate`, a function of `seed`.

    Args:
        shape: a tensor or list; one element costs one random byte.
        rate: in [0, 1], rounded to 1/256.
        seed: int32 [2].
    """
    size = tf.reduce_prod(shape)
    words = _bits([(size + 3) // 4], seed)
    random_bytes = tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:size]
    return tf.reshape(random_bytes, shape) >= tf.constant(round(256 * rate), tf.uint8)
