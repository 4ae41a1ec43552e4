"""Layers that compute what a plain Keras layer does in less time, and one of their own.

Each of the former has the weights of the layer it stands for, under the same names and of
the same shapes, so that weights can be moved between the two.
"""

import keras
import numpy as np
import tensorflow as tf

from gan_tf.ops import random as noise
from gan_tf.ops import replicas


@keras.saving.register_keras_serializable("gan_tf")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis of images, as one fused op.

    The same outputs, gradients and moving statistics (Ioffe & Szegedy 2015,
    https://arxiv.org/abs/1502.03167). Images may be bfloat16; the statistics are float32.

    Replicas of a `tf.distribute` strategy normalise by the statistics of all of them: with
    their own, each would train on another function than one device does.
    """

    def call(self, inputs, training=None, mask=None):
        """Returns `inputs` [B, H, W, C] normalised, in their dtype."""
        gamma, beta, moving_mean, moving_variance = (
            tf.convert_to_tensor(v)
            for v in (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        )
        batch_statistics = bool(training and self.trainable)
        if batch_statistics and replicas.num_replicas() > 1:
            outputs, mean, variance = self._normalise_together(inputs, gamma, beta)
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
                # The op estimates the population's variance, Keras keeps the batch's.
                count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
                variance *= (count - 1) / count
        if batch_statistics:
            for moving, new in (
                (self.moving_mean, mean),
                (self.moving_variance, variance),
            ):
                momentum = self.momentum
                moving.assign(moving * momentum + new * (1 - momentum))
        return outputs

    def _normalise_together(self, inputs, gamma, beta):
        """Returns (outputs, mean, variance), by the batch of all replicas.

        The deviations are squared after the mean is taken off them: E[x^2] - E[x]^2 would
        need one message less, but cancels, and its gradient is a sum of three.
        """
        images, axes = tf.cast(inputs, tf.float32), [0, 1, 2]
        mean = replicas.all_reduce_mean(tf.reduce_mean(images, axes))
        deviations = images - mean
        variance = replicas.all_reduce_mean(tf.reduce_mean(tf.square(deviations), axes))
        outputs = deviations * (tf.math.rsqrt(variance + self.epsilon) * gamma) + beta
        return tf.cast(outputs, inputs.dtype), mean, variance


@keras.saving.register_keras_serializable("gan_tf")
class ByteDropout(keras.layers.Dropout):
    """`keras.layers.Dropout` that spends one random byte on each activation.

    A quarter of the random numbers, and the same ones with and without XLA. The rate is
    rounded to 1/256; what is kept is scaled by the rounded rate's inverse, so that the
    mean stays exact (Srivastava et al. 2014,
    https://jmlr.org/papers/v15/srivastava14a.html).
    """

    def call(self, inputs, training=False):
        """Returns `inputs`, in training with a share `rate` of them replaced by 0."""
        share = round(256 * self.rate) / 256
        if not training or not share:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        kept = noise.keep_mask(tf.shape(inputs), share, seed)
        scale = tf.constant(1 / (1 - share), inputs.dtype)
        return inputs * tf.where(kept, scale, tf.zeros_like(scale))


@keras.saving.register_keras_serializable("gan_tf")
class UpsampleConv2D(keras.layers.Layer):
    """`UpSampling2D(2)` followed by `Conv2D(filters, 3, padding="same")`.

    After nearest-neighbour upsampling, neighbouring pixels are equal, so that the 3x3
    kernel's taps on equal pixels can be added up beforehand. What is left is one
    transposed convolution of stride 2 with a 4x4 kernel: 4 multiplications a pixel and
    channel in place of 9. The kernel is folded in float32, whatever the compute dtype.

    Args:
        filters: output channels.
        activation: as in `keras.layers.Conv2D`.
        **kwargs: of `keras.layers.Layer`.
    """

    # Row a says which taps of the flipped 3x3 kernel fall on tap a of the folded one.
    _FOLD = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]], np.float32)

    def __init__(self, filters, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        """Creates `kernel` [3, 3, C, filters] and `bias` [filters], as Conv2D does."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(3, 3, input_shape[-1], self.filters),
            initializer="glorot_uniform",
            autocast=False,
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.filters,), initializer="zeros"
        )

    def call(self, inputs):
        """Returns [B, 2 H, 2 W, filters] for `inputs` [B, H, W, C]."""
        kernel = tf.reverse(tf.convert_to_tensor(self.kernel), [0, 1])
        # One einsum: its gradient is one path too, not a sum of many whose order varies.
        folded = tf.einsum("ai,bj,ijcd->abdc", self._FOLD, self._FOLD, kernel)
        shape = self.compute_output_shape(inputs.shape)
        outputs = tf.nn.conv2d_transpose(
            inputs,
            tf.cast(folded, inputs.dtype),
            output_shape=tf.stack([tf.shape(inputs)[0], *shape[1:]]),
            strides=2,
            padding="SAME",
        )
        outputs.set_shape(shape)
        return self.activation(tf.nn.bias_add(outputs, tf.convert_to_tensor(self.bias)))

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs for inputs of `input_shape`."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)

    def get_config(self):
        """Returns the arguments that make an equal layer."""
        activation = keras.activations.serialize(self.activation)
        config = {"filters": self.filters, "activation": activation}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("gan_tf")
class FewChannelsConv2D(keras.layers.Conv2D):
    """`Conv2D` of stride 1 and padding "same" for few filters, such as an image's one.

    A convolution with one output channel leaves most of a processor's vector unused.
    Here one matrix product gives each tap of the kernel a map of its own, and the maps
    are shifted and added.

    Args:
        filters: output channels.
        kernel_size: as in `keras.layers.Conv2D`.
        **kwargs: of `keras.layers.Conv2D`; strides and padding are given.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(filters, kernel_size, **{**kwargs, "padding": "same"})

    def convolution_op(self, inputs, kernel):
        """Returns [B, H, W, filters] for `inputs` [B, H, W, C]."""
        height, width, channels, filters = kernel.shape
        num_maps = height * width * filters
        by_channel = tf.reshape(
            tf.transpose(kernel, [2, 0, 1, 3]), [channels, num_maps]
        )
        maps = tf.reshape(
            tf.reshape(inputs, [-1, channels]) @ by_channel,
            [-1, *inputs.shape[1:3], num_maps],
        )
        # Tap (i, j) of this kernel passes on the map of tap (i, j), and no other.
        shifts = np.reshape(np.eye(num_maps), [height, width, filters, num_maps])
        shifts = tf.constant(np.swapaxes(shifts, 2, 3), maps.dtype)
        return tf.nn.conv2d(maps, shifts, strides=1, padding="SAME")


@keras.saving.register_keras_serializable("gan_tf")
class MinibatchStdDev(keras.layers.Layer):
    """Shows a discriminator how much its features vary among the images of a group.

    Images that are too much alike then give a generator away, which keeps it from
    forgetting some kinds of images. Karras et al. 2018, section 3
    (https://arxiv.org/abs/1710.10196) append the mean deviation over all features; here
    each feature has its own.

    Args:
        group_size: a power of two, images in a group; where it does not divide the
            batch, the largest power of two that does.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, group_size=16, **kwargs):
        super().__init__(**kwargs)
        self.group_size = group_size

    def call(self, inputs):
        """Returns [B, 2 F]: `inputs` [B, F] and the standard deviations of its group."""
        batch, width = tf.shape(inputs)[0], inputs.shape[-1]
        size = tf.minimum(self.group_size, tf.bitwise.bitwise_and(batch, -batch))
        groups = tf.reshape(tf.cast(inputs, tf.float32), [-1, size, width])
        centred = groups - tf.reduce_mean(groups, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=1, keepdims=True)
        # The root's gradient at 0 is not finite.
        deviation = tf.sqrt(variance + 1e-8) * tf.ones_like(groups)
        deviation = tf.reshape(tf.cast(deviation, inputs.dtype), tf.shape(inputs))
        return tf.concat([inputs, deviation], axis=1)

    def compute_output_shape(self, input_shape):
        """Returns the shape of the outputs for inputs of `input_shape`."""
        return (input_shape[0], 2 * input_shape[1])

    def get_config(self):
        """Returns the arguments that make an equal layer."""
        return {**super().get_config(), "group_size": self.group_size}
