"""Limits and rules of images and labels, whatever file they come from."""

from typing import NamedTuple

import numpy as np

from gan_tf.data.host_memory import free_memory
from gan_tf.data.settings import MAX_SIDE, MIN_SIDE
from gan_tf.errors import InputError

MAX_BYTES = 8 * 2**30  # of one array
MAX_CLASSES = 10_000
_MAX_SOURCE_SIDE = 20_000  # of an image that is resized
# A file that unpacks to more than both is a bomb: no images compress like that.
_BOMB_BYTES, _BOMB_RATIO = 2**28, 250


class NamedArray(NamedTuple):
    """An array that is not validated yet, and its name in errors."""

    name: str
    array: np.ndarray


class Raw(NamedTuple):
    """What a reader found, before its labels become indices and its pixels uint8.

    Attributes:
        arrays: images "x_train", "x_val", "x_test" and labels "y_train", ... of them.
        label_names: {label: name of its class}, where the source has names.
        notes: one line each, of what was understood or left out.
    """

    arrays: dict[str, NamedArray]
    label_names: dict[int, str] = {}
    notes: tuple[str, ...] = ()


def check_num_bytes(
    name: str,
    size: int,
    advice: str = "save fewer or smaller images as .npz, such as x[:N]",
) -> None:
    """Refuses an array that is larger than `MAX_BYTES` or than the free memory.

    The `advice` must work where it is checked: `--subset` and `--size` make pictures
    smaller, but not what is read from a file of arrays.
    """
    if size > MAX_BYTES:
        raise InputError(
            f"{name}: would need {size:,} bytes, but the limit is {MAX_BYTES:,} (8 GiB): "
            f"{advice}"
        )
    free = free_memory()
    if free is not None and size > free:
        raise InputError(
            f"{name}: would need {size:,} bytes of memory, but {free:,} are free: "
            f"{advice}"
        )


def check_compression(name: str, size: int, compressed: int) -> None:
    """Refuses `compressed` bytes that unpack to `size` bytes, if no images would."""
    if size > max(_BOMB_BYTES, compressed * _BOMB_RATIO):
        raise InputError(
            f"{name}: would unpack {compressed:,} bytes to {size:,}, more than "
            f"{_BOMB_RATIO} times as many, as only a zip bomb does: save blank images "
            "uncompressed"
        )


def check_image_sides(name: str, height: int, width: int, is_resized: bool = False) -> None:
    """Refuses images with a side outside `MIN_SIDE` to `MAX_SIDE`.

    Images that are resized may have any side up to 20,000 pixels.
    """
    low, high = (1, _MAX_SOURCE_SIDE) if is_resized else (MIN_SIDE, MAX_SIDE)
    if not (low <= min(height, width) and max(height, width) <= high):
        advice = "resize the images with --size, such as --size 32"
        raise InputError(
            f"{name}: is {height} pixels high and {width} wide, but sides must be {low} to "
            f"{high:,}: {'give smaller images' if is_resized else advice}"
        )


def image_layout(name: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, int, int]]:
    """Returns the order of the axes and (H, W, C) of an array of images.

    Args:
        name: of the array, in errors.
        shape: of the array.

    Returns:
        "NHW", "NHWC" with C 1, 3 or 4 (RGB with alpha), "NCHW" with C 1 or 3, or "ND" for
        rows of the pixels of a square grey image.

    Raises:
        InputError: it is none of them; the message contains what to do.
    """
    rule = f"{name}: has the shape {shape}, but images are [N, H, W] or [N, H, W, C] with"
    if len(shape) == 4:
        if shape[3] in (1, 3, 4):
            return "NHWC", (shape[1], shape[2], shape[3])
        if shape[1] in (1, 3):
            return "NCHW", (shape[2], shape[3], shape[1])
        if min(shape[1:]) >= 8:
            raise InputError(f"{rule} C 1 or 3: of volumes (3-D), save slices x[:, k]")
    if len(shape) == 3 and shape[2] not in (1, 3):
        return "NHW", (shape[1], shape[2], 1)
    if len(shape) == 2 and shape[1] > 0:
        side = round(shape[1] ** 0.5)
        if side**2 == shape[1] and side >= MIN_SIDE:
            return "ND", (side, side, 1)
        side = round((shape[1] / 3) ** 0.5)
        if 3 * side**2 == shape[1]:
            raise InputError(
                f"{rule} C 1 or 3: reshape to x.reshape(-1, {side}, {side}, 3), or, where "
                "all red values come first, to "
                f"x.reshape(-1, 3, {side}, {side}).transpose(0, 2, 3, 1)"
            )
        raise InputError(
            f"{rule} C 1 or 3: reshape rows of pixels with x.reshape(-1, height, width)"
        )
    raise InputError(
        f"{rule} C 1 or 3: add the first axis to a single image with x[None], reshape "
        "rows of pixels with x.reshape(-1, height, width, C), or move the axes with "
        "x.transpose"
    )


def is_images_last(shape: tuple[int, ...]) -> bool:
    """Whether an array may be [H, W, N], as MATLAB writes it, of square images."""
    return len(shape) == 3 and shape[0] == shape[1] != shape[2]


def check_source_images(
    name: str, dtype: np.dtype, shape: tuple[int, ...], is_resized: bool = False
) -> None:
    """Refuses what cannot be read as images, or of no images, or of sides out of range."""
    if dtype.kind not in "buif":
        raise InputError(
            f"{name}: is {dtype}, but images are numbers: save the pixels as uint8"
        )
    _, (height, width, channels) = image_layout(name, shape)
    if not shape[0]:
        raise InputError(f"{name}: has no images: give at least one")
    if is_images_last(shape) and shape[2] > MAX_SIDE:
        raise InputError(
            f"{name}: has the shape {shape}, but images are [N, H, W]: if these are "
            f"{shape[2]} images, transpose them with x.transpose(2, 0, 1)"
        )
    if channels == 1 and min(height, width) == 1 < max(height, width):
        raise InputError(
            f"{name}: has the shape {shape}, whose images are one line: reshape rows of "
            "pixels with x.reshape(-1, height, width)"
        )
    check_image_sides(name, height, width, is_resized)


def check_source_labels(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuses what cannot be read as labels: not numbers or text [N], [N, 1] or [N, K]."""
    if len(shape) not in (1, 2) or 0 in shape or dtype.kind not in "buifUS":
        raise InputError(
            f"{name}: is {dtype} {shape}, but labels are numbers or names, [N] or [N, 1], "
            "or one-hot rows [N, K]: save one label per image"
        )
