"""LeCam regularization of D, for few training images."""

import tensorflow as tf

from gan_tf.models import losses
from gan_tf.models.types import Loss

_DECAY = 0.99


class LeCam(tf.Module):
    """Adds LeCam's penalty to D's loss; with weight 0, it does nothing.

    The anchors are moving averages of D's logits (Tseng et al. 2021, section 3.2,
    https://arxiv.org/abs/2104.03310), here of the steps before.

    Attributes:
        tags: of the metrics that it adds.
        real: float32 variable, moving average of D's logits on real images.
        fake: the same of fake images.
    """

    def __init__(self, weight: float):
        """Creates the state of a penalty of this weight."""
        super().__init__()
        self._weight = weight
        self.tags: tuple[str, ...] = ()
        if weight:
            self.tags = ("lecam/penalty", "lecam/real_logits", "lecam/fake_logits")
            self.real = tf.Variable(0.0, trainable=False)
            self.fake = tf.Variable(0.0, trainable=False)

    def penalized(self, loss: Loss) -> Loss:
        """Returns D's loss with the penalty; to be called under D's tape."""
        if not self._weight:
            return loss
        real, fake = loss.logits["real"], loss.logits["fake"]
        penalty = self._weight * losses.lecam_penalty(
            real, fake, self.real.read_value(), self.fake.read_value()
        )
        values = penalty, tf.reduce_mean(real), tf.reduce_mean(fake)
        metrics = {**loss.metrics, **dict(zip(self.tags, values))}
        return loss._replace(value=loss.value + penalty, metrics=metrics)

    def update(self, metrics: dict[str, tf.Tensor], step) -> None:
        """Moves the anchors by the metrics of `step`, means over the replicas."""
        if not self._weight:
            return
        done = tf.cast(step, tf.float32)
        decay = tf.minimum(_DECAY, (1 + done) / (10 + done))
        for anchor, tag in zip((self.real, self.fake), self.tags[1:]):
            mean = metrics[tag]
            anchor.assign(mean + decay * (anchor.read_value() - mean))
