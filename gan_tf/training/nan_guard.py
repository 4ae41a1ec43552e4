"""Detects a non-finite loss or gradient, locates its step and restores a good state.

A NaN or an infinity in a loss or a gradient stays in the weights, in Adam's moments or in
the sums of the metrics. So it is enough to check the sums after every call to the device,
which costs nothing, and the whole state before anything is written. Replaying the steps
since the last checkpoint then locates the first bad step: equal steps give equal bits.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.training.train_step import Snapshot
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import Workers

# The learning rates are halved three times at most.
_MIN_LR_SCALE = 1 / 8


class NonFiniteStep(NamedTuple):
    """The first step that was not finite.

    Attributes:
        text: what was not finite, of which network, and at which step.
        last_good: the last step whose state is finite.
        reproduced: whether the replay reproduced it. On some devices equal steps do not
            give equal bits.
    """

    text: str
    last_good: int
    reproduced: bool


class NanGuard:
    """Checks that a trainer's numbers are finite, and restores it where they are not.

    Each of the workers that train together has a guard and calls it alike.
    """

    def __init__(
        self,
        trainer: Trainer,
        checkpoints: Checkpoints,
        workers: Workers,
        can_start_anew: bool = True,
    ):
        """Copies the state of `trainer`, which is new: nothing is restored.

        Where it is not the one that the run began with, `can_start_anew` is False: no
        rollback returns to it.
        """
        self._trainer = trainer
        self._checkpoints = checkpoints
        self._workers = workers
        self._can_start_anew = can_start_anew
        self._start = [
            (variable, variable.numpy())
            for variables in trainer.state.values()
            for variable in variables
        ]
        self._good = 0
        self._lr_scale = trainer.train_step.lr_scale
        self._are_finite = tf.function(_are_finite, autograph=False)

    def is_finite(self, means: Mapping[str, float], whole: bool) -> bool:
        """Returns whether all steps since the last whole check were finite.

        `means` are those of `Trainer.train`. `whole` also checks the whole state, as is due
        before anything is written.
        """
        if not all(map(math.isfinite, means.values())):
            return False
        if whole:
            if not all(self._are_finite(self._trainer.state).values()):
                return False
            self._good = self._trainer.step
        return True

    def locate(self) -> NonFiniteStep:
        """Locates the step by replaying those since the last good state."""
        trainer, found, good = self._trainer, self._trainer.step, self._good
        self.restore_step(good)
        while trainer.step < found:
            means, snapshot = trainer.train(1)
            if text := explain(means, snapshot, self._are_finite(trainer.state)):
                text = f"at step {trainer.step:,} {text}"
                return NonFiniteStep(text, trainer.step - 1, reproduced=True)
        text = f"a value was not finite between steps {good:,} and {found:,}"
        return NonFiniteStep(f"{text}, but not in a replay of them", good, reproduced=False)

    def restore_step(self, step: int) -> None:
        """Restores a good step: the newest checkpoint, and the steps from there."""
        # A checkpoint from before a rollback holds an older scale.
        scale = float(self._lr_scale)
        restored, _ = self.restore()
        self._lr_scale.assign(scale)
        if step > restored:
            self._trainer.train(step - restored)

    def restore(self) -> tuple[int, list[str]]:
        """Restores the newest checkpoint, or the initial state.

        Returns (step, descriptions of the checkpoints that were skipped).
        """
        step, skipped = self._checkpoints.restore(self._trainer.checkpoint)
        if not step:
            for variable, value in self._start:
                variable.assign(value)
        self._good = step
        return step, skipped

    def rollback(self, fault: NonFiniteStep) -> bool:
        """Restores a good checkpoint and halves both learning rates.

        It is the newest intact one before `fault.last_good`, from which the bad update
        would be the same at any learning rate; `fault.last_good` itself serves where the
        replay did not reproduce the fault. Newer checkpoints are deleted: their steps
        change.

        Returns:
            False, and nothing is changed, where the rates were halved three times, or
            there is nothing to return to.
        """
        halved = float(self._lr_scale) / 2
        last, is_intact = fault.last_good - fault.reproduced, self._checkpoints.is_intact
        earlier = (s for s in reversed(self._checkpoints.steps()) if s <= last)
        target = next(filter(is_intact, earlier), 0)
        if halved < _MIN_LR_SCALE or not (target or self._can_start_anew):
            return False
        self._workers.wait()
        if self._workers.is_chief:
            self._checkpoints.delete_after(target)
        self._workers.wait()
        self.restore()
        self._lr_scale.assign(halved)
        return True


def explain(
    means: Mapping[str, float], snapshot: Snapshot, finite: Mapping[str, bool]
) -> str:
    """Returns what of a step is not finite; an empty text if everything is.

    D is updated first, so its fault is the cause and G's the effect. `finite` states for
    each network whether its weights and Adam's moments are finite.
    """
    bad = {tag: v for tag, v in means.items() if not math.isfinite(v)}
    for network in ("discriminator", "generator"):
        losses = [
            f"{tag.removeprefix('losses/')} {value}"
            for tag, value in bad.items()
            if tag.startswith("losses/g_") == (network == "generator")
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
            return f"the {network}'s gradient was not finite (of {gradients[0]}{others})"
        if not finite[network]:
            return f"the {network}'s update was not finite (its gradient overflows)"
    return ""


def _are_finite(state):
    finite = {}
    for owner, variables in state.items():
        floats = [v for v in variables if v.dtype.is_floating]
        finite[owner] = tf.reduce_all([tf.reduce_all(tf.math.is_finite(v)) for v in floats])
    return finite
