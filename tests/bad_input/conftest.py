"""A folder with good data and good runs, in which bad input is tried."""

import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf
from bad_input_helpers import COMMANDS, files_in
from tiny import blobs, tiny_config

from gan_tf import cli, data
from gan_tf.data.fingerprint import describe
from gan_tf.models import model_class
from gan_tf.run_dir.run import Run


def make_run(path, model, data_file):
    """Makes a run with a checkpoint of its generator at step 2, in a second."""
    config = tiny_config(model, data=str(data_file))
    dataset = data.load(config.data)
    run = Run.create(path, config, describe(dataset), "CPU")
    generator = model_class(model).build_generator(
        config, dataset.image_shape, dataset.num_classes
    )
    checkpoint = tf.train.Checkpoint(generator=generator, ema_generator=generator)
    run.save(checkpoint, 2)


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The folder: blobs.npz, set.npz, bare.npz, thesis/notes.txt, runs/gan, runs/acgan."""
    folder = tmp_path_factory.mktemp("home")
    images, labels = blobs()
    arrays = dict(x_train=images, y_train=labels, x_test=images, y_test=labels)
    np.savez(folder / "blobs.npz", **arrays)
    np.savez(folder / "set.npz", images=images, labels=labels)
    np.savez(folder / "bare.npz", x_train=images)
    (folder / "thesis").mkdir()
    (folder / "thesis" / "notes.txt").write_text("mine")
    for model in ("gan", "acgan"):
        make_run(folder / "runs" / model, model, folder / "blobs.npz")
    return folder


@pytest.fixture
def run_command(home, monkeypatch, capsys):
    """Runs a command in `home`, as a shell would: returns (status, stdout, stderr)."""

    def run(command, *arguments):
        monkeypatch.chdir(home)
        monkeypatch.setattr(sys, "argv", [command, *map(str, arguments)])
        status = 0
        try:
            cli.run(COMMANDS[command])
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def refuse(home, run_command):
    """Checks that a command refuses its arguments in one line and writes nothing."""

    def refused(command, *arguments, expected=()):
        before = files_in(home)
        status, _, line = run_command(command, *arguments)
        assert (status, line[:7], line[-1:]) == (2, "error: ", "\n"), line
        assert line[:-1].isprintable()
        for part in expected:
            assert part in line
        assert files_in(home) == before

    return refused


@pytest.fixture
def copy_of(home, tmp_path):
    """Copies a run of `home` so that it can be damaged."""
    return lambda name: shutil.copytree(home / "runs" / name, tmp_path / name)
