"""Shared fixtures."""

import contextlib
import functools
import io
import json
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # the tests state what a CPU does
# First, because PyTables calls itself `tables`, too.
sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

import numpy as np
import pytest
from tiny import TINY, blobs, tiny_config

import gan_tf
from gan_tf import data, train
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.models import MODELS


@pytest.fixture(scope="session")
def blob_file(tmp_path_factory):
    """An .npz of `blobs`, as a user would bring their own images."""
    file = tmp_path_factory.mktemp("data") / "blobs.npz"
    images, labels = blobs()
    np.savez(file, x_train=images, y_train=labels)
    return file


@pytest.fixture(scope="session")
def finished(tmp_path_factory, blob_file):
    """finished(model): (folder, output, sampler) of a run that no test changes.

    It is trained on `blob_file` when it is first asked for: ask before anything that a
    training depends on is patched.
    """

    @functools.cache
    def made(model):
        folder, out = tmp_path_factory.mktemp("finished"), io.StringIO()
        settings = {**TINY, "print_every": 2}
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
            patch.chdir(folder)
            if model == "gan":  # one by the command, the other one by Python
                flags = [f"--{name}={value}" for name, value in settings.items()]
                train.main(["train", "--model=gan", f"--data={blob_file}", *flags])
                sampler = gan_tf.load("runs/gan")
            else:
                sampler = gan_tf.fit(tiny_config(model, print_every=2), data=blob_file)
        return folder / "runs" / model, out.getvalue(), sampler

    return made


@pytest.fixture(scope="session")
def copy_run(finished):
    """copy_run(model, path, **settings): copies a finished run to `path`; returns that.

    The config.json of the copy is that of a training with `settings`, such as other data,
    but its networks are those of the original. The last copy made is the newest run.
    """

    def copied(model, path, **settings):
        # Without the times of the files.
        shutil.copytree(finished(model)[0], path, copy_function=shutil.copyfile)
        if settings:
            record = json.loads((path / "config.json").read_text())
            config = Config.from_dict(record["config"] | settings)
            record["config"] = config.as_dict()
            record["data"] = describe(data.load(config.data, **config.reading()))
            (path / "config.json").write_text(json.dumps(record))
        return path

    return copied


@pytest.fixture
def full_disk():
    """While it lasts, no file grows beyond 1,000 bytes, as on a disk that is full."""
    resource = pytest.importorskip("resource")  # not on Windows

    @contextlib.contextmanager
    def limited():
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture(params=MODELS)
def model_name(request):
    return request.param
