"""Equal configs give equal bits, whatever else the machine computes."""

import hashlib
import subprocess
import sys

import pytest

from gan_tf import data
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.training import devices
from gan_tf.training.trainer import Trainer

pytestmark = pytest.mark.slow
STEPS = {"gan": 60, "acgan": 6}


def bits(name, dataset, steps):
    """A digest of all variables after `steps` steps of a preset."""
    cls = model_class(name)
    config = Config(preset=name)
    config = config.resolved(devices.fast_choices(cls, config))
    dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
    model = cls(config, dataset.image_shape, dataset.num_classes, dtype)
    trainer = Trainer(model, dataset.x_train, dataset.y_train, config)
    trainer.train(steps)
    digest = hashlib.sha256()
    for variables in trainer.state.values():
        for variable in variables:
            digest.update(variable.numpy().tobytes())
    return digest.hexdigest()


def test_equal_configs_give_equal_bits_on_all_images_of_a_busy_machine():
    # Two at once: the cores are busy, and operations run in another order.
    command = [sys.executable, __file__]
    pair = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    one, other = (process.communicate(timeout=600)[0] for process in pair)
    assert [process.returncode for process in pair] == [0, 0]
    assert one == other
    printed = dict(line.split() for line in one.splitlines())
    assert printed.keys() == STEPS.keys() and len(set(printed.values())) == 2


if __name__ == "__main__":
    mnist = data.load("mnist")
    assert len(mnist.x_train) == 60_000
    for model_name, num_steps in STEPS.items():
        print(model_name, bits(model_name, mnist, num_steps))
