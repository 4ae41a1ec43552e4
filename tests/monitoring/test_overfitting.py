"""D's accuracy on real images that it is trained on, and on others."""

import types

import numpy as np
import tensorflow as tf
from tiny import random_images

from gan_tf.config import Config
from gan_tf.data import Dataset
from gan_tf.models import model_class
from gan_tf.monitoring.overfitting import Overfitting


def dataset(test):
    train = np.arange(200, dtype=np.uint8).reshape(200, 1, 1, 1)
    return Dataset("d", train, None, test, None, ())


def test_the_fractions_are_of_logits_above_0_on_each_set():
    seen = []

    def discriminator(images, training):
        assert not training
        seen.append(images.numpy())
        return [images[:, 0, 0] + 0.5, tf.zeros([len(images), 3])]

    model = types.SimpleNamespace(discriminator=discriminator, image_range=(-1.0, 1.0))
    test = np.full([50, 1, 1, 1], 10, np.uint8)
    test[:5] = 255
    scalars = Overfitting(model, dataset(test)).scalars()
    # Above -0.5 are the values from 64 on. Three whole groups of the 50 and of the 200
    # images are shown, whatever their order.
    shown, other = ((images[:, 0, 0, 0] + 1) * 127.5 for images in seen)
    assert len(set(shown.round())) == len(other) == 48
    assert scalars == {
        "overfitting/d_accuracy_train": np.mean(shown.round() >= 64),
        "overfitting/d_accuracy_test": np.mean(other > 250),
    }
    assert scalars["overfitting/d_accuracy_test"] in (3 / 48, 4 / 48, 5 / 48)
    assert Overfitting(model, dataset(None)).scalars() == {}


def test_images_are_compared_in_whole_groups():
    """In smaller groups, D's minibatch deviations are others than in the training."""
    config = Config.from_preset("gan")
    model = model_class("gan")(config, (28, 28, 1), 10)
    images = random_images(700, 28, 28, 1)
    for num, shown in (700, 512), (499, 496), (13, 8):
        measured = Overfitting(model, Dataset("d", images, None, images[:num], None, ()))
        assert [len(part) for part in measured._images] == [shown, shown]
