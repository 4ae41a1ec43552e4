"""Shared fixtures."""

import contextlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from tiny import blobs

from gan_tf.models import MODELS


@pytest.fixture(scope="session")
def blob_file(tmp_path_factory):
    """An .npz of `blobs`, as a user would bring their own images."""
    file = tmp_path_factory.mktemp("data") / "blobs.npz"
    images, labels = blobs()
    np.savez(file, x_train=images, y_train=labels)
    return file


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
