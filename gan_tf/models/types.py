"""What goes in and out of a GAN's networks and losses."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf


class Batch(NamedTuple):
    """Images and their labels.

    Attributes:
        images: float32 [B, H, W, C] in the range of the generator's outputs.
        labels: int32 [B] in [0, num_classes); zeros where the model takes no labels.
    """

    images: tf.Tensor
    labels: tf.Tensor


class Logits(NamedTuple):
    """A discriminator's outputs.

    Attributes:
        source: float32 [B]; positive means real.
        classes: float32 [B, class cells], or None for an unconditional model.
    """

    source: tf.Tensor
    classes: tf.Tensor | None


class Loss(NamedTuple):
    """What a network is to descend, and what to show of it.

    Attributes:
        value: scalar.
        metrics: {name: scalar}, to be averaged over steps; the names are the model's
            `METRICS`.
        logits: {name: float32 [B]}, to be shown as histograms; the names are `LOGITS`.
        statistics: [(variable, new value)] of the network's batch normalisation.
    """

    value: tf.Tensor
    metrics: dict[str, tf.Tensor]
    logits: dict[str, tf.Tensor]
    statistics: list


def stateless_forward(network, inputs, seed):
    """Runs `network` in training mode as a pure function of its weights and `seed`.

    Keras keeps the state of dropout and of batch normalisation in variables that change
    with every call. Here the former is `seed`, so that nothing random needs saving, and
    the latter's new values are returned, so that one network's update cannot change the
    other network.

    Args:
        network: a Keras model.
        inputs: its inputs.
        seed: int32 [2]; decides all dropout of this call.

    Returns:
        (outputs, [(variable, new value)]).
    """
    states = [v for v in network.non_trainable_variables if "seed" in v.path]
    seeds = [(v, tf.cast(seed + [i, 0], v.dtype)) for i, v in enumerate(states)]
    with keras.StatelessScope(state_mapping=seeds) as scope:
        outputs = network(inputs, training=True)
    names = {id(v) for v in states}
    statistics = [v for v in network.non_trainable_variables if id(v) not in names]
    updates = [(v, scope.get_current_value(v)) for v in statistics]
    return outputs, [(v, value) for v, value in updates if value is not None]
