import dataclasses
import json

import pytest

from gan_tf.config import PRESETS, RULES, SETTINGS, Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid_and_names_a_network_of_its_model(preset):
    config = Config.from_preset(preset)
    assert config.architecture in model_class(config.model).NETWORKS


def test_every_model_has_a_preset_of_its_name():
    for model in MODELS:
        assert Config.from_preset(model).model == model


def test_classic_presets_have_the_settings_of_the_programs_they_stand_for():
    gan = Config.from_preset("gan-classic")
    assert (gan.latent_dim, gan.noise, gan.batch_size) == (100, "uniform", 128)
    assert gan.d_learning_rate == gan.g_learning_rate == 1e-3
    assert gan.resample_z and gan.ema_decay == 0 and gan.lr_decay_start == 1
    assert gan.beta_1 == 0.9 and gan.steps == 10_000 and gan.print_every == 1_000
    acgan = Config.from_preset("acgan-classic")
    assert (acgan.latent_dim, acgan.noise, acgan.batch_size) == (100, "normal", 128)
    assert acgan.d_learning_rate == acgan.g_learning_rate == 2e-4
    assert acgan.beta_1 == 0.5 and acgan.class_loss == "ac"


def test_the_other_tutorials_change_what_they_say_of_gan_classic():
    classic = Config.from_preset("gan-classic").as_dict()

    def changed(preset):
        outputs = ("log_every", "print_every", "sample_every", "save_every")
        settings = Config.from_preset(preset).as_dict().items()
        return {k: v for k, v in settings if v != classic[k] and k not in outputs}

    assert changed("gan-50k") == {"steps": 50_000, "batch_size": 256}
    assert changed("gan-100k") == {"steps": 100_000, "resample_z": False}
    assert changed("gan-deep") == {
        "network": "deep",
        "steps": 200 * 60_000 // 100,
        "batch_size": 100,
        "latent_dim": 64,
        "noise": "normal",
        "g_learning_rate": 3e-4,
        "d_learning_rate": 3e-4,
    }
    deep = Config.from_preset("gan-deep")
    assert (deep.print_every, deep.sample_every) == (300, 600)  # half an epoch, one


def test_a_config_survives_json():
    config = Config.from_preset("acgan", steps=123, g_learning_rate=1e-3)
    assert Config.from_dict(json.loads(json.dumps(config.as_dict()))) == config


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().steps = 5


def test_resolved_replaces_auto_alone():
    choice = {"jit_compile": "on", "mixed_precision": "on"}
    resolved = Config(jit_compile="off").resolved(choice)
    assert (resolved.jit_compile, resolved.mixed_precision) == ("off", "on")


@pytest.mark.parametrize(
    "name, value",
    [
        ("steps", 0),
        ("steps", -1),
        ("steps", 1.5),
        ("steps", float("nan")),
        ("steps", "many"),
        ("steps", ""),
        ("steps", 10**12),
        ("batch_size", 0),
        ("seed", -1),
        ("seed", 2**31),
        ("latent_dim", "١٢x"),
        ("g_learning_rate", -1e-9),
        ("g_learning_rate", float("nan")),
        ("d_learning_rate", float("inf")),
        ("beta_1", 1.0),
        ("noise", "gaussian"),
        ("resample_z", "yes please"),
        ("jit_compile", "true"),
        ("data", " "),
        ("lr_decay_start", 1.5),
        ("label_smoothing", None),
    ],
)
def test_a_bad_value_is_named_with_its_rule(name, value):
    with pytest.raises(InputError) as error:
        Config(**{name: value})
    text = str(error.value)
    assert name in text and repr(value) in text and RULES[name].text in text
    assert "\n" not in text


def test_unknown_settings_and_presets_are_refused():
    with pytest.raises(InputError, match="stepz.*no such setting"):
        Config.from_dict({"stepz": 3})
    with pytest.raises(InputError, match="preset .nope. must be one of gan"):
        Config.from_preset("nope")


def test_a_loop_too_large_for_memory_is_refused():
    with pytest.raises(InputError, match="steps_per_loop"):
        Config(steps_per_loop=100_000, batch_size=65_536)


def test_every_setting_is_documented():
    for setting in SETTINGS:
        assert len(setting.metadata["help"]) > 10, setting.name
