"""Images that a classifier reads as their labels: others are drawn again."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gan_tf.sampling.latents import z_at
from gan_tf.sampling.sampler import Sampler

MAX_DRAWS = 20
# The indices of the draws of one image are this far apart, so that none is another
# image's, and an image does not depend on how many there are.
_STRIDE = 2**32


class VerifiedImages(NamedTuple):
    """Images, and what the classifier reads in them.

    Attributes:
        images: uint8 [N, H, W, C].
        probabilities: float32 [N], of the requested label.
        num_drawn: images drawn for these N.
    """

    images: np.ndarray
    probabilities: np.ndarray
    num_drawn: int


def generate_verified(
    sampler: Sampler,
    labels: Sequence[int],
    num: int,
    seed: int,
    classify: Callable[[np.ndarray], np.ndarray],
    threshold: float,
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
        threshold: the smallest probability of the requested label, from 0 to 1.
    """
    made, num_drawn = {}, 0
    for label, count in Counter(labels).items():
        images, found, drawn = _verified(
            sampler, label, count * num, seed, classify, threshold
        )
        pairs = zip(np.split(images, count), np.split(found, count))
        made[label], num_drawn = pairs, num_drawn + drawn
    images, found = zip(*(next(made[label]) for label in labels))
    return VerifiedImages(np.concatenate(images), np.concatenate(found), num_drawn)


def _verified(sampler, label, num, seed, classify, threshold):
    images = np.empty((num, *sampler.image_shape), np.uint8)
    probabilities = np.full(num, -1, np.float32)
    num_drawn = 0
    for draw in range(MAX_DRAWS):
        missing = np.flatnonzero(probabilities < threshold)
        if not len(missing):
            break
        z = z_at(seed, missing + draw * _STRIDE, sampler.latent_dim, sampler.noise)
        new = sampler.generate_from_z(z, label)
        found = classify(new)[:, label].astype(np.float32)
        is_better = found > probabilities[missing]
        images[missing[is_better]] = new[is_better]
        probabilities[missing[is_better]] = found[is_better]
        num_drawn += len(missing)
    return images, probabilities, num_drawn
