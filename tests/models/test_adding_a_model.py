"""The model of docs/adding_a_model.md trains with its file and its line alone."""

import re
from pathlib import Path

import keras
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


def test_layers_of_a_model_inside_a_network_count():
    nested = with_discriminator(nested_discriminator)
    with pytest.raises(InputError, match="without batch normalization"):
        nested(tiny_config("gan", r1_gamma=1.0), (8, 8, 1), 0)
    model = nested(tiny_config("gan"), (8, 8, 1), 0)
    assert network_cost(model.discriminator).multiply_adds == 64 * 4
