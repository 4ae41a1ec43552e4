"""Contrast and diversity of sample images, beside those of real images."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

# Enough of a class to know the standard deviations to a few percent.
_NUM_REAL = 100

DESCRIPTIONS = {
    "samples/contrast": "standard deviation of the pixels within an image, over that of "
    "real images; 0 for black or uniform images",
    "samples/diversity": "standard deviation of a pixel over images of different z, over "
    "that of real images; of the class in which it is the smallest",
}


class SampleStats(NamedTuple):
    """Statistics of groups of images, in grey levels from 0 to 255.

    Attributes:
        contrast: standard deviation of the pixels within an image, mean over the images.
        diversity: float64 [groups], standard deviation of a pixel over the images of a
            group, root mean square over the pixels.
    """

    contrast: float
    diversity: np.ndarray


def sample_stats(groups: Iterable[np.ndarray]) -> SampleStats:
    """Returns the statistics of groups of images, each uint8 [N, H, W, C]."""
    contrasts, diversity = [], []
    for images in groups:
        pixels = images.reshape(len(images), -1).astype(np.float32)
        contrasts.append(pixels.std(axis=1))
        # Unbiased: a grid has ten images of a class, the real ones are a hundred.
        variance = pixels.var(axis=0, ddof=1).mean() if len(images) > 1 else 0.0
        diversity.append(np.sqrt(variance))
    return SampleStats(float(np.concatenate(contrasts).mean()), np.array(diversity))


def real_sample_stats(
    images: np.ndarray, labels: np.ndarray | None, classes: Iterable[int]
) -> SampleStats:
    """Returns the statistics of up to 100 training images per class.

    Args:
        images: uint8 [N, H, W, C].
        labels: int32 [N]; None to take all images as one group.
        classes: the labels whose images are each a group.
    """
    if labels is None:
        return sample_stats([_spread(images, np.arange(len(images)))])
    return sample_stats(_spread(images, np.flatnonzero(labels == k)) for k in classes)


def sample_stat_ratios(fake: SampleStats, real: SampleStats) -> dict[str, float]:
    """Returns {tag: ratio of fake to real}.

    A tag or a group is left out where real images have no contrast or no diversity.
    """
    varied = real.diversity > 0
    ratios = {}
    if real.contrast:
        ratios["samples/contrast"] = fake.contrast / real.contrast
    if varied.any():
        least = (fake.diversity[varied] / real.diversity[varied]).min()
        ratios["samples/diversity"] = float(least)
    return ratios


def _spread(images, rows):
    """Some of the images, from the first to the last: files may be sorted."""
    places = np.linspace(0, len(rows) - 1, min(len(rows), _NUM_REAL))
    return images[rows[places.astype(int)]]
