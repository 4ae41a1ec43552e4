"""`--init_from` copies what fits, `--freeze_d` keeps it, and the rest starts anew."""

import shutil

import keras
import numpy as np
import pytest
from test_trainer import state
from tiny import blobs, random_images, tiny_config

import gan_tf
from gan_tf import data
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class
from gan_tf.models.transfer import copy_weights
from gan_tf.run_dir.run import Run
from gan_tf.training.init_from import InitialRun
from gan_tf.training.trainer import Trainer


@pytest.fixture(scope="module")
def runs(finished):
    """{model: a trained run}."""
    return {name: finished(name)[0] for name in MODELS}


def new_trainer(config, dataset):
    model = model_class(config.model)(config, dataset.image_shape, dataset.num_classes)
    return Trainer(model, dataset.x_train, dataset.y_train, config)


def started(name, path, file, **settings):
    config = tiny_config(name, init_from=str(path), data=str(file), seed=7, **settings)
    dataset = data.load(str(file))
    trainer = new_trainer(config, dataset)
    new, model = state(trainer), trainer.train_step.model
    text = InitialRun(config, dataset).copy_to(model)
    return trainer, new, text


def trained(runs, name, step=4):
    """The state of a run's checkpoint."""
    run = Run(runs[name])
    trainer = new_trainer(run.config, data.load(run.config.data))
    trainer.checkpoint.read(str(run.path / "checkpoints" / f"step-{step}"))
    return state(trainer)


@pytest.mark.parametrize("step", [2, 4])
def test_of_equal_classes_all_weights_are_copied_and_the_optimizers_are_new(
    model_name, runs, blob_file, step
):
    path = runs[model_name]
    path = path if step == 4 else path / "checkpoints" / f"step-{step}.index"
    trainer, new, text = started(model_name, path, blob_file)
    assert f"step {step}" in text and "new" not in text
    old, now = trained(runs, model_name, step), state(trainer)
    assert trainer.step == 0
    for name, value in now.items():
        # The EMA follows G from the first step on.
        expected = new if "adam" in name or name.startswith("ema/") else old
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


HEADS = ("source_logit", "class_logits")


@pytest.mark.parametrize(
    "num_classes, settings, note, new_layers",
    [
        (2, {}, "other classes: embedding and heads are new", ("embedding", *HEADS)),
        (3, {"class_loss": "ac"}, "another class_loss: the class head is new", HEADS[1:]),
    ],
)
def test_what_is_of_other_classes_or_another_class_loss_is_new(
    runs, tmp_path, num_classes, settings, note, new_layers
):
    images, labels = blobs()
    labels = np.minimum(labels, num_classes - 1)
    np.savez(tmp_path / "d.npz", x_train=images, y_train=labels)
    trainer, new, text = started("acgan", runs["acgan"], tmp_path / "d.npz", **settings)
    assert text.endswith(f"; {note}")
    old, now = trained(runs, "acgan"), state(trainer)
    for owner, network in (
        ("generator", trainer.train_step.model.generator),
        ("discriminator", trainer.train_step.model.discriminator),
    ):
        for i, weight in enumerate(network.weights):
            key = f"{owner}/{i}/{weight.name}"
            layer = weight.path.split("/")[0]
            expected = (new if layer in new_layers else old)[key]
            np.testing.assert_array_equal(now[key], expected, layer)


def test_layers_without_names_are_copied():
    def network():
        layers = [keras.layers.Dense(3), keras.layers.ReLU(), keras.layers.Dense(2)]
        return keras.Sequential([keras.Input([4]), *layers])

    source, target = network(), network()
    assert not np.allclose(source.get_weights()[0], target.get_weights()[0])
    copy_weights(source, target, same_classes=True)
    for old, new in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_frozen_layers_keep_their_weights(runs, blob_file):
    settings = {"r1_gamma": 1.0, "r1_interval": 2, "freeze_d": 2}
    trainer, _, _ = started("acgan", runs["acgan"], blob_file, **settings)
    before = trainer.train_step.model.discriminator.get_weights()
    trainer.train(4)
    after = trainer.train_step.model.discriminator.get_weights()
    changed = [not np.array_equal(a, b) for a, b in zip(before, after)]
    assert changed == [False] * 4 + [True] * 8  # two convolutions; two more, and two heads


@pytest.mark.slow
@pytest.mark.parametrize("on_nan", ["stop", "rollback"])
def test_a_whole_training_starts_there_and_resumes_without_it(
    runs, blob_file, tmp_path, capsys, on_nan
):
    start = tmp_path / "start"
    shutil.copytree(runs["gan"], start)
    config = tiny_config("gan", data=str(blob_file), init_from=str(start), freeze_d=1)
    gan_tf.fit(config, tmp_path / "run")
    assert f"init_from {start}, step 4\n" in capsys.readouterr().out
    shutil.rmtree(start)
    longer = Config.from_dict({**config.as_dict(), "steps": 6, "on_nan": on_nan})
    gan_tf.fit(longer, tmp_path / "run")
    kernel = trained(runs, "gan")["discriminator/0/kernel"]
    run = Run(tmp_path / "run")
    assert run.checkpoints.steps()[-1] == 6
    reader = trained({"gan": run.path}, "gan", 6)
    np.testing.assert_array_equal(reader["discriminator/0/kernel"], kernel)


def test_a_checkpoint_may_be_named_from_its_folder(runs, blob_file, monkeypatch):
    monkeypatch.chdir(runs["gan"] / "checkpoints")
    _, _, text = started("gan", "step-4.index", blob_file)
    assert text.endswith("step 4")


def test_what_does_not_fit_is_refused_before_anything_is_written(
    runs, blob_file, tmp_path
):
    large = tmp_path / "large.npz"
    np.savez(large, x_train=random_images(9, 12, 12, 1), y_train=np.arange(9) % 3)
    checkpoints = runs["gan"] / "checkpoints"
    damaged = tmp_path / "damaged"
    shutil.copytree(runs["gan"], damaged)
    (file,) = damaged.glob("checkpoints/step-4.data*")
    file.write_bytes(file.read_bytes()[:-100])
    other = tmp_path / "other"
    shutil.copytree(runs["gan"], other)
    theirs = runs["acgan"] / "checkpoints"
    shutil.copytree(theirs, other / "checkpoints", dirs_exist_ok=True)
    for settings, message in (
        ({"init_from": str(other)}, "init_from .*: checkpoint .4. .* of other networks"),
        ({"init_from": str(damaged)}, "has a checkpoint 4 that cannot be read"),
        ({"init_from": "/step-4.index"}, "is not a run"),
        ({"init_from": str(runs["gan"]), "architecture": "deep"}, "--architecture default"),
        ({"init_from": str(runs["gan"]), "noise": "uniform"}, "add --noise normal"),
        ({"init_from": "gs://bucket/run"}, "init_from .* must be a path of this machine"),
        ({"init_from": str(checkpoints / "step-3.index")}, "no such checkpoint"),
        ({"init_from": str(runs["acgan"])}, "model acgan, and this training gan: add"),
        ({"init_from": str(runs["gan"]), "latent_dim": 9}, "add --latent_dim 5"),
        ({"init_from": str(runs["gan"]), "data": str(large)}, "add --size 8x8 --channel"),
        ({"init_from": str(runs["gan"]), "freeze_d": 3}, r"freeze_d \(3\).* at most 2"),
    ):
        with pytest.raises(InputError, match=message):
            config = tiny_config("gan", **{"data": str(blob_file), **settings})
            gan_tf.fit(config, tmp_path / "run")
        assert not (tmp_path / "run").exists()
