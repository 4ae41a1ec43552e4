"""Images of which a classifier predicts the label: others are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_tf.sampling.latents import z_at

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

MAX_DRAWS = 20
# The indices of the draws of one image are this far apart, so that none is another
# image's, and an image does not depend on how many there are.
_STRIDE = 2**32


class VerifiedImages(NamedTuple):
    """Images, and what the classifier predicts of them.

    Attributes:
        images: uint8 [N, H, W, C].
        probabilities: float32 [N], of the requested label.
        soft_labels: float32 [N, K], the probabilities of all classes.
        num_drawn: images drawn for these N.
    """

    images: np.ndarray
    probabilities: np.ndarray
    soft_labels: np.ndarray
    num_drawn: int


def generate_verified(
    sampler: Sampler,
    labels: Sequence[int],
    num: int,
    seed: int,
    classify: Callable[[np.ndarray], np.ndarray],
    threshold: float,
    z_factor: float = 1.0,
    on_images: Callable[[int], None] | None = None,
) -> VerifiedImages:
    """Returns `num` images per listed label, as `Sampler.generate` does, but verified.

    Image i of a label is that of index i, if its probability is at least `threshold`;
    otherwise of the first of the indices i + 2^32, i + 2 * 2^32, ... with such a
    probability. After `MAX_DRAWS` draws it is the one with the largest probability.

    Args:
        sampler: of a conditional model.
        labels: indices of classes.
        num: images per listed label, 1 or more.
        seed: random seed of z.
        classify: of uint8 [N, H, W, C] to probabilities [N, K].
        threshold: the smallest probability of the requested label, from 0 to 1; 0 for
            the first draw of each image.
        z_factor: what z is multiplied by here; `z_scale` was its factor in training.
        on_images: see `Sampler.generate`; the images that are dropped count, too.
    """
    of_image = np.repeat(labels, num)
    images = np.empty((len(of_image), *sampler.image_shape), np.uint8)
    probabilities = np.full(len(images), -1, np.float32)
    soft_labels = np.zeros((len(images), len(sampler.class_names)), np.float32)
    num_drawn = 0
    for label in dict.fromkeys(labels):
        own = np.flatnonzero(of_image == label)
        for draw in range(MAX_DRAWS):
            missing = np.flatnonzero(probabilities[own] < threshold)
            if not len(missing):
                break
            z = z_at(seed, missing + draw * _STRIDE, sampler.latent_dim, sampler.noise)
            new = sampler.generate_from_z(z_factor * z, label, on_images)
            all_classes = classify(new).astype(np.float32)
            found, rows = all_classes[:, label], own[missing]
            is_better = found > probabilities[rows]
            rows = rows[is_better]
            images[rows], soft_labels[rows] = new[is_better], all_classes[is_better]
            probabilities[rows] = found[is_better]
            num_drawn += len(missing)
    return VerifiedImages(images, probabilities, soft_labels, num_drawn)
