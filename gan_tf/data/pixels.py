"""Makes uint8 [N, H, W, C] of arrays of other types, ranges and layouts."""

from collections.abc import Iterator, Sequence

import numpy as np

from gan_tf.data import validation
from gan_tf.data.resizing import resize_array
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import NamedArray
from gan_tf.errors import InputError, counted

_BLOCK_BYTES = 2**24
_GREY_LEVELS = 6  # by which the channels of a grey picture may differ
_EPSILON = 1e-4  # by which arithmetic may exceed a range


def to_uint8(
    images: dict[str, NamedArray],
    settings: DataSettings,
    notes: list[str],
    whole: Sequence[np.ndarray] = (),
) -> dict[str, np.ndarray]:
    """Returns the images of each split as uint8 [N, H, W, C], all of one shape.

    The images given have any layout of `image_layout`, and are numbers of any type. Their
    range is that of the `whole` arrays of this type, if they are a subset of these.

    Raises:
        InputError: the range of the numbers is not plain, or the sizes differ.
    """
    arrays = {}
    whole = whole or [array for _, array in images.values()]
    for split, (name, array) in images.items():
        is_resized = settings.image_size is not None
        validation.check_source_images(name, array.dtype, array.shape, is_resized)
        same = [other for other in whole if other.dtype == array.dtype]
        array = _arranged(name, array, notes)
        array = _scaled(name, array, same, notes)
        if array.shape[-1] == 4:
            array = _without_alpha(name, array, settings, notes)
        if is_resized and array.shape[1:3] != settings.image_size:
            array = resize_array(array, settings, notes)
        arrays[split] = array
    return _of_one_kind(images, arrays, settings, notes)


def scale_range(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns numbers as uint8: `low` becomes 0, `high` 255; values outside are clipped."""
    result = np.empty(values.shape, np.uint8)
    for rows in blocks(values):
        floats = (values[rows].astype(np.float64) - low) * (255 / (high - low))
        result[rows] = np.rint(np.clip(floats, 0, 255))
    return result


def blocks(array: np.ndarray) -> Iterator[slice]:
    """Yields slices of the first axis, of a few megabytes each."""
    size = max(1, _BLOCK_BYTES * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), size):
        yield slice(start, start + size)


def count_grey(images: np.ndarray) -> int:
    """Returns how many of the uint8 images [N, H, W, C] have equal channels, or only one.

    Lossy compression of grey pictures leaves differences, of which a few levels count as
    none.
    """
    return sum(int(_grey(images[rows]).sum()) for rows in blocks(images))


def _grey(images):
    if images.shape[-1] == 1:
        return np.ones(len(images), bool)
    green = images[..., 1:2]
    # An unsigned difference would wrap around.
    differs = np.maximum(images, green) - np.minimum(images, green) > _GREY_LEVELS
    return ~differs.any(axis=(1, 2, 3))


def _to_grey(images):
    """Returns the luminance of uint8 [N, H, W, 3], uint8 [N, H, W, 1] (ITU-R 601-2)."""
    result = np.empty((*images.shape[:3], 1), np.uint8)
    weights = np.array([19595, 38470, 7471], np.uint32)  # Pillow's, of 65536
    for rows in blocks(images):
        sums = images[rows].astype(np.uint32) @ weights
        result[rows, ..., 0] = (sums + 0x8000) >> 16
    return result


def _arranged(name, array, notes):
    """Returns a view [N, H, W, C]."""
    layout, (height, width, channels) = validation.image_layout(name, array.shape)
    if layout == "NCHW":
        notes.append(f"{name}: {array.shape} has the channels first, and was transposed")
        return array.transpose(0, 2, 3, 1)
    if layout == "ND":
        notes.append(
            f"{name}: the rows of {array.shape[1]} values are taken as images {height} "
            f"high and {width} wide, line by line"
        )
    if validation.is_images_last(array.shape):
        notes.append(
            f"{name}: {array.shape} is taken as {len(array)} images {height} high and "
            f"{width} wide; if it is {width} images, transpose it with "
            "x.transpose(2, 0, 1)"
        )
    return array.reshape(len(array), height, width, channels)


def _scaled(name, array, same, notes):
    """Returns uint8; `same` are the arrays of this type, which share their range."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        notes.append(f"{name}: False is taken as 0, True as 255")
        return array.astype(np.uint8, order="C") * np.uint8(255)
    parts = [a[rows] for a in same for rows in blocks(a)]
    # NumPy's minimum, unlike Python's, is NaN wherever there is one.
    low = np.min([part.min() for part in parts]).item()
    high = np.max([part.max() for part in parts]).item()
    found, ends = f"{array.dtype} from {low:g} to {high:g}", None
    if array.dtype.kind == "f":
        if not np.isfinite([low, high]).all():
            raise InputError(
                f"{name}: has values that are NaN or infinite: repair or remove the images"
            )
        if -_EPSILON <= low and high <= 1 + _EPSILON:
            ends = 0, 1
        elif -1 - _EPSILON <= low < -0.5 and 0.5 < high <= 1 + _EPSILON:
            ends = -1, 1
        elif 0 <= low and 128 <= high <= 255:
            ends = 0, 255
        elif 0 <= low and high <= 255:
            raise InputError(
                f"{name}: is {found}, not in [0, 1] or [-1, 1]: if 0 is black and 255 "
                'white, convert them with x.round().astype("uint8"); if '
                f"{high:g} is white, with (x * (255 / {high!r})).round()"
                '.astype("uint8")'
            )
    elif 0 <= low and high <= 255:
        ends = 0, 255
    elif array.dtype.kind == "u" and high > np.iinfo(array.dtype).max // 2:
        ends = 0, np.iinfo(array.dtype).max
    if ends:
        black, white = ends
        notes.append(f"{name}: {found}, taken as {black} (black) to {white:,} (white)")
        return scale_range(array, black, white)
    if low == high:
        raise InputError(f"{name}: is {found}: every value is the same, so save it again")
    raise InputError(
        f"{name}: is {found}, but images are 0 to 255, [0, 1] or [-1, 1]: convert them, if "
        f'{low:g} is black and {high:g} white, with ((x.astype("float64") - {low!r}) * '
        f'(255 / ({high!r} - {low!r}))).round().astype("uint8")'
    )


def _without_alpha(name, array, settings, notes):
    colour = np.array(settings.background_rgb, np.uint32)
    result = np.empty((*array.shape[:3], 3), np.uint8)
    count = 0
    for rows in blocks(array):
        alpha = array[rows][..., 3:].astype(np.uint32)
        count += int((alpha < 255).any(axis=(1, 2, 3)).sum())
        mixed = array[rows][..., :3] * alpha + colour * (255 - alpha)
        result[rows] = (mixed + 127) // 255
    if count:
        notes.append(transparency_note(count, settings))
    return result


def transparency_note(count: int, settings: DataSettings) -> str:
    """Returns the line about `count` images with transparent pixels."""
    return (
        f"{counted(count, 'image', 'are')} transparent in places, and laid on "
        f"{settings.background} (--background)"
    )


def _of_one_kind(images, arrays, settings, notes):
    """Returns the splits with the same channels, after the checks of all of them."""
    shape = next(iter(arrays.values())).shape[1:3]
    for split, array in arrays.items():
        if array.shape[1:3] != shape:
            first = next(iter(images.values())).name
            raise InputError(
                f"{images[split].name}: has images {array.shape[2]} wide and "
                f"{array.shape[1]} high, those of {first} are {shape[1]} wide and "
                f"{shape[0]} high: make them the same with --size, such as --size 32"
            )
    found, wanted = {array.shape[-1] for array in arrays.values()}, settings.channels
    if wanted == "own":
        # The first image in colour decides: the others are not read.
        are_grey = all(_grey(x[rows]).all() for x in arrays.values() for rows in blocks(x))
        wanted = "1" if are_grey else "3"
    if wanted == "3" and found == {1, 3}:
        notes.append("some splits are grey and others colour: all become colour")
    if wanted == "1" and 3 in found:
        if settings.channels == "own":
            notes.append("all images are grey: one channel (--channels 3 keeps three)")
        else:
            notes.append("the images become grey (--channels 1)")
    return {split: _with_channels(array, int(wanted)) for split, array in arrays.items()}


def _with_channels(array, wanted):
    if array.shape[-1] == wanted:
        return array
    if wanted == 3:
        return np.repeat(array, 3, axis=-1)
    return _to_grey(array)
