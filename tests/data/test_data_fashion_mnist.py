"""Fashion-MNIST, from a stand-in for Keras."""

import sys
import types

import numpy as np
from data_helpers import error_of, random_images

from gan_tf import data


def fake_keras(monkeypatch, load_data):
    fashion = types.SimpleNamespace(load_data=load_data)
    datasets = types.SimpleNamespace(fashion_mnist=fashion)
    monkeypatch.setitem(sys.modules, "keras", types.SimpleNamespace(datasets=datasets))


def test_fashion_mnist_comes_from_keras_in_silence(monkeypatch, capsys):
    labels = np.arange(20, dtype=np.uint8) % 10
    x_train, x_test = random_images(20, 28, 28), random_images(20, 28, 28, seed=1)

    def load_data():
        print("Downloading")
        return (x_train, labels), (x_test, labels[::-1])

    fake_keras(monkeypatch, load_data)
    loaded = data.load("fashion_mnist")
    np.testing.assert_array_equal(loaded.x_train[..., 0], x_train)
    np.testing.assert_array_equal(loaded.x_test[..., 0], x_test)
    np.testing.assert_array_equal(loaded.y_test, labels[::-1])
    assert loaded.class_names[0] == "T-shirt/top"
    assert loaded.class_names[9] == "Ankle boot"
    assert loaded.num_classes == 10
    assert capsys.readouterr().out == ""


def test_fashion_mnist_without_network_says_which_files_to_put_where(monkeypatch):
    def load_data():
        raise Exception("URL fetch failure\non https://example.org")

    fake_keras(monkeypatch, load_data)
    message = error_of("fashion_mnist")
    assert "URL fetch failure" in message
    assert "t10k-labels-idx1-ubyte.gz" in message
    assert "~/.keras/datasets/fashion-mnist" in message
    assert "--data" in message
