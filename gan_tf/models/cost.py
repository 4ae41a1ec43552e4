"""What a network costs: weights, multiply-adds and activations, from its shapes alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.models.base import GAN
from gan_tf.models.layers import UpsampleConv2D


class Cost(NamedTuple):
    """The cost of one network.

    Attributes:
        weights: number of its weights.
        multiply_adds: of one image's forward pass, in convolutions and dense layers.
        activations: elements of all layers' outputs for one image.
    """

    weights: int
    multiply_adds: int
    activations: int


def network_cost(network: keras.Model) -> Cost:
    """Returns the cost of a functional Keras model; it needs no weights in memory."""
    multiply_adds = activations = 0
    for layer in network.layers:
        outputs = math.prod(layer.output.shape[1:])
        activations += outputs
        if isinstance(layer, UpsampleConv2D):
            pixels = math.prod(layer.input.shape[1:3])
            # The folded 4x4 kernel: see the layer.
            multiply_adds += pixels * 16 * math.prod(layer.kernel.shape[2:])
        elif isinstance(layer, keras.layers.Conv2DTranspose):
            pixels = math.prod(layer.input.shape[1:3])
            multiply_adds += pixels * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Conv2D):
            pixels = math.prod(layer.output.shape[1:3])
            multiply_adds += pixels * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            multiply_adds += math.prod(layer.kernel.shape)
    return Cost(network.count_params(), multiply_adds, activations)


def model_costs(
    model_type: type[GAN], config: Config, image_shape: Sequence[int], num_classes: int
) -> tuple[Cost, Cost]:
    """Returns the costs of G and of D, which are not made: the graph is thrown away.

    Args:
        model_type: the GAN's class.
        config: as for the model.
        image_shape: (H, W, C).
        num_classes: of the data.

    Raises:
        InputError: the model cannot be built from these.
    """
    with tf.Graph().as_default():
        model = model_type(config, image_shape, num_classes)
        return network_cost(model.generator), network_cost(model.discriminator)
