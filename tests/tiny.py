"""Tiny data and tiny settings, so that the suite stays fast."""

import contextlib
import tracemalloc

import numpy as np

from gan_tf.config import Config

# Small enough that a step takes milliseconds, with every part of a step in use.
TINY = {
    "steps": 4,
    "batch_size": 6,
    "latent_dim": 5,
    "steps_per_loop": 2,
    "log_every": 2,
    "sample_every": 2,
    "save_every": 2,
    "ema_decay": 0.9,
    "r1_gamma": 0.0,
    "jit_compile": "off",
    "mixed_precision": "off",
}


def tiny_config(model, **settings):
    return Config.from_dict({"model": model, **TINY, **settings})


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@contextlib.contextmanager
def little_memory():
    """Checks that less than 2 MB are allocated inside."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6


def blobs(num=60, side=8, num_classes=3, seed=0):
    """Synthetic digits: a bright bar whose place says its class, and noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num, dtype=np.int32) % num_classes
    images = rng.integers(0, 30, (num, side, side, 1))
    for image, label in zip(images, labels):
        image[2 * label + 1] += 180 + rng.integers(0, 40)
    return images.astype(np.uint8), labels
