"""CAS, the accuracy of a classifier that is trained on generated images; it is slow."""

import numpy as np

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier_networks import fit, images_at_once


def classification_accuracy_score(
    images, labels, real_images, real_labels, epochs=10, seed=0
):
    """Returns the accuracy on real images of a classifier trained on generated ones.

    Ravuri & Vinyals 2019, https://arxiv.org/abs/1905.10887. The recipe for 28x28 images
    is that of Bie et al. 2023, https://arxiv.org/abs/2302.02936: 60,000 generated
    images, of which the last 5,000 (1/12 of any other number) choose the epoch; two 3x3
    convolutions of 32 and 64, max-pool, dropout 1/4, 128 units, dropout 1/2; Adam 1e-3,
    batches of 64 (see `batch_size_for`), 10 epochs. The real images are for the test only.

    Args:
        images: uint8 generated images [N, H, W, C], in random order.
        labels: integers [N], the requested labels.
        real_images: uint8 [M, H, W, C], the real test images.
        real_labels: integers [M].
        epochs: passes over the generated images.
        seed: of weights, dropout and order. One run is uncertain by about 0.1 %; the
            usual report is the mean of three seeds.
    """
    num_held_out = len(images) // 12
    if num_held_out == 0:
        raise InputError(f"images ({len(images)}) must be 12 or more.")
    num_classes = int(max(labels.max(), real_labels.max())) + 1
    network = build_cas_network(images.shape[1:], num_classes, seed)
    train = images[:-num_held_out], labels[:-num_held_out]
    held_out = images[-num_held_out:], labels[-num_held_out:]
    model = fit(network, train, held_out, batch_size=64, epochs=epochs, seed=seed)
    batch_size = images_at_once(images.shape[1:])
    logits = model.predict(real_images, batch_size=batch_size, verbose=0)
    return float(np.mean(logits.argmax(axis=1) == real_labels))


def build_cas_network(image_shape, num_classes, seed):
    """Returns the recipe's untrained Keras model, images in [0, 255] -> logits [B, K]."""
    import keras

    layers, f32 = keras.layers, {"dtype": "float32"}
    last = {"data_format": "channels_last", **f32}
    seeds = iter((np.random.SeedSequence(seed).generate_state(8) >> 1).tolist())

    def glorot():
        return {"kernel_initializer": keras.initializers.GlorotUniform(next(seeds))}

    return keras.Sequential(
        [
            keras.Input(image_shape, **f32),
            layers.Rescaling(2 / 255, -1.0, **f32),
            layers.Conv2D(32, 3, activation="relu", **glorot(), **last),
            layers.Conv2D(64, 3, activation="relu", **glorot(), **last),
            layers.MaxPooling2D(**last),
            layers.Dropout(0.25, seed=next(seeds), **f32),
            layers.Flatten(**last),
            layers.Dense(128, activation="relu", **glorot(), **f32),
            layers.Dropout(0.5, seed=next(seeds), **f32),
            layers.Dense(num_classes, **glorot(), **f32),
        ]
    )
