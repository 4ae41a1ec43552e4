"""How much images show, and how much they differ, beside real ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

# Real images of a class that are looked at: the standard deviations are then known to
# a few percent.
_NUM_REAL = 100

DESCRIPTIONS = {
    "samples/contrast": "standard deviation of the pixels within an image, over that of "
    "real images; 0 for black or even images",
    "samples/variety": "how much images of different z differ, over how much real images "
    "do; of the class in which they differ least",
}


class Look(NamedTuple):
    """What some groups of images look like, in grey levels from 0 to 255.

    Attributes:
        contrast: standard deviation of the pixels within an image, mean over the images.
        variety: float64 [groups], standard deviation of a pixel over the images of a
            group, root mean square over the pixels.
    """

    contrast: float
    variety: np.ndarray


def look(groups: Iterable[np.ndarray]) -> Look:
    """Looks at groups of images, each uint8 [N, H, W, C]."""
    contrasts, variety = [], []
    for images in groups:
        pixels = images.reshape(len(images), -1).astype(np.float32)
        contrasts.append(pixels.std(axis=1))
        # Unbiased: a sheet has ten images of a class, the real ones are a hundred.
        variance = pixels.var(axis=0, ddof=1).mean() if len(images) > 1 else 0.0
        variety.append(np.sqrt(variance))
    return Look(float(np.concatenate(contrasts).mean()), np.array(variety))


def look_at_real(images: np.ndarray, labels: np.ndarray | None) -> Look:
    """Looks at a part of the training images, a group a class.

    Args:
        images: uint8 [N, H, W, C].
        labels: int32 [N]; None to look at all images as one group.
    """
    if labels is None:
        return look([_spread(images)])
    classes = range(labels.max() + 1)
    return look(_spread(images, np.flatnonzero(labels == k)) for k in classes)


def compare(fake: Look, real: Look) -> dict[str, float]:
    """Returns {tag: ratio of fake to real}.

    What real images do not have, contrast or variety, cannot be missed: that tag, or
    that group, is left out.
    """
    varied = real.variety > 0
    ratios = {}
    if real.contrast:
        ratios["samples/contrast"] = fake.contrast / real.contrast
    if varied.any():
        least = (fake.variety[varied] / real.variety[varied]).min()
        ratios["samples/variety"] = float(least)
    return ratios


def _spread(images, rows=None):
    """Some of the images, from the first to the last: files may be sorted."""
    rows = np.arange(len(images)) if rows is None else rows
    places = np.linspace(0, len(rows) - 1, min(len(rows), _NUM_REAL))
    return images[rows[places.astype(int)]]
