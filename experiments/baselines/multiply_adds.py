"""The multiply-adds of a training step, and how many per second this machine can do.

Counted are the multiply-adds that the mathematics of a step needs, however the program
does them: an upsampled convolution by its folded kernel (4 taps per output pixel and
channel, not 9), fakes that two updates share once, no gradient that is not used. Not
counted: activations, batch normalization, dropout, losses, Adam, random numbers. Taps on
the padding count as pixels.
"""

import time

import keras
import tensorflow as tf

from gan_tf.models.cost import multiply_adds

_SIZES = ((512, 512, 512), (512, 1024, 512), (1024, 1024, 1024), (2048, 2048, 2048))


def of_network(network: keras.Model) -> list[int]:
    """Returns the multiply-adds on one image of each layer that has any, in order."""
    known = keras.layers.BatchNormalization, keras.layers.Embedding
    for layer in network.layers:
        if layer.weights and not multiply_adds(layer) and not isinstance(layer, known):
            raise ValueError(f"layer ({layer.name}) is of an unknown type: {type(layer)}")
    return [count for count in map(multiply_adds, network.layers) if count]


def of_step(model, config) -> int:
    """Returns the multiply-adds of one step: an update of D, then one of G.

    A layer does as many for the gradient of its weights, and of its inputs, as forward.
    """
    if (config.d_steps, config.g_steps, config.r1_gamma) != (1, 1, 0):
        raise ValueError("only steps of one update each, without R1, are counted")
    g, d = of_network(model.generator), of_network(model.discriminator)
    # D on real and on fake images; the gradient of the images is not needed.
    update_d = 2 * (sum(d) + sum(d) + sum(d[1:]))
    # D again, and the gradient of its inputs alone, down to the images.
    through_d = sum(d) + sum(d)
    # z needs no gradient, an embedding that is multiplied by it does.
    inputs_of_g = sum(g) if model.conditional else sum(g[1:])
    update_g = (2 if config.resample_z else 1) * sum(g) + sum(g) + inputs_of_g
    return config.batch_size * (update_d + through_d + update_g)


def matmul_rate(dtype: str, seconds: float) -> float:
    """Returns 1e-9 multiply-adds per second of the fastest matrix product of some sizes."""
    rates = []
    for rows, inner, columns in _SIZES:
        a = tf.cast(tf.random.normal([rows, inner]), dtype)
        b = tf.cast(tf.random.normal([inner, columns]), dtype)
        tf.linalg.matmul(a, b)
        start, count = time.perf_counter(), 0
        while not count or time.perf_counter() - start < seconds:
            tf.linalg.matmul(a, b)
            count += 1
        rates.append(count * rows * inner * columns / (time.perf_counter() - start))
    return max(rates) / 1e9
