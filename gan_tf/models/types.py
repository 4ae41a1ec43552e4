"""The types of a GAN's inputs, outputs and losses."""

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
        classes: float32 [B, class logits], or None for an unconditional model.
    """

    source: tf.Tensor
    classes: tf.Tensor | None = None


class Loss(NamedTuple):
    """A network's loss, and what is reported with it.

    Attributes:
        value: scalar, to be minimised.
        metrics: {name: scalar}, to be averaged over steps; a model's are its `METRICS`, to
            which the train step adds the penalties.
        logits: {name: float32 [B]}, for histograms; the names are the model's `LOGITS`.
        statistics: [(variable, new value)] of the network's batch normalisation.
    """

    value: tf.Tensor
    metrics: dict[str, tf.Tensor]
    logits: dict[str, tf.Tensor]
    statistics: list


def stateless_forward(network, inputs, seed):
    """Runs `network` in training mode as a pure function of its weights and `seed`.

    Keras stores the state of dropout and of batch normalisation in variables that change
    with every call. Here `seed` replaces the former, so that no random state needs saving,
    and the new values of the latter are returned, so that the update of one network cannot
    change the other.

    Args:
        network: a Keras model.
        inputs: its inputs.
        seed: int32 [2]; decides all dropout of this call.

    Returns:
        (outputs, [(variable, new value)]).
    """
    generators = [g for layer in network._flatten_layers() for g in layer._seed_generators]
    dropout_ids = {id(generator.state) for generator in generators}
    variables = network.non_trainable_variables
    dropout = [v for v in variables if id(v) in dropout_ids]
    seeds = [(v, tf.cast(seed + [i, 0], v.dtype)) for i, v in enumerate(dropout)]
    with keras.StatelessScope(state_mapping=seeds) as scope:
        outputs = network(inputs, training=True)
    statistics = [v for v in variables if id(v) not in dropout_ids]
    updates = [(v, scope.get_current_value(v)) for v in statistics]
    return outputs, [(v, value) for v, value in updates if value is not None]
