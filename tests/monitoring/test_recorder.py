import math

import numpy as np
import pytest
from tiny import blobs, tiny_config

from gan_tf.data import Dataset
from gan_tf.models import model_class
from gan_tf.monitoring import diagnostics
from gan_tf.monitoring.recorder import Recorder
from gan_tf.run_dir.run import Run
from gan_tf.sampling import image_io

IMAGES, LABELS = blobs()
DATASET = Dataset("blobs", IMAGES, LABELS, None, None, tuple("abc"))


@pytest.fixture
def model(model_name):
    return model_class(model_name)(tiny_config(model_name), IMAGES.shape[1:], 3)


@pytest.fixture
def write_grid(model, tmp_path):
    """Writes a sample grid; returns its metrics, the picture and the warnings."""

    def write():
        data = {"class_names": list("abc"), "image_shape": [8, 8, 1]}
        run = Run.create(tmp_path / "run", model.config, data, "")
        with Recorder(run, model, model.generator, DATASET, "CPU") as recorder:
            recorder.start(0, 4, math.inf)
            metrics = recorder.write_sample_grid(500)
        checks = diagnostics.Diagnostics()
        assert not checks.update(500, metrics)
        names = [check.name for check, _ in checks.update(1000, metrics)]
        picture = image_io.read_png(run.path / "samples" / "00000500.png")
        return metrics, picture, names

    return write


@pytest.mark.parametrize("depends_on_z", [True, False])
def test_a_generator_that_ignores_z_has_collapsed(depends_on_z, model, write_grid):
    rng = np.random.default_rng(0)
    for variable in model.generator.trainable_variables:
        if variable.ndim == 1:
            variable.assign_add(rng.normal(0, 1, variable.shape).astype(np.float32))
    # The first rows of the first kernel belong to z; those of a label may follow.
    first = next(v for v in model.generator.trainable_variables if "dense" in v.path)
    kernel = first.numpy()
    kernel[: model.config.latent_dim] *= 3 * depends_on_z
    first.assign(kernel)
    metrics, _, warnings = write_grid()
    assert warnings == ([] if depends_on_z else ["collapsed_generator"])
    assert metrics["samples/contrast"] > 0.3
    assert (metrics["samples/diversity"] < 1e-6) != depends_on_z


def test_black_images_are_empty(model, write_grid):
    bias = model.generator.weights[-1]
    bias.assign(np.full(bias.shape, -50, np.float32))
    metrics, picture, warnings = write_grid()
    assert warnings == ["empty_images"] and metrics["samples/contrast"] == 0
    assert set(np.unique(picture)) <= {0, 64}  # 64 separates the images
