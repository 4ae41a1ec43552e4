"""Reads training images: the bundled MNIST, Fashion-MNIST, or the user's own files.

Files may be untrusted: a size that a file claims is checked before memory is allocated
for it, nothing is unpickled, and a `Dataset` is returned only when every rule that it
states holds.
"""

import contextlib
import importlib.resources
import io
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gan_tf.data import idx, image_folder, npz
from gan_tf.data.batches import batch_rows
from gan_tf.data.validation import (
    ARRAYS,
    NamedArray,
    check_images,
    check_labels,
    count_classes,
)
from gan_tf.errors import InputError, naming

__all__ = ["Dataset", "batch_rows", "load"]

_FASHION_MNIST_CLASSES = tuple(
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
)


class Dataset(NamedTuple):
    """Validated images in memory.

    Attributes:
        name: `mnist`, `fashion_mnist`, or the path's name without its extension.
        x_train: uint8 [N, H, W, C], N >= 1, H and W in 4..256, C 1 (grey) or 3 (RGB).
        y_train: int32 [N] in [0, num_classes), each class at least once; None when the
            data have no labels.
        x_test: uint8 [M, H, W, C], held-out images; None if the source has none.
        y_test: int32 [M] in [0, num_classes); None if the source has none.
        class_names: one name per class; empty when the data have no labels.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray | None
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    class_names: tuple[str, ...]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of every image."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def num_classes(self) -> int:
        """Number of classes, 0 when the data have no labels."""
        return len(self.class_names)

    def summary(self) -> str:
        """Returns one line of text: `mnist: 60,000 images 28x28x1, 10 classes, ...`."""
        parts = [
            f"{len(self.x_train):,} images {'x'.join(map(str, self.image_shape))}",
            f"{self.num_classes} classes" if self.num_classes else "no labels",
        ]
        if self.x_test is not None:
            parts.append(f"{len(self.x_test):,} test images")
        return f"{self.name}: {', '.join(parts)}"


def load(source: str) -> Dataset:
    """Returns a dataset; docs/data.md shows every layout.

    Args:
        source: `mnist`, `fashion_mnist`, or the path of an .npz file, of a folder with
            IDX files, of a folder with one subfolder of pictures per class, or of a
            folder of pictures without labels.

    Raises:
        InputError: the source does not exist, cannot be read or breaks a rule.
    """
    with naming("data", source):
        if source == "mnist":
            bundled = importlib.resources.files("gan_tf") / "datasets" / "mnist.npz"
            with importlib.resources.as_file(bundled) as path:
                return _dataset("mnist", npz.read(path, ARRAYS))
        if source == "fashion_mnist":
            return _dataset(source, _read_fashion_mnist(), _FASHION_MNIST_CLASSES)
        path = Path(os.path.expanduser(source))
        name = Path(os.path.abspath(path)).stem or "data"
        # os.path's tests, unlike Path's, return False for a name that no file can have.
        if source and os.path.isdir(path):
            idx_files = idx.find(path)
            if any(idx_files):
                return _dataset(name, idx.read(idx_files))
            return _dataset(name, *image_folder.read(path))
        if source and os.path.isfile(path):
            return _dataset(name, npz.read(path, ARRAYS))
        raise InputError(
            "is not mnist, fashion_mnist or a readable file or folder: check the path"
        )


def _read_fashion_mnist() -> list[NamedArray | None]:
    try:
        import keras

        with contextlib.redirect_stdout(io.StringIO()):  # hides the download progress
            train, test = keras.datasets.fashion_mnist.load_data()
    except Exception as error:  # Keras raises plain Exception when a download fails
        raise InputError(
            f"is not in Keras's cache and cannot be downloaded ({error}): put "
            "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
            "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into "
            "~/.keras/datasets/fashion-mnist, or give a folder with them as --data"
        ) from error
    return [NamedArray(*pair) for pair in zip(ARRAYS, (*train, *test), strict=True)]


def _dataset(
    name: str, arrays: list[NamedArray | None], class_names: tuple[str, ...] | None = None
) -> Dataset:
    """Returns the dataset of `arrays`, in the order of `ARRAYS`, after validation."""
    x_train, y_train, x_test, y_test = arrays
    assert x_train is not None
    images = check_images(x_train)
    test_images = labels = test_labels = None
    if y_train is not None:
        labels = check_labels(y_train, images)
        num_classes = count_classes(y_train.name, labels)
        class_names = class_names or tuple(map(str, range(num_classes)))
    if x_test is not None:
        test_images = check_images(x_test)
        if test_images.shape[1:] != images.shape[1:]:
            raise InputError(
                f"{x_test.name}: has images of shape {test_images.shape[1:]}, the training "
                f"images have {images.shape[1:]}: make them the same"
            )
    if y_test is not None:
        if test_images is None or labels is None:
            raise InputError(
                f"{y_test.name}: needs test images and training labels too: add them or "
                "remove it"
            )
        test_labels = check_labels(y_test, test_images)
        if test_labels.max() >= num_classes:
            raise InputError(
                f"{y_test.name}: has the label {test_labels.max()}, but the training "
                f"labels are 0 to {num_classes - 1}: use the same classes in both"
            )
    return Dataset(
        name,
        images,
        None if labels is None else labels.astype(np.int32),
        test_images,
        None if test_labels is None else test_labels.astype(np.int32),
        class_names or (),
    )
