"""Animations: walks through latent space, and morphs from one label to another."""

from collections.abc import Sequence

import keras
import numpy as np

from gan_tf.errors import InputError
from gan_tf.sampling import image_io
from gan_tf.sampling.latents import interpolate
from gan_tf.sampling.sampler import Sampler

FRAMES_PER_POINT = 12
FRAMES_PER_LABEL = 24  # of a morph: both its z and its label change


def walk(
    sampler: Sampler, labels: Sequence[int | None], num: int, seed: int, num_columns: int
) -> np.ndarray:
    """Returns the frames of a closed walk through `num` points of latent space.

    Each frame is a grid with one image per label, all of the same z.

    Args:
        sampler: its z are those of `seed`, in order.
        labels: one image per label in a frame.
        num: points; at least 2 are taken.
        seed: random seed of z.
        num_columns: images per row of a frame.

    Returns:
        uint8 [12 * max(num, 2), ...], a frame each.
    """
    path = _path(sampler, seed, max(num, 2), FRAMES_PER_POINT)
    columns = [sampler.generate_from_z(path, label) for label in labels]
    return np.stack(
        [image_io.grid(np.stack(frame), num_columns) for frame in zip(*columns)]
    )


def morph(sampler: Sampler, labels: Sequence[int], seed: int) -> np.ndarray:
    """Returns the frames of a closed path from each label to the next.

    The label moves on a line in the generator's label embedding, and z at the same time on
    the arc from one z of `seed` to its next: frame 24 k is image k of `seed`, of labels[k].

    Args:
        sampler: of a conditional model.
        labels: two or more indices of classes.
        seed: random seed of z.

    Returns:
        uint8 [24 * len(labels), H, W, C].

    Raises:
        InputError: the generator has no label embedding.
    """
    layers = sampler.generator.layers
    tables = [layer for layer in layers if isinstance(layer, keras.layers.Embedding)]
    if len(tables) != 1:
        raise InputError("morph is not possible: the generator has no label embedding")
    (table,) = tables
    fractions = _fractions(FRAMES_PER_LABEL)
    vectors = [
        start + fractions * (end - start)
        for start, end in _pairs(np.asarray(table.embeddings)[list(labels)])
    ]
    from_embedding = keras.Model(
        [sampler.generator.inputs[0], table.output], sampler.generator.output
    )
    z = _path(sampler, seed, len(labels), FRAMES_PER_LABEL)
    images = from_embedding.predict(
        [z, np.concatenate(vectors)], batch_size=64, verbose=0
    )
    return image_io.to_uint8(images, *sampler.image_range)


def _path(sampler, seed, num_points, num_frames):
    """Returns z on the closed path through the first z of `seed`."""
    return np.concatenate(
        [
            interpolate(start, end, _fractions(num_frames), sampler.noise)
            for start, end in _pairs(sampler.z(seed, num_points))
        ]
    )


def _fractions(num):
    return np.arange(num, dtype=np.float32)[:, None] / num


def _pairs(points):
    """Returns each point with its next one, the last with the first."""
    return zip(points, np.roll(points, -1, axis=0))
