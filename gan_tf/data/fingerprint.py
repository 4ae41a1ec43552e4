"""The description of a dataset that a run saves, and its validation."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from gan_tf.data import Dataset
from gan_tf.data.validation import MAX_CLASSES, check_image_sides
from gan_tf.errors import InputError
from gan_tf.fields import is_text


def describe(dataset: Dataset) -> dict[str, Any]:
    """Returns the description that a run saves; see `gan_tf.run_dir.run.Run`."""
    last = dataset.x_train if dataset.y_train is None else dataset.y_train
    # A caller's own `Dataset` may have a view, such as x[::10].
    first, last = map(np.ascontiguousarray, (dataset.x_train, last))
    return {
        "name": dataset.name,
        "image_shape": list(dataset.image_shape),
        "class_names": list(dataset.class_names),
        "num_images": len(dataset.x_train),
        "crc32": zlib.crc32(last.data, zlib.crc32(first.data)),
    }


def note_other_images(dataset: Dataset, description: Mapping[str, Any]) -> None:
    """Prints a note if `dataset` is not the one of a run's `description`."""
    if describe(dataset)["crc32"] != description["crc32"]:
        print("note      these are not the run's training images: their checksums differ")


def check_description(description: Mapping[str, Any]) -> None:
    """Checks "image_shape" and "class_names", which decide the size of the networks.

    Of the other keys of `describe`, that they are there.

    Raises:
        InputError: no dataset has such images or such classes.
        KeyError: one of them is missing.
    """
    keys = "image_shape", "class_names", "name", "num_images", "crc32"
    shape, names, *_ = (description[key] for key in keys)
    is_shape = isinstance(shape, list) and [type(size) for size in shape] == [int] * 3
    if not is_shape or shape[2] not in (1, 3):
        raise InputError(f"image_shape ({shape}) must be [H, W, C] with C 1 or 3")
    check_image_sides("image_shape", *shape[:2])
    if not (isinstance(names, list) and all(map(is_text, names))):
        raise InputError(f"class_names ({names}) must be a list of names in plain text")
    if not len(set(names)) == len(names) <= MAX_CLASSES:
        raise InputError(f"class_names must be at most {MAX_CLASSES:,}, all different")
