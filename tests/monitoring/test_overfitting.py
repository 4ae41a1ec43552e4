"""D's accuracy on real images that it is trained on, and on others."""

import types

import numpy as np
import pytest
import tensorflow as tf

from gan_tf.data import Dataset
from gan_tf.monitoring.overfitting import Overfitting


def measure(train, test):
    """The scalars of a D whose logit is the pixel + 0.5, and the pixels that it gets."""
    inputs = []

    def discriminator(images, training):
        assert not training
        inputs.append((images[:, 0, 0, 0].numpy() + 1) * 127.5)
        return [images[:, 0, 0] + 0.5, tf.zeros([len(images), 3])]

    model = types.SimpleNamespace(
        discriminator=discriminator, from_uint8=lambda x: tf.cast(x, "float32") / 127.5 - 1
    )
    data = Dataset("d", train, None, test, None, ())
    return Overfitting(model, data).scalars(), inputs


def test_the_fractions_are_of_logits_above_0_on_each_set():
    train = np.arange(200, dtype=np.uint8).reshape(200, 1, 1, 1)
    test = np.full([70, 1, 1, 1], 10, np.uint8)
    test[:7] = 255
    scalars, (shown, other) = measure(train, test)
    # Above -0.5 are the values from 64 on, whatever the order of the images.
    assert len(set(shown.round())) == len(shown)
    assert scalars == {
        "overfitting/d_accuracy_train": np.mean(shown.round() >= 64),
        "overfitting/d_accuracy_test": np.mean(other > 250),
    }
    assert scalars["overfitting/d_accuracy_test"] in [n / 64 for n in range(1, 8)]
    assert measure(train, None) == ({}, [])


@pytest.mark.parametrize("num, used", [(700, 512), (499, 256), (50, 32), (13, 8)])
def test_images_are_compared_in_whole_groups(num, used):
    """In smaller groups, D's minibatch deviations are others than in the training."""
    _, inputs = measure(*(np.zeros([size, 1, 1, 1], np.uint8) for size in (700, num)))
    sizes = [min(64, used)] * max(1, used // 64)  # of each call of D
    assert list(map(len, inputs)) == 2 * sizes
