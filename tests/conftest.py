"""Shared fixtures."""

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


@pytest.fixture(params=MODELS)
def model_name(request):
    return request.param
