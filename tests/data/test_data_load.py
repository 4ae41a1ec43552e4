"""data.load: which source is meant, the bundled MNIST, and Fashion-MNIST."""

import hashlib
from unittest import mock

import keras
import numpy as np
import PIL.Image
import pytest
from data_helpers import X, error_of, idx_bytes, save
from tiny import random_images

from gan_tf import data

MD5 = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


def test_mnist_is_the_original():
    """Written back as IDX, the arrays have the MD5 sums of the published files."""
    mnist = data.load("mnist")
    for name, md5 in MD5.items():
        array = getattr(mnist, name)
        assert array.dtype == (np.uint8 if array.ndim == 4 else np.int32)
        content = idx_bytes(array.reshape(array.shape[:3]))
        assert hashlib.md5(content).hexdigest() == md5
    assert (mnist.name, mnist.image_shape) == ("mnist", (28, 28, 1))
    assert (mnist.num_classes, mnist.class_names) == (10, tuple("0123456789"))
    summary = "mnist: 60,000 images 28x28x1, 10 classes, 10,000 test images"
    assert mnist.summary() == summary


@pytest.fixture
def fashion_mnist(monkeypatch):
    """A stand-in for the function of Keras that loads Fashion-MNIST."""
    load_data = mock.Mock()
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", load_data)
    return load_data


def test_fashion_mnist_comes_from_keras_in_silence(fashion_mnist, capsys):
    labels = np.arange(20, dtype=np.uint8) % 10
    x_train, x_test = random_images(20, 28, 28), random_images(20, 28, 28, seed=1)
    arrays = (x_train, labels), (x_test, labels[::-1])
    fashion_mnist.side_effect = lambda: print("Downloading") or arrays
    loaded = data.load("fashion_mnist")
    np.testing.assert_array_equal(loaded.x_train[..., 0], x_train)
    np.testing.assert_array_equal(loaded.x_test[..., 0], x_test)
    np.testing.assert_array_equal(loaded.y_train, labels)
    np.testing.assert_array_equal(loaded.y_test, labels[::-1])
    assert loaded.class_names[::9] == ("T-shirt/top", "Ankle boot")
    assert loaded.num_classes == 10
    assert capsys.readouterr().out == ""


def test_fashion_mnist_without_network_says_which_files_to_put_where(fashion_mnist):
    failure = "URL fetch failure\non https://example.org"
    fashion_mnist.side_effect = Exception(failure)
    message = error_of("fashion_mnist")
    assert "URL fetch failure" in message and "t10k-labels-idx1-ubyte.gz" in message
    assert "~/.keras/datasets/fashion-mnist" in message and "a folder with them" in message


@pytest.mark.parametrize(
    "source", ["", "cifar10", "no/such/folder", "a" * 5000, "/dev/zero"]
)
def test_a_path_of_no_file_or_folder(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    part = "is not mnist, fashion_mnist or a readable file or folder"
    assert f"data ({source}): {part}" in error_of(source)


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(tmp_path, x_train=random_images(2, 5, 6))
    assert data.load("~/d.npz").image_shape == (5, 6, 1)


@pytest.mark.parametrize("name", ["Ä é 猫", "a%sb", "x{}y", "--model", "~", "it's", "#1"])
def test_names_of_other_alphabets_and_odd_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d" / name).mkdir(parents=True)
    PIL.Image.fromarray(X[0]).save(tmp_path / "d" / name / f"{name}.png")
    assert data.load("d").class_names == (name,)
    save(tmp_path, x_train=X).rename(tmp_path / f"{name}.npz")
    assert len(data.load(f"./{name}.npz").x_train) == 4
