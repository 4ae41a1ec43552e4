"""`--augment_preview`: a picture of the inputs of D."""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_tf import data
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.ops import random
from gan_tf.ops.augment import augment, num_ints
from gan_tf.sampling import image_io
from gan_tf.training.augmentation import MAX_P, auto_augment

_COLUMNS = 10
_ROWS = 4


def write_augment_preview(config: Config, file: str | os.PathLike) -> None:
    """Writes a grid: training images as they are, and augmented with growing p.

    Args:
        config: its `augment`, `data`, `seed` and `DataSettings` are used.
        file: a .png, which is replaced if it exists.

    Raises:
        InputError: nothing is augmented, or the file cannot be written.
    """
    if Path(file).suffix.lower() != ".png":
        raise InputError(f"augment_preview ({file}) must be the name of a .png file")
    dataset = data.load(config.data, **config.reading())
    config = config.resolved({"augment": auto_augment(dataset.x_train.shape)})
    if config.augment == "none":
        raise InputError(
            f"augment_preview ({file}): nothing is augmented, as --augment is none (or "
            "auto, with many images): add --augment translate or another list"
        )
    rows = np.random.default_rng(config.seed).permutation(len(dataset.x_train))
    images = dataset.x_train[np.resize(rows, _COLUMNS)]
    kinds, grid = tuple(config.augment.split(",")), [images]
    for row in range(1, _ROWS + 1):
        bits = random.random_bits([_COLUMNS, num_ints(kinds)], [config.seed, row])
        floats = tf.constant(images / np.float32(255))
        p = MAX_P * row / _ROWS
        changed = augment(floats, bits, p, kinds, (0.0, 1.0)).numpy()
        grid.append(image_io.to_uint8(changed, 0.0, 1.0))
    image_io.write_image(file, image_io.grid(np.concatenate(grid), _COLUMNS))
    each = ", ".join(f"{MAX_P * row / _ROWS:.1f}" for row in range(1, _ROWS + 1))
    print(f"wrote     {file}: real images, and below them {config.augment} with p {each}")
