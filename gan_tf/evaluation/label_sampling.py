"""Asks a generator for images of given labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler


def generate(
    sampler: Sampler, labels: np.ndarray | None, num: int, seed: int
) -> np.ndarray:
    """Returns one image of each of `labels`, uint8 [num, H, W, C], no two of one z.

    Args:
        sampler: the generator.
        labels: integers [num]; None for an unconditional model.
        num: how many.
        seed: the images of label k are the first ones of seed `seed` + k.
    """
    if labels is None:
        return sampler.generate(num=num, seed=seed)
    made = np.empty([num, *sampler.generator.outputs[0].shape[1:]], np.uint8)
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == label)
        made[rows] = sampler.generate(label, len(rows), seed + label)
    return made


def check_sampler(sampler: Sampler, dataset: Dataset) -> None:
    """Checks that the generator makes images like those of the dataset.

    Raises:
        InputError: their shapes or their classes differ.
    """
    shape = tuple(sampler.generator.outputs[0].shape[1:])
    if shape != dataset.image_shape:
        raise InputError(
            f"data ({dataset.name}) have images of shape {dataset.image_shape}, the "
            f"generator makes {shape}: give the data that it was trained on"
        )
    if sampler.class_names and sampler.class_names != dataset.class_names:
        raise InputError(
            f"data ({dataset.name}) have the classes {_few(dataset.class_names)}, the "
            f"generator knows {_few(sampler.class_names)}: give the data that it was "
            "trained on"
        )


def _few(names):
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
