"""The least that a step can cost: its multiply-adds at the speed of a matrix product.

Counted is what the mathematics of a step needs, however the program gets it: an upsampled
convolution by its folded kernel (4 taps an output pixel and channel, not 9), fakes that
two updates share once, no gradient that nobody uses. Not counted is all that is no
multiply-add of a layer: activations, batch normalisation, dropout, losses, Adam, random
numbers. Taps on the padding count as if they were pixels.
"""

from __future__ import annotations

import math
import time

import keras
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.models.base import GAN
from gan_tf.models.layers import UpsampleConv2D

_SIZES = ((512, 512, 512), (512, 1024, 512), (1024, 1024, 1024), (2048, 2048, 2048))


def layer_multiply_adds(layer: keras.Layer) -> int:
    """Returns the multiply-adds of `layer` on one image, forward.

    Raises:
        ValueError: it has weights, and how it multiplies by them is not known here.
    """
    if isinstance(layer, UpsampleConv2D):
        _, height, width, filters = layer.output.shape
        return height * width * filters * 4 * layer.input.shape[-1]
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.input.shape[1:3]) * math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Conv2D):
        return math.prod(layer.output.shape[1:3]) * math.prod(layer.kernel.shape)
    if isinstance(layer, keras.layers.Dense):
        return math.prod(layer.kernel.shape)
    known = (keras.layers.BatchNormalization, keras.layers.Embedding)
    if layer.weights and not isinstance(layer, known):
        raise ValueError(f"layer ({layer.name}) is of an unknown kind: {type(layer)}")
    return 0


def network_multiply_adds(network: keras.Model) -> list[int]:
    """Returns the multiply-adds on one image of each layer that has any, in order."""
    counts = [layer_multiply_adds(layer) for layer in network.layers]
    return [count for count in counts if count]


def step_multiply_adds(model: GAN, config: Config) -> int:
    """Returns the multiply-adds of one step: an update of D, then one of G.

    A layer multiplies as often for the gradient of its weights, and again for that of its
    inputs, as it does forward.

    Raises:
        ValueError: the config asks for more than one update of each, or for R1.
    """
    if (config.d_steps, config.g_steps, config.r1_gamma) != (1, 1, 0):
        raise ValueError("only steps of one update each, without R1, are counted")
    g = network_multiply_adds(model.generator)
    d = network_multiply_adds(model.discriminator)
    # D judges real and fake images; nobody needs the gradient of the images.
    update_d = 2 * (sum(d) + sum(d) + sum(d[1:]))
    # D again, and the gradient of its inputs alone, down to the images.
    through_d = sum(d) + sum(d)
    # The noise needs no gradient, an embedding that is multiplied by it does.
    inputs_of_g = sum(g) if model.conditional else sum(g[1:])
    passes_of_g = 2 if config.resample_z else 1
    update_g = passes_of_g * sum(g) + sum(g) + inputs_of_g
    return config.batch_size * (update_d + through_d + update_g)


def matmul_rate(dtype: str, seconds: float) -> float:
    """Returns the multiply-adds a second of TensorFlow's best matrix product here.

    Args:
        dtype: "float32" or "bfloat16".
        seconds: to spend on each of a few sizes.
    """
    return max(_rate_of(size, dtype, seconds) for size in _SIZES)


def _rate_of(size, dtype, seconds):
    rows, inner, columns = size
    a = tf.cast(tf.random.normal([rows, inner]), dtype)
    b = tf.cast(tf.random.normal([inner, columns]), dtype)
    tf.linalg.matmul(a, b)
    start, count = time.perf_counter(), 0
    while not count or time.perf_counter() - start < seconds:
        tf.linalg.matmul(a, b)
        count += 1
    return count * rows * inner * columns / (time.perf_counter() - start)
