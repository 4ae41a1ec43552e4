"""Convolutions that compute the same function as a Keras layer, faster.

Each has the weights of the Keras layer that it replaces; see `gan_tf.models.layers`.
"""

import keras
import numpy as np
import tensorflow as tf

from gan_tf.models.layers import refuse_ignored
from gan_tf.ops import convolution

_FIXED = {"padding": "same", "data_format": "channels_last", "dilation_rate": (1, 1)}


@keras.saving.register_keras_serializable("gan_tf")
class UpsampleConv2D(keras.layers.Layer):
    """`UpSampling2D(2)` followed by `Conv2D(filters, 3, padding="same")`.

    After nearest-neighbour upsampling, neighbouring pixels are equal, so that the 3x3
    kernel's taps on equal pixels can be added up beforehand. This gives one transposed
    convolution of stride 2 with a 4x4 kernel: 4 multiplications per pixel and channel
    instead of 9. The kernel is folded in float32, whatever the compute dtype. Images are
    channels_last.

    Args:
        filters: output channels.
        activation: as in `keras.layers.Conv2D`.
        **kwargs: of `keras.layers.Layer`.
    """

    use_bias = True
    # Row a: the taps of the flipped 3x3 kernel that add up to tap a of the folded one.
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
        folded = tf.cast(folded, inputs.dtype)
        outputs = convolution.conv2d_transpose(inputs, folded, strides=2)
        return _add_bias_and_activate(self, outputs)

    def get_config(self):
        """Returns the arguments of an equal layer."""
        activation = keras.activations.serialize(self.activation)
        config = {"filters": self.filters, "activation": activation}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("gan_tf")
class FewChannelsConv2D(keras.layers.Conv2D):
    """`Conv2D` of stride 1 and padding "same" for few filters, such as an image's one.

    A convolution with one output channel leaves most of a processor's vector unused.
    Here one matrix product computes one map per tap of the kernel, and the maps are
    shifted and added.

    Args:
        filters: output channels.
        kernel_size: as in `keras.layers.Conv2D`.
        **kwargs: of `keras.layers.Conv2D`.

    Raises:
        ValueError: strides, padding, data_format, dilation_rate or groups other than what
            this layer computes.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(filters, kernel_size, **{**_FIXED, **kwargs})
        refuse_ignored(self, strides=(1, 1), **_FIXED, groups=1)

    def call(self, inputs):
        """Returns [B, H, W, filters] for `inputs` [B, H, W, C]."""
        kernel = tf.convert_to_tensor(self.kernel)
        height, width, channels, filters = kernel.shape
        num_maps = height * width * filters
        by_map = tf.reshape(tf.transpose(kernel, [0, 1, 3, 2]), [num_maps, channels])
        # Transposed, because the gradient by such a kernel is twice as fast.
        maps = tf.matmul(tf.reshape(inputs, [-1, channels]), by_map, transpose_b=True)
        maps = tf.reshape(maps, [-1, *inputs.shape[1:3], num_maps])
        # Tap (i, j) of this kernel selects the map of tap (i, j).
        shifts = np.reshape(np.eye(num_maps), [height, width, filters, num_maps])
        shifts = tf.constant(np.swapaxes(shifts, 2, 3), maps.dtype)
        outputs = tf.nn.conv2d(maps, shifts, strides=1, padding="SAME")
        return _add_bias_and_activate(self, outputs)


@keras.saving.register_keras_serializable("gan_tf")
class SmallImageConv2D(keras.layers.Conv2D):
    """`Conv2D` with padding "same" whose kernel gradient is faster for small images.

    See `gan_tf.ops.convolution`.

    Args:
        filters: as in `keras.layers.Conv2D`.
        kernel_size: as in `keras.layers.Conv2D`.
        strides: the same for both sides.
        **kwargs: of `keras.layers.Conv2D`.

    Raises:
        ValueError: padding, data_format, dilation_rate, groups or strides other than what
            this layer computes.
    """

    def __init__(self, filters, kernel_size, strides=1, **kwargs):
        super().__init__(filters, kernel_size, strides, **{**_FIXED, **kwargs})
        stride = self.strides[0]
        refuse_ignored(self, strides=(stride, stride), **_FIXED, groups=1)

    def call(self, inputs):
        """Returns [B, ceil(H / strides), ceil(W / strides), filters]."""
        kernel = tf.convert_to_tensor(self.kernel)
        outputs = convolution.conv2d(inputs, kernel, self.strides[0])
        return _add_bias_and_activate(self, outputs)


@keras.saving.register_keras_serializable("gan_tf")
class SmallImageConv2DTranspose(keras.layers.Conv2DTranspose):
    """`Conv2DTranspose` whose kernel gradient is faster: see `SmallImageConv2D`."""

    def __init__(self, filters, kernel_size, strides=1, **kwargs):
        super().__init__(filters, kernel_size, strides, **{**_FIXED, **kwargs})
        stride = self.strides[0]
        refuse_ignored(self, strides=(stride, stride), **_FIXED, output_padding=None)

    def call(self, inputs):
        """Returns [B, strides * H, strides * W, filters] for `inputs` [B, H, W, C]."""
        kernel = tf.convert_to_tensor(self.kernel)
        outputs = convolution.conv2d_transpose(inputs, kernel, self.strides[0])
        return _add_bias_and_activate(self, outputs)


def _add_bias_and_activate(layer, outputs):
    if not layer.use_bias:
        return layer.activation(outputs)
    bias = tf.convert_to_tensor(layer.bias)
    if layer.activation is keras.activations.relu:
        return convolution.bias_relu(outputs, bias)
    return layer.activation(convolution.bias_add(outputs, bias))
