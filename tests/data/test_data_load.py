"""data.load: which source is meant, and the shipped MNIST."""

import hashlib

import numpy as np
import pytest
from data_helpers import error_of, idx_bytes, random_images

from gan_tf import data


@pytest.fixture(scope="module")
def mnist():
    return data.load("mnist")


def test_mnist_has_its_shapes_and_types(mnist):
    assert mnist.name == "mnist"
    assert mnist.x_train.shape == (60000, 28, 28, 1) and mnist.x_train.dtype == np.uint8
    assert mnist.x_test.shape == (10000, 28, 28, 1) and mnist.x_test.dtype == np.uint8
    assert mnist.y_train.shape == (60000,) and mnist.y_train.dtype == np.int32
    assert mnist.y_test.shape == (10000,) and mnist.y_test.dtype == np.int32
    assert mnist.image_shape == (28, 28, 1)
    assert mnist.num_classes == 10
    assert mnist.class_names == tuple("0123456789")
    assert (
        mnist.summary()
        == "mnist: 60,000 images 28x28x1, 10 classes, 10,000 test images"
    )


@pytest.mark.parametrize(
    ("name", "md5"),
    [
        ("x_train", "6bbc9ace898e44ae57da46a324031adb"),
        ("y_train", "a25bea736e30d166cdddb491f175f624"),
        ("x_test", "2646ac647ad5339dbf082846283269ea"),
        ("y_test", "27ae3e4e09519cfbb04c329615203637"),
    ],
)
def test_mnist_is_the_original(mnist, name, md5):
    """Written back as IDX, the arrays have the MD5 sums of the published files."""
    array = getattr(mnist, name)
    array = array[..., 0] if array.ndim == 4 else array
    assert hashlib.md5(idx_bytes(array)).hexdigest() == md5


def test_mnist_class_counts(mnist):
    assert np.bincount(mnist.y_train)[[0, 1, 9]].tolist() == [5923, 6742, 5949]
    assert np.bincount(mnist.y_test)[[0, 1, 9]].tolist() == [980, 1135, 1009]


# --- paths -------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["", "cifar10", "no/such/folder", "a" * 5000])
def test_a_path_that_is_not_there(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = error_of(source)
    assert f"data ({source}): is not mnist, fashion_mnist" in message


def test_a_device_is_not_a_file():
    assert "readable file or folder" in error_of("/dev/zero")


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    np.savez(tmp_path / "d.npz", x_train=random_images(2, 5, 6))
    assert data.load("~/d.npz").image_shape == (5, 6, 1)
