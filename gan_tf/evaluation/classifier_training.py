"""Supervised training of a small image classifier: for the judge and for CAS."""

import math

import numpy as np


def fit(
    network,
    train,
    held_out,
    *,
    epochs,
    batch_size,
    seed,
    learning_rate=1e-3,
    cosine_decay=False,
    augment=None,
    on_epoch=None,
):
    """Trains `network` with Adam and leaves in it the weights of its best epoch.

    The best epoch is the one with the highest accuracy on `held_out`; the earliest of
    equals. Row order and augmentation are functions of `seed`.

    Args:
        network: Keras model, float32 [B, H, W, C] in [0, 1] -> logits [B, K].
        train: (uint8 images [N, H, W, C], integer labels [N]).
        held_out: the same, for choosing the epoch.
        epochs: passes over `train`.
        batch_size: images per update; a last, smaller batch is left out of each epoch.
        seed: int.
        learning_rate: Adam's, at the start.
        cosine_decay: let the learning rate fall to 0 along half a cosine.
        augment: function (float32 images, int32 seed [2]) -> images, or None.
        on_epoch: called with (epoch, held-out accuracy) after each epoch, or None.

    Returns:
        List of the held-out accuracy after each epoch.
    """
    import keras
    import tensorflow as tf

    images, labels = tf.constant(train[0]), tf.constant(train[1], tf.int32)
    num_rows = len(train[0])
    batch_size = min(batch_size, num_rows)
    num_batches = num_rows // batch_size
    rate = learning_rate
    if cosine_decay:
        rate = keras.optimizers.schedules.CosineDecay(rate, epochs * num_batches)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(network.trainable_variables)

    # AutoGraph does not read source on every Python that TensorFlow supports.
    @tf.function(autograph=False)
    def train_batch(rows, number):
        x = tf.cast(tf.gather(images, rows), tf.float32) / 255.0
        y = tf.gather(labels, rows)
        if augment is not None:
            x = augment(x, tf.stack([seed, number]))
        with tf.GradientTape() as tape:
            logits = network(x, training=True)
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            )
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    rng = np.random.default_rng(seed)
    accuracies: list[float] = []
    best = network.get_weights()
    for epoch in range(epochs):
        order = tf.constant(rng.permutation(num_rows), tf.int32)
        for batch in range(num_batches):
            rows = order[batch * batch_size : (batch + 1) * batch_size]
            train_batch(rows, tf.constant(epoch * num_batches + batch))
        predicted = predict(network, held_out[0])[0].argmax(axis=1)
        accuracy = float(np.mean(predicted == held_out[1]))
        if not accuracies or accuracy > max(accuracies):
            best = network.get_weights()
        accuracies.append(accuracy)
        if on_epoch is not None:
            on_epoch(epoch, accuracy)
    network.set_weights(best)
    return accuracies


def predict(network, images, batch_size=500):
    """Returns the outputs of `network` for uint8 images, as a list of float32 arrays.

    Args:
        network: Keras model of float32 [B, H, W, C] in [0, 1], one output or several.
        images: uint8 [N, H, W, C].
        batch_size: images per call; it bounds the memory and changes nothing else.
    """
    import tensorflow as tf

    # One trace for full batches and the rest: the batch axis is left open.
    @tf.function(
        input_signature=[tf.TensorSpec([None, *images.shape[1:]], tf.uint8)],
        autograph=False,
    )
    def run(batch):
        return tf.nest.flatten(
            network(tf.cast(batch, tf.float32) / 255.0, training=False)
        )

    batches = [
        [output.numpy() for output in run(images[start : start + batch_size])]
        for start in range(0, len(images), batch_size)
    ]
    return [np.concatenate(outputs) for outputs in zip(*batches, strict=True)]


def shift_and_rotate(images, seed, max_shift=1.0, max_degrees=8.0):
    """Moves and turns each image a little, by bilinear sampling; black outside.

    Args:
        images: float32 [B, H, W, C].
        seed: int32 [2], a stateless seed.
        max_shift: greatest shift along each axis, in pixels.
        max_degrees: greatest turn about the centre.

    Returns:
        float32 [B, H, W, C].
    """
    import tensorflow as tf

    num, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    draws = tf.random.stateless_uniform([3, num], seed, -1.0, 1.0)
    angle = draws[0] * (max_degrees * math.pi / 180.0)
    cos, sin = tf.cos(angle), tf.sin(angle)
    centre_x, centre_y = (width - 1) / 2.0, (height - 1) / 2.0
    # Rows of the 2x3 map from output to input coordinates, turning about the centre.
    offset_x = centre_x - cos * centre_x + sin * centre_y + max_shift * draws[1]
    offset_y = centre_y - sin * centre_x - cos * centre_y + max_shift * draws[2]
    zero = tf.zeros_like(cos)
    transforms = tf.stack([cos, -sin, offset_x, sin, cos, offset_y, zero, zero], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=[height, width],
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
