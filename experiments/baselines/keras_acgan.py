"""The AC-GAN as most programs of the Keras 2 years train it, on Keras 3.

    python -m baselines.keras_acgan DATA.npz BATCH_SIZE

Both networks are compiled models: `generator.predict` makes the fakes, `train_on_batch`
updates D on real and on fake images, and G through a combined model in which D is frozen.
The layers are those of the `acgan-classic` preset, as plain Keras has them.
"""

import keras
import numpy as np
from baselines.timing import serve
from keras import layers

LATENT_DIM, _NUM_CLASSES = 100, 10


def build_generator():
    """Returns a Keras model of [z, labels [B, 1]] to images in [-1, 1]."""
    blocks = [keras.Input([LATENT_DIM]), layers.Dense(128 * 7 * 7, activation="relu")]
    blocks += [layers.Reshape((7, 7, 128)), layers.BatchNormalization(momentum=0.8)]
    for filters in (128, 64):
        convolution = layers.Conv2D(filters, 3, padding="same", activation="relu")
        blocks += [layers.UpSampling2D(), convolution]
        blocks.append(layers.BatchNormalization(momentum=0.8))
    blocks.append(layers.Conv2D(1, 3, padding="same", activation="tanh"))
    z, labels = keras.Input([LATENT_DIM]), keras.Input([1], dtype="int32")
    embedding = layers.Flatten()(layers.Embedding(_NUM_CLASSES, LATENT_DIM)(labels))
    images = keras.Sequential(blocks)(layers.multiply([z, embedding]))
    return keras.Model([z, labels], images)


def build_discriminator():
    """Returns a Keras model of images to [probability of real, class probabilities]."""
    blocks = [keras.Input([28, 28, 1])]
    for filters in (16, 32, 64, 128):
        strides = 1 if filters == 128 else 2
        blocks.append(layers.Conv2D(filters, 3, strides, padding="same"))
        if filters == 32:
            blocks.append(layers.ZeroPadding2D(((0, 1), (0, 1))))
        blocks += [layers.LeakyReLU(0.2), layers.Dropout(0.25)]
        if filters in (32, 64):
            blocks.append(layers.BatchNormalization(momentum=0.8))
    images = keras.Input([28, 28, 1])
    features = keras.Sequential([*blocks, layers.Flatten()])(images)
    validity = layers.Dense(1, activation="sigmoid")(features)
    classes = layers.Dense(_NUM_CLASSES, activation="softmax")(features)
    return keras.Model(images, [validity, classes])


class ClassicACGAN:
    """The whole program without its printed output.

    `step` trains the Keras model `discriminator` although it is marked as frozen.
    """

    def __init__(self, images, labels, batch_size: int):
        """Compiles the models; trains D once, on uint8 [N, H, W, C] and int [N] labels."""
        self._images = (images.astype(np.float32) - 127.5) / 127.5
        self._labels = labels.astype(np.int32).reshape(-1, 1)
        self._valid = np.ones((batch_size, 1), np.float32)
        self._fake = np.zeros((batch_size, 1), np.float32)
        self._batch_size = batch_size
        losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
        adam, accuracies = keras.optimizers.Adam, [["accuracy"], ["accuracy"]]
        self.discriminator, self.generator = build_discriminator(), build_generator()
        self.discriminator.compile(adam(2e-4, 0.5), losses, metrics=accuracies)
        # Keras 3 reads `trainable` when it traces, not in compile: frozen before its first
        # train_on_batch, D would never learn.
        self._train_discriminator_on_real()
        self.discriminator.trainable = False
        inputs = [keras.Input([LATENT_DIM]), keras.Input([1], dtype="int32")]
        self.combined = keras.Model(inputs, self.discriminator(self.generator(inputs)))
        self.combined.compile(adam(2e-4, 0.5), losses)

    def _train_discriminator_on_real(self):
        rows = np.random.randint(0, len(self._images), self._batch_size)
        targets = [self._valid, self._labels[rows]]
        self.discriminator.train_on_batch(self._images[rows], targets)

    def step(self) -> None:
        """Updates D on real images, D on fake ones, then G."""
        self._train_discriminator_on_real()
        z = np.random.normal(0, 1, (self._batch_size, LATENT_DIM)).astype(np.float32)
        labels = np.random.randint(0, _NUM_CLASSES, (self._batch_size, 1), np.int32)
        fakes = self.generator.predict([z, labels], verbose=0)
        self.discriminator.train_on_batch(fakes, [self._fake, labels])
        self.combined.train_on_batch([z, labels], [self._valid, labels])

    def sampler(self):
        """Returns a `gan_tf` sampler of the generator, which takes labels [B]."""
        from gan_tf.sampling.sampler import Sampler

        z, labels = keras.Input([LATENT_DIM]), keras.Input([], dtype="int32")
        images = self.generator([z, layers.Reshape([1])(labels)])
        names = [str(digit) for digit in range(_NUM_CLASSES)]
        return Sampler(keras.Model([z, labels], images), (-1.0, 1.0), "normal", names)


def build(images, labels, batch_size: int):
    """Returns the loop `keras` of `timing.serve`."""
    return {"keras": ClassicACGAN(images[..., None], labels, batch_size).step}


if __name__ == "__main__":
    serve(build, f"keras {keras.__version__}")
