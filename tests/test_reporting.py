import numpy as np
import pytest
from tiny import blobs, tiny_config

from gan_tf.models import model_class
from gan_tf.monitoring.diagnostics import Doctor
from gan_tf.monitoring.reporting import write_sheet
from gan_tf.monitoring.sample_stats import look_at_real
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.sampling import image_io as images

IMAGES, LABELS = blobs()


@pytest.fixture
def model(model_name):
    return model_class(model_name)(tiny_config(model_name), IMAGES.shape[1:], 3)


def sheet(model, folder):
    """Writes a sheet; returns (its metrics, the picture, what the doctor tells)."""
    config = model.config
    data = {"class_names": list("abc"), "image_shape": IMAGES.shape[1:]}
    run = Run.create(folder / "run", config, data, "")
    names = "abc" if model.conditional else ()
    sampler = Sampler(model.generator, model.image_range, config.noise, names)
    real = look_at_real(IMAGES, LABELS if model.conditional else None)
    writer = Summaries(run.path)
    metrics = write_sheet(sampler, 0, real, run, writer, step=500)
    writer.close()
    doctor = Doctor()
    assert not doctor.look(500, metrics)
    told = [finding.name for finding in doctor.look(1000, metrics)]
    return metrics, images.read_png(run.path / "samples" / "00000500.png"), told


@pytest.mark.parametrize("looks_at_z", [True, False])
def test_a_generator_that_does_not_look_at_z_has_collapsed(looks_at_z, model, tmp_path):
    rng = np.random.default_rng(0)
    weights = model.generator.get_weights()
    for weight in weights:
        weight += rng.normal(0, 0.5, weight.shape) if weight.ndim == 1 else 0
    # Of the first layer, the rows of z, which may be followed by those of a label.
    first = next(w for w in weights if w.ndim == 2 and w.shape[1] == 512)
    first[: model.config.latent_dim] *= 3 * looks_at_z
    model.generator.set_weights(weights)
    metrics, _, told = sheet(model, tmp_path)
    assert told == ([] if looks_at_z else ["collapsed_generator"])
    assert metrics["samples/contrast"] > 0.3
    assert (metrics["samples/variety"] < 1e-6) != looks_at_z


def test_black_images_are_called_empty(model, tmp_path):
    bias = model.generator.weights[-1]
    bias.assign(np.full(bias.shape, -50, np.float32))
    metrics, picture, told = sheet(model, tmp_path)
    assert told == ["empty_images"] and metrics["samples/contrast"] == 0
    assert set(np.unique(picture)) <= {0, 64}  # 64 lies between the images
