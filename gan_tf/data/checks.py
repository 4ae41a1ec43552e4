"""The rules that every source's arrays obey; nothing here reads a file."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError

MAX_BYTES = 8 * 2**30  # of one array
MIN_SIDE, MAX_SIDE = 4, 256  # pixels
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class Named(NamedTuple):
    """An array not checked yet, and what to call it in an error message."""

    where: str
    array: np.ndarray


def problem(where: object, text: str) -> InputError:
    """Returns an error of one line that begins with the name of what is wrong."""
    # File names and the messages of other libraries may hold line breaks.
    return InputError(" ".join(f"{where}: {text}".split()))


def check_size(where: object, size: int) -> None:
    """Refuses an array of more than `MAX_BYTES`; call it before taking the memory."""
    if size > MAX_BYTES:
        raise problem(
            where,
            f"would need {size:,} bytes, but the limit is {MAX_BYTES:,} (8 GiB):"
            " use fewer or smaller images",
        )


def check_sides(where: object, height: int, width: int) -> None:
    """Refuses images with a side outside `MIN_SIDE` to `MAX_SIDE`."""
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise problem(
            where,
            f"is {height} pixels high and {width} wide, but sides must be {MIN_SIDE} to"
            f" {MAX_SIDE}: resize the images",
        )


def check_images(images: Named) -> np.ndarray:
    """Returns uint8 [N, H, W, C], contiguous, N at least 1, C 1 or 3."""
    where, array = images
    if array.dtype != np.uint8:
        raise problem(
            where,
            f"is {array.dtype}, but images are uint8 from 0 to 255: convert values in"
            ' [0, 1] with (255 * x).round().astype("uint8")',
        )
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] not in (1, 3):
        raise problem(
            where,
            f"has the shape {images.array.shape}, but images are [N, H, W] or"
            " [N, H, W, C] with C 1 or 3: reshape or transpose them",
        )
    if not len(array):
        raise problem(where, "has no images: give at least one")
    check_sides(where, *array.shape[1:3])
    return np.ascontiguousarray(array)


def check_labels(labels: Named, images: np.ndarray) -> np.ndarray:
    """Returns integers [N], none negative, one for each of the N `images`."""
    where, array = labels
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise problem(
            where,
            f"is {array.dtype} {array.shape}, but labels are integers [N] or [N, 1]:"
            ' convert with y.astype("int32"), or one-hot rows with y.argmax(axis=1)',
        )
    if len(array) != len(images):
        raise problem(
            where,
            f"has {len(array)} labels for {len(images)} images: give one per image",
        )
    if array.min() < 0:
        raise problem(
            where,
            f"has the label {array.min()}, but labels count from 0: renumber them",
        )
    return array


def count_classes(where: str, labels: np.ndarray) -> int:
    """Returns max + 1, having made sure that each class occurs."""
    present = np.unique(labels)
    num_classes = int(present[-1]) + 1
    if len(present) < num_classes:
        # Never all of range(num_classes): a wrong label may be 2 ** 60.
        candidates = range(min(num_classes, len(present) + 5))
        missing = sorted(set(candidates) - set(present.tolist()))
        raise problem(
            where,
            f"has labels up to {num_classes - 1} but none of class"
            f" {', '.join(map(str, missing[:5]))}: each class from 0 on must occur,"
            " so renumber the labels",
        )
    return num_classes
