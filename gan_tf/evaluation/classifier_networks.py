"""Networks of the evaluation classifier, and the training of any classifier."""

import functools

import numpy as np

from gan_tf.errors import InputError
from gan_tf.startup import keras_float32

NUM_FEATURES = 128
# Enough to decorrelate the features; more makes the logits of plain digits uncertain,
# and with them the score of real images low.
DROPOUT = 0.3
# The layers state both, so that a user's Keras settings change no metric.
_FORMAT = {"data_format": "channels_last", "dtype": "float32"}


def build_network(name, image_shape, num_classes, seed):
    """Returns an untrained Keras model, images [B, H, W, C] in [0, 255] -> logits [B, K].

    It is the `name` of `NETWORKS`; `seed` is that of the initial weights and of dropout.
    Its layer "features" is the penultimate one, 128 wide and >= 0.
    """
    if name not in NETWORKS:
        raise InputError(f"name ({name}) must be one of {', '.join(NETWORKS)}.")
    import keras

    seeds = iter(np.random.SeedSequence(seed).generate_state(16) >> 1)

    def relu():
        initializer = keras.initializers.HeNormal(seed=int(next(seeds)))
        return {"activation": "relu", "kernel_initializer": initializer}

    inputs = keras.Input(image_shape, dtype="float32")
    x = keras.layers.Rescaling(1 / 255, dtype="float32")(inputs)
    features = NETWORKS[name](keras.layers, relu, x)
    dropout = keras.layers.Dropout(DROPOUT, seed=int(next(seeds)), dtype="float32")
    glorot = keras.initializers.GlorotUniform(seed=int(next(seeds)))
    head = keras.layers.Dense(num_classes, kernel_initializer=glorot, dtype="float32")
    return keras.Model(inputs, head(dropout(features)))


def _default_body(layers, relu, x):
    """Two pooled stages and a dense layer, similar to LeNet."""
    conv = functools.partial(layers.Conv2D, **_FORMAT)
    pool = functools.partial(layers.MaxPooling2D, padding="same", **_FORMAT)
    # Small images are padded; an odd size keeps its last row.
    padding = "valid" if min(x.shape[1:3]) >= 12 else "same"
    x = conv(32, 5, padding=padding, **relu())(x)
    x = pool()(x)
    x = conv(64, 3, padding="same", **relu())(x)
    x = conv(64, 3, padding="same", **relu())(x)
    x = pool()(x)
    x = layers.Flatten(**_FORMAT)(x)
    return layers.Dense(NUM_FEATURES, name="features", dtype="float32", **relu())(x)


def _audit_body(layers, relu, x):
    """Strided convolutions and global average pooling: unlike the default on purpose."""
    conv = functools.partial(layers.Conv2D, padding="same", **_FORMAT)
    for filters, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (NUM_FEATURES, 1)):
        x = conv(filters, 3, stride, **relu())(x)
    return layers.GlobalAveragePooling2D(name="features", **_FORMAT)(x)


NETWORKS = {"default": _default_body, "audit": _audit_body}


def augmentation(image_shape, seed):
    """Returns Keras layers that shift by up to 1 pixel and rotate by up to 8 degrees."""
    import keras

    options = {"fill_mode": "constant", **_FORMAT}
    height, width = (1.0 / size for size in image_shape[:2])
    return [
        keras.layers.RandomTranslation(height, width, seed=seed, **options),
        keras.layers.RandomRotation(8 / 360, seed=seed + 1, **options),
    ]


def images_at_once(image_shape):
    """Returns how many images a network takes in one pass: fewer of large ones."""
    return 500 * 64**2 // max(image_shape[0] * image_shape[1], 64**2)


def batch_size_for(num, most):
    """Returns how many of `num` images are in a batch: `most`, or less of small sets.

    An epoch has 64 updates or batches of 16: 20 epochs of 300 images in batches of 128 are
    40 updates, which train too little.
    """
    return min(most, max(num // 64, 16), num)


@keras_float32()
def fit(
    network,
    train,
    held_out,
    *,
    epochs,
    batch_size,
    seed,
    cosine_decay=False,
    augment=(),
    on_epoch=None,
):
    """Returns `network` as a compiled Keras model, trained with Adam (1e-3).

    Its weights are those of the best epoch: the last one with the highest accuracy on
    `held_out`. The order of the images is a function of `seed` alone.

    Args:
        network: Keras model, images [B, H, W, C] in [0, 255] -> logits [B, K].
        train: (uint8 images [N, H, W, C], integer labels [N]).
        held_out: the same, for choosing the epoch.
        epochs: passes over `train`.
        batch_size: images per update, see `batch_size_for`; a last, smaller batch is left
            out of each epoch.
        seed: int.
        cosine_decay: let the learning rate fall to 0 along half a cosine.
        augment: Keras layers that randomly transform the training images.
        on_epoch: called with (epoch, held-out accuracy) after each epoch, or None.
    """
    import keras
    import tensorflow as tf

    images, labels = tf.constant(train[0]), tf.constant(train[1], tf.int32)
    batch_size = batch_size_for(len(images), batch_size)
    num_batches = len(images) // batch_size
    rng, num = np.random.default_rng(seed), num_batches * batch_size
    order = [rng.permutation(len(images))[:num] for _ in range(epochs)]

    # AutoGraph cannot read the source on every Python that TensorFlow supports.
    @tf.autograph.experimental.do_not_convert
    def batch(rows):
        return tf.gather(images, rows), tf.gather(labels, rows)

    batches = tf.data.Dataset.from_tensor_slices(
        np.concatenate(order).reshape(-1, batch_size)
    ).map(batch)
    rate = 1e-3
    if cosine_decay:
        rate = keras.optimizers.schedules.CosineDecay(rate, epochs * num_batches)
    model = keras.Sequential(
        [keras.Input(network.input_shape[1:], dtype="float32"), *augment, network]
    )
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        auto_scale_loss=False,  # whatever the global dtype policy is
        # XLA cannot compile the augmentation, and its convolutions are slow on a CPU.
        jit_compile=False,
    )
    best = 0.0, model.get_weights()

    def on_epoch_end(epoch, logs):
        nonlocal best
        accuracy = logs["val_accuracy"]
        # Keras' EarlyStopping restores the first one, which has been trained least: few
        # held-out images have the same accuracy in many epochs.
        if accuracy >= best[0]:
            best = accuracy, model.get_weights()
        if on_epoch is not None:
            on_epoch(epoch, accuracy)

    model.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=num_batches,
        validation_data=held_out,
        validation_batch_size=images_at_once(network.input_shape[1:]),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)],
        shuffle=False,
        verbose=0,
    )
    model.set_weights(best[1])
    return model
