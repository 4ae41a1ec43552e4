import dataclasses
import json

import pytest

from gan_tf.config import FIELDS, PRESETS, Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class

# Of every preset, the values that are not acgan's.
GAN = {"model": "gan", "class_loss": "ac", "g_class_weight": 1.0, "steps_per_loop": 100}
GAN |= {"g_learning_rate": 1e-3, "d_learning_rate": 1e-3, "batch_size": 128}
GAN |= {"print_every": 1_000, "sample_every": 1_000}
PLAIN = {"beta_2": 0.999, "lr_decay_start": 1.0, "ema_decay": 0.0, "r1_gamma": 0.0}
PLAIN |= {"class_loss": "ac", "g_class_weight": 1.0, "architecture": "classic"}
TUTORIAL = {**GAN, **PLAIN, "beta_1": 0.9, "noise": "uniform", "resample_z": True}
EXPECTED = {
    "gan": {
        **{**GAN, "steps": 24_000, "log_every": 200, "save_every": 2_000},
        **{"latent_dim": 32, "r1_gamma": 0.2, "r1_interval": 4},
    },
    "gan-classic": {**TUTORIAL, "steps": 10_000, "save_every": 1_000},
    "gan-50k": {**TUTORIAL, "steps": 50_000, "save_every": 5_000, "batch_size": 256},
    "gan-deep": {
        **{**TUTORIAL, "steps": 200 * 60_000 // 100, "batch_size": 100},
        **{"architecture": "deep", "latent_dim": 64, "noise": "normal"},
        **{"g_learning_rate": 3e-4, "d_learning_rate": 3e-4},
        # Half an epoch, and an epoch.
        **{"log_every": 300, "print_every": 300, "sample_every": 600},
        "save_every": 6_000,
    },
    "gan-100k": {
        **{**TUTORIAL, "steps": 100_000, "save_every": 5_000, "log_every": 500},
        "resample_z": False,
    },
    "acgan": {},
    "acgan-best": {
        **{"steps": 30_000, "sample_every": 1_000, "save_every": 1_000},
        "ema_decay": 0.9998,
    },
    "acgan-classic": {
        **{**PLAIN, "steps": 6_000, "batch_size": 128},
        **{"g_learning_rate": 2e-4, "d_learning_rate": 2e-4},
    },
}


def test_the_values_of_acgan():
    assert Config().as_dict() == {
        **{"preset": "acgan", "model": "acgan", "architecture": "default"},
        **{"size": "own", "fit": "crop", "channels": "own", "background": "white"},
        **{"subset": 0, "skip_bad": False, "balance": "none"},
        **{"data": "mnist", "steps": 7_000, "batch_size": 64, "seed": 0},
        **{"log_every": 100, "print_every": 500, "sample_every": 500},
        **{"save_every": 500, "keep_checkpoints": 5, "eval_every": 0},
        **{"g_learning_rate": 5e-4, "d_learning_rate": 5e-4, "beta_1": 0.5},
        **{"beta_2": 0.99, "lr_decay_start": 0.5, "d_steps": 1, "g_steps": 1},
        **{"ema_decay": 0.9995, "latent_dim": 100, "noise": "normal"},
        **{"resample_z": False, "on_nan": "stop", "label_smoothing": 0.0},
        **{"r1_gamma": 0.1, "r1_interval": 16, "class_loss": "adc"},
        **{"d_class_real_weight": 1.0, "d_class_fake_weight": 1.0},
        **{"g_class_weight": 0.3, "strategy": "none", "steps_per_loop": 20},
        **{"jit_compile": "auto", "mixed_precision": "auto"},
        **{"augment": "none", "lecam": 0.0, "init_from": "none", "freeze_d": 0},
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_the_values_of_every_preset(preset):
    config = Config.from_preset(preset)
    assert config.as_dict() == {
        **Config().as_dict(),
        **{"preset": preset, **EXPECTED[preset]},
    }


def test_every_model_has_a_preset_of_its_name():
    for model in MODELS:
        assert Config.from_preset(model).model == model
    for preset in PRESETS:
        config = Config.from_preset(preset)
        assert config.preset == preset
        assert config.architecture in model_class(config.model).ARCHITECTURES
    assert Config() == Config.from_preset("acgan")


def test_a_preset_of_another_model_is_refused():
    with pytest.raises(InputError, match="model .gan. contradicts preset .acgan."):
        Config(model="gan")
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
    *(("g_learning_rate", float("nan")), ("noise", "gaussian"), ("resample_z", "maybe")),
    *(("augment", "translate,spin"), ("lecam", -1), ("freeze_d", 0.5), ("minutes", -1)),
]


@pytest.mark.parametrize("name, value", OUT_OF_RANGE)
def test_a_bad_value_is_named_with_its_rule(name, value):
    with pytest.raises(InputError) as error:
        Config(**{name: value})
    text = str(error.value)
    assert name in text and repr(value) in text and FIELDS[name].text in text
    assert "\n" not in text


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="stepz.*no such setting"):
        Config.from_dict({"stepz": 3})
    with pytest.raises(InputError, match="preset .nope. must be one of gan"):
        Config.from_preset("nope")


def test_every_setting_is_documented():
    for setting in dataclasses.fields(Config):
        assert len(setting.metadata["help"]) > 10, setting.name
