"""Every model of the registry, with every one of its networks, keeps the same promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, gan, model_class
from gan_tf.models.types import Batch
from gan_tf.ops import random as noise
from gan_tf.training.train_step import TrainStep, watch

CASES = [(m, n) for m in MODELS for n in model_class(m).ARCHITECTURES]
SEED = tf.constant([3, 5])


def build(name, architecture="default", image_shape=(8, 8, 1), num_classes=3, **settings):
    config = tiny_config(name, architecture=architecture, **settings)
    return model_class(name)(config, image_shape, num_classes)


def real_batch(model, image_shape=(8, 8, 1), num=6):
    low, high = model.image_range
    images = tf.random.stateless_uniform([num, *image_shape], [0, 1], low, high)
    return Batch(images, tf.range(num) % max(model.num_classes, 1))


def snapshot(network):
    return [np.array(w) for w in network.weights]


def assert_unchanged(network, before):
    for weight, old in zip(network.weights, before):
        np.testing.assert_array_equal(weight, old, err_msg=weight.path)


def changed(network, before):
    return [not np.array_equal(w, old) for w, old in zip(network.weights, before)]


def sample_z(model, num, seed=SEED):
    return model.z(noise.bits([num, model.z_words], seed))


def sample(model, labels, seed=SEED):
    return model.sample(sample_z(model, len(labels), seed), labels, seed)


@pytest.mark.parametrize("name, architecture", CASES)
@pytest.mark.parametrize(
    "image_shape", [(28, 28, 1), (32, 32, 3), (28, 27, 1), (9, 6, 1)]
)
def test_images_have_the_datas_shape_and_the_models_range(name, architecture, image_shape):
    model = build(name, architecture, image_shape, num_classes=26)
    batch, _ = sample(model, tf.range(4))
    assert batch.images.shape == (4, *image_shape)
    assert batch.images.dtype == tf.float32
    low, high = model.image_range
    assert low <= tf.reduce_min(batch.images) and tf.reduce_max(batch.images) <= high
    outputs = tf.nest.flatten(model.discriminator(batch.images))
    assert [o.dtype for o in outputs] == [tf.float32] * len(outputs)
    assert outputs[0].shape == (4, 1)


@pytest.mark.parametrize("name, architecture", CASES)
def test_mixed_precision_keeps_weights_and_logits_in_float32(name, architecture):
    config = tiny_config(name, architecture=architecture)
    model = model_class(name)(config, (8, 8, 1), 3, "mixed_bfloat16")
    for weight in [*model.generator.weights, *model.discriminator.trainable_weights]:
        assert weight.dtype in ("float32", "uint32"), weight.path
    batch, _ = sample(model, tf.range(4) % 3)
    assert batch.images.dtype == tf.float32
    for output in tf.nest.flatten(model.discriminator(batch.images)):
        assert output.dtype == tf.float32


@pytest.mark.parametrize("name, architecture", CASES)
def test_losses_report_what_metrics_promises(name, architecture):
    model = build(name, architecture)
    real = real_batch(model)
    fake, _ = sample(model, real.labels)
    d_loss = model.discriminator_loss(real, fake, SEED)
    g_loss = model.generator_loss(fake, SEED)
    assert {*d_loss.metrics, *g_loss.metrics} == set(model.METRICS)
    assert set(d_loss.logits) == set(model.LOGITS)
    for tag, value in {**d_loss.metrics, **g_loss.metrics}.items():
        assert value.shape == () and np.isfinite(value), tag
    metrics = {k: float(v) for k, v in d_loss.metrics.items()}
    parts = metrics["losses/d_loss_real"] + metrics["losses/d_loss_fake"]
    if model.conditional:
        parts += metrics["losses/d_loss_class_real"] * model.config.d_class_real_weight
        parts += metrics["losses/d_loss_class_fake"] * model.config.d_class_fake_weight
    assert metrics["losses/d_loss"] == pytest.approx(parts, rel=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_source_accuracy_is_how_often_d_is_right(name):
    model = build(name)
    real = real_batch(model)
    fake, _ = sample(model, real.labels)
    loss = model.discriminator_loss(real, fake, SEED)
    for kind, is_right in (("real", np.greater), ("fake", np.less)):
        share = np.mean(is_right(loss.logits[kind].numpy(), 0))
        assert float(loss.metrics[f"d_accuracy/{kind}"]) == pytest.approx(share)


@pytest.mark.parametrize("name, architecture", CASES)
def test_equal_seeds_give_equal_weights_and_others_do_not(name, architecture):
    one, same, other = (build(name, architecture, seed=s) for s in (1, 1, 2))
    for a, b in zip(one.generator.weights, same.generator.weights):
        np.testing.assert_array_equal(a, b)
    kernels = [m.generator.trainable_weights[-2].numpy() for m in (one, other)]
    assert not np.array_equal(*kernels)


@pytest.mark.parametrize("name, architecture", CASES)
@pytest.mark.parametrize("r1_gamma", [0.0, 1.0])
def test_an_update_changes_its_own_network_alone(name, architecture, r1_gamma):
    if r1_gamma and architecture == "classic" and name == "acgan":
        with pytest.raises(InputError, match="needs a discriminator without batch"):
            build(name, architecture, r1_gamma=r1_gamma)
        return
    model = build(name, architecture, r1_gamma=r1_gamma)
    step = TrainStep(model, model.config, (8, 8, 1))
    real, now = real_batch(model), tf.constant(0, tf.int64)
    before_g, before_d = snapshot(model.generator), snapshot(model.discriminator)
    with watch(model.generator) as tape:
        fake, statistics = sample(model, real.labels)
    assert_unchanged(model.generator, before_g)

    step.update_discriminator(real, fake, 0, now)
    assert_unchanged(model.generator, before_g)
    assert any(changed(model.discriminator, before_d))

    before_d = snapshot(model.discriminator)
    step.update_generator(tape, fake, statistics, 0, now)
    assert_unchanged(model.discriminator, before_d)
    moved = dict(
        zip(
            (w.path for w in model.generator.weights),
            changed(model.generator, before_g),
        )
    )
    still = [path for path, has_moved in moved.items() if not has_moved]
    assert not still, still


@pytest.mark.parametrize("name, architecture", CASES)
def test_judging_or_sampling_changes_no_variable(name, architecture):
    model = build(name, architecture)
    before_g, before_d = snapshot(model.generator), snapshot(model.discriminator)
    real = real_batch(model)
    fake, statistics = sample(model, real.labels)
    loss = model.discriminator_loss(real, fake, SEED)
    model.generator_loss(fake, SEED)
    model.gradient_penalty(real, SEED)
    assert_unchanged(model.generator, before_g)
    assert_unchanged(model.discriminator, before_d)
    normalised = [
        layer
        for net in (model.generator, model.discriminator)
        for layer in net.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(statistics) + len(loss.statistics) == 2 * len(normalised)


@pytest.mark.parametrize("name, architecture", CASES)
def test_all_randomness_is_the_seed(name, architecture):
    model = build(name, architecture)
    labels = tf.range(6) % 3
    once, again, other = (
        sample(model, labels, tf.constant(seed))[0].images.numpy()
        for seed in ([3, 5], [3, 5], [3, 6])
    )
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    fake = Batch(tf.constant(once), labels)
    values = [
        float(model.discriminator_loss(real_batch(model), fake, tf.constant(s)).value)
        for s in ([3, 5], [3, 5])
    ]
    assert values[0] == values[1]


@pytest.mark.parametrize("architecture", model_class("acgan").ARCHITECTURES)
def test_the_label_decides_the_image(architecture):
    model = build("acgan", architecture)
    z = sample_z(model, 2)
    images = [
        model.generator([z, tf.fill([2], label)], training=False) for label in range(3)
    ]
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(images[a] - images[b]).max() > 1e-4


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_noise_has_the_distribution_that_was_asked_for(noise):
    model = build("gan", latent_dim=50, noise=noise)
    z = sample_z(model, 4000).numpy()
    variance = 1.0 if noise == "normal" else 1 / 3
    assert z.shape == (4000, 50) and z.dtype == np.float32
    # 200,000 draws: a standard error of at most 0.0032 in either moment.
    assert z.mean() == pytest.approx(0, abs=0.015)
    assert z.var() == pytest.approx(variance, abs=0.015)
    assert (np.abs(z).max() <= 1) == (noise == "uniform")


@pytest.mark.parametrize(
    "preset, generator, discriminator",
    [
        ("gan-classic", 114_064, 100_609),
        ("gan-deep", 283_920, 267_009),
        ("acgan-classic", 857_705, 120_075),
    ],
)
def test_classic_networks_have_the_parameters_of_the_originals(
    preset, generator, discriminator
):
    # gan: 100 x 128 + 128 + 128 x 784 + 784, and 784 x 128 + 128 + 128 + 1; deep: 64, 256,
    # 256, 784 and back, alike. acgan: what Keras counts for the tutorial's networks.
    config = Config.from_preset(preset)
    model = model_class(config.model)(config, (28, 28, 1), 10)
    assert model.generator.count_params() == generator
    assert model.discriminator.count_params() == discriminator


def test_classic_weights_start_as_in_the_original():
    model = build("gan", "classic", (28, 28, 1), latent_dim=100)
    kernel, bias = (w.numpy() for w in model.generator.trainable_weights[:2])
    # 12,800 draws: a standard error of 0.6 % in the standard deviation.
    assert kernel.std() == pytest.approx(np.sqrt(2 / 100), rel=0.03)
    assert np.abs(kernel).max() > 3 * np.sqrt(2 / 100)  # not truncated at 2
    np.testing.assert_array_equal(bias, 0)


def test_the_deep_networks_are_leaky_by_a_fifth_and_end_in_tanh():
    model = build("gan", "deep", (28, 28, 1), latent_dim=64)
    below_zero = tf.constant([-1.0])
    for network in (model.generator, model.discriminator):
        for index in (1, 2):
            activation = network.get_layer(f"dense_{index}").activation
            np.testing.assert_allclose(activation(below_zero), [-0.2], rtol=1e-6)
    pixels = model.generator.get_layer("pixels").activation
    np.testing.assert_allclose(pixels(below_zero), np.tanh([-1.0]), rtol=1e-6)
    assert model.image_range == (-1.0, 1.0)


def test_equal_layers_start_with_different_weights():
    network = gan.build_generator(16, (8, 8, 1), units=(16, 16))
    first, second = (network.get_layer(f"dense_{i}").kernel for i in (1, 2))
    assert not np.array_equal(first.numpy(), second.numpy())


def test_adc_head_counts_a_class_once_real_once_fake():
    model = build("acgan", class_loss="adc")
    assert model.discriminator.outputs[1].shape == (None, 6)
    logits = tf.constant([[0.0, 5, 0, 0, 0, 0], [0.0, 0, 0, 0, 0, 9]])
    labels = tf.constant([1, 2])
    _, metrics = model.discriminator_class_loss(logits, labels, logits, labels)
    assert float(metrics["class_accuracy/real"]) == 1
    log_p = tf.nn.log_softmax(logits)
    real = -(log_p[0, 1] + log_p[1, 2]) / 2
    fake = -(log_p[0, 4] + log_p[1, 5]) / 2
    np.testing.assert_allclose(metrics["losses/d_loss_class_real"], real, rtol=1e-6)
    np.testing.assert_allclose(metrics["losses/d_loss_class_fake"], fake, rtol=1e-6)


def test_unknown_networks_and_missing_labels_are_refused():
    with pytest.raises(InputError, match="architecture .nope. of this model must be one of"):
        build("gan", "nope")
    with pytest.raises(InputError, match="have none: add labels"):
        build("acgan", num_classes=0)
    with pytest.raises(InputError, match="model .nope. must be one of gan, acgan"):
        model_class("nope")
