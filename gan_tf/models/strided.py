"""Convolutions of stride 2 with 4x4 kernels, whose kernel gradient is fast in bfloat16.

On the CPU, the bfloat16 kernel gradient of a wide one takes 1.5 times as long as the four
matrix products that it is: one for each place where a 2x2 block of pixels can lie under
the kernel. Elsewhere TensorFlow's own is used.
"""

import keras
import tensorflow as tf

# Fewer products of channels and filters, and TensorFlow's own gradient is the faster one.
_FEWEST = 64 * 128


def _is_slow(kernel) -> bool:
    """Whether TensorFlow's kernel gradient is the slow one."""
    gpus = tf.config.get_visible_devices("GPU")
    is_wide = kernel.shape[2] * kernel.shape[3] >= _FEWEST
    return kernel.dtype == tf.bfloat16 and is_wide and not gpus


def _kernel_gradient(images, upstream):
    """The kernel gradient [4, 4, C, F] of a convolution of stride 2.

    Args:
        images: [B, H, W, C], what was convolved.
        upstream: [B, H / 2, W / 2, F], the gradient of the outputs.
    """
    _, height, width, filters = upstream.shape
    channels = images.shape[-1]
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    blocks = tf.nn.space_to_depth(padded, 2)
    upstream = tf.reshape(upstream, [-1, filters])
    products = []
    for i in range(2):
        for j in range(2):
            part = blocks[:, i : i + height, j : j + width]
            part = tf.reshape(part, [-1, 4 * channels])
            products.append(tf.matmul(part, upstream, transpose_a=True))
    taps = tf.reshape(tf.stack(products), [2, 2, 2, 2, channels, filters])
    taps = tf.transpose(taps, [0, 2, 1, 3, 4, 5])
    return tf.reshape(taps, [4, 4, channels, filters])


@tf.custom_gradient
def _convolve(images, kernel):
    def gradient(upstream):
        return _transpose(upstream, kernel), _kernel_gradient(images, upstream)

    return tf.nn.conv2d(images, kernel, strides=2, padding="SAME"), gradient


@tf.custom_gradient
def _transpose(inputs, kernel):
    def gradient(upstream):
        return _convolve(upstream, kernel), _kernel_gradient(upstream, inputs)

    return _plain_transpose(inputs, kernel), gradient


def _plain_transpose(inputs, kernel):
    height, width = inputs.shape[1:3]
    shape = [2 * height, 2 * width, kernel.shape[2]]
    outputs = tf.nn.conv2d_transpose(
        inputs,
        kernel,
        output_shape=tf.stack([tf.shape(inputs)[0], *shape]),
        strides=2,
        padding="SAME",
    )
    return tf.ensure_shape(outputs, [inputs.shape[0], *shape])


@keras.saving.register_keras_serializable("gan_tf")
class DownsamplingConv2D(keras.layers.Conv2D):
    """`Conv2D(filters, 4, strides=2, padding="same")`.

    Args:
        filters: output channels.
        **kwargs: of `keras.layers.Conv2D`; kernel size, strides and padding are given.
    """

    def __init__(self, filters, **kwargs):
        given = {"kernel_size": 4, "strides": 2, "padding": "same"}
        super().__init__(filters, **{**kwargs, **given})

    def convolution_op(self, inputs, kernel):
        """Returns [B, ceil(H / 2), ceil(W / 2), filters] for `inputs` [B, H, W, C]."""
        kernel = tf.convert_to_tensor(kernel)
        # Both sides are padded by one pixel only where the size is even.
        is_even = not any(side % 2 for side in inputs.shape[1:3])
        if is_even and _is_slow(kernel):
            return _convolve(inputs, kernel)
        return super().convolution_op(inputs, kernel)


@keras.saving.register_keras_serializable("gan_tf")
class UpsamplingConv2DTranspose(keras.layers.Conv2DTranspose):
    """`Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)`.

    Args:
        filters: output channels.
        **kwargs: of `keras.layers.Conv2DTranspose`; the rest is given.
    """

    def __init__(self, filters, **kwargs):
        given = {"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}
        super().__init__(filters, **{**kwargs, **given})

    def call(self, inputs):
        """Returns [B, 2 H, 2 W, filters] for `inputs` [B, H, W, C]."""
        kernel = tf.convert_to_tensor(self.kernel)
        transpose = _transpose if _is_slow(kernel) else _plain_transpose
        return self.activation(transpose(inputs, kernel))
