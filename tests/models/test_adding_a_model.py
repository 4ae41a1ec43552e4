"""The model of docs/adding_a_model.md trains with its file and its line alone."""

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import test_conformance
from tiny import TINY, tiny_config

import gan_tf
from gan_tf import train as train_command
from gan_tf.errors import InputError
from gan_tf.models import MODELS
from gan_tf.models.cost import network_cost
from gan_tf.models.gan import MLPGAN
from gan_tf.run_dir.run import Run

PAGE = Path(__file__).parents[2] / "docs" / "adding_a_model.md"


def test_the_example_trains_and_makes_images(tmp_path, monkeypatch, blob_file):
    module, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (tmp_path / "lsgan.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    ((name, target),) = re.findall(r'^ *"(\w+)": "gan_tf\.models\.(.*)",$', line, re.M)
    monkeypatch.setitem(MODELS, name, target)
    test_conformance.test_losses_report_the_metrics_and_change_no_variable(name, "default")
    monkeypatch.chdir(tmp_path)
    flags = [f"--{k}={v}" for k, v in TINY.items()]
    command = ["train", f"--model={name}", f"--data={blob_file}", *flags]
    for augment in ("translate", "auto"):
        with pytest.raises(InputError, match=f"{name}\\) does not report: leave it out"):
            train_command.main([*command, f"--augment={augment}"])
        assert not Path("runs").exists()
    train_command.main(command)
    assert Run(tmp_path / "runs" / name).checkpoints.steps() == [2, 4]
    assert gan_tf.load(tmp_path / "runs" / name).generate(num=3).shape == (3, 8, 8, 1)


@pytest.mark.slow
def test_the_example_passes_the_conformance_tests(tmp_path):
    module, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    (tmp_path / "lsgan.py").write_text(module)
    plugin = 'from gan_tf.models import MODELS\nMODELS["lsgan"] = "lsgan:LSGAN"\n'
    (tmp_path / "with_lsgan.py").write_text(plugin)
    command = [sys.executable, "-m", "pytest", "-vv", "-p", "with_lsgan", "-k", "lsgan"]
    command += [test_conformance.__file__, "-p", "no:cacheprovider"]
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=PAGE.parents[1],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") > 20


def nested_discriminator(image_shape, dtype):
    """D of the vanilla GAN's kind whose hidden layers are a model of their own."""
    layers = keras.layers
    inside = [layers.Flatten(), layers.Dense(4), layers.BatchNormalization()]
    inputs = keras.Input(image_shape)
    # The layer in the last one has no place in the graph, so its cost is not known.
    logit = layers.SpectralNormalization(layers.Dense(1))
    return keras.Model(inputs, logit(keras.Sequential(inside)(inputs)))


def with_discriminator(build):
    """The vanilla GAN's class with a D of its own."""
    default = MLPGAN.ARCHITECTURES["default"]._replace(build_discriminator=build)
    return type("Model", (MLPGAN,), {"ARCHITECTURES": {"default": default}})


@pytest.mark.parametrize(
    "options, message",
    [
        ({"kernel_regularizer": "l2"}, "has a regularizer or a constraint"),
        ({"kernel_constraint": "non_neg"}, "has a regularizer or a constraint"),
        ({"activity_regularizer": "l2"}, "has a layer that adds a loss"),
        ({"spectral": True}, "has a layer that changes trained weights"),
    ],
)
def test_what_the_step_would_not_apply_is_refused(options, message):
    def build_discriminator(image_shape, dtype):
        inputs = keras.Input(image_shape)
        is_spectral = options.get("spectral")
        logit = keras.layers.Dense(1, **({} if is_spectral else options))
        logit = keras.layers.SpectralNormalization(logit) if is_spectral else logit
        return keras.Model(inputs, logit(keras.layers.Flatten()(inputs)))

    with pytest.raises(InputError, match=message):
        model = with_discriminator(build_discriminator)(tiny_config("gan"), (8, 8, 1), 0)
        model.discriminate(tf.zeros([2, 8, 8, 1]), seed=tf.constant([1, 2]))


class Block(keras.layers.Layer):
    """A dense layer, as an attribute or in a list; `__init__` takes no other argument."""

    def __init__(self, units, in_list=False):
        super().__init__()
        if in_list:
            self.parts = [keras.layers.Dense(units)]
        else:
            self.part = keras.layers.Dense(units)

    def build(self, input_shape):
        (part,) = self._layers
        part.build(input_shape)

    def call(self, inputs):
        (part,) = self._layers
        return part(inputs)


class ModelBlock(keras.Model):
    """A block as a subclass of Model, which has no graph of its layers."""

    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)


def discriminator_of(*layers):
    """A function that builds a D of these layers, and gives it no name."""

    def build(image_shape, dtype):
        inputs = keras.Input(image_shape)
        x = keras.layers.Flatten()(inputs)
        for make in (*layers, lambda: keras.layers.Dense(1)):
            x = make()(x)
        return keras.Model(inputs, x)

    return build


def test_a_weight_that_a_checkpoint_would_leave_out_is_refused():
    lost = with_discriminator(discriminator_of(lambda: Block(4, in_list=True)))
    message = "discriminator has a weight that a checkpoint would leave out, block"
    with pytest.raises(InputError, match=message):
        lost(tiny_config("gan"), (8, 8, 1), 0)


def test_a_network_is_functional_or_sequential():
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    sequential = with_discriminator(lambda image_shape, dtype: keras.Sequential(layers))
    model = sequential(tiny_config("gan"), (8, 8, 1), 0)
    assert network_cost(model.discriminator).multiply_adds == 64
    (logits,), _ = model.discriminate(tf.zeros([2, 8, 8, 1]), seed=tf.constant([1, 2]))
    assert logits.source.shape == [2]
    for other in (ModelBlock(1), keras.Sequential(layers[1:])):
        own = with_discriminator(lambda image_shape, dtype, made=other: made)
        with pytest.raises(InputError, match="must be a functional Keras model, or a Seq"):
            own(tiny_config("gan"), (8, 8, 1), 0)


def test_two_weights_of_one_path_are_refused():
    def nested():
        z = keras.Input([4])
        return keras.Model(z, keras.layers.Dense(4, name="same")(z))

    twice = discriminator_of(lambda: keras.layers.Dense(4), nested, nested)
    with pytest.raises(InputError, match="discriminator has 2 weights called same/"):
        with_discriminator(twice)(tiny_config("gan"), (8, 8, 1), 0)


def test_blocks_of_the_users_own_train_and_a_file_that_lacks_is_noted(
    tmp_path, monkeypatch, blob_file, capsys
):
    build = discriminator_of(lambda: Block(4), lambda: ModelBlock(4))
    module = types.SimpleNamespace(Model=with_discriminator(build))
    monkeypatch.setitem(sys.modules, "own_model", module)
    monkeypatch.setitem(MODELS, "own", "own_model:Model")
    config = tiny_config("own", data=str(blob_file))
    gan_tf.fit(config, tmp_path / "run")
    note = "networks/discriminator.keras is not written: discriminator: Keras cannot"
    assert capsys.readouterr().out.count(note) == 1
    files = [file.name for file in (tmp_path / "run" / "networks").glob("*.keras")]
    assert files == ["generator.keras"]
    run = Run(tmp_path / "run")
    trained = run.model(run.checkpoints.steps()[-1]).discriminator
    assert trained.name == "discriminator"
    norms = [row["gradient_norms/d"] for row in run.metrics_log.rows()]
    assert norms and np.all(np.array(norms) > 0)


def test_layers_of_a_model_inside_a_network_count():
    nested = with_discriminator(nested_discriminator)
    with pytest.raises(InputError, match="without batch normalization"):
        nested(tiny_config("gan", r1_gamma=1.0), (8, 8, 1), 0)
    model = nested(tiny_config("gan"), (8, 8, 1), 0)
    assert network_cost(model.discriminator).multiply_adds == 64 * 4
