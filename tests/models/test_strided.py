import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_tf.models import strided
from gan_tf.models.strided import DownsamplingConv2D, UpsamplingConv2DTranspose

PLAIN = {
    DownsamplingConv2D: lambda: keras.layers.Conv2D(5, 4, 2, "same", use_bias=False),
    UpsamplingConv2DTranspose: lambda: keras.layers.Conv2DTranspose(
        5, 4, 2, "same", use_bias=False
    ),
}


def _numbers(shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 7])


@pytest.fixture(params=[False, True], ids=["plain", "own gradient"])
def own_gradient(request, monkeypatch):
    """In float32, so that both can be compared to the last digits."""
    monkeypatch.setattr(strided, "_is_slow", lambda kernel: request.param)
    return request.param


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("shape", [(3, 6, 8, 2), (1, 2, 2, 1), (2, 7, 6, 3)])
def test_outputs_and_both_orders_of_gradients_are_those_of_keras(
    kind, shape, own_gradient
):
    inputs = _numbers(shape)
    layers = kind(5, use_bias=False), PLAIN[kind]()
    for layer in layers:
        layer.build(shape)
    layers[1].set_weights(layers[0].get_weights())
    found = []
    for layer in layers:
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(inputs)
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
                # Not linear, so that the second order is not zero.
                total = tf.reduce_sum(_numbers(outputs.shape, 1) * outputs**2)
            of_inputs = tape.gradient(total, inputs)
            penalty = tf.reduce_sum(of_inputs**2)
        sources = [inputs, layer.kernel.value]
        first = outer.gradient(total, sources)
        second = outer.gradient(penalty, sources)
        found.append([outputs, *first, *second])
    for mine, kerass in zip(*found):
        size = np.abs(kerass).max()
        np.testing.assert_allclose(mine, kerass, atol=3e-6 * size, rtol=1e-4)


@pytest.mark.parametrize("kind", PLAIN)
def test_in_bfloat16_the_kernel_gradient_is_float32s_within_its_digits(
    kind, monkeypatch
):
    monkeypatch.setattr(strided, "_FEWEST", 1)
    inputs = _numbers((4, 6, 6, 8))
    gradients = []
    for dtype in ("mixed_bfloat16", "float32"):
        layer = kind(5, dtype=dtype)
        layer.build(inputs.shape)
        layer.kernel.assign(_numbers(layer.kernel.shape, 2))
        with tf.GradientTape() as tape:
            outputs = layer(inputs)
            weight = tf.cast(_numbers(outputs.shape, 3), outputs.dtype)
            total = tf.reduce_sum(outputs * weight)
        assert outputs.dtype == layer.compute_dtype
        gradients.append(tape.gradient(total, layer.kernel.value).numpy())
    size = np.abs(gradients[1]).max()
    np.testing.assert_allclose(*gradients, atol=0.02 * size)
    assert not np.array_equal(*gradients)


@pytest.mark.parametrize("kind", PLAIN)
def test_the_layers_reload_from_a_keras_file(kind, tmp_path):
    inputs = keras.Input([6, 6, 2])
    model = keras.Model(inputs, kind(3)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    batch = _numbers((2, 6, 6, 2))
    np.testing.assert_array_equal(again(batch), model(batch))
