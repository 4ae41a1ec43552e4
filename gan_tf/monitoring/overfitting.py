"""D's accuracy on real images that it is trained on, and on others."""

import numpy as np
import tensorflow as tf

from gan_tf.data import Dataset
from gan_tf.models.base import GAN

_NUM = 512
_BATCH_SIZE = 64  # of all images at once, D's layers would take gigabytes
_TAGS = ("overfitting/d_accuracy_train", "overfitting/d_accuracy_test")

DESCRIPTIONS = {
    tag: f"fraction of up to {_NUM} real {kind} images, as they are in the data, that D "
    "classifies as real; far apart: D has memorized the training images"
    for tag, kind in zip(_TAGS, ("training", "test"))
}


class Overfitting:
    """Compares D's accuracy on up to 512 training and as many test images.

    A D that overfits classifies training images as real and others as fake (Karras et al.
    2020, section 2, https://arxiv.org/abs/2006.06676).
    """

    def __init__(self, model: GAN, dataset: Dataset):
        """Chooses the images; without test images nothing is measured."""
        self._model = model
        self._images: tuple[np.ndarray, ...] = ()
        if dataset.x_test is not None:
            num = min(_NUM, len(dataset.x_train), len(dataset.x_test))
            # A power of two divides into groups of `MinibatchStdDev`, as batches do.
            num = 1 << (num.bit_length() - 1)
            # The images may be sorted by class.
            self._images = tuple(
                images[np.random.default_rng(0).permutation(len(images))[:num]]
                for images in (dataset.x_train, dataset.x_test)
            )

    def scalars(self) -> dict[str, float]:
        """Returns {tag: accuracy}."""
        scalars = {}
        for tag, images in zip(_TAGS, self._images):
            blocks = range(0, len(images), _BATCH_SIZE)
            logits = [self._logits(images[i : i + _BATCH_SIZE]) for i in blocks]
            scalars[tag] = float(np.mean(np.concatenate(logits) > 0))
        return scalars

    def _logits(self, images):
        inputs = self._model.from_uint8(images)
        outputs = self._model.discriminator(inputs, training=False)
        return tf.nest.flatten(outputs)[0].numpy()
