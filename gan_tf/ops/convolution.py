"""Convolutions and biases of small images: the same functions with better gradients."""

import tensorflow as tf

from gan_tf import startup

# oneDNN sums a bfloat16 kernel gradient over blocks of 32 pixels of a row, so it computes
# mostly zeros where rows are short, and its float32 kernel for AVX2 is slow there, too.
# Rows of 14 pixels are faster by its own kernel.
_SHORT_ROW = 8
# A matrix product with fewer columns than this takes as long as one with more.
_FEW_CHANNELS = 16


def conv2d(images, kernel, strides: int):
    """Returns `tf.nn.conv2d` of [B, H, W, C] by [h, w, C, D] with padding "SAME"."""
    if _has_short_rows(images, -(-images.shape[2] // strides)):
        convolve, _, _ = _derivatives(images.shape, kernel.shape, strides)
        return convolve(images, kernel)
    return tf.nn.conv2d(images, kernel, strides, "SAME")


def conv2d_transpose(images, kernel, strides: int):
    """Returns `tf.nn.conv2d_transpose` of [B, H, W, C] by [h, w, D, C], padding "SAME".

    The result is [B, strides * H, strides * W, D].
    """
    height, width = (strides * side for side in images.shape[1:3])
    shape = [images.shape[0], height, width, kernel.shape[2]]
    if _has_short_rows(images, images.shape[2]):
        _, convolve_transpose, _ = _derivatives(shape, kernel.shape, strides)
        return convolve_transpose(images, kernel)
    return _transposed(images, kernel, shape, strides)


def bias_add(images, bias):
    """Adds a bias [C] to images [B, H, W, C], as `tf.nn.bias_add` does.

    TensorFlow's gradient by a bfloat16 bias on the CPU sums in bfloat16 too, and is wrong
    by a third where it sums over 25,000 pixels. This one sums in float32.
    """
    if not _is_bfloat16_on_cpu(images):
        return tf.nn.bias_add(images, bias)

    @tf.custom_gradient
    def add(images, bias):
        def gradient(upstream):
            return upstream, _sum_over_pixels(upstream)

        return tf.nn.bias_add(images, bias), gradient

    return add(images, bias)


def bias_relu(images, bias):
    """Adds a bias [C] to images [B, H, W, C] and takes the ReLU.

    In bfloat16 on the CPU by oneDNN's batch normalization, which adds an offset and takes
    the ReLU in one pass; TensorFlow takes two slow ones.
    """
    if not _is_bfloat16_on_cpu(images):
        return tf.nn.relu(tf.nn.bias_add(images, bias))

    @tf.custom_gradient
    def add_and_rectify(images, bias):
        one, zero = tf.ones(bias.shape), tf.zeros(bias.shape)
        sums = tf.raw_ops.FusedBatchNormV3(
            x=images,
            scale=one,
            offset=tf.cast(bias, tf.float32),
            mean=zero,
            variance=one,
            epsilon=0.0,
            is_training=False,
        ).y
        outputs = tf.nn.relu(sums)

        def gradient(upstream):
            upstream = tf.raw_ops.ReluGrad(gradients=upstream, features=outputs)
            return upstream, _sum_over_pixels(upstream)

        return outputs, gradient

    return add_and_rectify(images, bias)


def _sum_over_pixels(images):
    """Returns the sum over all pixels of all images, [C], by a matrix product."""
    _, _, width, channels = images.shape
    joined = width if channels < _FEW_CHANNELS else 1  # pixels of a row in one column each
    rows = tf.reshape(images, [-1, joined * channels])
    sums = tf.ones([1, tf.shape(rows)[0]], images.dtype) @ rows
    sums = tf.cast(tf.reshape(sums, [joined, channels]), tf.float32)
    return tf.cast(tf.reduce_sum(sums, 0), images.dtype)


def _derivatives(image_shape, kernel_shape, strides):
    """Returns three functions, of which each has the other two as gradients.

    <conv2d(images, kernel), outputs> is linear in each of the three. The functions are its
    derivatives: by the outputs, convolve(images, kernel); by the images,
    convolve_transpose(outputs, kernel); and by the kernel, correlate(images, outputs).

    Args:
        image_shape: [B, H, W, C]; B may be None.
        kernel_shape: [h, w, C, D].
        strides: of both sides.
    """

    @tf.custom_gradient
    def convolve(images, kernel):
        def gradient(upstream):
            return convolve_transpose(upstream, kernel), correlate(images, upstream)

        return tf.nn.conv2d(images, kernel, strides, "SAME"), gradient

    @tf.custom_gradient
    def convolve_transpose(outputs, kernel):
        def gradient(upstream):
            return convolve(upstream, kernel), correlate(upstream, outputs)

        return _transposed(outputs, kernel, image_shape, strides), gradient

    @tf.custom_gradient
    def correlate(images, outputs):
        def gradient(upstream):
            return convolve_transpose(outputs, upstream), convolve(images, upstream)

        return _kernel_gradient(images, outputs, kernel_shape, strides), gradient

    return convolve, convolve_transpose, correlate


def _transposed(outputs, kernel, image_shape, strides):
    """Returns `tf.nn.conv2d_transpose`, of a static shape but for the batch."""
    shape = tf.stack([tf.shape(outputs)[0], *image_shape[1:]])
    images = tf.nn.conv2d_transpose(outputs, kernel, shape, strides, "SAME")
    return tf.ensure_shape(images, image_shape)


def _kernel_gradient(images, outputs, kernel_shape, strides):
    """Returns the gradient of `tf.nn.conv2d` by its kernel, as a convolution.

    It is one of C images with B channels, by B x D kernels of the size of the outputs,
    whose taps are `strides` apart. See `_derivatives`; `outputs` are the gradient by them.
    """
    padding = [[0, 0]]
    for side, taps, num in zip(images.shape[1:3], kernel_shape, outputs.shape[1:3]):
        total = max((num - 1) * strides + taps - side, 0)
        padding.append([total // 2, total - total // 2])
    by_tap = tf.nn.conv2d(
        tf.transpose(images, [3, 1, 2, 0]),
        tf.transpose(outputs, [1, 2, 0, 3]),
        strides=1,
        padding=[*padding, [0, 0]],
        dilations=strides,
    )
    # Pixels at the end that no output depends on would be further taps.
    by_tap = by_tap[:, : kernel_shape[0], : kernel_shape[1]]
    return tf.transpose(by_tap, [1, 2, 0, 3])


def _has_short_rows(images, row: int) -> bool:
    """Returns whether `_kernel_gradient` is faster than TensorFlow's for such rows."""
    if row > _SHORT_ROW or not _is_on_cpu():
        return False
    is_slow_float32 = images.dtype == tf.float32 and startup.onednn_lacks_avx512()
    return images.dtype == tf.bfloat16 or is_slow_float32


def _is_bfloat16_on_cpu(images) -> bool:
    return images.dtype == tf.bfloat16 and _is_on_cpu()


def _is_on_cpu() -> bool:
    return not tf.config.list_logical_devices("GPU")
