"""Faster forms of Keras layers; and two new ones, CategoricalCode and MinibatchStdDev.

Each of the former has the weights of the Keras layer that it replaces, under the same names
and of the same shapes, so that weights can be moved between the two. An argument of the
Keras layer that would have no effect is refused with a ValueError.
"""

import keras
import tensorflow as tf

from gan_tf.ops import random, replicas


def refuse_ignored(instance, **supported):
    """Raises ValueError if an attribute of `instance` is not its only supported value."""
    for name, value in supported.items():
        given = getattr(instance, name)
        if given != value:
            raise ValueError(f"{type(instance).__name__}: {name} ({given}) must be {value}")


@keras.saving.register_keras_serializable("gan_tf")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis of images, as one fused op.

    The same outputs, gradients and moving statistics (Ioffe & Szegedy 2015,
    https://arxiv.org/abs/1502.03167). Images may be bfloat16; the statistics are float32.

    The replicas of a `tf.distribute` strategy normalize by the statistics of the global
    batch, so that they compute the same function as one device.

    Raises:
        ValueError: an argument or a mask that this layer would ignore.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        refuse_ignored(self, axis=-1, center=True, scale=True, synchronized=False)
        if hasattr(self, "renorm"):  # not in Keras 3.12, the last one for Python 3.10
            refuse_ignored(self, renorm=False)

    def call(self, inputs, training=None, mask=None):
        """Returns `inputs` [B, H, W, C] normalized, in their dtype."""
        if mask is not None:
            raise ValueError(f"{type(self).__name__}: masks are not supported")
        gamma, beta, moving_mean, moving_variance = (
            tf.convert_to_tensor(v)
            for v in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        batch_statistics = bool(training and self.trainable)
        if batch_statistics and replicas.num_replicas() > 1:
            outputs, mean, variance = self._normalize_together(inputs, gamma, beta)
        else:
            outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=gamma,
                offset=beta,
                mean=moving_mean,
                variance=moving_variance,
                epsilon=self.epsilon,
                is_training=batch_statistics,
            )
            if batch_statistics:
                # The op estimates the population's variance, Keras uses the batch's.
                count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
                variance *= (count - 1) / count
        if batch_statistics:
            momentum = self.momentum
            for moving, new in (self.moving_mean, mean), (self.moving_variance, variance):
                moving.assign(moving * momentum + new * (1 - momentum))
        return outputs

    def _normalize_together(self, inputs, gamma, beta):
        """Returns (outputs, mean, variance) by the statistics of all replicas.

        E[(x - mean)^2] is used: E[x^2] - E[x]^2 would need one message less, but cancels,
        and its gradient is a sum of three terms.
        """
        images, axes = tf.cast(inputs, tf.float32), [0, 1, 2]
        mean = replicas.all_reduce_mean(tf.reduce_mean(images, axes))
        deviations = images - mean
        variance = replicas.all_reduce_mean(tf.reduce_mean(tf.square(deviations), axes))
        outputs = deviations * (tf.math.rsqrt(variance + self.epsilon) * gamma) + beta
        return tf.cast(outputs, inputs.dtype), mean, variance


@keras.saving.register_keras_serializable("gan_tf")
class FusedLeakyReLU(keras.layers.LeakyReLU):
    """`keras.layers.LeakyReLU` that oneDNN can fuse with the convolution before it.

    Its gradient reads the signs of the outputs, which are those of the inputs if the slope
    is above 0. So no other op reads the result of the convolution and its bias, and one
    kernel computes all three.

    Raises:
        ValueError: `negative_slope` is 0.
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        super().__init__(negative_slope, **kwargs)
        if not self.negative_slope:
            raise ValueError("FusedLeakyReLU: negative_slope (0) must be above 0: use ReLU")

    def call(self, inputs):
        """Returns the inputs, those below 0 times `negative_slope`."""
        slope = self.negative_slope

        @tf.custom_gradient
        def leaky_relu(features):
            outputs = tf.nn.leaky_relu(features, slope)

            def gradient(upstream):
                # This op has a gradient itself, which R1 takes.
                return tf.raw_ops.LeakyReluGrad(
                    gradients=upstream, features=outputs, alpha=slope
                )

            return outputs, gradient

        return leaky_relu(inputs)


@keras.saving.register_keras_serializable("gan_tf")
class ByteDropout(keras.layers.Dropout):
    """`keras.layers.Dropout` (without `noise_shape`) with one random byte per activation.

    This takes a quarter of the random numbers, and the same ones with and without XLA. The
    rate is rounded to 1/256; the activations that are not dropped are scaled by
    1 / (1 - rounded rate), so that the mean stays exact (Srivastava et al. 2014,
    https://jmlr.org/papers/v15/srivastava14a.html).
    """

    def __init__(self, rate, **kwargs):
        super().__init__(rate, **kwargs)
        refuse_ignored(self, noise_shape=None)
        if round(256 * self.rate) == 256:
            raise ValueError(f"ByteDropout: rate ({rate}) must be below 0.998")

    def call(self, inputs, training=False):
        """Returns `inputs`; in training a fraction `rate` of them is 0."""
        rate = round(256 * self.rate) / 256
        if not training or not rate:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        mask = random.dropout_mask(tf.shape(inputs), rate, seed)
        scale = tf.constant(1 / (1 - rate), inputs.dtype)
        return inputs * tf.where(mask, scale, tf.zeros_like(scale))


@keras.saving.register_keras_serializable("gan_tf")
class CategoricalCode(keras.layers.Layer):
    """Appends to z the one-hot vector, times `scale`, of its largest element.

    A generator that is continuous in z also makes the images between two kinds of images,
    which no real one is like (Khayatkhoei et al. 2018, section 2,
    https://arxiv.org/abs/1806.00880). With a code it can jump. ClusterGAN (Mukherjee et al.
    2019, section 2, https://arxiv.org/abs/1809.03627) samples z and a one-hot vector
    independently; here z alone decides, and all codes are equally probable.

    Args:
        scale: the value of the vector's one.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, scale=3.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """Returns [B, 2 N]: `inputs` [B, N] and the scaled vector."""
        is_largest = tf.equal(inputs, tf.reduce_max(inputs, axis=-1, keepdims=True))
        code = self.scale * tf.cast(is_largest, inputs.dtype)
        return tf.concat([inputs, code], axis=-1)

    def get_config(self):
        """Returns the arguments of an equal layer."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable("gan_tf")
class MinibatchStdDev(keras.layers.Layer):
    """Appends to the features their standard deviations over groups of images.

    With them a discriminator detects that images are too much alike, which counters mode
    collapse. Karras et al. 2018, section 3 (https://arxiv.org/abs/1710.10196) append the
    mean deviation over all features; here each feature has its own.

    Args:
        group_size: images per group, a power of two; where it does not divide the batch,
            the largest power of two that does.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, group_size=16, **kwargs):
        super().__init__(**kwargs)
        if group_size < 1 or group_size & (group_size - 1):
            raise ValueError(
                f"MinibatchStdDev: group_size ({group_size}) must be a power of two"
            )
        self.group_size = group_size

    def call(self, inputs):
        """Returns [B, 2 F]: `inputs` [B, F] and the standard deviations of its group."""
        batch, width = tf.shape(inputs)[0], inputs.shape[-1]
        size = tf.minimum(self.group_size, tf.bitwise.bitwise_and(batch, -batch))
        groups = tf.reshape(tf.cast(inputs, tf.float32), [-1, size, width])
        centred = groups - tf.reduce_mean(groups, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=1, keepdims=True)
        # The gradient of the square root at 0 is not finite.
        deviation = tf.sqrt(variance + 1e-8) * tf.ones_like(groups)
        deviation = tf.reshape(tf.cast(deviation, inputs.dtype), tf.shape(inputs))
        return tf.concat([inputs, deviation], axis=1)

    def get_config(self):
        """Returns the arguments of an equal layer."""
        return {**super().get_config(), "group_size": self.group_size}
