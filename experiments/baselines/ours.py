"""This package's side: MNIST, and trainers of presets as the commands make them."""

from __future__ import annotations

import functools
import importlib.resources
import json

from gan_tf import data
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices
from gan_tf.training.trainer import Trainer


def trainer(preset: str, **settings) -> Trainer:
    """Returns a trainer of `preset` on MNIST, with `auto` resolved as the commands do.

    Equal settings give the same trainer, so that it is traced once.
    """
    config = Config.from_preset(preset, **settings)
    config = config.resolved(devices.fast_choices(model_class(config.model), config))
    return cached_trainer(json.dumps(config.as_dict()))


@functools.cache
def cached_trainer(settings: str) -> Trainer:
    """Returns the trainer of `settings`, a config without any `auto`, as JSON."""
    config = Config.from_dict(json.loads(settings))
    dataset = mnist()
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = model_class(config.model)(
        config, dataset.image_shape, dataset.num_classes, dtype
    )
    return Trainer(model, dataset.x_train, dataset.y_train, config)


def sampler(of: Trainer) -> Sampler:
    """Returns a sampler of a trainer's EMA generator."""
    step = of.train_step
    names = mnist().class_names if step.model.conditional else ()
    return Sampler(of.ema_generator, step.model.image_range, of.config.noise, names)


@functools.cache
def mnist() -> data.Dataset:
    """Returns MNIST, read once."""
    return data.load("mnist")


def mnist_file() -> str:
    """Returns the path of the arrays x_train and y_train, for other processes."""
    return str(importlib.resources.files("gan_tf") / "datasets" / "mnist.npz")
