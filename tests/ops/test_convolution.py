import functools

import numpy as np
import pytest
import tensorflow as tf

from gan_tf import startup
from gan_tf.ops import convolution


def normal(shape, seed, dtype=tf.float32):
    return tf.cast(tf.random.stateless_normal(shape, [seed, 3]), dtype)


@tf.function(autograph=False)
def _second_derivatives(convolve, images, kernel):
    """Returns outputs, both gradients, and those of a penalty on the first, as R1 is."""
    with tf.GradientTape() as outer:
        outer.watch([images, kernel])
        with tf.GradientTape() as inner:
            inner.watch([images, kernel])
            outputs = convolve(images, kernel)
            total = tf.reduce_sum(tf.sin(outputs))
        gradients = inner.gradient(total, [images, kernel])
        penalty = sum(tf.reduce_sum(tf.square(gradient)) for gradient in gradients)
    return [outputs, *gradients, *outer.gradient(penalty, [images, kernel])]


# Sides that the stride divides and that it leaves pixels over of, kernels with an even and
# an odd number of taps, one that is smaller than the stride, one that is as wide as the
# image.
@pytest.mark.parametrize(
    "shape, taps, strides",
    [
        ((6, 7, 7, 3), (3, 3), 2),
        ((6, 14, 14, 3), (4, 4), 2),
        ((5, 8, 5, 2), (3, 4), 2),
        ((3, 9, 6, 1), (2, 5), 3),
        ((4, 5, 6, 2), (3, 3), 1),
        ((2, 4, 7, 2), (1, 1), 2),
        ((2, 3, 3, 2), (3, 3), 2),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_convolutions_equal_tensorflows_to_the_second_derivative(
    shape, taps, strides, transposed, monkeypatch
):
    # In float32, whose rounding does not hide a wrong gradient; TensorFlow's in float64,
    # without oneDNN, whose gradient of strided 1x1 kernels is wrong with AVX2
    # (https://github.com/uxlfoundation/oneDNN/issues/6035).
    monkeypatch.setattr(convolution, "_has_short_rows", lambda images, row: True)
    images = normal(shape, 0)
    if transposed:
        kernel = normal([*taps, 4, shape[3]], 1) / 4
        outputs = [shape[0], strides * shape[1], strides * shape[2], 4]
        plain = functools.partial(tf.nn.conv2d_transpose, output_shape=outputs)
        fast = convolution.conv2d_transpose
    else:
        kernel = normal([*taps, shape[3], 4], 1) / 4
        plain, fast = tf.nn.conv2d, convolution.conv2d
    plain = functools.partial(plain, strides=strides, padding="SAME")
    fast = functools.partial(fast, strides=strides)
    results = _second_derivatives(fast, images, kernel)
    exact = _second_derivatives(plain, *(tf.cast(x, tf.float64) for x in (images, kernel)))
    for found, expected in zip(results, exact):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("convolve", [convolution.conv2d, convolution.conv2d_transpose])
@pytest.mark.parametrize(
    "flag, dtype, width, own",
    [
        ("avx512f", "bfloat16", 8, True),
        ("avx512f", "bfloat16", 9, False),
        ("avx512f", "float32", 8, False),
        ("avx2", "float32", 8, True),
        ("avx2", "float32", 9, False),
    ],
)
def test_short_rows_have_the_gradient_where_it_is_faster(
    convolve, flag, dtype, width, own, monkeypatch
):
    """`width` is that of the smaller images, whose pixels the gradient is a sum over."""
    monkeypatch.setattr(startup, "cpu_flags", lambda: {flag})
    monkeypatch.setattr(startup, "has_onednn", lambda: True)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    side = 2 * width if convolve is convolution.conv2d else width

    @tf.function(autograph=False)
    def gradient(images, kernel):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            outputs = convolve(images, kernel, 2)
        return tape.gradient(outputs, kernel)

    images = normal([4, side, side, 8], 0, dtype)
    kernel = normal([3, 3, 8, 8], 1, dtype)
    graph = gradient.get_concrete_function(images, kernel).graph
    assert own == ("Conv2DBackpropFilter" not in {op.type for op in graph.get_operations()})
    if not own:  # some processors sum TensorFlow's in bfloat16
        return
    exact = gradient(*(tf.cast(tensor, tf.float32) for tensor in (images, kernel)))
    found = tf.cast(gradient(images, kernel), tf.float32)
    # Images, kernel and gradient are rounded to 8 bits.
    tolerance = 3 * 2**-8 * np.abs(exact).max()
    np.testing.assert_allclose(found, exact, rtol=0, atol=tolerance)


def test_bias_and_relu_in_one_pass_equal_two_passes_in_bfloat16():
    images, bias = normal([4, 6, 5, 8], 0, "bfloat16"), normal([8], 1, "bfloat16")
    upstream = normal([4, 6, 5, 8], 2, "bfloat16")
    with tf.GradientTape() as tape:
        tape.watch([images, bias])
        outputs = convolution.bias_relu(images, bias)
    by_images, by_bias = tape.gradient(outputs, [images, bias], upstream)
    exact_images, exact_bias = (tf.cast(x, tf.float64) for x in (images, bias))
    error = np.abs(tf.cast(outputs, tf.float64) - tf.nn.relu(exact_images + exact_bias))
    # oneDNN rounds once, to 8 bits; TensorFlow's own kernel twice.
    assert (error <= 2**-8 * (np.abs(exact_images) + np.abs(exact_bias))).all()
    assert error.max() > 1e-3  # it does compute in bfloat16
    passed = tf.where(outputs > 0, upstream, tf.zeros_like(upstream))
    np.testing.assert_array_equal(by_images, passed)
    exact = np.sum(tf.cast(passed, tf.float64), axis=(0, 1, 2))
    # The sums of a pixel's column over rows and images are rounded to 8 bits, and without
    # AVX-512 cut off, then added.
    columns = np.abs(np.sum(tf.cast(passed, tf.float64), axis=(0, 1))).sum(axis=0)
    assert (np.abs(tf.cast(by_bias, tf.float64) - exact) <= 2**-7 * columns).all()


@pytest.mark.parametrize("dtype, one_pass", [("bfloat16", True), ("float32", False)])
def test_only_bfloat16_has_bias_and_relu_in_one_pass(dtype, one_pass):
    images, bias = normal([2, 3, 3, 4], 0, dtype), normal([4], 1, dtype)
    graph = tf.function(convolution.bias_relu).get_concrete_function(images, bias).graph
    assert one_pass == ("BiasAdd" not in {op.type for op in graph.get_operations()})


@pytest.mark.parametrize("add", [convolution.bias_add, convolution.bias_relu])
def test_biases_equal_tensorflows_to_the_second_derivative(add, monkeypatch):
    monkeypatch.setattr(convolution, "_is_bfloat16_on_cpu", lambda images: True)
    images, bias = normal([3, 4, 5, 6], 0), normal([6], 1)
    results = _second_derivatives(add, images, bias)
    monkeypatch.undo()
    exact = _second_derivatives(add, *(tf.cast(x, tf.float64) for x in (images, bias)))
    for found, expected in zip(results, exact):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
