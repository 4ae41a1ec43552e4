"""data.load: which source is meant, and the bundled MNIST."""

import hashlib

import numpy as np
import PIL.Image
import pytest
from data_helpers import X, error_of, idx_bytes, random_images, save

from gan_tf import data


@pytest.fixture(scope="module")
def mnist():
    return data.load("mnist")


def test_mnist_has_its_shapes_and_types(mnist):
    assert mnist.x_train.shape == (60000, 28, 28, 1) and mnist.x_train.dtype == np.uint8
    assert mnist.x_test.shape == (10000, 28, 28, 1) and mnist.x_test.dtype == np.uint8
    assert mnist.y_train.shape == (60000,) and mnist.y_train.dtype == np.int32
    assert mnist.y_test.shape == (10000,) and mnist.y_test.dtype == np.int32
    assert (mnist.name, mnist.image_shape) == ("mnist", (28, 28, 1))
    assert (mnist.num_classes, mnist.class_names) == (10, tuple("0123456789"))
    summary = "mnist: 60,000 images 28x28x1, 10 classes, 10,000 test images"
    assert mnist.summary() == summary


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


@pytest.mark.parametrize("source", ["", "cifar10", "no/such/folder", "a" * 5000])
def test_a_path_that_does_not_exist(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert f"data ({source}): is not mnist, fashion_mnist" in error_of(source)


def test_a_device_is_not_a_file():
    assert "readable file or folder" in error_of("/dev/zero")


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
