import numpy as np
import pytest
from tiny import blobs, tiny_config

from gan_tf.data import Dataset
from gan_tf.data.fingerprint import describe
from gan_tf.models import model_class
from gan_tf.monitoring import diagnostics
from gan_tf.monitoring.recorder import Recorder
from gan_tf.run_dir.run import Run


@pytest.mark.parametrize("depends_on_z", [True, False])
def test_a_generator_that_ignores_z_has_collapsed(depends_on_z, model_name, tmp_path):
    images, labels = blobs()
    dataset = Dataset("blobs", images, labels, None, None, tuple("abc"))
    config = tiny_config(model_name, d_steps=3)
    model = model_class(model_name)(config, images.shape[1:], 3)
    rng = np.random.default_rng(0)
    for variable in model.generator.trainable_variables:
        if variable.ndim == 1:
            variable.assign_add(rng.normal(0, 1, variable.shape).astype(np.float32))
    # The first rows of the first kernel belong to z; those of a label, or all others to
    # z's code, may follow.
    first = next(v for v in model.generator.trainable_variables if "dense" in v.path)
    kernel = first.numpy()
    kernel[: config.latent_dim if model.conditional else None] *= 3 * depends_on_z
    first.assign(kernel)
    run = Run.create(tmp_path / "run", config, describe(dataset), "")
    with Recorder(run, model, model.generator, dataset, "CPU") as recorder:
        recorder.start(0, 4)
        metrics = recorder.write_sample_grid(500)
        speed = recorder.speed(500)
    images_per_step = speed["speed/images_per_second"] / speed["speed/steps_per_second"]
    assert images_per_step == pytest.approx(3 * config.batch_size)
    checks = diagnostics.Diagnostics()
    assert not checks.update(500, metrics)
    warnings = [check.name for check, _ in checks.update(1000, metrics)]
    assert warnings == ([] if depends_on_z else ["collapsed_generator"])
    assert metrics["samples/contrast"] > 0.3
    assert (metrics["samples/diversity"] < 1e-6) != depends_on_z
