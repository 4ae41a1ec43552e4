"""This package's side: MNIST, and trainers of presets as the commands make them."""

import functools
import importlib.resources

from gan_tf import data
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.training import devices
from gan_tf.training.trainer import Trainer


@functools.cache
def trainer(preset: str, **settings) -> Trainer:
    """Returns a trainer of `preset` on MNIST, with `auto` resolved as the commands do."""
    config, dataset = Config.from_preset(preset, **settings), mnist()
    model_type = model_class(config.model)
    config = config.resolved(devices.fast_choices(model_type, config))
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = model_type(config, dataset.image_shape, dataset.num_classes, dtype)
    return Trainer(model, dataset.x_train, dataset.y_train, config)


@functools.cache
def mnist() -> data.Dataset:
    """Returns MNIST, read once."""
    return data.load("mnist")


def mnist_file() -> str:
    """Returns the path of the arrays x_train and y_train, for other processes."""
    return str(importlib.resources.files("gan_tf") / "datasets" / "mnist.npz")
