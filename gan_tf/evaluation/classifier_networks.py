"""The networks that judge: small convolutional classifiers with 128 features."""

import numpy as np

from gan_tf.errors import InputError

NUM_FEATURES = 128
# Enough to keep the features from leaning on one another; more makes the logits of
# plain digits unsure, and with them the score of real images low.
DROPOUT = 0.3


def build_network(name, image_shape, num_classes, seed):
    """Returns an untrained Keras model, float32 images in [0, 1] -> logits [B, K].

    Its layer "features" is the penultimate one, 128 wide and >= 0.

    Args:
        name: row of `NETWORKS`.
        image_shape: (H, W, C).
        num_classes: K.
        seed: of the initial weights and of dropout.
    """
    if name not in NETWORKS:
        raise InputError(f"name ({name}) must be one of {', '.join(NETWORKS)}.")
    import keras

    seeds = iter(np.random.SeedSequence(seed).generate_state(16) >> 1)

    def relu():
        initializer = keras.initializers.HeNormal(seed=int(next(seeds)))
        return {"activation": "relu", "kernel_initializer": initializer}

    inputs = keras.Input(image_shape)
    features = NETWORKS[name](keras.layers, relu, inputs)
    dropped = keras.layers.Dropout(DROPOUT, seed=int(next(seeds)))(features)
    initializer = keras.initializers.GlorotUniform(seed=int(next(seeds)))
    logits = keras.layers.Dense(num_classes, kernel_initializer=initializer)(dropped)
    return keras.Model(inputs, logits)


def _judge_body(layers, relu, x):
    """Two pooled stages and a dense layer, in the manner of LeNet."""
    # Images too small to lose a rim are padded; what is odd keeps its last row.
    padding = "valid" if min(x.shape[1:3]) >= 12 else "same"
    x = layers.Conv2D(32, 5, padding=padding, **relu())(x)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Conv2D(64, 3, padding="same", **relu())(x)
    x = layers.Conv2D(64, 3, padding="same", **relu())(x)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Flatten()(x)
    return layers.Dense(NUM_FEATURES, name="features", **relu())(x)


def _audit_body(layers, relu, x):
    """Strided convolutions and a mean over the image: as unlike the judge as can be."""
    x = layers.Conv2D(32, 3, padding="same", **relu())(x)
    x = layers.Conv2D(64, 3, 2, padding="same", **relu())(x)
    x = layers.Conv2D(64, 3, padding="same", **relu())(x)
    x = layers.Conv2D(128, 3, 2, padding="same", **relu())(x)
    x = layers.Conv2D(NUM_FEATURES, 3, padding="same", **relu())(x)
    return layers.GlobalAveragePooling2D(name="features")(x)


NETWORKS = {"judge": _judge_body, "audit": _audit_body}
