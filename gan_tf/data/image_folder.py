"""Reads folders of pictures, with one subfolder per class or without labels."""

import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from gan_tf.data.validation import NamedArray, check_image_sides, check_num_bytes
from gan_tf.errors import InputError
from gan_tf.fields import is_text

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP", ".gif": "GIF"}


def read(folder: Path) -> tuple[list[NamedArray | None], tuple[str, ...] | None]:
    """Returns the arrays and class names of a folder of pictures or class folders."""
    pictures, class_names = _list_folder(folder, "")
    if pictures and class_names:
        raise InputError(
            "has both pictures and subfolders: move the pictures into one subfolder"
            " per class, or remove the subfolders"
        )
    if not pictures and not class_names:
        raise InputError(
            "has no IDX files, pictures or subfolders of pictures: pictures end in"
            f" {', '.join(_FORMATS)}"
        )
    if pictures:
        return [_stack(folder, pictures), None, None, None], None
    labels = []
    for label, class_name in enumerate(class_names):
        if not is_text(class_name):
            raise InputError(
                f"{class_name}: is a class whose name is not plain text: rename the folder"
            )
        in_class, _ = _list_folder(folder, class_name)
        if not in_class:
            raise InputError(
                f"{class_name}: has no pictures directly inside, but each subfolder is a "
                f"class: add pictures ({', '.join(_FORMATS)}) or remove it"
            )
        pictures += [os.path.join(class_name, picture) for picture in in_class]
        labels += [label] * len(in_class)
    y_train = NamedArray("the subfolders", np.array(labels, np.int32))
    images = _stack(folder, pictures)
    return [images, y_train, None, None], tuple(class_names)


def _list_folder(root: Path, name: str) -> tuple[list[str], list[str]]:
    """Returns the names of the visible pictures and folders in `root` / `name`."""
    pictures, folders = [], []
    try:
        with os.scandir(root / name) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    pass
                elif entry.is_dir():
                    folders.append(entry.name)
                elif os.path.splitext(entry.name)[1].lower() in _FORMATS:
                    pictures.append(entry.name)
    except OSError as error:
        raise InputError(
            f"{name or 'the folder'}: cannot be listed ({error}): check it"
        ) from error
    return sorted(pictures, key=_natural_key), sorted(folders, key=_natural_key)


def _natural_key(name: str) -> tuple[list[Any], str]:
    """Returns a sort key that orders "2" before "10"."""
    parts = re.split(r"(\d+)", name)
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def _stack(folder: Path, names: list[str]) -> NamedArray:
    with warnings.catch_warnings():
        # Pillow warns of unusual but readable files; huge ones are refused below.
        warnings.simplefilter("ignore")
        first = _read_picture(folder, names[0])
        check_num_bytes("the pictures", len(names) * first.size)
        images = np.empty((len(names), *first.shape), np.uint8)
        for image, name in zip(images, names, strict=True):
            picture = _read_picture(folder, name)
            if picture.shape != first.shape:
                raise InputError(
                    f"{name}: is {_describe(picture)}, but {names[0]} is "
                    f"{_describe(first)}: all pictures must have the same size and be all "
                    "grey or all colour"
                )
            image[:] = picture
    return NamedArray("the pictures", images)


def _describe(image: np.ndarray) -> str:
    height, width, channels = image.shape
    return f"{width}x{height} {'grey' if channels == 1 else 'colour'}"


def _read_picture(folder: Path, name: str) -> np.ndarray:
    """Returns uint8 [H, W, 1] for a grey picture, else [H, W, 3]."""
    path = folder / name
    try:
        if not os.path.isfile(path):  # a pipe would block forever
            raise OSError("not a file")
        with PIL.Image.open(path, formats=sorted(set(_FORMATS.values()))) as picture:
            # Before the pixels are decoded, so that a huge picture takes no memory.
            check_image_sides(name, picture.height, picture.width)
            if picture.mode.startswith(("I", "F")):
                raise InputError(
                    f"{name}: has more than 8 bits per channel: save it with 8 bits"
                )
            is_grey = picture.mode in ("1", "L", "LA")
            pixels = np.asarray(picture.convert("L" if is_grey else "RGB"))
            return pixels.reshape(picture.height, picture.width, -1)
    except InputError:
        raise
    except Exception as error:  # damaged files raise a dozen types
        raise InputError(
            f"{name}: cannot be read as a picture ({error}): replace or remove it"
        ) from error
