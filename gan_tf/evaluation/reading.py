"""Reads a file of images to judge, and checks that such images can be judged."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from gan_tf.data import Dataset
from gan_tf.data.checks import Named, check_images, check_labels, check_size
from gan_tf.errors import InputError
from gan_tf.metrics import check


def read_images(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the arrays images, uint8 [N, H, W, C], and labels of an .npz file.

    Raises:
        InputError: it cannot be read, or its images or labels will not do.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                check_size(f"{file}: {member.filename}", member.file_size)
        with np.load(file, allow_pickle=False) as arrays:
            found = {k: arrays[k] for k in ("images", "labels") if k in arrays.files}
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen types on damage
        text = " ".join(f"{error}".split())
        raise InputError(
            f"images ({file}) cannot be read as .npz ({text}): write it with "
            "np.savez_compressed, or with python -m gan_tf.generate --out set.npz"
        ) from None
    if "images" not in found:
        raise InputError(f"images ({file}) has no array named images: rename yours")
    images = check_images(Named(f"{file}: images", found["images"]))
    if "labels" not in found:
        return images, None
    labels = check_labels(Named(f"{file}: labels", found["labels"]), images)
    return images, labels.astype(np.int64)


def check_fit(images, labels, dataset: Dataset, num: int):
    """Checks that `num` of the images can be compared with those of a dataset.

    Args:
        images: uint8 [N, H, W] or [N, H, W, C].
        labels: integers [N], what was asked for; or None.
        dataset: what they are compared with.
        num: how many will be.

    Returns:
        (images uint8 [N, H, W, C], labels int64 [N] or None).

    Raises:
        InputError: another shape, too few, or labels that are no classes of the data.
    """
    images = check.check_images(images)
    if images.shape[1:] != dataset.image_shape:
        raise InputError(
            f"images (shape {images.shape[1:]}) must be {dataset.image_shape}, as those "
            f"of {dataset.name}: name the data that they imitate"
        )
    if len(images) < num:
        raise InputError(f"num ({num}) must be at most {len(images)}, the images given")
    if labels is None:
        return images, None
    labels = check.check_labels(labels, len(images), dataset.num_classes)
    counts = np.bincount(labels, minlength=dataset.num_classes)
    if counts.min() < 2:
        raise InputError(
            f"labels ({counts.min()} of class {dataset.class_names[counts.argmin()]}) "
            "must name every class of the data twice or more: give more images, or "
            "leave the labels out"
        )
    return images, labels
