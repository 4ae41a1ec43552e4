"""The page's operations against the Keras networks that they stand for."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_plain_keras import CASES, networks, random_inputs

from gan_tf.errors import InputError
from gan_tf.exporting import operations, quantization
from gan_tf.exporting.run_operations import run

SHAPE = (10, 9, 3)  # upsampled images are cropped, and strides do not divide them


@pytest.mark.parametrize("model, architecture", CASES)
def test_g_computes_the_same_and_d_too_or_it_is_refused(model, architecture):
    generator, discriminator = networks(model, architecture, shape=SHAPE)
    inputs = random_inputs(generator, 5)
    expected = generator.predict_on_batch(inputs)
    result = run(operations.operations(generator), *tf.nest.flatten(inputs))
    np.testing.assert_allclose(result.reshape(expected.shape), expected, atol=2e-5)
    if any(layer.name == "deviations" for layer in discriminator.layers):
        with pytest.raises(InputError, match="deviations .MinibatchStdDev"):
            operations.operations(discriminator)
        return
    images = random_inputs(discriminator, 5)
    expected = tf.nest.flatten(discriminator.predict_on_batch(images))
    result = run(operations.operations(discriminator), images)
    np.testing.assert_allclose(
        result, np.concatenate(expected, axis=-1), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_weights_are_read_back_to_half_a_step(bits):
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((3, 2, 5)) * [1, 10, 0.1, 1, 0]
    bias = rng.standard_normal(5)
    made = [{"op": "dense", "kernel": kernel, "bias": bias, "slope": 0.2}]
    writer = quantization.WeightsWriter()
    described = writer.describe(made + made, bits)
    for read in quantization.read_operations(described, writer.compressed()):
        step = np.abs(kernel).max((0, 1)) / (2 ** (bits - 1) - 1)
        error = np.abs(read["kernel"] - kernel).max((0, 1))
        assert (error <= 0.5001 * step + 1e-7).all()
        assert (error[:4] >= 0.3 * step[:4]).all() or bits == 16
        np.testing.assert_array_equal(read["bias"], bias.astype(np.float32))
        assert read["slope"] == 0.2


REFUSED = {
    "a layer": keras.layers.LayerNormalization(name="odd"),
    "an activation": keras.layers.Dense(3, "gelu"),
    "a dilation": keras.layers.Conv2D(3, 3, dilation_rate=2, name="odd"),
    "a kernel": keras.layers.Conv2DTranspose(3, 3, 2, padding="same", name="odd"),
    "a limit": keras.layers.ReLU(max_value=1.0, name="odd"),
    "a normalization": keras.layers.BatchNormalization(scale=False, name="odd"),
    "normalized inputs": keras.layers.BatchNormalization(name="odd"),
    "normalized rows": lambda x: keras.layers.BatchNormalization(axis=1, name="odd")(
        keras.layers.Conv2D(8, 1)(x)
    ),
    "normalized features": lambda x: keras.layers.BatchNormalization(name="odd")(
        keras.layers.Flatten()(keras.layers.Conv2D(3, 1)(x))
    ),
    "two branches": lambda x: keras.layers.Concatenate(name="odd")(
        [keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)]
    ),
    "a crop": keras.layers.Cropping2D(((1, 0), (0, 0)), name="odd"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_page_cannot_compute_is_refused(what):
    inputs = keras.Input((8, 8, 2))
    network = keras.Model(inputs, REFUSED[what](inputs))
    with pytest.raises(InputError, match=r"(odd|gelu).* no counterpart in the page"):
        operations.operations(network)


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_discriminator_with_two_branches_is_refused(activation):
    inputs = keras.Input((8,))
    features = keras.layers.Dense(4)(inputs)
    heads = []
    for name in "source", "class":
        branch = keras.layers.Dense(3, activation=activation, name=f"odd_{name}")(features)
        branch = keras.layers.LeakyReLU(name=f"slope_{name}")(branch)
        heads.append(keras.layers.Dense(2)(branch))
    with pytest.raises(InputError, match="(odd|slope)_(source|class) ."):
        operations.operations(keras.Model(inputs, heads))


def test_a_dense_layer_of_pixels_is_computed():
    inputs = keras.Input((4, 5, 3))
    network = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    x = np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype(np.float32)
    made = run(operations.operations(network), x, None)
    expected = network.predict(x, verbose=0)
    np.testing.assert_allclose(made.reshape(expected.shape), expected, atol=1e-6)
