"""A folder with good data and good runs, beside which bad input is tried."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from refusals import Refusals
from tiny import blobs, tiny_config

from gan_tf import data
from gan_tf.data.fingerprint import describe


def make_run(path, model, data_file):
    """A run with a checkpoint at step 2, as a training leaves it, in a second."""
    import tensorflow as tf

    from gan_tf.models import model_class
    from gan_tf.run_dir.run import Run

    config = tiny_config(model, data=str(data_file))
    dataset = data.load(config.data)
    run = Run.create(path, config, describe(dataset), "CPU")
    generator = model_class(model).build_generator(
        config, dataset.image_shape, dataset.num_classes
    )
    checkpoint = tf.train.Checkpoint(generator=generator, ema_generator=generator)
    run.checkpoints.save(checkpoint, 2)


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The folder: blobs.npz, set.npz, bare.npz, thesis/notes.txt, runs/gan, runs/acgan."""
    folder = tmp_path_factory.mktemp("home")
    images, labels = blobs()
    np.savez(
        folder / "blobs.npz",
        x_train=images,
        y_train=labels,
        x_test=images,
        y_test=labels,
    )
    np.savez(folder / "set.npz", images=images, labels=labels)
    np.savez(folder / "bare.npz", x_train=images)
    (folder / "thesis").mkdir()
    (folder / "thesis" / "notes.txt").write_text("mine")
    for model in ("gan", "acgan"):
        make_run(folder / "runs" / model, model, folder / "blobs.npz")
    return folder


@pytest.fixture(scope="session")
def refuse(home):
    """See `Refusals`."""
    return Refusals(home)


@pytest.fixture(autouse=True)
def _remember_module(request, refuse):
    refuse.modules.add(Path(request.path).name)


@pytest.fixture
def copy_of(home, tmp_path):
    """Copies a run of `home` so that it can be damaged."""

    def copy(name):
        return Path(shutil.copytree(home / "runs" / name, tmp_path / name))

    return copy


@pytest.fixture
def record(copy_of):
    """A copy of runs/gan and its config.json, which the test may write anew."""
    run = copy_of("gan")
    return run, json.loads((run / "config.json").read_text())


def pytest_collection_modifyitems(items):
    """Puts the count behind everything that it counts."""
    items.sort(key=lambda item: item.path.name == "test_bad_input_count.py")
