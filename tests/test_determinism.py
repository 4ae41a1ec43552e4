"""The same config gives the same bits, whatever else the machine does."""

import os
import subprocess
import sys

import numpy as np
import pytest

from gan_tf import data, hardware
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.trainer import Trainer


@pytest.fixture(scope="module")
def mnist():
    return data.load("mnist")


@pytest.fixture
def busy_machine():
    """Every core but one computes something else."""
    code = "while True: pass"
    others = range(max(1, (os.cpu_count() or 1) - 1))
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in others]
    yield
    for process in processes:
        process.kill()
        process.wait()


def bits(name, dataset, steps, **settings):
    """Every array of a checkpoint after `steps` steps as they are by default."""
    cls = model_class(name)
    config = Config.from_preset(name, **settings)
    config = config.resolved(hardware.fast_choices(cls, config))
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = cls(config, dataset.image_shape, dataset.num_classes, dtype)
    images, labels = dataset.x_train, dataset.y_train
    trainer = Trainer(model, images, labels, config, config.jit_compile == "on")
    trainer.train(steps)
    step = trainer.train_step
    variables = [
        *step.model.generator.weights,
        *step.model.discriminator.weights,
        *step.ema_generator.weights,
        *step.g_optimizer.variables,
        *step.d_optimizer.variables,
    ]
    return [np.array(variable).tobytes() for variable in variables]


@pytest.mark.parametrize("name, steps", [("gan", 60), ("acgan", 6)])
def test_equal_configs_give_equal_bits_on_all_images_of_a_busy_machine(
    name, steps, mnist, busy_machine
):
    assert len(mnist.x_train) == 60_000
    one = bits(name, mnist, steps)
    assert bits(name, mnist, steps) == one
