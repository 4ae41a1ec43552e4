"""Reads a file of images to score, and checks that such images can be scored."""

from pathlib import Path

import numpy as np

from gan_tf.data import Dataset, npz
from gan_tf.data.validation import (
    check_image_kind,
    check_images,
    check_label_kind,
    check_labels,
)
from gan_tf.errors import InputError, naming
from gan_tf.metrics import validation

_KINDS = {"images": check_image_kind, "labels": check_label_kind}


def read_images(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the arrays images, uint8 [N, H, W, C], and labels of an .npz file.

    Raises:
        InputError: it cannot be read, or its images or labels are invalid.
    """
    with naming("images", file):
        images, labels = npz.read(file, _KINDS)
        assert images is not None
        pixels = check_images(images)
        if labels is None:
            return pixels, None
        return pixels, check_labels(labels, pixels).astype(np.int64)


def check_image_set(images, labels, dataset: Dataset, num: int):
    """Checks that `num` of the images can be compared with those of a dataset.

    Args:
        images: uint8 [N, H, W] or [N, H, W, C].
        labels: integers [N], the requested labels; or None.
        dataset: what they are compared with.
        num: how many will be.

    Returns:
        (images uint8 [N, H, W, C], labels int64 [N] or None).

    Raises:
        InputError: another shape, too few, or labels that are not classes of the data.
    """
    images = validation.check_images(images)
    if images.shape[1:] != dataset.image_shape:
        raise InputError(
            f"images (shape {images.shape[1:]}) must be {dataset.image_shape}, as those "
            f"of {dataset.name}: name the data that they imitate"
        )
    if len(images) < num:
        raise InputError(f"num ({num}) must be at most {len(images)}, the images given")
    if labels is None:
        return images, None
    labels = validation.check_labels(labels, len(images), dataset.num_classes)
    counts = np.bincount(labels, minlength=dataset.num_classes)
    if counts.min() < 2:
        raise InputError(
            f"labels ({counts.min()} of class {dataset.class_names[counts.argmin()]}) "
            "must name every class of the data twice or more: give more images, or "
            "leave the labels out"
        )
    return images, labels
