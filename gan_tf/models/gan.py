"""The vanilla GAN: two multilayer perceptrons (Goodfellow et al. 2014).

https://arxiv.org/abs/1406.2661
"""

import functools
import math

import keras

from gan_tf.models.base import GAN, Architecture
from gan_tf.models.layers import CategoricalCode, MinibatchStdDev


def build_generator(
    latent_dim,
    image_shape,
    units=(128,),
    activation="relu",
    output_activation="sigmoid",
    code_scale=0.0,
    dtype="float32",
):
    """Returns a Keras model of z [B, latent_dim] to images [B, H, W, C], float32.

    Args:
        latent_dim: length of z.
        image_shape: (H, W, C).
        units: widths of the hidden layers, first to last.
        activation: of the hidden layers: a Keras name, function or layer.
        output_activation: "sigmoid" for images in [0, 1], "tanh" for [-1, 1].
        code_scale: of a `CategoricalCode` after z; 0 for none.
        dtype: Keras dtype policy of the hidden layers.
    """
    z = keras.Input([latent_dim], dtype="float32", name="z")
    x = z
    if code_scale:
        x = CategoricalCode(code_scale, name="code", dtype="float32")(x)
    x = _hidden_layers(x, units, activation, dtype)
    x = _dense(math.prod(image_shape), output_activation, "pixels", "float32")(x)
    images = keras.layers.Reshape(image_shape, name="images", dtype="float32")(x)
    return keras.Model(z, images, name="generator")


def build_discriminator(
    image_shape,
    units=(128,),
    activation="relu",
    group_size=0,
    offset=0.0,
    dtype="float32",
):
    """Returns a Keras model of images [B, H, W, C] to source logits [B, 1], float32.

    Args:
        image_shape: (H, W, C).
        units: widths of the hidden layers, first to last.
        activation: of the hidden layers: a Keras name, function or layer.
        group_size: of a `MinibatchStdDev` before the logit; 0 for none.
        offset: added to the pixels. 1 makes the black of [-1, 1] 0: otherwise all weights
            of a dark background act together, as one large bias.
        dtype: Keras dtype policy of the hidden layers.
    """
    images = keras.Input(image_shape, dtype="float32", name="images")
    x = images
    if offset:
        x = keras.layers.Rescaling(1.0, offset, name="offset", dtype="float32")(x)
    x = keras.layers.Flatten("channels_last", name="pixels", dtype=dtype)(x)
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


_LEAKY_G = functools.partial(
    build_generator, activation="leaky_relu", output_activation="tanh"
)
_LEAKY_D = functools.partial(build_discriminator, activation="leaky_relu")


class MLPGAN(GAN):
    """The vanilla GAN: unconditional, with multilayer perceptrons."""

    ARCHITECTURES = {
        "default": Architecture(
            functools.partial(_LEAKY_G, units=(512, 512), code_scale=3.0),
            functools.partial(_LEAKY_D, units=(384, 256), group_size=64, offset=1.0),
            (-1.0, 1.0),
            False,
        ),
        "deep": Architecture(
            functools.partial(_LEAKY_G, units=(256, 256)),
            functools.partial(_LEAKY_D, units=(256, 256)),
            (-1.0, 1.0),
            False,
        ),
        "classic": Architecture(build_generator, build_discriminator, (0.0, 1.0), False),
    }
