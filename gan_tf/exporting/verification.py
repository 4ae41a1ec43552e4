"""Checks an export: the images of its own runtime against those of `Sampler`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gan_tf.errors import InputError
from gan_tf.sampling.image_io import to_uint8
from gan_tf.sampling.sampler import Sampler

NUM = 100
# The runtimes add in other orders; a value near the middle of two grey levels may round
# to either.
_MOST = 1


def inputs(sampler: Sampler) -> Any:
    """Returns z [100, latent_dim] of seed 0, or [z, labels] with each label in turn."""
    z, names = sampler.z(0, NUM), sampler.class_names
    return [z, np.arange(NUM, dtype=np.int32) % len(names)] if names else z


def largest_difference(sampler: Sampler, runtime: Callable[[Any], np.ndarray]) -> int:
    """Returns the largest difference of a pixel in 100 images, 0 or 1 grey level.

    Args:
        sampler: makes the images to compare with.
        runtime: of `inputs` to images float32 [B, H, W, C].

    Raises:
        InputError: it is larger, or the runtime's images have another shape.
    """
    given = inputs(sampler)
    z, labels = given if isinstance(given, list) else (given, None)
    expected = np.empty((NUM, *sampler.image_shape), np.uint8)
    for label in [None] if labels is None else np.unique(labels):
        rows = slice(None) if label is None else labels == label
        expected[rows] = sampler.generate_from_z(z[rows], label)
    images = to_uint8(runtime(given), *sampler.image_range)
    if images.shape != expected.shape:
        raise InputError(f"images of shape {images.shape} were read from the export")
    difference = int(np.abs(images.astype(int) - expected).max())
    if difference > _MOST:
        raise InputError(
            f"the export's images differ from Python's by {difference} grey levels of 255, "
            f"more than {_MOST}: try another --format, and report this"
        )
    return difference
