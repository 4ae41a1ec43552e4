"""The forward pass of a network as a pure function."""

import keras
import tensorflow as tf

from gan_tf.errors import InputError


def stateless_forward(network, inputs, seed):
    """Runs `network` in training mode as a pure function of its weights and `seed`.

    Keras stores the state of dropout and of batch normalization in variables that change
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
    # Keras drops the losses that layers add in a call, unless they are collected.
    with keras.StatelessScope(state_mapping=seeds, collect_losses=True) as scope:
        outputs = network(inputs, training=True)
    if scope.losses:
        raise InputError(
            f"{network.name} has a layer that adds a loss when it is called, as an "
            "activity regularizer does, which the train step does not apply: make it a "
            "part of the loss"
        )
    if any(scope.get_current_value(v) is not None for v in network.trainable_variables):
        raise InputError(
            f"{network.name} has a layer that changes trained weights when it is called, "
            "as SpectralNormalization does, which would be lost: use another layer"
        )
    statistics = [v for v in variables if id(v) not in dropout_ids]
    updates = [(v, scope.get_current_value(v)) for v in statistics]
    return outputs, [(v, value) for v, value in updates if value is not None]
