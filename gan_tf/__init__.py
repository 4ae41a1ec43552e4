"""Small-image GANs in TensorFlow 2 and Keras 3.

    >>> import gan_tf
    >>> sampler = gan_tf.train(gan_tf.Config.from_preset("acgan"))
    >>> sampler = gan_tf.load("runs/acgan")
    >>> sampler.generate(label=7, num=16, seed=0).shape
    (16, 28, 28, 1)

Importing this package does not import TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gan_tf.config import PRESETS, Config
from gan_tf.errors import InputError

if TYPE_CHECKING:
    from gan_tf.run_dir.run import load as load
    from gan_tf.train import train as train

__version__ = "0.1.0"
__all__ = ["Config", "InputError", "PRESETS", "load", "train", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "load":
        return importlib.import_module("gan_tf.run_dir.run").load
    if name in ("data", "images", "metrics", "models", "train"):
        return importlib.import_module(f"gan_tf.{name}")
    raise AttributeError(f"module 'gan_tf' has no attribute {name!r}")
