"""Convolutions of small images, with a faster gradient by the kernel."""

import tensorflow as tf

# oneDNN sums a bfloat16 kernel gradient over blocks of 32 pixels of a row, so it computes
# mostly zeros where rows are short. Rows of 14 pixels are faster by its own kernel.
_SHORT_ROW = 8


def conv2d(images, kernel, strides: int):
    """Returns `tf.nn.conv2d` with padding "SAME".

    Args:
        images: [B, H, W, C].
        kernel: [h, w, C, D], of the same dtype.
        strides: of both sides.

    Returns:
        [B, ceil(H / strides), ceil(W / strides), D].
    """
    if not _has_short_rows(images, -(-images.shape[2] // strides)):
        return tf.nn.conv2d(images, kernel, strides, "SAME")

    @tf.custom_gradient
    def convolve(images, kernel):
        def gradient(upstream):
            by_images = tf.nn.conv2d_transpose(
                upstream, kernel, tf.shape(images), strides, "SAME"
            )
            return by_images, kernel_gradient(images, upstream, kernel.shape, strides)

        return tf.nn.conv2d(images, kernel, strides, "SAME"), gradient

    return convolve(images, kernel)


def conv2d_transpose(images, kernel, strides: int):
    """Returns `tf.nn.conv2d_transpose` with padding "SAME".

    Args:
        images: [B, H, W, C].
        kernel: [h, w, D, C], of the same dtype.
        strides: of both sides.

    Returns:
        [B, strides * H, strides * W, D].
    """
    height, width = (strides * side for side in images.shape[1:3])
    shape = tf.stack([tf.shape(images)[0], height, width, kernel.shape[2]])

    def transposed(images, kernel):
        outputs = tf.nn.conv2d_transpose(images, kernel, shape, strides, "SAME")
        return tf.ensure_shape(outputs, [images.shape[0], height, width, kernel.shape[2]])

    if not _has_short_rows(images, images.shape[2]):
        return transposed(images, kernel)

    @tf.custom_gradient
    def convolve(images, kernel):
        def gradient(upstream):
            by_images = tf.nn.conv2d(upstream, kernel, strides, "SAME")
            return by_images, kernel_gradient(upstream, images, kernel.shape, strides)

        return transposed(images, kernel), gradient

    return convolve(images, kernel)


def kernel_gradient(images, upstream, kernel_shape, strides: int):
    """Returns the gradient of `tf.nn.conv2d` with padding "SAME" by its kernel.

    It is a convolution itself: of C images with B channels, by B x D kernels of the size
    of the outputs, whose taps are `strides` apart.

    Args:
        images: [B, H, W, C].
        upstream: the gradient by the outputs, [B, ceil(H / strides),
            ceil(W / strides), D].
        kernel_shape: [h, w, C, D].
        strides: of both sides.
    """
    padding = [[0, 0]]
    for side, taps, outputs in zip(images.shape[1:3], kernel_shape, upstream.shape[1:3]):
        total = max((outputs - 1) * strides + taps - side, 0)
        padding.append([total // 2, total - total // 2])

    # TensorFlow has no gradient of a convolution with dilations on the CPU.
    @tf.custom_gradient
    def correlate(images, upstream):
        by_tap = tf.nn.conv2d(
            tf.transpose(images, [3, 1, 2, 0]),
            tf.transpose(upstream, [1, 2, 0, 3]),
            strides=1,
            padding=[*padding, [0, 0]],
            dilations=strides,
        )
        # Pixels at the end that no output depends on would be further taps.
        by_tap = by_tap[:, : kernel_shape[0], : kernel_shape[1]]

        def gradient(kernel):
            by_images = tf.nn.conv2d_transpose(
                upstream, kernel, tf.shape(images), strides, "SAME"
            )
            return by_images, tf.nn.conv2d(images, kernel, strides, "SAME")

        return tf.transpose(by_tap, [1, 2, 0, 3]), gradient

    return correlate(images, upstream)


def _has_short_rows(images, row: int) -> bool:
    """Returns whether `kernel_gradient` is faster than TensorFlow's for rows of outputs."""
    on_cpu = not tf.config.list_logical_devices("GPU")
    return on_cpu and images.dtype == tf.bfloat16 and row <= _SHORT_ROW
