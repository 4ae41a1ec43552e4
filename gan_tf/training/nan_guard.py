"""What happens when a training leaves the finite numbers.

A NaN or an infinity in a loss or a gradient stays in the weights, in Adam's moments or in
the sums of the metrics. So it is enough to look at the latter after every call to the
device, which costs nothing, and at all of the state before anything is written. The
first bad step is then found by repeating the steps since the last checkpoint: equal
steps give equal bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.training.train_step import Snapshot
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import Workers

# The rates are halved three times at most.
_MIN_LR_SCALE = 1 / 8


class NonFiniteError(Exception):
    """Some step since the last look was not finite; never leaves a session."""


class NonFiniteStep(NamedTuple):
    """The first step that was not finite.

    Attributes:
        text: what of which network was not finite, and at which step.
        good: the last step whose state is good.
        reproduced: whether it was found again when the steps were repeated. On some
            devices equal steps do not give equal bits.
    """

    text: str
    good: int
    reproduced: bool


class NanGuard:
    """Looks whether a trainer is still among the finite numbers, and takes it back."""

    def __init__(self, trainer: Trainer, checkpoints: Checkpoints, workers: Workers):
        """Remembers the trainer's state, which is that of the start.

        Args:
            trainer: a new one, nothing restored.
            checkpoints: of its run.
            workers: all that train together; each has a guard and asks it the same.
        """
        self._trainer = trainer
        self._checkpoints = checkpoints
        self._workers = workers
        self._start = [
            (variable, variable.numpy())
            for variables in trainer.state.values()
            for variable in variables
        ]
        self._good = 0
        self._lr_scale = trainer.train_step.lr_scale
        self._look = tf.function(_which_are_finite, autograph=False)

    def check(self, means: Mapping[str, float], whole: bool) -> None:
        """Raises NonFiniteError if a step since the last whole check was not finite.

        Args:
            means: {tag: mean}, as `Trainer.train` returned them.
            whole: look at the state as well; to be done before anything is written.
        """
        if not all(map(math.isfinite, means.values())):
            raise NonFiniteError
        if whole:
            if not all(self._finite().values()):
                raise NonFiniteError
            self._good = self._trainer.step

    def find(self) -> NonFiniteStep:
        """Finds the step, by repeating those since the last good state."""
        trainer, found, good = self._trainer, self._trainer.step, self._good
        self.restore_step(good)
        text = ""
        while not text and trainer.step < found:
            means, snapshot = trainer.train(1)
            text = explain(means, snapshot, self._finite())
        if text:
            fault = NonFiniteStep(f"at step {trainer.step:,} {text}", trainer.step - 1, True)
        else:
            text = f"something was not finite between steps {good:,} and {found:,}"
            fault = NonFiniteStep(f"{text}, but was when they were repeated", good, False)
        return fault

    def restore_step(self, step: int) -> None:
        """Takes the trainer to a good step: the newest checkpoint, and on from there."""
        # A checkpoint from before a rollback does not have the scale since then.
        scale = float(self._lr_scale)
        restored, _ = self.restore()
        self._lr_scale.assign(scale)
        if step > restored:
            self._trainer.train(step - restored)

    def restore(self) -> tuple[int, list[str]]:
        """Restores the newest checkpoint, or the start; see `Checkpoints.restore`."""
        step, skipped = self._checkpoints.restore(self._trainer.checkpoint)
        if not step:
            for variable, value in self._start:
                variable.assign(value)
        self._good = step
        return step, skipped

    def rollback(self, fault: NonFiniteStep) -> bool:
        """Goes back to a checkpoint that is good, with halved rates.

        It is the newest one before `fault.good`, from where the bad update would be the
        same whatever the rates are; `fault.good` itself will do if the fault did not
        come back. Newer checkpoints are deleted: their steps will be others.

        Returns:
            Whether it did: the rates may be halved three times.
        """
        halved = float(self._lr_scale) / 2
        if halved < _MIN_LR_SCALE:
            return False
        if self._workers.is_chief:
            self._checkpoints.delete_from(fault.good + (not fault.reproduced))
        self._workers.wait()
        self.restore()
        self._lr_scale.assign(halved)
        return True

    def _finite(self):
        """Whether all of each owner's state is finite, {owner: bool}."""
        return {k: bool(v) for k, v in self._look(self._trainer.state).items()}


def explain(
    means: Mapping[str, float], snapshot: Snapshot, finite: Mapping[str, bool]
) -> str:
    """Says what of a step is not finite; an empty text if all is.

    D is updated first, so that what is wrong with it is the cause and not the effect.

    Args:
        means: {tag: mean}, all finite before the step.
        snapshot: of the step.
        finite: {network: whether its weights and Adam's moments are finite}.
    """
    bad = {tag: v for tag, v in means.items() if not math.isfinite(v)}
    for network, is_own in (
        ("discriminator", lambda tag: not tag.startswith("losses/g_")),
        ("generator", lambda tag: tag.startswith("losses/g_")),
    ):
        losses = [
            f"{tag.rpartition('/')[2]} {value}"
            for tag, value in bad.items()
            if is_own(tag)
        ]
        if losses:
            return f"the {network}'s loss was not finite ({', '.join(losses)})"
        gradients = [
            name
            for name, gradient in snapshot.gradients.items()
            if name.startswith(f"{network}/")
            and not tf.reduce_all(tf.math.is_finite(gradient))
        ]
        if gradients:
            others = f" and {len(gradients) - 1} others" if len(gradients) > 1 else ""
            return (
                f"the {network}'s gradient was not finite (of {gradients[0]}{others})"
            )
        if not finite[network]:
            return f"the {network}'s update was not finite (its gradient overflows)"
    return ""


def _which_are_finite(state):
    return {
        owner: tf.reduce_all(
            [
                tf.reduce_all(tf.math.is_finite(variable))
                for variable in variables
                if variable.dtype.is_floating
            ]
        )
        for owner, variables in state.items()
    }
