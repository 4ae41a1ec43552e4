"""Every model of `MODELS`, with each of its architectures, fulfils the same contract."""

import itertools
import random as python_random

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import MODELS, gan, model_class
from gan_tf.models.types import Batch
from gan_tf.ops import random
from gan_tf.training.train_step import TrainStep, watch

CASES = [(m, n) for m in MODELS for n in model_class(m).ARCHITECTURES]
SEED = tf.constant([3, 5])

every_case = pytest.mark.parametrize("name, architecture", CASES)


def build(
    name, architecture="default", image_shape=(8, 8, 1), num_classes=3, *dtype, **settings
):
    config = tiny_config(name, architecture=architecture, **settings)
    return model_class(name)(config, image_shape, num_classes, *dtype)


def real_batch(model, num=6):
    low, high = model.image_range
    images = tf.random.stateless_uniform([num, 8, 8, 1], [0, 1], low, high)
    return Batch(images, tf.range(num) % max(model.num_classes, 1))


def changed(network, before):
    """For each weight of a network, whether it differs from `before`."""
    pairs = zip(network.get_weights(), before)
    return [not np.array_equal(weight, old) for weight, old in pairs]


def sample_z(model, num, seed=SEED):
    return model.z(random.random_bits([num, model.z_ints], seed))


def sample(model, labels, seed=SEED):
    return model.sample(sample_z(model, len(labels), seed), labels, seed)


@every_case
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "shape",
    [
        (28, 28, 1),
        pytest.param((32, 32, 3), marks=pytest.mark.slow),
        pytest.param((28, 27, 1), marks=pytest.mark.slow),
        (9, 6, 1),
    ],
)
def test_images_have_the_shape_of_the_data_and_the_range_of_the_model(
    name, architecture, shape, dtype
):
    model = build(name, architecture, shape, 26, dtype)
    batch, _ = sample(model, tf.range(4))
    assert batch.images.shape == (4, *shape)
    low, high = model.image_range
    assert low <= tf.reduce_min(batch.images) and tf.reduce_max(batch.images) <= high
    outputs = tf.nest.flatten(model.discriminator(batch.images))
    assert outputs[0].shape == (4, 1)
    assert {output.dtype for output in [batch.images, *outputs]} == {tf.float32}
    for weight in [*model.generator.weights, *model.discriminator.trainable_weights]:
        assert weight.dtype in ("float32", "uint32"), weight.path


@every_case
def test_losses_report_the_metrics_and_change_no_variable(name, architecture):
    weights = {"d_class_real_weight": 0.5, "d_class_fake_weight": 2, "g_class_weight": 0.7}
    model = build(name, architecture, **(weights if name == "acgan" else {}))
    networks = (model.generator, model.discriminator)
    before = [network.get_weights() for network in networks]
    real = real_batch(model)
    fake, statistics = sample(model, real.labels)
    d_loss = model.discriminator_loss(real, fake, SEED)
    g_loss = model.generator_loss(fake, SEED)
    model.gradient_penalty(real, SEED)
    for network, old in zip(networks, before):
        assert not any(changed(network, old))
    layers = [layer for network in networks for layer in network.layers]
    norms = sum(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)
    assert len(statistics) + len(d_loss.statistics) == 2 * norms

    assert {*d_loss.metrics, *g_loss.metrics} == set(model.METRICS)
    assert set(d_loss.logits) == {"real", "fake"}
    for tag, value in {**d_loss.metrics, **g_loss.metrics}.items():
        assert value.shape == () and np.isfinite(value), tag
    metrics = {k: float(v) for k, v in {**d_loss.metrics, **g_loss.metrics}.items()}
    (of_g,), _ = model.discriminate(fake.images, seed=SEED)
    real_logits, fake_logits, g_logits = (
        logits.numpy().astype(float)
        for logits in (d_loss.logits["real"], d_loss.logits["fake"], of_g.source)
    )
    # Goodfellow et al. 2014, G's loss is the non-saturating one.
    expected = {
        "losses/d_loss_real": np.log1p(np.exp(-real_logits)),
        "losses/d_loss_fake": np.log1p(np.exp(fake_logits)),
        "losses/g_loss_source": np.log1p(np.exp(-g_logits)),
        "d_prob/real": 1 / (1 + np.exp(-real_logits)),
        "d_prob/fake": 1 / (1 + np.exp(-fake_logits)),
    }
    for tag in expected.keys() & metrics.keys():
        assert metrics[tag] == pytest.approx(expected[tag].mean(), rel=1e-4), tag
    if "losses/g_loss_class" in metrics:
        parts = metrics["losses/g_loss_source"] + 0.7 * metrics["losses/g_loss_class"]
        assert metrics["losses/g_loss"] == pytest.approx(parts, rel=1e-5)
    if "losses/d_loss_real" in metrics:
        parts = metrics["losses/d_loss_real"] + metrics["losses/d_loss_fake"]
        if model.conditional:
            parts += metrics["losses/d_loss_class_real"] * model.config.d_class_real_weight
            parts += metrics["losses/d_loss_class_fake"] * model.config.d_class_fake_weight
        assert metrics["losses/d_loss"] == pytest.approx(parts, rel=1e-5)
    for kind, is_right in (("real", np.greater), ("fake", np.less)):
        if f"d_accuracy/{kind}" in metrics:
            fraction = np.mean(is_right(d_loss.logits[kind].numpy(), 0))
            assert metrics[f"d_accuracy/{kind}"] == pytest.approx(fraction)


@every_case
def test_label_smoothing_changes_the_target_of_real_images_alone(name, architecture):
    plain, smooth = (build(name, architecture, label_smoothing=s) for s in (0, 0.2))
    if "losses/d_loss_real" not in plain.METRICS:
        pytest.skip("the losses of this model are its own")
    real = real_batch(plain)
    fake, _ = sample(plain, real.labels)
    a, b = (model.discriminator_loss(real, fake, SEED) for model in (plain, smooth))
    # With the target 1 - s, softplus(-l) becomes softplus(-l) + s l.
    added = b.metrics["losses/d_loss_real"] - a.metrics["losses/d_loss_real"]
    mean = tf.reduce_mean(a.logits["real"])
    np.testing.assert_allclose(added, 0.2 * mean, rtol=1e-3, atol=1e-6)
    assert a.metrics["losses/d_loss_fake"] == b.metrics["losses/d_loss_fake"]
    of_g = [m.generator_loss(fake, SEED).metrics["losses/g_loss"] for m in (plain, smooth)]
    assert float(of_g[0]) == float(of_g[1])


@every_case
def test_one_pass_of_two_batches_gives_the_logits_of_two_passes(name, architecture):
    model = build(name, architecture)
    batches = real_batch(model, 6).images, real_batch(model, 4).images + 0.1
    together, statistics = model.discriminate(*batches, seed=SEED)
    for logits, images in zip(together, batches):
        assert logits.source.shape == (len(images),)
        assert (logits.classes is None) == (not model.conditional)
    # The first pass has the same dropout alone.
    (alone,), _ = model.discriminate(batches[0], seed=SEED)
    np.testing.assert_allclose(together[0].source, alone.source, atol=1e-5)
    halves = [model.discriminate(images, seed=SEED)[1] for images in batches]
    assert len(statistics) == len(halves[0])
    if not any("dropout" in layer.name for layer in model.discriminator.layers):
        for (_, mean), (_, a), (_, b) in zip(statistics, *halves):
            np.testing.assert_allclose(mean, (a + b) / 2, atol=1e-6)


def first_and_second_derivatives(layer, images):
    """Of a loss that weighs every output, and of a penalty on its gradient, as R1 is."""
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(images)
            loss = tf.reduce_sum(tf.sin(layer(images)))
        first = inner.gradient(loss, [images, *weights])
        penalty = tf.reduce_sum(tf.square(first[0]))
    return [*first, outer.gradient(penalty, layer.kernel.value)]


@every_case
@pytest.mark.parametrize("shape", [(28, 28, 1), (13, 18, 3)])
def test_layers_with_a_kernel_have_the_derivatives_of_float64(name, architecture, shape):
    """oneDNN does not compute in float64, so what it does on this processor is checked."""
    model = build(name, architecture, shape)
    layers = [*model.generator.layers, *model.discriminator.layers]
    with_kernel = [layer for layer in layers if hasattr(layer, "kernel")]
    for layer in with_kernel:
        exact = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
        images = tf.random.stateless_normal([5, *layer.input.shape[1:]], SEED)
        exact.build(images.shape)
        exact.set_weights(layer.get_weights())
        pairs = zip(
            first_and_second_derivatives(layer, images),
            first_and_second_derivatives(exact, tf.cast(images, tf.float64)),
            strict=True,
        )
        for found, expected in pairs:
            tolerance = 1e-4 * np.abs(expected).max()
            np.testing.assert_allclose(
                found, expected, rtol=0, atol=tolerance, err_msg=layer.name
            )


@every_case
@pytest.mark.parametrize("r1_gamma", [0.0, 1.0])
def test_an_update_changes_only_its_own_network(name, architecture, r1_gamma):
    if r1_gamma and architecture == "classic" and name == "acgan":
        with pytest.raises(InputError, match=r"^r1_gamma \(1.0\) needs a discriminator"):
            build(name, architecture, r1_gamma=r1_gamma)
        return
    model = build(name, architecture, r1_gamma=r1_gamma)
    generator, discriminator = model.generator, model.discriminator
    step = TrainStep(model, model.config, (8, 8, 1))
    real, now = real_batch(model), tf.constant(0, tf.int64)
    before_g, before_d = generator.get_weights(), discriminator.get_weights()
    with watch(generator) as g_tape:
        fake, statistics = sample(model, real.labels)
    with watch(discriminator) as d_tape:
        d_loss = model.discriminator_loss(real, fake, SEED)
    step.update_discriminator(d_tape, d_loss, real, 0, now)
    assert not any(changed(generator, before_g))
    assert any(changed(discriminator, before_d))

    before_d = discriminator.get_weights()
    with g_tape:
        g_loss = model.generator_loss(fake, SEED)._replace(statistics=statistics)
    step.update_generator(g_tape, g_loss, now)
    assert not any(changed(discriminator, before_d))
    assert all(changed(generator, before_g))


@every_case
def test_the_seed_and_the_label_decide_the_images(name, architecture):
    model, same, other = (build(name, architecture, seed=s) for s in (1, 1, 2))
    for a, b in zip(model.generator.weights, same.generator.weights):
        np.testing.assert_array_equal(a, b)
    kernels = [m.generator.trainable_weights[-2].numpy() for m in (model, other)]
    assert not np.array_equal(*kernels)

    labels = tf.range(6) % 3
    once, again, other = (
        sample(model, labels, tf.constant(seed))[0].images.numpy()
        for seed in ([3, 5], [3, 5], [3, 6])
    )
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    real, fake = real_batch(model), Batch(tf.constant(once), labels)
    values = [float(model.discriminator_loss(real, fake, SEED).value) for _ in range(2)]
    assert values[0] == values[1]
    if model.conditional:
        z = sample_z(model, 2)
        images = [model.generator([z, tf.fill([2], label)]) for label in range(3)]
        for a, b in itertools.combinations(images, 2):
            assert np.abs(a - b).max() > 1e-4


@every_case
def test_keras_json_does_not_matter(name, architecture):
    expected = build(name, architecture, (9, 6, 1))
    keras.config.set_floatx("float16")
    keras.config.set_image_data_format("channels_first")
    try:
        model = build(name, architecture, (9, 6, 1))
        step = TrainStep(model, model.config, (9, 6, 1))
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
    assert step.d_optimizer.learning_rate.dtype == "float32"
    labels = tf.range(4) % 3
    (fake, _), (other, _) = (sample(m, labels) for m in (model, expected))
    np.testing.assert_array_equal(fake.images, other.images)
    pair = [m.discriminate(fake.images, seed=SEED)[0][0] for m in (model, expected)]
    tf.nest.map_structure(np.testing.assert_array_equal, *pair)


@pytest.mark.parametrize("noise, variance", [("normal", 1.0), ("uniform", 1 / 3)])
def test_z_has_the_configured_distribution(noise, variance):
    model = build("gan", latent_dim=50, noise=noise)
    z = sample_z(model, 4000).numpy()
    assert z.shape == (4000, 50) and z.dtype == np.float32
    # 200,000 draws: a standard error of at most 0.0032 in either moment.
    assert z.mean() == pytest.approx(0, abs=0.015)
    assert z.var() == pytest.approx(variance, abs=0.015)
    assert (np.abs(z).max() <= 1) == (noise == "uniform")


def test_classic_and_deep_networks_are_the_originals():
    # gan: 100 x 128 + 128 + 128 x 784 + 784, and 784 x 128 + 128 + 128 + 1; deep: 64, 256,
    # 256, 784 and back, alike. acgan: what Keras counts for the tutorial's networks.
    models = {}
    for preset, counts in (
        ("gan-classic", (114_064, 100_609)),
        ("gan-deep", (283_920, 267_009)),
        ("acgan-classic", (857_705, 120_075)),
    ):
        config = Config(preset=preset)
        model = models[preset] = model_class(config.model)(config, (28, 28, 1), 10)
        networks = (model.generator, model.discriminator)
        assert tuple(network.count_params() for network in networks) == counts

    generator = models["gan-classic"].generator
    kernel, bias = (w.numpy() for w in generator.trainable_weights[:2])
    # 12,800 draws: a standard error of 0.6 % in the standard deviation.
    assert kernel.std() == pytest.approx(np.sqrt(2 / 100), rel=0.03)
    assert np.abs(kernel).max() > 3 * np.sqrt(2 / 100)  # not truncated at 2
    np.testing.assert_array_equal(bias, 0)

    model, below_zero = models["gan-deep"], tf.constant([-1.0])
    for network in (model.generator, model.discriminator):
        for name in ("dense_1", "dense_2"):
            activation = network.get_layer(name).activation
            np.testing.assert_allclose(activation(below_zero), [-0.2], rtol=1e-6)
    pixels = model.generator.get_layer("pixels").activation
    np.testing.assert_allclose(pixels(below_zero), np.tanh([-1.0]), rtol=1e-6)
    assert model.image_range == (-1.0, 1.0)


def test_equal_layers_start_with_different_weights():
    network = gan.build_generator(16, (8, 8, 1), units=(16, 16))
    first, second = (network.get_layer(f"dense_{i}").kernel for i in (1, 2))
    assert not np.array_equal(first.numpy(), second.numpy())


def test_the_adc_head_has_each_class_once_real_and_once_fake():
    model = build("acgan", class_loss="adc")
    assert model.discriminator.outputs[1].shape == (None, 6)
    logits = tf.constant([[0.0, 5, 0, 0, 0, 0], [0.0, 0, 0, 0, 0, 9]])
    labels, fake_labels = tf.constant([1, 2]), tf.constant([2, 0])
    fake_logits = logits[::-1]
    _, metrics = model.discriminator_class_loss(logits, labels, fake_logits, fake_labels)
    assert float(metrics["class_accuracy/real"]) == 1
    assert float(metrics["class_accuracy/fake"]) == 0.5
    log_p, log_q = tf.nn.log_softmax(logits), tf.nn.log_softmax(fake_logits)
    real = -(log_p[0, 1] + log_p[1, 2]) / 2
    fake = -(log_q[0, 5] + log_q[1, 3]) / 2
    np.testing.assert_allclose(metrics["losses/d_loss_class_real"], real, rtol=1e-6)
    np.testing.assert_allclose(metrics["losses/d_loss_class_fake"], fake, rtol=1e-6)


def test_the_callers_random_numbers_go_on(model_name):
    """A search that draws its settings would otherwise draw the same ones every time."""
    drawn = []
    for _ in range(2):
        python_random.seed(1)
        np.random.seed(1)
        if drawn:
            build(model_name)
        drawn.append((python_random.random(), np.random.rand()))
    assert drawn[0] == drawn[1]
    tf.random.set_seed(1)
    expected = [tf.random.uniform([]) for _ in range(2)]
    tf.random.set_seed(1)
    found = [tf.random.uniform([])]
    build(model_name)
    found.append(tf.random.uniform([]))
    assert found == expected


def test_one_class_is_for_adc_alone():
    """The gradient of a softmax over one logit is 0."""
    acgan = model_class("acgan")
    with pytest.raises(InputError, match=r"class_loss \(ac\) has nothing to learn"):
        acgan.check_config(tiny_config("acgan", class_loss="ac"), 1)
    acgan.check_config(tiny_config("acgan", class_loss="adc"), 1)
    acgan.check_config(tiny_config("acgan", class_loss="ac"), 2)


def test_weights_of_class_losses_are_for_models_with_labels():
    for preset in "gan", "gan-classic":
        model_class("gan").check_new(Config(preset=preset))
        with pytest.raises(InputError, match=r"g_class_weight \(5.0\) is of models with"):
            model_class("gan").check_new(Config(preset=preset, g_class_weight=5))
        build("gan", g_class_weight=5)  # as a run that was begun with it
