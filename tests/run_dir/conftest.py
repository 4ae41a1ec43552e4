import pytest
import tensorflow as tf
from tiny import tiny_config

from gan_tf.run_dir.run import Run


@pytest.fixture
def data():
    names = {"name": "blobs", "class_names": ["0", "1", "2"]}
    return {**names, "image_shape": [8, 8, 1], "num_images": 60, "crc32": 1}


@pytest.fixture
def run(tmp_path, data):
    config = tiny_config("gan", keep_checkpoints=3)
    return Run.create(tmp_path / "r", config, data, "CPU")


@pytest.fixture
def save():
    """Saves checkpoints of one variable, whose value is the step."""

    def save_steps(run, *steps):
        variable = tf.Variable(0.0)
        checkpoint = tf.train.Checkpoint(x=variable)
        for step in steps:
            variable.assign(step)
            run.save(checkpoint, step)
        return checkpoint, variable

    return save_steps
