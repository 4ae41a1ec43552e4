"""Makes a chosen loss or gradient NaN at a chosen step of a training."""

import tensorflow as tf

from gan_tf.models.base import GAN
from gan_tf.training.train_step import TrainStep


@tf.custom_gradient
def with_gradient(value, factor):
    """`value`, whose gradient is multiplied by `factor`."""
    return tf.identity(value), lambda upstream: (upstream * factor, None)


def poison(monkeypatch, kind, at, above_lr_scale=0.0):
    """Poisons the update that leads from step `at` - 1 to step `at`.

    Args:
        monkeypatch: the fixture.
        kind: "d_loss", "g_loss", "d_gradient" or "g_gradient".
        at: the number of the step.
        above_lr_scale: only while the learning rates are scaled by more than this.
    """
    network, what = kind.split("_")
    method = {"d": "discriminator_loss", "g": "generator_loss"}[network]
    loss_of, train_both = getattr(GAN, method), TrainStep.__call__
    factor = []

    def poisoned_step(self, images, labels, bits, step):
        is_bad = tf.equal(step, at - 1) & (self.lr_scale > above_lr_scale)
        factor[:] = [tf.where(is_bad, float("nan"), 1.0)]
        return train_both(self, images, labels, bits, step)

    def poisoned_loss(self, *arguments):
        loss = loss_of(self, *arguments)
        if what == "gradient":
            return loss._replace(value=with_gradient(loss.value, factor[0]))
        value = loss.value * factor[0]
        tag = f"losses/{network}_loss"
        return loss._replace(value=value, metrics={**loss.metrics, tag: value})

    monkeypatch.setattr(TrainStep, "__call__", poisoned_step)
    monkeypatch.setattr(GAN, method, poisoned_loss)
