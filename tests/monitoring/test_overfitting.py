"""D's accuracy on real images that it is trained on, and on others."""

import types

import numpy as np
import tensorflow as tf

from gan_tf.data import Dataset
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
    # Above -0.5 are the values from 64 on; 50 of the 200 training images are shown.
    shown = np.linspace(0, 199, 50).astype(int)
    assert scalars == {
        "overfitting/d_accuracy_train": np.mean(shown >= 64),
        "overfitting/d_accuracy_test": 0.1,
    }
    np.testing.assert_allclose(seen[0][:, 0, 0, 0], shown / 127.5 - 1, atol=1e-6)
    assert Overfitting(model, dataset(None)).scalars() == {}
