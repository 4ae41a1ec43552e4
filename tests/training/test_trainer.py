import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from tiny import blobs, tiny_config

import gan_tf
from gan_tf import data
from gan_tf.config import Config
from gan_tf.models import MODELS, model_class
from gan_tf.models.types import Batch
from gan_tf.ops import random as noise
from gan_tf.sampling.latents import sample_z
from gan_tf.sampling.sampler import Sampler
from gan_tf.training.train_step import TrainStep, watch
from gan_tf.training.trainer import Trainer

IMAGES, LABELS = blobs()


FEW_IMAGES = {"augment": "translate,cutout,color,flip", "lecam": 0.1}


def make_trainer(name, jit_compile="off", dtype="float32", **settings):
    if "d_accuracy/real" not in model_class(name).METRICS:
        settings.pop("augment", None)  # which follows it
    config = tiny_config(name, jit_compile=jit_compile, **settings)
    model = model_class(name)(config, IMAGES.shape[1:], 3, dtype)
    return Trainer(model, IMAGES, LABELS, config)


def test_both_optimizers_have_the_betas_of_the_settings():
    step = make_trainer("gan", beta_1=0.25, beta_2=0.75).train_step
    for optimizer in step.g_optimizer, step.d_optimizer:
        assert (optimizer.beta_1, optimizer.beta_2) == (0.25, 0.75)


def state(trainer):
    """Every variable that a checkpoint holds, {name: array}."""
    step = trainer.train_step
    owners = {
        "generator": step.model.generator.weights,
        "discriminator": step.model.discriminator.weights,
        "ema": step.ema_generator.weights,
        "g_adam": step.g_optimizer.variables,
        "d_adam": step.d_optimizer.variables,
        "augmentation": step.augmentation.variables,
        "lecam": step.lecam.variables,
    }
    return {
        f"{owner}/{i}/{v.name}": v.numpy()
        for owner, variables in owners.items()
        for i, v in enumerate(variables)
    }


def graph_of(trainer):
    """The graph of the loop of steps."""
    config = trainer.config
    rows = [config.steps_per_loop, config.batch_size * config.d_steps]
    bits = [config.steps_per_loop, *trainer.train_step.bits_shape]
    specs = [tf.TensorSpec(shape, tf.int32) for shape in (rows, bits, [])]
    data = trainer._images, trainer._labels
    return trainer._loop.get_concrete_function(*data, *specs).graph


def assert_equal_states(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_three_steps_move_every_kernel_and_the_average(model_name):
    trainer = make_trainer(model_name, batch_size=12)
    before = state(trainer)
    trainer.train(3)
    after = state(trainer)
    still = {name for name in before if np.array_equal(before[name], after[name])}
    # The rates are constant here, and a bias before a dead unit may rest.
    still = {n for n in still if not n.endswith(("bias", "learning_rate"))}
    assert not still


def test_one_trace_serves_loops_of_every_length_and_counts_every_update():
    trainer = make_trainer("gan", steps_per_loop=3, d_steps=3, g_steps=2)
    for num_steps in (1, 3, 2, 7):
        trainer.train(num_steps)
    assert trainer._loop.experimental_get_tracing_count() == 1
    assert trainer.step == 13
    assert int(trainer.train_step.d_optimizer.iterations) == 3 * 13
    assert int(trainer.train_step.g_optimizer.iterations) == 2 * 13


def test_how_steps_are_grouped_into_calls_does_not_matter(model_name):
    one = make_trainer(model_name, steps_per_loop=4, log_every=4)
    means, _ = one.train(4)
    other = make_trainer(model_name, steps_per_loop=2, log_every=4)
    for num_steps in (1, 2, 1):
        other_means, _ = other.train(num_steps)
    assert_equal_states(state(one), state(other))
    assert means == other_means


def test_a_restored_trainer_goes_on_bit_for_bit(model_name, tmp_path):
    settings = {"r1_gamma": 1.0, "r1_interval": 2, "log_every": 4, **FEW_IMAGES}
    undisturbed = make_trainer(model_name, **settings)
    undisturbed.train_step.lr_scale.assign(0.5)
    undisturbed.train(3)
    undisturbed.checkpoint.write(str(tmp_path / "step-3"))
    means, snapshot = undisturbed.train(3)

    restored = make_trainer(model_name, **settings)
    restored.train(1)  # whatever it held before is replaced
    restored.checkpoint.read(str(tmp_path / "step-3")).assert_consumed()
    assert restored.step == 3
    restored_means, restored_snapshot = restored.train(3)
    assert_equal_states(state(undisturbed), state(restored))
    assert means == restored_means
    for name, gradient in snapshot.gradients.items():
        np.testing.assert_array_equal(gradient, restored_snapshot.gradients[name])


def test_means_are_over_the_steps_since_the_last_log_step():
    trainer = make_trainer("gan", steps_per_loop=1, log_every=3)
    values = [trainer.train(1)[0] for _ in range(4)]
    # Undo the averaging: the sum after each step, minus the sum before it.
    single = make_trainer("gan", steps_per_loop=1, log_every=1)
    each = [single.train(1)[0] for _ in range(4)]
    for tag in values[0]:
        expected = np.mean([step[tag] for step in each[:3]])
        assert values[2][tag] == pytest.approx(expected, rel=1e-5, abs=1e-6), tag
        assert values[3][tag] == pytest.approx(each[3][tag], rel=1e-5, abs=1e-6), tag


@pytest.mark.slow
def test_graph_has_no_sum_whose_order_may_vary():
    # TensorFlow adds up three or more tensors in the order in which their buffers come
    # free: equal runs would then differ.
    for name in MODELS:
        for architecture in model_class(name).ARCHITECTURES:
            few = {**FEW_IMAGES, "r1_gamma": 1.0} if architecture == "default" else {}
            trainer = make_trainer(name, architecture=architecture, **few)
            graph = graph_of(trainer).as_graph_def()
            nodes = [*graph.node]
            nodes += [n for f in graph.library.function for n in f.node_def]
            wide = [n.name for n in nodes if n.op == "AddN" and len(n.input) > 2]
            assert len(nodes) > 200 and not wide, (name, architecture, wide)


@pytest.mark.parametrize(
    "name", ["gan", pytest.param("acgan", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "settings", [{}, pytest.param(FEW_IMAGES, marks=pytest.mark.slow)]
)
def test_xla_computes_the_same_step(name, settings):
    plain, compiled = (
        make_trainer(name, jit_compile=j, **settings) for j in ("off", "on")
    )
    for trainer in (plain, compiled):
        trainer.means, _ = trainer.train(2)
    for tag, value in plain.means.items():
        assert compiled.means[tag] == pytest.approx(value, rel=1e-3, abs=1e-3), tag


@pytest.mark.parametrize(
    "constant_steps, scale",
    [
        (0, [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]),
        (5, [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]),
        (7, [1, 1, 1, 1, 1, 1, 1, 1, 2 / 3, 1 / 3]),
        (10, [1] * 10),
        (1_500, [1] * 10),
    ],
)
def test_learning_rates_fall_in_a_line_to_zero(constant_steps, scale):
    rates = {"g_learning_rate": 1e-3, "d_learning_rate": 2e-3}
    settings = {"lr_decay_start": 0.5, "lr_constant_steps": constant_steps}
    trainer = make_trainer("gan", steps=10, **rates, **settings)
    rates = []
    for _ in range(10):
        trainer.train(1)
        rates.append(trainer.learning_rates())
    for network, rate in (("g", 1e-3), ("d", 2e-3)):
        found = [values[f"learning_rates/{network}"] for values in rates]
        np.testing.assert_allclose(found, rate * np.array(scale), rtol=1e-5)


@pytest.mark.parametrize(
    "name, ema_decay, decays",
    [("acgan", 0.2, (1 / 10, 2 / 11, 0.2)), ("gan", 0.0, (0, 0, 0))],
)
def test_average_follows_the_ramp_then_the_decay(name, ema_decay, decays):
    trainer = make_trainer(name, ema_decay=ema_decay)
    step = trainer.train_step
    averages = step.ema_generator.get_weights()
    for decay in decays:
        trainer.train(1)
        pairs = zip(averages, step.model.generator.get_weights(), strict=True)
        averages = [decay * average + (1 - decay) * weight for average, weight in pairs]
        for found, average in zip(step.ema_generator.get_weights(), averages):
            np.testing.assert_allclose(found, average, rtol=1e-5, atol=1e-7)


def test_resampled_z_is_of_the_generators_update_alone(model_name):
    model = make_trainer(model_name, resample_z=True).train_step.model
    z_of_call, sample = [], model.sample

    def recorded(z, labels, seed):
        z_of_call.append(z.numpy())
        return sample(z, labels, seed)

    model.sample = recorded
    config = dataclasses.replace(model.config, d_steps=2, g_steps=2)
    for resample_z, num_batches in ((False, 3), (True, 4)):
        config = dataclasses.replace(config, resample_z=resample_z)
        step = TrainStep(model, config, (8, 8, 1))
        size = config.batch_size
        images = np.zeros([2 * size, 8, 8, 1], np.uint8)
        bits = noise.random_bits(step.bits_shape, [1, 2])
        z_of_call.clear()
        step(images, np.zeros(2 * size, np.int32), bits, tf.constant(0, tf.int64))
        assert len(z_of_call) == num_batches
        np.testing.assert_array_equal(np.stack(z_of_call), model.z(bits))


def test_z_is_scaled_in_training_alone(tmp_path):
    scaled, plain = (make_trainer("gan", z_scale=scale).train_step for scale in (0.5, 1.0))
    bits = noise.random_bits(plain.bits_shape, [1, 2])
    np.testing.assert_allclose(scaled.model.z(bits), 0.5 * plain.model.z(bits))
    config = tiny_config("gan", z_scale=0.5)
    sampler = gan_tf.fit(config, tmp_path / "run", data=(IMAGES, LABELS))
    expected = sample_z(0, 4, config.latent_dim, config.noise)
    np.testing.assert_array_equal(sampler.z(0, 4), expected)


R1 = {"r1_gamma": 50.0, "r1_interval": 3, "log_every": 6, "steps_per_loop": 6}


def test_the_r1_penalty_is_the_mean_over_the_steps_on_which_it_acts(model_name):
    trainer = make_trainer(model_name, **R1)
    step, penalties = trainer.train_step, []
    for index in range(6):
        rows = data.batch_rows(0, index, 1, 6, len(IMAGES))[0]
        low, high = step.model.image_range
        images = low + IMAGES[rows] * np.float32((high - low) / 255)
        real = Batch(tf.constant(images), tf.constant(LABELS[rows]))
        if index % 3 == 0:
            seed = step._seed(3, 0, tf.constant(index, tf.int64))
            # R1 acts on D as it is before the step, beside the cross-entropies.
            penalties.append(50 * float(step.model.gradient_penalty(real, seed)))
        metrics, _ = trainer.train(1)
        if index in (0, 1, 2):
            assert metrics["losses/r1_penalty"] == pytest.approx(penalties[0], rel=1e-4)
    assert metrics["losses/r1_penalty"] == pytest.approx(np.mean(penalties), rel=1e-4)
    metrics, _ = trainer.train(1)  # a new log interval begins, on a step with R1
    assert metrics["losses/r1_penalty"] != pytest.approx(np.mean(penalties), rel=1e-4)


def test_r1_adds_its_gradient_times_gamma_and_interval_to_that_of_d(model_name):
    trainer = make_trainer(model_name, **R1)
    plain = make_trainer(model_name, **{**R1, "r1_gamma": 0.0})
    step, network = trainer.train_step, trainer.train_step.model.discriminator
    rows = data.batch_rows(0, 0, 1, 6, len(IMAGES))[0]
    real = Batch(step.model.from_uint8(IMAGES[rows]), tf.constant(LABELS[rows]))
    with watch(network) as tape:
        r1 = step.model.gradient_penalty(real, step._seed(3, 0, tf.constant(0, tf.int64)))
        penalty = 50 * 3 * r1
    values = [variable.value for variable in network.trainable_variables]
    expected = tape.gradient(penalty, values, unconnected_gradients="zero")
    (_, without), (_, with_r1) = plain.train(1), trainer.train(1)
    for variable, gradient in zip(network.trainable_variables, expected, strict=True):
        name = f"{network.name}/{variable.path}"
        added = with_r1.gradients[name] - without.gradients[name]
        tolerance = 1e-3 * np.abs(gradient).max() + 1e-5
        np.testing.assert_allclose(added, gradient, rtol=0, atol=tolerance, err_msg=name)


def test_r1_acts_on_the_gradient_of_d_in_the_snapshot_of_its_last_step():
    plain = make_trainer("gan", r1_gamma=0.0)
    one, other = make_trainer("gan", **R1), make_trainer("gan", **R1)
    (metrics, without), (_, with_r1) = plain.train(1), other.train(1)
    name = "discriminator/dense_1/kernel"
    assert np.abs(with_r1.gradients[name] - without.gradients[name]).max() > 0.1
    assert "losses/r1_penalty" not in metrics
    _, whole = one.train(6)  # R1 acts on steps 0 and 3
    other.train(2)
    _, single = other.train(1)
    for name, gradient in whole.gradients.items():
        np.testing.assert_array_equal(gradient, single.gradients[name], err_msg=name)
    _, last = other.train(2)  # steps 4 and 5: R1 acts on neither
    assert any(
        not np.array_equal(last.gradients[name], gradient)
        for name, gradient in single.gradients.items()
    )


@pytest.mark.parametrize(
    "first, num, then",
    [
        (6, 5, 4),  # resumed in the middle of both intervals
        (2, 4, 8),  # after steps that were logged
    ],
)
def test_another_log_every_after_a_resumption_leaves_older_steps_out(
    tmp_path, first, num, then
):
    long, each = make_trainer("gan", log_every=first), make_trainer("gan", log_every=1)
    long.train(num)
    prefix = long.checkpoint.write(str(tmp_path / "first"))
    losses = [each.train(1)[0]["losses/d_loss"] for _ in range(8)]
    short = make_trainer("gan", log_every=then)
    short.checkpoint.read(prefix).assert_consumed()
    metrics, _ = short.train(8 - num)  # the rest of the interval that ends at step 8
    assert metrics["losses/d_loss"] == pytest.approx(np.mean(losses[num:]), rel=1e-5)


def made_after_training(name, p=0.0, **settings):
    """Trains on blobs; returns [(label or None, 100 images, their brightest rows)]."""
    images, labels = blobs(num=300)
    config = Config(
        preset=name, steps=300, batch_size=32, latent_dim=8, steps_per_loop=50, **settings
    )
    model = model_class(name)(config, (8, 8, 1), 3)
    trainer = Trainer(model, images, labels, config)
    if p:
        trainer.train_step.augmentation.p.assign(p)
    trainer.train(300)
    names = "abc" if model.conditional else ()
    generator = trainer.train_step.ema_generator
    sampler = Sampler(generator, model.image_range, config.noise, names)
    made = []
    for label in range(3) if names else [None]:
        images = sampler.generate(label, num=100, seed=0)[..., 0].astype(float)
        made.append((label, images, images.mean(axis=2).argmax(axis=1)))
    return made


@pytest.mark.parametrize(
    "name, settings",
    [
        ("gan", {}),
        ("acgan", {"class_loss": "adc"}),
        pytest.param("acgan", {"class_loss": "ac"}, marks=pytest.mark.slow),
    ],
)
def test_a_toy_problem_is_learnt_within_seconds(name, settings):
    # The class of an image is its brightest row: 1, 3 or 5.
    for label, images, rows in made_after_training(name, **settings):
        if label is None:
            fractions = np.bincount(rows, minlength=8)[[1, 3, 5]] / 100
            assert fractions.sum() > 0.9 and fractions.min() > 0.1
        else:
            assert np.mean(rows == 2 * label + 1) > 0.9
        assert images.std(axis=0).max() > 3  # not one image for every z
