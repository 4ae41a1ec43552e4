"""The page's operations against the Keras networks that they stand for."""


import keras
import numpy as np
import pytest

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.exporting import operations, quantization
from gan_tf.exporting.run_operations import run
from gan_tf.models import MODELS, model_class

SHAPE = (10, 9, 3)  # upsampled images are cropped, and strides do not divide them
CLASSES = 4
ARCHITECTURES = [(m, a) for m in MODELS for a in model_class(m).ARCHITECTURES]


@pytest.fixture(params=ARCHITECTURES, ids="-".join)
def networks(request):
    """A model whose biases and statistics are not the neutral ones of a new network."""
    name, architecture = request.param
    config = Config.from_preset(name, architecture=architecture, r1_gamma=0.0)
    model = model_class(name)(config, SHAPE, CLASSES)
    rng = np.random.default_rng(0)
    for network in (model.generator, model.discriminator):
        for variable in network.weights:
            if variable.dtype == "float32":  # not the state of dropout
                variable.assign(variable + rng.uniform(0, 0.3, variable.shape))
    return model


def test_a_generator_computes_the_same(networks):
    z = np.random.default_rng(1).standard_normal((5, networks.config.latent_dim))
    z, labels = z.astype(np.float32), np.array([0, 3, 1, 1, 2])
    inputs = [z, labels] if networks.conditional else z
    expected = networks.generator.predict_on_batch(inputs)
    made = operations.operations(networks.generator)
    result = run(made, z, labels).reshape(expected.shape)
    np.testing.assert_allclose(result, expected, atol=2e-5)


def test_a_discriminator_computes_the_same_or_is_refused(networks):
    images = np.random.default_rng(1).uniform(-1, 1, (5, *SHAPE)).astype(np.float32)
    expected = networks.discriminator.predict_on_batch(images)
    if any(layer.name == "deviations" for layer in networks.discriminator.layers):
        with pytest.raises(InputError, match="deviations .MinibatchStdDev"):
            operations.operations(networks.discriminator)
        return
    made = operations.operations(networks.discriminator)
    if networks.conditional:
        expected = np.concatenate(expected, axis=-1)
    np.testing.assert_allclose(run(made, images), expected, rtol=1e-4, atol=1e-4)


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
    "a crop": keras.layers.Cropping2D(((1, 0), (0, 0)), name="odd"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_page_cannot_compute_is_refused(what):
    inputs = keras.Input((8, 8, 2))
    network = keras.Model(inputs, REFUSED[what](inputs))
    with pytest.raises(InputError, match=r"(odd|gelu).* no counterpart in the page"):
        operations.operations(network)
