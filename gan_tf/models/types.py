"""The types of a GAN's inputs, outputs and losses."""

from typing import NamedTuple

import tensorflow as tf


class Batch(NamedTuple):
    """Images and their labels.

    Attributes:
        images: float32 [B, H, W, C] in the range of the generator's outputs.
        labels: int32 [B] in [0, num_classes); those of the data, or zeros. A model
            that is not conditional ignores them.
    """

    images: tf.Tensor
    labels: tf.Tensor


class Logits(NamedTuple):
    """A discriminator's outputs.

    Attributes:
        source: float32 [B]; positive means real.
        classes: float32 [B, class logits], or None for an unconditional model.
    """

    source: tf.Tensor
    classes: tf.Tensor | None = None


class Loss(NamedTuple):
    """A network's loss, and what is reported with it.

    Attributes:
        value: scalar, to be minimized.
        metrics: {name: scalar}, to be averaged over steps; a model's are its `METRICS`, to
            which the train step adds the penalties.
        logits: {name: float32 [B]}, for histograms; "real" and "fake".
        statistics: [(variable, new value)] of the network's batch normalization.
    """

    value: tf.Tensor
    metrics: dict[str, tf.Tensor]
    logits: dict[str, tf.Tensor]
    statistics: list
