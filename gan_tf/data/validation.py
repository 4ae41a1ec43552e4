"""Validation of arrays of images and labels, whatever file they come from."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError

MAX_BYTES = 8 * 2**30  # of one array
MIN_SIDE, MAX_SIDE = 4, 256  # pixels
MAX_CLASSES = 10_000
# A file that unpacks to more than both is a bomb: no images compress like that.
_BOMB_BYTES, _BOMB_RATIO = 2**28, 250


class NamedArray(NamedTuple):
    """An array that is not validated yet, and its name in errors."""

    name: str
    array: np.ndarray


def check_num_bytes(name: str, size: int) -> None:
    """Refuses an array of more than `MAX_BYTES`, before its memory is allocated."""
    if size > MAX_BYTES:
        raise InputError(
            f"{name}: would need {size:,} bytes, but the limit is {MAX_BYTES:,} (8 GiB): "
            "use fewer or smaller images"
        )


def check_compression(name: str, size: int, compressed: int) -> None:
    """Refuses `compressed` bytes that unpack to `size` bytes, if no images would."""
    if size > max(_BOMB_BYTES, compressed * _BOMB_RATIO):
        raise InputError(
            f"{name}: would unpack {compressed:,} bytes to {size:,}, more than "
            f"{_BOMB_RATIO} times as many, as only a zip bomb does: save blank images "
            "uncompressed"
        )


def check_image_sides(name: str, height: int, width: int) -> None:
    """Refuses images with a side outside `MIN_SIDE` to `MAX_SIDE`."""
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise InputError(
            f"{name}: is {height} pixels high and {width} wide, but sides must be "
            f"{MIN_SIDE} to {MAX_SIDE}: resize the images"
        )


def check_image_kind(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuses what is not uint8 [N, H, W] or [N, H, W, C], N at least 1, C 1 or 3."""
    if dtype != np.uint8:
        raise InputError(
            f"{name}: is {dtype}, but images are uint8 from 0 to 255: convert values in "
            '[0, 1] with (255 * x).round().astype("uint8")'
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise InputError(
            f"{name}: has the shape {shape}, but images are [N, H, W] or [N, H, W, C] with "
            "C 1 or 3: reshape or transpose them"
        )
    if not shape[0]:
        raise InputError(f"{name}: has no images: give at least one")
    check_image_sides(name, *shape[1:3])


def check_label_kind(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuses what is not integers [N] or [N, 1]."""
    is_list = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if not is_list or not np.issubdtype(dtype, np.integer):
        raise InputError(
            f"{name}: is {dtype} {shape}, but labels are integers [N] or [N, 1]: convert "
            'with y.astype("int32"), or one-hot rows with y.argmax(axis=1)'
        )


# The arrays of a dataset, in the order in which readers return them, each with the check
# of its type and shape.
ARRAYS = {
    "x_train": check_image_kind,
    "y_train": check_label_kind,
    "x_test": check_image_kind,
    "y_test": check_label_kind,
}


def check_images(images: NamedArray) -> np.ndarray:
    """Returns uint8 [N, H, W, C], contiguous, N at least 1, C 1 or 3."""
    name, array = images
    check_image_kind(name, array.dtype, array.shape)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    return np.ascontiguousarray(array)


def check_labels(labels: NamedArray, images: np.ndarray) -> np.ndarray:
    """Returns integers [N], none negative, one for each of the N `images`."""
    name, array = labels
    check_label_kind(name, array.dtype, array.shape)
    array = array.reshape(-1)
    if len(array) != len(images):
        raise InputError(
            f"{name}: has {len(array)} labels for {len(images)} images: give one per image"
        )
    if array.min() < 0:
        raise InputError(
            f"{name}: has the label {array.min()}, but labels start at 0: renumber them"
        )
    return array


def count_classes(name: str, labels: np.ndarray) -> int:
    """Returns the number of classes, max + 1, all of which must occur."""
    present = np.unique(labels)
    num_classes = int(present[-1]) + 1
    if len(present) < num_classes:
        # Never all of range(num_classes): a wrong label may be 2 ** 60.
        candidates = range(min(num_classes, len(present) + 5))
        missing = np.setdiff1d(candidates, present)
        raise InputError(
            f"{name}: has labels up to {num_classes - 1} but none of class "
            f"{', '.join(map(str, missing[:5]))}: each class from 0 on must occur, so "
            "renumber the labels"
        )
    if num_classes > MAX_CLASSES:
        raise InputError(
            f"{name}: has {num_classes:,} classes, but the limit is {MAX_CLASSES:,}: label "
            "the kinds of images, not the single images"
        )
    return num_classes
