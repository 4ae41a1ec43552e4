"""The rules that every source's arrays obey; nothing here reads a file."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError

MAX_BYTES = 8 * 2**30  # of one array
MIN_SIDE, MAX_SIDE = 4, 256  # pixels
MAX_CLASSES = 10_000
# Files that unpack to more than both: images do not shrink like that, bombs do.
_BOMB_BYTES, _BOMB_RATIO = 2**28, 250


class Named(NamedTuple):
    """An array not checked yet, and what to call it, a part of the data, in an error."""

    where: str
    array: np.ndarray


def problem(where: object, text: str) -> InputError:
    """Returns an error that begins with the name of the part that is wrong."""
    return InputError(f"{where}: {text}")


def check_size(where: object, size: int) -> None:
    """Refuses an array of more than `MAX_BYTES`; call it before taking the memory."""
    if size > MAX_BYTES:
        raise problem(
            where,
            f"would need {size:,} bytes, but the limit is {MAX_BYTES:,} (8 GiB):"
            " use fewer or smaller images",
        )


def check_unpacking(where: object, size: int, packed: int) -> None:
    """Refuses `packed` bytes of a file that unpack to `size`, if no images would."""
    if size > max(_BOMB_BYTES, packed * _BOMB_RATIO):
        raise problem(
            where,
            f"would unpack {packed:,} bytes to {size:,}, more than {_BOMB_RATIO} times as"
            " many, as no images do: if they are real, save them uncompressed",
        )


def check_sides(where: object, height: int, width: int) -> None:
    """Refuses images with a side outside `MIN_SIDE` to `MAX_SIDE`."""
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise problem(
            where,
            f"is {height} pixels high and {width} wide, but sides must be {MIN_SIDE} to"
            f" {MAX_SIDE}: resize the images",
        )


def check_image_kind(where: object, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuses what is not uint8 [N, H, W] or [N, H, W, C], N at least 1, C 1 or 3."""
    if dtype != np.uint8:
        raise problem(
            where,
            f"is {dtype}, but images are uint8 from 0 to 255: convert values in"
            ' [0, 1] with (255 * x).round().astype("uint8")',
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise problem(
            where,
            f"has the shape {shape}, but images are [N, H, W] or"
            " [N, H, W, C] with C 1 or 3: reshape or transpose them",
        )
    if not shape[0]:
        raise problem(where, "has no images: give at least one")
    check_sides(where, *shape[1:3])


def check_label_kind(where: object, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuses what is not integers [N] or [N, 1]."""
    is_list = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if not is_list or not np.issubdtype(dtype, np.integer):
        raise problem(
            where,
            f"is {dtype} {shape}, but labels are integers [N] or [N, 1]:"
            ' convert with y.astype("int32"), or one-hot rows with y.argmax(axis=1)',
        )


# The arrays of a data set, in the order in which readers return them, and the rule that
# each one's type and shape obey.
ARRAYS = {
    "x_train": check_image_kind,
    "y_train": check_label_kind,
    "x_test": check_image_kind,
    "y_test": check_label_kind,
}


def check_images(images: Named) -> np.ndarray:
    """Returns uint8 [N, H, W, C], contiguous, N at least 1, C 1 or 3."""
    where, array = images
    check_image_kind(where, array.dtype, array.shape)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    return np.ascontiguousarray(array)


def check_labels(labels: Named, images: np.ndarray) -> np.ndarray:
    """Returns integers [N], none negative, one for each of the N `images`."""
    where, array = labels
    check_label_kind(where, array.dtype, array.shape)
    array = array.reshape(-1)
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
    if num_classes > MAX_CLASSES:
        raise problem(
            where,
            f"has {num_classes:,} classes, but the limit is {MAX_CLASSES:,}: number the"
            " kinds of images, not the images",
        )
    return num_classes
