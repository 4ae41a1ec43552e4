"""Random numbers as pure functions of a seed, the same with and without XLA.

TensorFlow's stateless generators give other floats under XLA, and its default algorithm
is a hundred times slower there on the CPU. The integers of its Philox generator are the
same everywhere (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405), so the
floats here are made of those.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

_PHILOX = 1


def bits(shape, seed):
    """Returns int32 `shape`, every bit of them random, a function of `seed` (int32 [2])."""
    return tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )


def step_bits(num_steps, shape, seed, first_step):
    """Draws for many steps at once.

    XLA is slow at Philox on the CPU, and one long draw is faster than many short ones.

    Args:
        num_steps: int.
        shape: of one step's numbers.
        seed: int from 0 on.
        first_step: int64 scalar.

    Returns:
        int32 [num_steps, *shape]; row i is a function of (seed, first_step + i).
    """
    num = math.prod(shape)
    # One count of the generator makes four numbers.
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


def _unit(words):
    """Maps random int32 to float32 in (0, 1): 2^24 values, all exact."""
    high = tf.bitwise.right_shift(tf.bitcast(words, tf.uint32), 8)
    return (tf.cast(tf.bitcast(high, tf.int32), tf.float32) + 0.5) * 2.0**-24


def _uniform(words):
    return 2 * _unit(words) - 1


def _normal(words):
    # Box & Muller 1958, https://doi.org/10.1214/aoms/1177706645, its cosine branch.
    radius, angle = tf.split(_unit(words), 2, axis=-1)
    return tf.sqrt(-2 * tf.math.log(radius)) * tf.cos((2 * math.pi) * angle)


class Distribution(NamedTuple):
    """How random bits become numbers.

    Attributes:
        words: int32 that one number is made of.
        numbers: maps int32 [..., words * n] to float32 [..., n].
    """

    words: int
    numbers: Callable


UNIFORM = Distribution(1, _uniform)
NORMAL = Distribution(2, _normal)


def keep_mask(shape, rate, seed):
    """Returns bool `shape`, True with probability 1 - `rate`, a function of `seed`.

    Args:
        shape: a tensor or list; one element costs one random byte.
        rate: in [0, 1], rounded to 1/256.
        seed: int32 [2].
    """
    size = tf.reduce_prod(shape)
    words = bits([(size + 3) // 4], seed)
    random_bytes = tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:size]
    return tf.reshape(random_bytes, shape) >= tf.constant(round(256 * rate), tf.uint8)
