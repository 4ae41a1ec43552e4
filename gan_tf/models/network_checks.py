"""What a network must be for its training and its checkpoints to contain all of it."""

from collections import Counter

import keras
import tensorflow as tf

from gan_tf.errors import InputError


def check_network(network: keras.Model) -> None:
    """Refuses what the train step would not apply, and what a checkpoint would lose.

    Raises:
        InputError: `network` is a subclass of `keras.Model` or has no input yet; or it has
            a regularizer, a constraint, two trainable weights of one path, or a weight that
            `tf.train.Checkpoint` does not reach.
    """
    has_graph = isinstance(network, (keras.Function, keras.Sequential))
    if not has_graph or not network.built:
        raise InputError(
            f"{network.name} must be a functional Keras model, or a Sequential one that "
            "begins with keras.Input"
        )
    trainable = network.trainable_weights
    if network.losses or any(w.constraint for w in trainable):
        raise InputError(
            f"{network.name} has a regularizer or a constraint, which the train step does "
            "not apply: make it a part of the loss"
        )
    for path, count in Counter(w.path for w in trainable).items():
        if count > 1:
            raise InputError(
                f"{network.name} has {count} weights called {path}: give their layers "
                "different names"
            )
    # TensorFlow follows the attributes of Keras's layers, but not lists in them
    # (https://github.com/keras-team/keras/issues/18398).
    reached = set(map(id, tf.train.TrackableView(network).descendants()))
    for weight in network.weights:
        if id(weight) not in reached:
            raise InputError(
                f"{network.name} has a weight that a checkpoint would leave out, "
                f"{weight.path}: make it, or its layer, an attribute of its own and not "
                "an element of a list"
            )
