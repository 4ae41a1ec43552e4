"""Turns arrays of images into grids, PNG, GIF and .npz files and class folders.

Images are uint8 [H, W, C] or, many of them, [N, H, W, C], with C 1 (grey) or 3 (RGB).
"""

import contextlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import PIL.Image

from gan_tf.errors import InputError

_SEPARATOR_PIXELS = 2
_SEPARATOR_VALUE = 64  # dark grey: visible around black tiles, quiet around bright ones


def to_uint8(images: np.ndarray, low: float, high: float) -> np.ndarray:
    """Maps floats in [low, high] to uint8 0..255, rounded; values outside are clipped.

    `to_uint8(x, -1, 1)` is for the output of tanh, `to_uint8(x, 0, 1)` of a sigmoid.

    Raises:
        InputError: `images` holds NaN.
    """
    images = np.asarray(images).astype(np.float32)
    if np.isnan(images).any():
        raise InputError(
            "the images hold NaN: the model has diverged, use an earlier checkpoint"
            " or a lower learning rate"
        )
    # Clipped as floats: 256 cast to uint8 would wrap to black.
    scaled = np.clip((images - low) * (255 / (high - low)), 0, 255)
    return np.rint(scaled).astype(np.uint8)


def upscale(images: np.ndarray, factor: int) -> np.ndarray:
    """Repeats pixels: [..., H, W, C] becomes [..., H * factor, W * factor, C]."""
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def grid(images: np.ndarray, num_columns: int) -> np.ndarray:
    """Tiles images row by row, 2 pixels of dark grey between them.

    Args:
        images: uint8 [N, H, W, C], N at least 1.
        num_columns: Tiles per row, at least 1. Places left over stay black.

    Returns:
        uint8 [R * (H + 2) - 2, num_columns * (W + 2) - 2, C] with
        R = ceil(N / num_columns).

    Raises:
        InputError: `images` are not of that kind or `num_columns` is below 1.
    """
    _check(images, 4)
    if num_columns < 1:
        raise InputError(f"num_columns ({num_columns}) must be at least 1")
    count, height, width, channels = images.shape
    num_rows = -(-count // num_columns)
    gap = _SEPARATOR_PIXELS
    tiles = np.zeros((num_rows * num_columns, height, width, channels), np.uint8)
    tiles[:count] = images
    tiles = np.pad(
        tiles,
        ((0, 0), (0, gap), (0, gap), (0, 0)),
        constant_values=_SEPARATOR_VALUE,
    )
    tiles = tiles.reshape(num_rows, num_columns, height + gap, width + gap, channels)
    rows = tiles.swapaxes(1, 2)  # [R, H + 2, num_columns, W + 2, C]
    picture = rows.reshape(num_rows * (height + gap), -1, channels)
    return picture[:-gap, :-gap]


def write_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Writes uint8 [H, W, C] as a PNG file, whole or not at all.

    Missing parent folders are made; an existing file is replaced.

    Raises:
        InputError: `path` cannot be written or `image` is not of that kind.
    """
    _check(image, 3)
    picture = _to_pil(image)
    _write(path, lambda file: picture.save(file, format="PNG"))


def write_gif(
    path: str | os.PathLike, frames: np.ndarray, seconds_per_frame: float = 0.2
) -> None:
    """Writes uint8 [T, H, W, C] as a GIF that loops for ever, whole or not at all.

    GIF counts time in 1/100 s and has 256 colours per frame. Missing parent folders are
    made; an existing file is replaced.

    Raises:
        InputError: `path` cannot be written or `frames` are not of that kind.
    """
    _check(frames, 4)
    first, *rest = [_to_pil(frame) for frame in frames]
    _write(
        path,
        lambda file: first.save(
            file,
            format="GIF",
            save_all=True,
            append_images=rest,
            duration=round(100 * seconds_per_frame) * 10,
            loop=0,
        ),
    )


def write_npz(path: str | os.PathLike, /, **arrays: Any) -> None:
    """Writes arrays as a compressed .npz of exactly this name, whole or not at all.

    Missing parent folders are made; an existing file is replaced.

    Raises:
        InputError: `path` cannot be written.
    """
    _write(path, lambda file: np.savez_compressed(file, **arrays))


def read_png(path: str | os.PathLike) -> np.ndarray:
    """Returns an 8-bit PNG file as uint8 [H, W, 3], RGB without transparency.

    Raises:
        InputError: `path` cannot be read.
    """
    try:
        with PIL.Image.open(path, formats=["PNG"]) as picture:
            return np.array(picture.convert("RGB"))
    except Exception as error:  # Pillow raises a dozen types on damaged files
        raise _problem(
            path, f"cannot be read as PNG ({error}): write the file again"
        ) from error


def write_class_folders(
    folder: str | os.PathLike, images: np.ndarray, label_names: Sequence[str]
) -> None:
    """Writes each image as `<folder>/<label>/00000.png`, counting within the label.

    The result is a folder that `data.load` reads. Label names come from data, so
    characters that a folder name must not have become `_`: `T-shirt/top` is written to
    `T-shirt_top`, and `../x` cannot leave `folder`.

    Args:
        folder: Must be new or empty.
        images: uint8 [N, H, W, C].
        label_names: N names, one per image.

    Raises:
        InputError: `folder` has something in it or cannot be written, or `images` and
            `label_names` do not fit.
    """
    folder = Path(folder)
    _check(images, 4)
    if len(images) != len(label_names):
        raise InputError(
            f"{len(images)} images have {len(label_names)} label names: give one each"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not is_empty:
        raise _problem(folder, "is not empty and is left as it is: name a new folder")
    names = _folder_names(label_names)
    counts = dict.fromkeys(names, 0)
    for image, label in zip(images, label_names, strict=True):
        write_png(folder / names[label] / f"{counts[label]:05d}.png", image)
        counts[label] += 1


def _folder_names(label_names: Sequence[str]) -> dict[str, str]:
    """Returns a safe folder name for each label name, no two alike."""
    names: dict[str, str] = {}
    taken = set()
    for label in sorted(set(label_names)):
        safe = re.sub(r'[\\/:*?"<>|\x00-\x1f]|^\.+|[. ]+$', "_", label) or "_"
        name, number = safe, 2
        while name.casefold() in taken:  # a file system may ignore case
            name, number = f"{safe}_{number}", number + 1
        taken.add(name.casefold())
        names[label] = name
    return names


def _check(images: np.ndarray, dims: int) -> None:
    ok = images.dtype == np.uint8 and images.ndim == dims and images.shape[-1] in (1, 3)
    if not ok or not images.size:
        kind = "[H, W, C]" if dims == 3 else "[N, H, W, C]"
        raise InputError(
            f"images are {images.dtype} {images.shape}, but must be uint8 {kind}, not"
            " empty, with C 1 or 3: see images.to_uint8"
        )


def _to_pil(image: np.ndarray) -> PIL.Image.Image:
    return PIL.Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def _write(path: str | os.PathLike, save: Callable[[IO[bytes]], None]) -> None:
    """Saves under a temporary name first, so that a kill leaves no half a file."""
    temporary = f"{os.fspath(path)}.{os.getpid()}.tmp"
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            save(file)
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


def _problem(path: str | os.PathLike, text: str) -> InputError:
    return InputError(" ".join(f"{os.fspath(path)}: {text}".split()))  # one line


def _unwritable(path: str | os.PathLike, error: OSError) -> InputError:
    reason = error.strerror or error
    return _problem(
        path, f"cannot be written ({reason}): mend that, or name another place"
    )
