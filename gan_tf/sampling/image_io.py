"""Grids of images; PNG, JPEG, GIF and .npz files; class folders.

An image is uint8 [H, W, C], a batch of images uint8 [N, H, W, C], with C 1 (grey) or 3
(RGB).
"""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import PIL.Image

from gan_tf.errors import InputError
from gan_tf.files import atomic_write, write_errors

_SEPARATOR_PIXELS = 2
_SEPARATOR_VALUE = 64  # dark grey: visible around black and around bright tiles
_MAX_SIDES = {"JPEG": 65_500, "GIF": 65_535}  # Pillow's


def to_uint8(images: np.ndarray, low: float, high: float) -> np.ndarray:
    """Returns floats in [low, high] as uint8 0..255, rounded; values outside are clipped.

    `to_uint8(x, -1, 1)` is for the output of tanh, `to_uint8(x, 0, 1)` of a sigmoid.

    Raises:
        InputError: `images` contain NaN.
    """
    images = np.asarray(images).astype(np.float32)
    if np.isnan(images).any():
        raise InputError(
            "the images contain NaN: the model has diverged; use an earlier checkpoint"
            " or a lower learning rate"
        )
    # Clipped as floats: 256 cast to uint8 would wrap to black.
    scaled = np.clip((images - low) * (255 / (high - low)), 0, 255)
    return np.rint(scaled).astype(np.uint8)


def grid(images: np.ndarray, num_columns: int) -> np.ndarray:
    """Returns the images side by side, row by row, with 2 pixels of dark grey between.

    Args:
        images: uint8 [N, H, W, C], N at least 1.
        num_columns: images per row, at least 1. Unused places stay black.

    Returns:
        uint8 [R * (H + 2) - 2, num_columns * (W + 2) - 2, C] with
        R = ceil(N / num_columns).

    Raises:
        InputError: `images` have another type or shape, or `num_columns` is below 1.
    """
    _check_images(images, 4)
    if num_columns < 1:
        raise InputError(f"num_columns ({num_columns}) must be at least 1")
    count, height, width, channels = images.shape
    num_rows = -(-count // num_columns)
    gap = _SEPARATOR_PIXELS
    size = num_rows, num_columns, height + gap, width + gap, channels
    tiles = np.full(size, _SEPARATOR_VALUE, np.uint8)
    tiles[..., :-gap, :-gap, :] = 0
    tiles.reshape(-1, *size[2:])[:count, :-gap, :-gap] = images
    rows = tiles.swapaxes(1, 2)  # [R, H + 2, num_columns, W + 2, C]
    return rows.reshape(size[0] * size[2], -1, channels)[:-gap, :-gap]


def fill_rows(images: np.ndarray, num: int, num_columns: int) -> np.ndarray:
    """Returns images [N, H, W, C] with black ones after each `num`, which end a row."""
    shape = images.shape[1:]
    space = [(0, 0), (0, -num % num_columns), (0, 0), (0, 0), (0, 0)]
    return np.pad(images.reshape(-1, num, *shape), space).reshape(-1, *shape)


def write_image(path: str | os.PathLike, image: np.ndarray, format: str = "PNG") -> None:
    """Writes uint8 [H, W, C] as a file of the `format` PNG or JPEG, whole or not at all.

    As of all writers here: missing parent folders are made, an existing file is replaced,
    and an InputError is raised if `path` cannot be written or the images have another
    type or shape.
    """
    _check_images(image, 3)
    _check_sides(path, format, image.shape)
    with _writing(path) as file:
        to_pil(image).save(file, format=format, quality=95)  # PNG has no quality


def write_gif(
    path: str | os.PathLike, frames: np.ndarray, seconds_per_frame: float = 0.2
) -> None:
    """Writes uint8 [T, H, W, C] as a GIF that loops for ever, whole or not at all.

    GIF counts time in 1/100 s and has 256 colours per frame.
    """
    _check_images(frames, 4)
    _check_sides(path, "GIF", frames.shape[1:])
    first, *rest = [to_pil(frame) for frame in frames]
    with _writing(path) as file:
        first.save(
            file,
            format="GIF",
            save_all=True,
            append_images=rest,
            duration=round(100 * seconds_per_frame) * 10,
            loop=0,
        )


def write_npz(path: str | os.PathLike, /, **arrays: Any) -> None:
    """Writes arrays as a compressed .npz of exactly this name, whole or not at all."""
    with _writing(path) as file:
        np.savez_compressed(file, **arrays)


def read_png(path: str | os.PathLike | IO[bytes]) -> np.ndarray:
    """Returns an 8-bit PNG file as uint8 [H, W, 3], RGB without transparency.

    Raises:
        InputError: `path`, or the open file, cannot be read.
    """
    try:
        with PIL.Image.open(path, formats=["PNG"]) as picture:
            return np.array(picture.convert("RGB"))
    except Exception as error:  # Pillow raises a dozen types on damaged files
        raise InputError(
            f"{path}: cannot be read as PNG ({error}): write the file again"
        ) from error


def write_class_folders(
    folder: str | os.PathLike,
    images: np.ndarray,
    label_names: Sequence[str],
    class_names: Sequence[str] = (),
) -> None:
    """Writes each image as `<folder>/<label>/00000.png`, numbered within the label.

    In a folder that has such images already, the numbers continue after them. `data.load`
    reads the result. In label names, which come from data, `_` replaces what a
    folder name must not have: `T-shirt/top` becomes `T-shirt_top`, `../x` stays inside.

    Args:
        folder: new, or with nothing but folders of PNG files in it.
        images: uint8 [N, H, W, C].
        label_names: N names, one per image.
        class_names: all names that later calls may add, so that two labels which need the
            same folder name, such as `a/b` and `a_b`, keep two folders.

    Raises:
        InputError: `folder` has other files in it or cannot be written, or `images` and
            `label_names` differ in length.
    """
    folder = Path(folder)
    _check_images(images, 4)
    if len(images) != len(label_names):
        raise InputError(
            f"{len(images)} images have {len(label_names)} label names: give one each"
        )
    with write_errors(f"{folder}:"):
        folder.mkdir(parents=True, exist_ok=True)
    check_class_folders(folder)
    names = folder_names([*class_names, *label_names])
    counts = {label: _next_number(folder / names[label]) for label in set(label_names)}
    for image, label in zip(images, label_names, strict=True):
        path = folder / names[label] / f"{counts[label]:05d}.png"
        while path.exists():  # another process has written it meanwhile
            counts[label] += 1
            path = path.with_name(f"{counts[label]:05d}.png")
        with _writing(path, fsync=False) as file:
            to_pil(image).save(file, format="PNG")
        counts[label] += 1


def check_class_folders(folder: Path) -> None:
    """Raises an InputError unless all that is in an existing folder is as written here."""
    with write_errors(f"{folder}:"):
        if not all(map(_is_image_folder, _visible(folder))):
            raise InputError(
                f"{folder}: is not empty and has more in it than folders of .png files: "
                "name a new folder"
            )


def _is_image_folder(path: Path) -> bool:
    return path.is_dir() and all(file.suffix == ".png" for file in _visible(path))


def _visible(folder: Path) -> list[Path]:
    """Returns what is in a folder, without the files that systems put there.

    Nor those that a killed process left: see `atomic_write`.
    """
    hidden = re.compile(r"\..*|Thumbs\.db|desktop\.ini|.*\.png\.\d+\.tmp")
    return [path for path in folder.iterdir() if not hidden.fullmatch(path.name)]


def _next_number(folder: Path) -> int:
    stems = [file.stem for file in folder.glob("*.png") if file.stem.isdecimal()]
    return max(map(int, stems), default=-1) + 1


def folder_names(label_names: Sequence[str]) -> dict[str, str]:
    """Returns {label name: safe folder name}; no two folder names are alike."""
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


def _check_images(images: np.ndarray, dims: int) -> None:
    ok = images.dtype == np.uint8 and images.ndim == dims and images.shape[-1] in (1, 3)
    if not ok or not images.size:
        shape = "[H, W, C]" if dims == 3 else "[N, H, W, C]"
        raise InputError(
            f"images are {images.dtype} {images.shape}, but must be uint8 {shape}, not"
            " empty, with C 1 or 3: see image_io.to_uint8"
        )


def check_grid(
    path: Path, format: str, num_rows: int, num_columns: int, image_shape: Sequence[int]
) -> None:
    """Raises an InputError if a `grid` of such images cannot be a file of the format."""
    (height, width, _), gap = image_shape, _SEPARATOR_PIXELS
    sides = num_rows * (height + gap) - gap, num_columns * (width + gap) - gap
    _check_sides(path, format, sides)


def _check_sides(path, format, shape):
    limit = _MAX_SIDES.get(format, max(shape))
    if max(shape) > limit:
        raise InputError(
            f"{path}: a {format} has at most {limit:,} pixels per side, and this one "
            f"would have {shape[1]:,}x{shape[0]:,}: generate fewer images, or a .png"
        )


def to_pil(image: np.ndarray) -> PIL.Image.Image:
    """Returns uint8 [H, W, C] as Pillow's picture, which a notebook shows."""
    return PIL.Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


@contextlib.contextmanager
def _writing(path: str | os.PathLike, fsync: bool = True) -> Iterator[IO[bytes]]:
    """`atomic_write` that makes missing parent folders and raises `InputError`."""
    with write_errors(f"{path}:"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, fsync=fsync) as file:
            yield file
