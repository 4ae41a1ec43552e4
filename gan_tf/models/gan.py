"""The vanilla GAN: two multilayer perceptrons (Goodfellow et al. 2014).

https://arxiv.org/abs/1406.2661
"""

import functools
import math

import keras

from gan_tf.models.base import GAN, Architecture
from gan_tf.models.layers import MinibatchStdDev


def build_generator(
    latent_dim,
    image_shape,
    units=(128,),
    activation="relu",
    output_activation="sigmoid",
    dtype="float32",
):
    """Returns a Keras model of z [B, latent_dim] to images [B, H, W, C], float32.

    Args:
        latent_dim: length of z.
        image_shape: (H, W, C).
        units: widths of the hidden layers, first to last.
        activation: of the hidden layers: a Keras name, function or layer.
        output_activation: "sigmoid" for images in [0, 1], "tanh" for [-1, 1].
        dtype: Keras dtype policy of the hidden layers.
    """
    z = keras.Input([latent_dim], dtype="float32", name="z")
    x = _hidden_layers(z, units, activation, dtype)
    x = _dense(math.prod(image_shape), output_activation, "pixels", "float32")(x)
    images = keras.layers.Reshape(image_shape, name="images", dtype="float32")(x)
    return keras.Model(z, images, name="generator")


def build_discriminator(
    image_shape, units=(128,), activation="relu", group_size=0, dtype="float32"
):
    """Returns a Keras model of images [B, H, W, C] to source logits [B, 1], float32.

    Args:
        image_shape: (H, W, C).
        units: widths of the hidden layers, first to last.
        activation: of the hidden layers: a Keras name, function or layer.
        group_size: of a `MinibatchStdDev` before the logit; 0 for none.
        dtype: Keras dtype policy of the hidden layers.
    """
    images = keras.Input(image_shape, dtype="float32", name="images")
    x = keras.layers.Flatten("channels_last", name="pixels", dtype=dtype)(images)
    x = _hidden_layers(x, units, activation, dtype)
    if group_size:
        x = MinibatchStdDev(group_size, name="deviations", dtype=dtype)(x)
    logits = _dense(1, None, "source_logit", "float32")(x)
    return keras.Model(images, logits, name="discriminator")


def _hidden_layers(x, units, activation, dtype):
    for index, width in enumerate(units, start=1):
        x = _dense(width, activation, f"dense_{index}", dtype)(x)
    return x


def _dense(units, activation, name, dtype):
    # N(0, sqrt(2 / fan_in)), He et al. 2015, section 2.2,
    # https://arxiv.org/abs/1502.01852. A new object per layer: a shared initializer
    # gives equal layers equal weights.
    initializer = keras.initializers.VarianceScaling(2, "fan_in", "untruncated_normal")
    return keras.layers.Dense(
        units, activation, kernel_initializer=initializer, name=name, dtype=dtype
    )


def _leaky(g_units, d_units, group_size):
    """Networks with leaky hidden layers, for images in [-1, 1]."""
    build_g = functools.partial(
        build_generator, units=g_units, activation="leaky_relu", output_activation="tanh"
    )
    build_d = functools.partial(
        build_discriminator, units=d_units, activation="leaky_relu", group_size=group_size
    )
    return Architecture(build_g, build_d, (-1.0, 1.0), False)


class MLPGAN(GAN):
    """The vanilla GAN: unconditional, with multilayer perceptrons."""

    ARCHITECTURES = {
        "default": _leaky((512, 512), (384, 256), group_size=16),
        "deep": _leaky((256, 256), (256, 256), group_size=0),
        "classic": Architecture(build_generator, build_discriminator, (0.0, 1.0), False),
    }
