"""What a network costs: weights, multiply-adds and activations, from its shapes alone."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.models.base import GAN
from gan_tf.models.conv_layers import UpsampleConv2D


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


def multiply_adds(layer: keras.Layer) -> int:
    """Returns the multiply-adds of a layer's forward pass of one image.

    Those of Conv2D, Conv2DTranspose, UpsampleConv2D and Dense; of any other layer 0.
    """
    if isinstance(layer, UpsampleConv2D):
        pixels = math.prod(layer.input.shape[1:3])
        # The folded 4x4 kernel: see the layer.
        return pixels * 16 * math.prod(layer.kernel.shape[2:])
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return math.prod(layer.input.shape[1:3]) * math.prod(layer.kernel.shape)
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.Dense)):
        return math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
    return 0


def network_cost(network: keras.Model) -> Cost:
    """Returns the cost of a functional Keras model; it needs no weights in memory."""
    layers = list(_layers(network))
    return Cost(
        weights=network.count_params(),
        multiply_adds=sum(map(multiply_adds, layers)),
        activations=sum(math.prod(layer.output.shape[1:]) for layer in layers),
    )


def _layers(network):
    """Yields the layers of a network, and those of the models inside it in their place."""
    for layer in network.layers:
        # A subclass of Model has no graph of the layers inside it.
        if isinstance(layer, (keras.Sequential, keras.Function)):
            yield from _layers(layer)
        else:
            yield layer


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
