import numpy as np
import pytest
import tensorflow as tf
from poison import poison
from test_trainer import make_trainer

from gan_tf.config import Config
from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.training.nan_guard import NanGuard, NonFiniteStep, explain
from gan_tf.training.train_loop import _advice
from gan_tf.training.train_step import Snapshot
from gan_tf.training.workers import JOIN


@pytest.fixture
def make(tmp_path):
    """Makes a trainer and its guard, with checkpoints in one folder."""

    def make(name, **settings):
        trainer = make_trainer(name, steps_per_loop=4, log_every=4, **settings)
        return trainer, NanGuard(trainer, Checkpoints(tmp_path), JOIN["none"]())

    return make


def values(trainer):
    return tf.nest.map_structure(lambda variable: variable.numpy(), trainer.state)


def train_and_save(trainer, guard, num_steps, tmp_path):
    means, _ = trainer.train(num_steps)
    assert guard.is_finite(means, whole=True)
    Checkpoints(tmp_path).save(trainer.checkpoint, trainer.step)


def assert_found(guard, trainer, kind, at):
    fault = guard.locate()
    network = {"d": "discriminator", "g": "generator"}[kind[0]]
    what = "loss" if kind.endswith("loss") else "gradient"
    assert f"at step {at} the {network}'s {what} was not finite" in fault.text
    assert f"{kind} nan" in fault.text or what == "gradient"
    assert (fault.last_good, fault.reproduced) == (at - 1, True)
    guard.restore_step(fault.last_good)
    assert trainer.step == at - 1


@pytest.mark.parametrize(
    "name, kind, jit_compile",
    [
        ("gan", "d_loss", "off"),
        ("gan", "g_loss", "on"),
        ("gan", "d_gradient", "on"),
        ("gan", "g_gradient", "off"),
        ("acgan", "g_loss", "off"),
        pytest.param("acgan", "d_gradient", "on", marks=pytest.mark.slow),
    ],
)
def test_the_first_bad_step_is_found_and_undone(
    name, kind, jit_compile, make, monkeypatch, tmp_path
):
    poison(monkeypatch, kind, at=7)
    trainer, guard = make(name, jit_compile=jit_compile)
    train_and_save(trainer, guard, 4, tmp_path)
    trainer.train(2)
    expected = values(trainer)
    means, _ = trainer.train(2)
    assert not guard.is_finite(means, whole=False)
    assert_found(guard, trainer, kind, at=7)
    np.testing.assert_equal(values(trainer), expected)


def test_a_gradient_in_the_last_step_of_a_call_shows_in_the_state_alone(make, monkeypatch):
    poison(monkeypatch, "g_gradient", at=4)
    trainer, guard = make("gan")
    means, _ = trainer.train(4)
    assert guard.is_finite(means, whole=False)
    assert not guard.is_finite(means, whole=True)
    assert_found(guard, trainer, "g_gradient", at=4)


def test_a_restored_guard_without_checkpoints_is_at_the_start(model_name, make):
    trainer, guard = make(model_name)
    start = values(trainer)
    trainer.train(3)
    assert guard.restore() == (0, [])
    np.testing.assert_equal(values(trainer), start)


def test_a_rollback_halves_the_rates_three_times_and_skips_the_last_state(
    make, monkeypatch, tmp_path
):
    poison(monkeypatch, "d_loss", at=5)
    trainer, guard = make("gan", d_learning_rate=0.5, g_learning_rate=0.25)
    for _ in range(2):
        train_and_save(trainer, guard, 2, tmp_path)
    for scale in (1 / 2, 1 / 4, 1 / 8):
        trainer.train(4)
        fault = guard.locate()
        assert fault.last_good == 4
        # From step 4 the rates could not change step 5.
        assert guard.rollback(fault) and trainer.step == 2
        assert Checkpoints(tmp_path).steps() == [2]
        trainer.train(1)
        rates = trainer.learning_rates()
        assert rates == {"learning_rates/d": scale / 2, "learning_rates/g": scale / 4}
    trainer.train(4)
    fault = guard.locate()
    assert not guard.rollback(fault)
    guard.restore_step(fault.last_good)
    assert trainer.step == 4


def test_what_a_replay_does_not_explain_is_said():
    finite = {"discriminator": False, "generator": True}
    text = explain({}, Snapshot({}, {}), finite)
    assert text == "the discriminator's update was not finite (its gradient overflows)"
    fault = NonFiniteStep("a value was not finite", 4, reproduced=False)
    assert _advice(Config(), fault) == "run the same command to resume"


def test_no_rollback_returns_to_a_start_that_is_not_the_runs(make, monkeypatch, tmp_path):
    poison(monkeypatch, "d_loss", at=3)
    trainer, _ = make("gan")
    guard = NanGuard(trainer, Checkpoints(tmp_path), JOIN["none"](), can_start_anew=False)
    train_and_save(trainer, guard, 2, tmp_path)
    trainer.train(2)
    fault = guard.locate()
    assert fault.last_good == 2 and not guard.rollback(fault)
    assert Checkpoints(tmp_path).steps() == [2]


@pytest.mark.parametrize("can_start_anew", [False, True])
def test_a_rollback_deletes_no_checkpoint_in_favour_of_a_damaged_one(
    can_start_anew, make, monkeypatch, tmp_path
):
    poison(monkeypatch, "d_loss", at=5)
    trainer, _ = make("gan")
    checkpoints = Checkpoints(tmp_path)
    guard = NanGuard(trainer, checkpoints, JOIN["none"](), can_start_anew)
    for _ in range(2):
        train_and_save(trainer, guard, 2, tmp_path)
    checkpoints.index(2).write_bytes(b"damaged")
    trainer.train(2)
    assert guard.rollback(guard.locate()) == can_start_anew
    assert checkpoints.steps() == ([] if can_start_anew else [2, 4])
    assert not can_start_anew or trainer.step == 0


def test_a_moment_that_overflows_is_found_and_a_finite_replay_keeps_a_good_checkpoint(
    make, tmp_path
):
    trainer, guard = make("gan")
    for _ in range(2):
        train_and_save(trainer, guard, 2, tmp_path)
    trainer.train(2)
    moment = trainer.train_step.d_optimizer._velocities[0]
    moment.assign(tf.fill(moment.shape, float("inf")))
    assert not guard.is_finite({}, whole=True)
    # It was none of the training's own steps, so that it is not reproduced.
    fault = guard.locate()
    assert (fault.last_good, fault.reproduced) == (4, False)
    assert "not in a replay of them" in fault.text
    assert guard.rollback(fault) and trainer.step == 4
    assert Checkpoints(tmp_path).steps() == [2, 4]
