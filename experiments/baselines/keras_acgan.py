"""The AC-GAN as most programs of the Keras 2 years train it, on Keras 3.

Both networks are compiled models: `generator.predict` makes the fakes, `train_on_batch`
updates D on real and on fake images, and G through a combined model in which D is frozen.
The layers are those of the `acgan-classic` preset, as plain Keras has them.
"""

import keras
import numpy as np

LATENT_DIM = 100
_NUM_CLASSES = 10


def build_generator():
    """Returns a Keras model of [z, labels [B, 1]] to images in [-1, 1]."""
    images = keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            keras.layers.Dense(128 * 7 * 7, activation="relu"),
            keras.layers.Reshape((7, 7, 128)),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.UpSampling2D(),
            keras.layers.Conv2D(128, 3, padding="same", activation="relu"),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.UpSampling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.Conv2D(1, 3, padding="same", activation="tanh"),
        ]
    )
    z = keras.Input([LATENT_DIM])
    labels = keras.Input([1], dtype="int32")
    embedding = keras.layers.Embedding(_NUM_CLASSES, LATENT_DIM)(labels)
    code = keras.layers.multiply([z, keras.layers.Flatten()(embedding)])
    return keras.Model([z, labels], images(code))


def build_discriminator(image_shape=(28, 28, 1)):
    """Returns a Keras model of images to [probability of real, class probabilities]."""
    layers = [keras.Input(image_shape)]
    for filters in (16, 32, 64, 128):
        strides = 1 if filters == 128 else 2
        layers.append(keras.layers.Conv2D(filters, 3, strides, padding="same"))
        if filters == 32:
            layers.append(keras.layers.ZeroPadding2D(((0, 1), (0, 1))))
        layers += [keras.layers.LeakyReLU(0.2), keras.layers.Dropout(0.25)]
        if filters in (32, 64):
            layers.append(keras.layers.BatchNormalization(momentum=0.8))
    features = keras.Sequential([*layers, keras.layers.Flatten()])
    images = keras.Input(image_shape)
    x = features(images)
    validity = keras.layers.Dense(1, activation="sigmoid")(x)
    classes = keras.layers.Dense(_NUM_CLASSES, activation="softmax")(x)
    return keras.Model(images, [validity, classes])


class ClassicACGAN:
    """The whole program, but for its printing.

    Attributes:
        generator: Keras model.
        discriminator: Keras model, which `step` trains although it is marked as frozen.
    """

    def __init__(self, images, labels, batch_size: int):
        """Compiles the models and trains D once.

        Args:
            images: uint8 [N, H, W, C].
            labels: int [N] in [0, 10).
            batch_size: real images, and as many fake ones, in a step.
        """
        self._images = (images.astype(np.float32) - 127.5) / 127.5
        self._labels = labels.astype(np.int32).reshape(-1, 1)
        self._valid = np.ones((batch_size, 1), np.float32)
        self._fake = np.zeros((batch_size, 1), np.float32)
        self._batch_size = batch_size
        losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
        self.discriminator = build_discriminator(images.shape[1:])
        self.discriminator.compile(
            loss=losses,
            optimizer=keras.optimizers.Adam(2e-4, 0.5),
            metrics=[["accuracy"], ["accuracy"]],
        )
        self.generator = build_generator()
        # Keras 3 reads `trainable` when it traces, not in compile: frozen before its first
        # train_on_batch, D would never learn.
        self._train_discriminator_on_real()
        self.discriminator.trainable = False
        z, label = keras.Input([LATENT_DIM]), keras.Input([1], dtype="int32")
        judged = self.discriminator(self.generator([z, label]))
        self.combined = keras.Model([z, label], judged)
        self.combined.compile(loss=losses, optimizer=keras.optimizers.Adam(2e-4, 0.5))

    def _train_discriminator_on_real(self):
        rows = np.random.randint(0, len(self._images), self._batch_size)
        return self.discriminator.train_on_batch(
            self._images[rows], [self._valid, self._labels[rows]]
        )

    def step(self):
        """Updates D on real images, D on fake ones, then G; returns their losses."""
        d_real = self._train_discriminator_on_real()
        z = np.random.normal(0, 1, (self._batch_size, LATENT_DIM)).astype(np.float32)
        labels = np.random.randint(0, _NUM_CLASSES, (self._batch_size, 1), np.int32)
        made = self.generator.predict([z, labels], verbose=0)
        d_fake = self.discriminator.train_on_batch(made, [self._fake, labels])
        g = self.combined.train_on_batch([z, labels], [self._valid, labels])
        return d_real, d_fake, g

    def run(self, num: int) -> None:
        """Does `num` steps."""
        for _ in range(num):
            self.step()
