"""The shapes and types that every metric accepts, checked in one place."""

import numpy as np

from gan_tf.errors import InputError


def check_images(images, name="images"):
    """Returns `images` as uint8 [N, H, W, C]; a missing channel axis is added.

    They must already be rounded to the 256 levels of an image file: the values between
    the levels alone would distinguish an unrounded generator output from real images.

    Raises:
        InputError: `images` is not uint8, not [N, H, W] or [N, H, W, C], or empty.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise InputError(
            f"{name} ({images.dtype}) must be uint8, 0 to 255: clip and round first."
        )
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.size == 0:
        raise InputError(
            f"{name} (shape {images.shape}) must be [N, H, W] or [N, H, W, C], N >= 1."
        )
    return images


def check_labels(labels, num_rows, num_classes=None, name="labels"):
    """Returns `labels` as int64 [num_rows], each in [0, num_classes).

    Raises:
        InputError: wrong shape, type or range.
    """
    labels = np.asarray(labels)
    if labels.shape != (num_rows,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            f"{name} ({labels.dtype} {labels.shape}) must be {num_rows} integers, "
            "one for each image."
        )
    labels = labels.astype(np.int64)
    if labels.min() < 0:
        raise InputError(f"{name} ({labels.min()}) must not be negative.")
    if num_classes is not None and labels.max() >= num_classes:
        raise InputError(
            f"{name} ({labels.max()}) must be below {num_classes}, the number of classes: "
            "they count from 0."
        )
    return labels


def check_features(features, min_rows=1, name="features"):
    """Returns `features` as float64 [N, D] with N >= `min_rows`, all finite.

    Images are accepted too and flattened, so that a distance can be taken in pixels.

    Raises:
        InputError: fewer than two axes, too few rows, NaN or infinity.
    """
    features = np.asarray(features)
    if features.ndim < 2:
        raise InputError(f"{name} (shape {features.shape}) must be [N, D].")
    if len(features) < min_rows:
        raise InputError(f"{name} ({len(features)} rows) must have {min_rows} or more.")
    features = features.reshape(len(features), -1).astype(np.float64, copy=False)
    if not np.isfinite(features).all():
        raise InputError(f"{name} must be finite; they hold NaN or infinity.")
    return features


def check_pair(first, second, min_rows=1, names=("first", "second")):
    """Returns two feature arrays, float64 [N, D] and [M, D], of one width D.

    Raises:
        InputError: either is bad by itself, or their widths differ.
    """
    first = check_features(first, min_rows, names[0])
    second = check_features(second, min_rows, names[1])
    if first.shape[1] != second.shape[1]:
        raise InputError(
            f"{names[0]} ({first.shape[1]} wide) and {names[1]} ({second.shape[1]} "
            "wide) must have the same width."
        )
    return first, second
