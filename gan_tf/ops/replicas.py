"""Data-parallel training by `tf.distribute`: what one replica (device) computes.

A replica trains on its shard of the global batch and updates its own copy of the weights
by the mean of all replicas' gradients, so that the copies stay equal. With one replica,
nothing here changes a value.
"""

from typing import Any

import tensorflow as tf

from gan_tf.errors import InputError


def num_replicas() -> int:
    """Returns the number of replicas; to be called inside `strategy.run`."""
    return tf.distribute.get_replica_context().num_replicas_in_sync


def replica_index() -> int:
    """Returns the index of this replica, from 0 on."""
    index = tf.distribute.get_replica_context().replica_id_in_sync_group
    return int(tf.get_static_value(index))


def shard(values: tf.Tensor, axis: int) -> tf.Tensor:
    """Returns this replica's shard of a global tensor: one of equal blocks of `axis`."""
    return tf.split(values, num_replicas(), axis)[replica_index()]


def all_reduce_mean(values: Any) -> Any:
    """Returns the mean over replicas of `values`, a structure of float32 tensors.

    Differentiable: the gradient of a mean is the mean of the gradients.
    """
    if num_replicas() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce("MEAN", values)


def local_value(strategy: tf.distribute.Strategy, values: Any) -> Any:
    """Returns the first replica's tensors of what `strategy.run` returned."""
    return tf.nest.map_structure(
        lambda value: strategy.experimental_local_results(value)[0], values
    )


def check_batch_size(strategy: tf.distribute.Strategy, batch_size: int) -> None:
    """Checks that a batch divides into equal shards.

    Raises:
        InputError: it does not.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise InputError(
            f"batch_size ({batch_size}) must be a multiple of the {replicas} devices "
            "that share it: choose another number of them (CUDA_VISIBLE_DEVICES), or, in a "
            f"new run, {-(-batch_size // replicas) * replicas}"
        )
