"""Starting from trained networks: which weights are taken over, and which stay fixed."""

import keras

from gan_tf.errors import InputError

# They are of the classes, or joined with the class head in the last features.
_OF_CLASSES = ("embedding", "class_logits", "source_logit")


def copy_weights(source: keras.Model, target: keras.Model, same_classes: bool) -> None:
    """Copies the weights of a network into one of the same architecture.

    Args:
        source: a trained network.
        target: a new one.
        same_classes: otherwise the embedding of the labels and D's heads stay new.
    """
    # By position, because Keras numbers layers without a name through the whole process.
    for trained, layer in zip(source.layers, target.layers, strict=True):
        weights = trained.get_weights()
        shapes = [w.shape for w in weights] == [w.shape for w in layer.weights]
        if shapes and (same_classes or layer.name not in _OF_CLASSES):
            layer.set_weights(weights)


def freeze_first(discriminator: keras.Model, num: int) -> None:
    """Makes the first `num` layers of D that have weights constant.

    FreezeD (Mo et al. 2020, https://arxiv.org/abs/2002.10964): D's lower layers detect
    what all images have in common, and need not be learnt again from few.

    Raises:
        InputError: D does not have so many layers before its heads.
    """
    layers = [
        layer
        for layer in discriminator.layers
        if layer.trainable_weights and layer.name not in _OF_CLASSES
    ]
    if num > len(layers):
        raise InputError(
            f"freeze_d ({num}) must be at most {len(layers)}, the layers of this "
            "discriminator that have weights and are no heads"
        )
    for layer in layers[:num]:
        layer.trainable = False
