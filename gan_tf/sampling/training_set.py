"""Labelled images that are made to be learned from, rather than to look real.

Gap Filler (Lampis et al. 2023, https://arxiv.org/abs/2305.10118): z is drawn wider than in
the training of the generator, which adds rare images and worse ones, and images of
which a classifier does not predict the label are dropped. Another seed gives other images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gan_tf.sampling.verified_images import VerifiedImages, generate_verified

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

Z_FACTOR = 1.5


def generate_training_set(
    sampler: Sampler,
    counts: Sequence[int],
    seed: int,
    classify: Callable[[np.ndarray], np.ndarray],
    threshold: float,
    z_factor: float = Z_FACTOR,
    on_images: Callable[[int], None] | None = None,
) -> tuple[VerifiedImages, np.ndarray]:
    """Returns (`counts[k]` images of each label k, labels int32 [N]), in random order.

    The images of label k are those of `generate_verified` for the seed `seed` + 2^32 k,
    so that no two have the same z, nor have those of two seeds.

    Args:
        sampler: of a conditional model.
        counts: one number for each class, 0 or more; one of them is more than 0.
        seed: random seed of z and of the order, from 0 to 2^32 - 1.
        classify: see `generate_verified`, as the others.
        threshold: the smallest probability of the requested label, from 0 to 1.
        z_factor: what z is multiplied by.
        on_images: see `Sampler.generate`.
    """
    options = classify, threshold, z_factor, on_images
    parts = [
        generate_verified(sampler, [label], num, seed + (label << 32), *options)
        for label, num in enumerate(counts)
        if num
    ]
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    order = np.random.default_rng(seed).permutation(len(labels))
    *arrays, num_drawn = zip(*parts)
    images, probabilities, soft_labels = (np.concatenate(a)[order] for a in arrays)
    made = VerifiedImages(images, probabilities, soft_labels, sum(num_drawn))
    return made, labels[order]
