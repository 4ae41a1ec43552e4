"""Shared fixtures: tiny data and tiny runs, so that the suite stays fast."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from gan_tf.config import Config
from gan_tf.models import MODELS

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
    "jit_compile": "off",
    "mixed_precision": "off",
}


def tiny_config(model, **settings):
    return Config.from_preset(model, **{**TINY, **settings})


def blobs(num=60, side=8, num_classes=3, seed=0):
    """Synthetic digits: a bright bar whose place says its class, and noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num, dtype=np.int32) % num_classes
    images = rng.integers(0, 30, (num, side, side, 1))
    for image, label in zip(images, labels):
        image[2 * label + 1] += 180 + rng.integers(0, 40)
    return images.astype(np.uint8), labels


@pytest.fixture(scope="session")
def blob_file(tmp_path_factory):
    """An .npz of `blobs`, as a user would bring their own images."""
    file = tmp_path_factory.mktemp("data") / "blobs.npz"
    images, labels = blobs()
    np.savez(file, x_train=images, y_train=labels)
    return file


@pytest.fixture(params=MODELS)
def model_name(request):
    return request.param
