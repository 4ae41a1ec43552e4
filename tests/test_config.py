import dataclasses
import json

import pytest

from gan_tf.config import FIELDS, PRESETS, Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class


def test_every_model_has_a_preset_of_its_name():
    for model in MODELS:
        assert Config.from_preset(model).model == model
    for preset in PRESETS:
        config = Config.from_preset(preset)
        assert config.preset == preset
        assert config.architecture in model_class(config.model).ARCHITECTURES
    assert Config() == Config.from_preset("acgan")


def test_a_preset_of_another_model_is_refused():
    assert Config(model="new", preset="new").preset == "new"
    with pytest.raises(InputError, match="must be one of new"):
        Config(model="new", preset="gan")


def test_a_config_survives_json_and_cannot_be_changed():
    config = Config.from_preset("acgan", steps=123, g_learning_rate=1e-3)
    assert Config.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.steps = 5


def test_resolved_replaces_auto_alone():
    choice = {"jit_compile": "on", "mixed_precision": "on"}
    resolved = Config(jit_compile="off").resolved(choice)
    assert (resolved.jit_compile, resolved.mixed_precision) == ("off", "on")


# The ends of the ranges; tests/bad_input has what is of no range at all.
OUT_OF_RANGE = [
    *(("steps", 0), ("steps", 10**12), ("batch_size", 0), ("seed", -1), ("seed", 2**31)),
    *(("beta_1", 1.0), ("lr_decay_start", 1.5), ("g_learning_rate", -1e-9)),
    ("augment", "translate,spin"),
]


@pytest.mark.parametrize("name, value", OUT_OF_RANGE)
def test_a_bad_value_is_named_with_its_rule(name, value):
    with pytest.raises(InputError) as error:
        Config(**{name: value})
    text = str(error.value)
    assert name in text and repr(value) in text and FIELDS[name].text in text
    assert "\n" not in text


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError, match="preset .nope. must be one of gan"):
        Config.from_preset("nope")
