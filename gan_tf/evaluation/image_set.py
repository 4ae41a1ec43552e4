"""Reads images to score, and checks that they can be scored."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf import data
from gan_tf.data import Dataset, npz
from gan_tf.data.pixels import to_uint8
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import check_source_images
from gan_tf.errors import InputError, listed, naming
from gan_tf.evaluation.splits import MIN_NUM
from gan_tf.metrics import validation
from gan_tf.sampling.image_io import folder_names


def read_images(
    file: Path, class_names: Sequence[str] = (), **reading: Any
) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns images, uint8 [N, H, W, C], and their requested labels, int64 [N] or None.

    Args:
        file: an .npz file of the arrays images, of any type and layout that `data.load`
            reads, and, optionally, labels, integers [N] or [N, 1]; an .npy file of the
            images; or a folder of pictures, with a folder for each class where the labels
            are known, as `gan_tf.generate` writes it.
        class_names: of the data that the images are compared with.
        **reading: of `DataSettings`, how the images are read; `subset`, which is of the
            real images, is ignored.

    Raises:
        InputError: it cannot be read, or its images or labels are invalid.
    """
    if os.path.isdir(file):
        return _read_folder(file, class_names, reading | {"subset": 0})
    settings, notes = DataSettings(**reading), list[str]()
    is_resized = settings.image_size is not None
    check = functools.partial(check_source_images, is_resized=is_resized)
    with naming("images", file):
        if Path(file).suffix.lower() == ".npy":
            found = {"images": npz.read_npy(file, check)}
        else:
            found = npz.read(file, {"images": check, "labels": _check_label_kind})
        pixels = to_uint8({"train": found["images"]}, settings, notes)["train"]
    labels = found.get("labels")
    _print_notes(notes)
    return pixels, None if labels is None else labels.array.reshape(-1).astype(np.int64)


def array_names(file: Path) -> set[str]:
    """Returns the names of the arrays in an .npz, such as `gan_tf.generate` writes."""
    is_npz = not os.path.isdir(file) and Path(file).suffix.lower() != ".npy"
    return set(npz.names(file)) if is_npz else set()


def _check_label_kind(name, dtype, shape):
    is_list = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    if not is_list or not np.issubdtype(dtype, np.integer):
        raise InputError(
            f"{name}: is {dtype} {shape}, but labels are integers [N] or [N, 1]: convert "
            'with y.astype("int32"), or one-hot rows with y.argmax(axis=1)'
        )


def _print_notes(notes):
    for note in notes:
        print(f"note      images: {note}")


def _read_folder(folder, class_names, reading):
    try:
        found = data.load(folder, **reading)
    except InputError as error:
        raise InputError(f"images{str(error).removeprefix('data')}") from None
    _print_notes(found.notes)
    if found.x_test is not None:
        raise InputError(
            f"images ({folder}): has a split of test images, which would be left out: name "
            "the folder of one split"
        )
    index = {name: k for k, name in enumerate(class_names)}
    safe_names = folder_names(class_names).items()
    # As `generate` names the folders, so that a class a_b is not taken for the class a/b.
    index |= {safe: index[name] for name, safe in safe_names}
    unknown = [name for name in found.class_names if name not in index]
    if len(unknown) == len(found.class_names):
        if len(unknown) > 1:
            _print_notes(
                [
                    f"no folder ({listed(unknown)}) is named like a class of the data "
                    f"({listed(class_names)}), so the images have no labels"
                ]
            )
        return found.x_train, None
    if unknown:
        raise InputError(
            f"images ({folder}): the folder {unknown[0]} is not named like a class of the "
            "data: rename it, or put all images into one folder"
        )
    labels = np.array([index[name] for name in found.class_names])
    return found.x_train, labels[found.y_train]


def check_image_set(images, labels, dataset: Dataset, num: int):
    """Checks that `num` of the images can be compared with those of a dataset.

    Args:
        images: uint8 [N, H, W] or [N, H, W, C]; grey ones can be compared with colour.
        labels: integers [N], the requested labels; or None.
        dataset: what they are compared with.
        num: how many will be.

    Returns:
        (images uint8 [N, H, W, C], labels int64 [N] or None).

    Raises:
        InputError: another shape, too few, or labels that are not classes of the data.
    """
    images = validation.check_images(images)
    if dataset.image_shape[-1] == 3 and images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    if images.shape[1:] != dataset.image_shape:
        raise InputError(
            f"images (shape {images.shape[1:]}) must be {dataset.image_shape}, as those "
            f"of {dataset.name}: name the --data that they imitate, with the --size and "
            "the --channels of the images"
        )
    if len(images) < MIN_NUM:
        raise InputError(f"images ({len(images)}) must be {MIN_NUM} or more")
    if len(images) < num:
        raise InputError(f"num ({num}) must be at most {len(images)}, the images given")
    if labels is None:
        return images, None
    return images, validation.check_labels(labels, len(images), dataset.num_classes)
