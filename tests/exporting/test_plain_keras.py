"""The networks rebuilt from Keras's own layers compute the same function."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.errors import InputError
from gan_tf.exporting.plain_keras import check_plain, plain_keras
from gan_tf.models import MODELS, model_class

CASES = [(m, a) for m in MODELS for a in model_class(m).ARCHITECTURES]
# In a process of its own, which does not import gan_tf.
LOAD = """
import pathlib, sys, keras, numpy as np
for file in pathlib.Path().glob("*.npz"):
    arrays = np.load(file)
    inputs = [arrays[k] for k in sorted(arrays) if k.startswith("in")]
    network = keras.saving.load_model(file.with_suffix(".keras"), custom_objects={})
    outputs = network.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for index, values in enumerate(outputs):
        np.testing.assert_allclose(values, arrays[f"out{index}"], atol=1e-5, rtol=1e-5)
sys.exit(any(m.partition(".")[0] == "gan_tf" for m in sys.modules))
"""


def networks(model, architecture, dtype="float32", shape=(8, 8, 1)):
    """G and D with weights of all kinds, as after a training."""
    config = tiny_config(model, architecture=architecture)
    gan = model_class(model)(config, shape, 3, dtype)
    rng = np.random.default_rng(0)
    for network in (gan.generator, gan.discriminator):
        for weight in network.weights:
            if weight.dtype == "float32":
                noise = np.abs(rng.normal(size=weight.shape))
                weight.assign(0.5 * weight + 0.2 * noise)
    return gan.generator, gan.discriminator


def random_inputs(network, batch):
    rng = np.random.default_rng(batch)
    inputs = [
        rng.normal(size=(batch, *tensor.shape[1:])).astype("float32")
        if tensor.dtype == "float32"
        else rng.integers(0, 3, batch).astype("int32")
        for tensor in network.inputs
    ]
    return inputs if len(inputs) > 1 else inputs[0]


@pytest.mark.parametrize(
    "model, architecture, dtype",
    [*((*case, "float32") for case in CASES), ("acgan", "default", "mixed_bfloat16")],
)
def test_plain_networks_compute_the_same_function(model, architecture, dtype):
    is_exact = dtype == "float32"
    tolerances = dict(rtol=1e-4, atol=1e-5) if is_exact else dict(rtol=0.1, atol=0.1)
    for network in networks(model, architecture, dtype):
        plain = plain_keras(network)
        check_plain(plain)
        assert {layer.dtype_policy.name for layer in plain.layers} == {"float32"}
        for batch in (1, 6, 8, 16, 48) if is_exact else (4,):  # groups of every size
            inputs = random_inputs(network, batch)
            outputs = tf.nest.flatten(network(inputs, training=False))
            for ours, theirs in zip(outputs, tf.nest.flatten(plain(inputs))):
                np.testing.assert_allclose(ours, theirs, **tolerances)


@pytest.mark.slow
def test_the_files_load_without_this_package(tmp_path):
    both = [("acgan", "classic"), ("gan", "default")]
    for name, network in ((m, n) for m, a in both for n in networks(m, a)):
        name = f"{name}-{network.name}"
        plain_keras(network).save(tmp_path / f"{name}.keras")
        inputs = random_inputs(network, 16)
        outputs = tf.nest.flatten(network(inputs, training=False))
        arrays = {f"in{i}": value for i, value in enumerate(tf.nest.flatten(inputs))}
        arrays |= {f"out{i}": value.numpy() for i, value in enumerate(outputs)}
        np.savez(tmp_path / f"{name}.npz", **arrays)
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_layer_of_the_users_own_stays_and_is_refused_in_an_export():
    class Own(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    z = keras.Input([3])
    plain = plain_keras(keras.Model(z, Own(name="mine")(z)))
    np.testing.assert_allclose(plain(np.ones((1, 3))), 2)
    with pytest.raises(InputError, match=r"layer mine \(Own\)"):
        check_plain(plain)


def test_operations_and_sequential_models_are_rebuilt():
    z = keras.Input([4])
    x = keras.layers.Dense(4)(z)
    x = keras.ops.relu(x + z)
    x = keras.ops.mean(keras.ops.reshape(x, [-1, 2, 2]), axis=1)
    layers = [keras.layers.Dense(3), keras.layers.LeakyReLU(), keras.layers.Dense(2)]
    sequential = keras.Sequential([keras.Input([4]), *layers], name="generator")
    for network in (keras.Model(z, x), sequential):
        plain = plain_keras(network)
        inputs = random_inputs(network, 5)
        np.testing.assert_allclose(plain(inputs), network(inputs), rtol=1e-5, atol=1e-6)
        assert plain.name == network.name


def test_a_layer_that_keras_cannot_rebuild_is_named():
    class NoKeywords(keras.layers.Layer):
        def __init__(self):
            super().__init__()

        def call(self, inputs):
            return 2 * inputs

    z = keras.Input([3])
    network = keras.Model(z, NoKeywords()(z), name="generator")
    with pytest.raises(InputError, match=r"^generator: Keras cannot rebuild layer no_key"):
        plain_keras(network)
