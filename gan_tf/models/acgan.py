"""The AC-GAN: a conditional convolutional GAN with an auxiliary classifier.

Odena et al. 2017, https://arxiv.org/abs/1610.09585.
"""

import functools
import math

import keras
import tensorflow as tf

from gan_tf.errors import InputError
from gan_tf.models import losses
from gan_tf.models.base import GAN, Architecture
from gan_tf.models.conv_layers import (
    FewChannelsConv2D,
    SmallImageConv2D,
    SmallImageConv2DTranspose,
    UpsampleConv2D,
)
from gan_tf.models.layers import ByteDropout, FusedBatchNormalization, FusedLeakyReLU


def build_generator(latent_dim, image_shape, num_classes, dtype="float32", width=1.0):
    """Returns a Keras model of [z, labels] to images in [-1, 1].

    z and an embedding of the label are concatenated, so that no embedding can shrink z;
    then a dense layer and transposed convolutions, as in DCGAN (Radford et al. 2016,
    https://arxiv.org/abs/1511.06434). Their number and widths follow from the size: see
    `num_halvings` and `channels`.

    Args:
        latent_dim: length of z, float32 [B, latent_dim].
        image_shape: (H, W, C) of the images, float32 [B, H, W, C].
        num_classes: labels are int32 [B] in [0, num_classes).
        dtype: Keras dtype policy of all layers but the last.
        width: factor of `channels`.
    """
    z, labels = _generator_inputs(latent_dim)
    embedding = keras.layers.Embedding(num_classes, 32, name="embedding", dtype=dtype)
    x = keras.layers.Concatenate(name="z_and_label", dtype=dtype)([z, embedding(labels)])
    halvings = num_halvings(image_shape)
    filters = channels(image_shape, halvings, width)
    x = _seed_image(x, image_shape, halvings, filters, dtype, use_bias=False)
    x = _norm_relu(x, 1, dtype)
    for index in range(1, halvings + 1):
        x = SmallImageConv2DTranspose(
            channels(image_shape, halvings - index, width),
            4,
            strides=2,
            use_bias=False,
            name=f"upsample_{index}",
            dtype=dtype,
        )(x)
        x = _norm_relu(x, index + 1, dtype)
    return _generator(x, z, labels, image_shape, dtype)


def build_discriminator(image_shape, num_class_logits, dtype="float32"):
    """Returns a Keras model of images to [source logits [B, 1], class logits].

    It mirrors G, with convolutions of stride 2 as wide as G is at the size of their inputs.
    The first and the last are half as wide again, and each of those between has another
    one of stride 1 after it: at equal cost, this makes better images than wider ones
    (docs/results_appendix.md). There is no batch normalization, so that one pass can take
    real and fake images together.

    Args:
        image_shape: (H, W, C) of the images, float32 [B, H, W, C].
        num_class_logits: width of the class logits, float32 [B, num_class_logits].
        dtype: Keras dtype policy of all layers but the heads.
    """
    images = x = keras.Input(image_shape, dtype="float32", name="images")
    for index, (filters, stride) in enumerate(discriminator_layers(image_shape), start=1):
        size = 4 if index == 1 else 3
        x = SmallImageConv2D(filters, size, stride, name=f"conv_{index}", dtype=dtype)(x)
        x = FusedLeakyReLU(0.2, name=f"leaky_relu_{index}", dtype=dtype)(x)
    return _discriminator(x, images, num_class_logits, dtype)


def build_classic_generator(latent_dim, image_shape, num_classes, dtype="float32"):
    """Returns the generator of the Keras AC-GAN tutorial: z times the label's embedding.

    Arguments, inputs and outputs are those of `build_generator`. Each of its
    upsample-and-convolve pairs is one `UpsampleConv2D`.
    """
    z, labels = _generator_inputs(latent_dim)
    embedding = keras.layers.Embedding(
        num_classes, latent_dim, name="embedding", dtype=dtype
    )
    x = keras.layers.Multiply(name="z_times_label", dtype=dtype)([z, embedding(labels)])
    x = _seed_image(x, image_shape, 2, 128, dtype, activation="relu")
    for index, filters in enumerate((128, 64), start=1):
        x = FusedBatchNormalization(momentum=0.8, name=f"norm_{index}", dtype=dtype)(x)
        x = UpsampleConv2D(
            filters, activation="relu", name=f"upsample_{index}", dtype=dtype
        )(x)
    x = FusedBatchNormalization(momentum=0.8, name="norm_3", dtype=dtype)(x)
    return _generator(x, z, labels, image_shape, dtype)


def build_classic_discriminator(image_shape, num_class_logits, dtype="float32"):
    """Returns the discriminator of the Keras AC-GAN tutorial.

    Arguments, inputs and outputs are those of `build_discriminator`.
    """
    images = x = keras.Input(image_shape, dtype="float32", name="images")
    for index, filters in enumerate((16, 32, 64, 128), start=1):
        strides = 1 if filters == 128 else 2
        x = SmallImageConv2D(filters, 3, strides, name=f"conv_{index}", dtype=dtype)(x)
        if filters == 32:
            x = keras.layers.ZeroPadding2D(
                ((0, 1), (0, 1)), "channels_last", name="pad", dtype=dtype
            )(x)
        x = FusedLeakyReLU(0.2, name=f"leaky_relu_{index}", dtype=dtype)(x)
        x = ByteDropout(0.25, name=f"dropout_{index}", dtype=dtype)(x)
        if filters in (32, 64):
            x = FusedBatchNormalization(momentum=0.8, name=f"norm_{index}", dtype=dtype)(x)
    return _discriminator(x, images, num_class_logits, dtype)


def _generator_inputs(latent_dim):
    z = keras.Input([latent_dim], dtype="float32", name="z")
    return z, keras.Input([], dtype="int32", name="labels")


def num_halvings(image_shape):
    """Returns how often a seed image is doubled to make images of `image_shape` (H, W, C).

    The fewest, but at least 2, that leave at most 7 pixels of the seed's shorter side: 4 to
    7 of an image of 16 pixels or more.
    """
    count = 2
    while math.ceil(min(image_shape[:2]) / 2**count) > 7:
        count += 1
    return count


def discriminator_layers(image_shape):
    """Returns [(channels, stride)] of the convolutions of `build_discriminator`."""
    last = num_halvings(image_shape)
    layers = [(channels(image_shape, 0, 1.5), 2)]
    for halvings in range(1, last):
        filters = channels(image_shape, halvings, 1.0)
        layers += [(filters, 2), (filters, 1)]
    return [*layers, (channels(image_shape, last, 1.5), 2)]


def channels(image_shape, halvings, factor):
    """Returns the channels where images (H, W, C) are halved `halvings` times.

    They are in proportion to 1 / resolution, so that each size takes as many
    multiply-adds, as in StyleGAN (Karras et al. 2019, https://arxiv.org/abs/1812.04948):
    1,024 / sqrt(H W) at full size, twice as many in colour, at most 32; doubled by every
    halving; times `factor`; a multiple of 16 from 16 to 256 `factor`.
    """
    height, width, colours = image_shape
    full = min(1024 * (1 if colours == 1 else 2) / math.sqrt(height * width), 32)
    number = 16 * round(factor * full * 2**halvings / 16)
    return int(min(max(number, 16), 256 * factor))


def _seed_image(x, image_shape, halvings, filters, dtype, **kwargs):
    """The small image [ceil(H / 2^halvings), ceil(W / 2^halvings), filters]."""
    sides = (math.ceil(side / 2**halvings) for side in image_shape[:2])
    shape = (*sides, filters)
    x = keras.layers.Dense(math.prod(shape), name="dense", dtype=dtype, **kwargs)(x)
    return keras.layers.Reshape(shape, name="reshape", dtype=dtype)(x)


def _norm_relu(x, index, dtype):
    x = FusedBatchNormalization(momentum=0.9, name=f"norm_{index}", dtype=dtype)(x)
    return keras.layers.ReLU(name=f"relu_{index}", dtype=dtype)(x)


def _generator(x, z, labels, image_shape, dtype):
    height, width, channels = image_shape
    if x.shape[1:3] != (height, width):
        crop = ((0, x.shape[1] - height), (0, x.shape[2] - width))
        x = keras.layers.Cropping2D(crop, "channels_last", name="crop", dtype=dtype)(x)
    x = FewChannelsConv2D(channels, 3, name="pixels", dtype=dtype)(x)
    # tanh in float32: bfloat16 has only 256 values between 0.5 and 1.
    images = keras.layers.Activation("tanh", name="images", dtype="float32")(x)
    return keras.Model([z, labels], images, name="generator")


def _discriminator(x, images, num_class_logits, dtype):
    x = keras.layers.Flatten("channels_last", name="features", dtype=dtype)(x)
    heads = [
        keras.layers.Dense(units, name=name, dtype="float32")(x)
        for units, name in ((1, "source_logit"), (num_class_logits, "class_logits"))
    ]
    return keras.Model(images, heads, name="discriminator")


class ACGAN(GAN):
    """The AC-GAN: G is conditioned on a class, and D also classifies images.

    `class_loss` "ac" is Odena et al. 2017: one class head, on real and on fake images.
    "adc" replaces it by one head over (class, real or fake), which removes AC-GAN's bias
    towards images that are easy to classify (Hou et al. 2022,
    https://arxiv.org/abs/2107.10060).
    """

    conditional = True
    METRICS = {
        **GAN.METRICS,
        "losses/d_loss_class_real": "D's class loss on real images, before its weight",
        "losses/d_loss_class_fake": "D's class loss on fake images, before its weight",
        "losses/g_loss_class": "G's class loss, before its weight",
        "class_accuracy/real": "fraction of real images whose class D predicts",
        "class_accuracy/fake": "fraction of fake images whose target class D predicts",
    }
    ARCHITECTURES = {
        name: Architecture(build_g, build_d, (-1.0, 1.0), True)
        for name, build_g, build_d in (
            ("default", build_generator, build_discriminator),
            ("narrow", functools.partial(build_generator, width=0.5), build_discriminator),
            ("classic", build_classic_generator, build_classic_discriminator),
        )
    }

    @classmethod
    def check_config(cls, config, num_classes):
        """Raises InputError also if nothing would train D's class head."""
        super().check_config(config, num_classes)
        if not config.d_class_real_weight + config.d_class_fake_weight:
            raise InputError(
                "d_class_real_weight (0) and d_class_fake_weight (0) leave D's class head "
                "untrained: make one of them larger, or use --model gan"
            )
        if num_classes == 1 and config.class_loss == "ac":
            raise InputError(
                "class_loss (ac) has nothing to learn from one class: give --class_loss "
                "adc, or use --model gan"
            )

    @classmethod
    def check_new(cls, config):
        """Raises InputError also if a half of ADC's classes would have no example."""
        super().check_new(config)
        weights = config.d_class_real_weight, config.d_class_fake_weight
        if config.class_loss == "adc" and not all(weights):
            raise InputError(
                "class_loss (adc) needs both a d_class_real_weight and a "
                "d_class_fake_weight above 0: change the one that is 0, or give "
                "--class_loss ac"
            )

    @property
    def _adc(self) -> bool:
        return self.config.class_loss == "adc"

    def head_arguments(self):
        """Returns the width of the class head: K, or 2K for (class, real or fake)."""
        return {"num_class_logits": self.num_classes * (2 if self._adc else 1)}

    def discriminator_class_loss(
        self, real_class_logits, real_labels, fake_class_logits, fake_labels
    ):
        """Returns D's weighted class losses on real and fake images, and metrics."""
        config = self.config
        # With "adc" the second half of the class logits is of (class, fake).
        fake_targets = fake_labels + (self.num_classes if self._adc else 0)
        d_class_real = losses.class_loss(real_class_logits, real_labels)
        d_class_fake = losses.class_loss(fake_class_logits, fake_targets)
        weighted_real = config.d_class_real_weight * d_class_real
        weighted_fake = config.d_class_fake_weight * d_class_fake
        return weighted_real + weighted_fake, {
            "losses/d_loss_class_real": d_class_real,
            "losses/d_loss_class_fake": d_class_fake,
            "class_accuracy/real": self._accuracy(real_class_logits, real_labels),
            "class_accuracy/fake": self._accuracy(fake_class_logits, fake_labels),
        }

    def generator_class_loss(self, fake_class_logits, fake_labels):
        """Returns G's weighted class loss, and metrics."""
        if self._adc:
            g_class = losses.adc_generator_loss(
                fake_class_logits, fake_labels, self.num_classes
            )
        else:
            g_class = losses.class_loss(fake_class_logits, fake_labels)
        return self.config.g_class_weight * g_class, {"losses/g_loss_class": g_class}

    def _accuracy(self, class_logits, labels):
        """The fraction of images whose most probable class is their label."""
        if self._adc:
            both = tf.reshape(class_logits, [-1, 2, self.num_classes])
            class_logits = tf.reduce_logsumexp(both, axis=1)
        hits = tf.equal(tf.argmax(class_logits, -1, tf.int32), labels)
        return tf.reduce_mean(tf.cast(hits, tf.float32))
