"""The inputs of D are augmented as often as its accuracy requires; G's images are not."""

import types

import numpy as np
import pytest
import tensorflow as tf
from test_trainer import FEW_IMAGES, graph_of, made_after_training, make_trainer
from tiny import blobs, tiny_config

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.models.types import Loss
from gan_tf.ops.augment import augment
from gan_tf.sampling import image_io
from gan_tf.training.augment_preview import write_augment_preview
from gan_tf.training.augmentation import Augmentation, auto_augment, few_images_line
from gan_tf.training.lecam import LeCam


def test_p_rises_while_d_is_right_about_real_images_and_falls_while_it_is_not():
    model = types.SimpleNamespace(image_range=(-1.0, 1.0), METRICS={"d_accuracy/real"})
    augmentation = Augmentation(tiny_config("gan", augment="flip"), model)
    values = []
    for accuracy in [1.0] * 900 + [0.5] * 200:
        augmentation.update({"d_accuracy/real": tf.constant(accuracy)})
        values.append(augmentation.scalars()["augmentation/p"])
    np.testing.assert_allclose(values[:800], np.arange(1, 801) / 1_000, atol=1e-5)
    np.testing.assert_allclose(values[800:900], 0.8, rtol=1e-6)
    # 0.5 + 0.5 x 0.99^n falls below 0.6 at n = 161.
    turned = np.flatnonzero(np.diff(values[899:]) < 0)[0]
    assert turned + 1 == 161
    assert values[-1] == pytest.approx(0.8 - 0.04, abs=1e-4)


def test_a_model_that_does_not_report_the_accuracy_is_refused(monkeypatch):
    model_type = model_class("gan")
    monkeypatch.setattr(model_type, "METRICS", {})
    with pytest.raises(InputError, match=r"augment \(flip\) follows .* leave it out"):
        model_type.check_config(tiny_config("gan", augment="flip"), 0)


def test_without_augmentation_nothing_is_added():
    trainer = make_trainer("gan", augment="none")
    assert not trainer.train_step.augmentation.variables
    assert not trainer.train_step.augmentation.scalars()


def test_only_with_augmentation_a_step_draws_its_random_numbers():
    def operations(kinds):
        graph = graph_of(make_trainer("gan", augment=kinds)).as_graph_def()
        return {node.op for part in graph.library.function for node in part.node_def}

    name = "StatelessRandomUniformFullIntV2"
    assert name in operations("flip") and name not in operations("none")


def test_auto_is_on_for_few_images():
    for channels, kinds in ((1, "translate"), (3, "color,translate,cutout")):
        found = [auto_augment((n, 8, 8, channels)) for n in (1, 19_999, 20_000, 60_000)]
        assert found == [kinds, kinds, "none", "none"]


def test_a_line_says_what_to_expect_of_few_images():
    acgan = model_class("acgan")

    def line(num, config=None, model=acgan, x_test=True):
        dataset = types.SimpleNamespace(x_train=range(num), x_test=x_test)
        return few_images_line(config or Config(), model, dataset)

    plain = line(19_999)
    assert plain.startswith("19,999 training images, fewer than 20,000: D may memorize")
    assert "; --augment auto and --init_from RUN may help, in another --run_dir; " in plain
    assert not line(20_000)
    assert "; --init_from RUN may help" in line(300, Config(augment="flip"))
    assert "may help" not in line(300, Config(augment="flip", init_from="runs/a"))
    other = types.SimpleNamespace(METRICS={})  # `augment` is refused for it
    assert "--augment" not in line(300, model=other)
    assert "; without test images (folders train/ and test/)" in line(300, x_test=None)


def test_real_and_fake_images_are_changed_alike_before_each_pass_of_d(
    model_name, monkeypatch
):
    trainer = make_trainer(model_name, d_steps=2, g_steps=2, **FEW_IMAGES)
    if trainer.config.augment == "none":
        pytest.skip("a model that does not report d_accuracy/real cannot augment")
    step, changes, seen = trainer.train_step, [], []
    step.augmentation.p.assign(0.8)

    def recorded_augment(images, bits, *how):
        shown = augment(images, bits, *how)
        changes.append((images.numpy(), bits.numpy(), how, shown.numpy()))
        return shown

    def recorded_discriminate(*batches, seed):
        seen.extend(batch.numpy() for batch in batches)
        return discriminate(*batches, seed=seed)

    model, discriminate = step.model, step.model.discriminate
    monkeypatch.setattr("gan_tf.training.augmentation.augment", recorded_augment)
    monkeypatch.setattr(model, "discriminate", recorded_discriminate)
    images, labels = blobs(12)
    step(
        tf.constant(images),
        tf.constant(labels),
        tf.zeros(step.bits_shape, tf.int32),
        tf.constant(0, tf.int64),
    )
    # Real and fake images of two updates of D, and fakes of two of G.
    assert len(changes) == len(seen) == 6
    low, high = model.image_range
    for index, real in ((0, images[:6]), (2, images[6:])):
        expected = low + real * ((high - low) / 255)
        np.testing.assert_allclose(changes[index][0], expected, atol=1e-6)
    for (before, _, (p, kinds, image_range), after), batch in zip(changes, seen):
        assert float(p) == pytest.approx(0.8) and image_range == (low, high)
        assert ",".join(kinds) == FEW_IMAGES["augment"]
        assert np.any(before != after)
        np.testing.assert_array_equal(batch, after)
    # Each batch has its own random numbers.
    assert len({bits.tobytes() for _, bits, _, _ in changes}) == 6


@pytest.mark.parametrize("name", ["gan", pytest.param("acgan", marks=pytest.mark.slow)])
def test_nothing_of_the_augmentation_leaks_into_the_images_of_g(name):
    # p changes by 0.3 at most.
    for label, images, rows in made_after_training(name, p=0.6, augment="translate"):
        # In 2 of 3 augmented inputs of D, the bars are one row higher or lower.
        allowed = [1, 3, 5] if label is None else [2 * label + 1]
        assert np.mean(np.isin(rows, allowed)) > 0.9
        assert images.max(axis=(1, 2)).mean() > 150


def test_lecam_moves_its_anchors_and_its_penalty_is_of_the_anchors_before():
    trainer = make_trainer("gan", lecam=2.0, log_every=1, steps_per_loop=1)
    lecam, anchors = trainer.train_step.lecam, np.zeros(2)
    for done in range(3):
        metrics, snapshot = trainer.train(1)
        real, fake = (snapshot.logits[name].numpy() for name in ("real", "fake"))
        penalty = np.mean(np.maximum(real - anchors[1], 0) ** 2)
        penalty += np.mean(np.maximum(anchors[0] - fake, 0) ** 2)
        assert metrics["lecam/penalty"] == pytest.approx(2 * penalty, rel=1e-4)
        means = np.array([real.mean(), fake.mean()])
        decay = (1 + done) / (10 + done)
        anchors = decay * anchors + (1 - decay) * means
        np.testing.assert_allclose([lecam.real, lecam.fake], anchors, rtol=1e-4)
    plain = make_trainer("gan", log_every=1, steps_per_loop=1)
    _, other = plain.train(3)
    name = "discriminator/dense_1/kernel"
    assert np.abs(other.gradients[name] - snapshot.gradients[name]).max() > 1e-4


def test_lecam_adds_its_penalty_to_the_loss():
    lecam = LeCam(2.0)
    lecam.fake.assign(1.0)
    logits = {"real": tf.constant([3.0, 0.0]), "fake": tf.constant([0.5, -2.0])}
    loss = lecam.penalized(Loss(tf.constant(5.0), {}, logits, []))
    assert float(loss.metrics["lecam/penalty"]) == pytest.approx(8)  # 2 (2^2 / 2 + 2^2 / 2)
    assert float(loss.value) == pytest.approx(5 + 8)


def test_the_preview_has_real_images_above_augmented_ones(tmp_path, blob_file, capsys):
    file = tmp_path / "new" / "preview.png"
    config = Config(data=str(blob_file), augment="auto")
    write_augment_preview(config, file)
    grid = image_io.read_png(file)
    assert grid.shape == (5 * 10 - 2, 10 * 10 - 2, 3)
    assert "p 0.2, 0.4, 0.6, 0.8" in capsys.readouterr().out
    tiles = np.pad(grid[..., 0], [(0, 2), (0, 2)]).reshape(5, 10, 10, 10)
    rows = tiles.swapaxes(1, 2)[:, :, :8, :8]
    images = {image.tobytes() for image in blobs()[0][..., 0]}
    assert all(tile.tobytes() in images for tile in rows[0])
    changed = (rows[1:] != rows[0]).any(axis=(2, 3)).sum(axis=1)
    assert changed[0] < 10 and changed[-1] >= 7
    with pytest.raises(InputError, match="must be the name of a .png"):
        write_augment_preview(config, tmp_path / "preview.jpg")
