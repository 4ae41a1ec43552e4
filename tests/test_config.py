import dataclasses
import os
from pathlib import Path

import pytest

from gan_tf.config import PRESETS, Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class


def test_every_model_has_a_preset_of_its_name():
    for model in MODELS:
        assert Config(model=model).preset == model  # of its own, or of this name
    for preset in PRESETS:
        config = Config(preset=preset)
        assert config.preset == preset
        assert config.architecture in model_class(config.model).ARCHITECTURES
    assert Config() == Config(preset="acgan")
    assert Config(model="new").preset == "new"
    assert Config(model="gan") == Config(preset="gan")
    best = Config(preset="acgan-best", steps=9)
    assert (best.steps, best.beta_1, best.z_scale) == (9, 0.5, 0.97)
    assert dataclasses.replace(best, beta_1=0.0).beta_1 == 0.0
    assert Config.from_dict(best.as_dict()) == best


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"preset": "nope"}, "preset .nope. must be one of gan"),
        ({"model": "new", "preset": "gan"}, "must be one of new"),
        ({"strategy": "mirrored", "jit_compile": "on"}, "jit_compile .on. .*.mirrored."),
        ({"minutes": 5, "strategy": "multi_worker"}, "minutes .5. is for one process"),
        ({"minutes": 5, "lr_decay_start": 0.1}, "minutes .5. needs .* 0.2 or more"),
    ],
)
def test_settings_that_contradict_one_another_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Config(**settings)


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().steps = 5


def test_resolved_replaces_auto_alone():
    choice = {"jit_compile": "on", "mixed_precision": "on"}
    resolved = Config(jit_compile="off").resolved(choice)
    assert (resolved.jit_compile, resolved.mixed_precision) == ("off", "on")
    paths = {"data": "auto", "init_from": "auto"}
    resolved = Config(**paths).resolved({"data": "mnist", "init_from": "none"} | choice)
    assert resolved == Config(**paths, **choice)


def test_the_path_of_a_folder_is_no_name_of_a_data_set():
    assert Config(data="mnist").data == "mnist"
    assert Config(data=Path("mnist")).data == os.path.join(os.curdir, "mnist")
    assert Config(data=Path("a", "mnist")).data == os.path.join("a", "mnist")
