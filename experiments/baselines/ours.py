"""MNIST, trainers of presets as the commands make them, and baselines on the same data."""

import functools
import importlib.resources
import sys

from baselines.timing import Worker

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


def baseline(
    preset: str, module: str, *kind: str, python: str = sys.executable
) -> Worker:
    """Returns `python -m baselines.<module> [kind]` on MNIST, in the preset's batches."""
    file = importlib.resources.files("gan_tf") / "datasets" / "mnist.npz"
    batch_size = Config.from_preset(preset).batch_size
    return Worker(python, module, [*kind, str(file), str(batch_size)])
