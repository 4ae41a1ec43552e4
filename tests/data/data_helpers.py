"""What the tests of several kinds of source share."""

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest

from gan_tf import data
from gan_tf.errors import InputError


def random_images(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


X = random_images(4, 4, 4)


def error_of(source):
    """The message of the InputError that loading must raise, always one line."""
    with pytest.raises(InputError) as caught:
        data.load(str(source))
    assert str(caught.value).isprintable()
    return str(caught.value)


@contextlib.contextmanager
def little_memory():
    """Checks that less than 2 MB are allocated inside."""
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6


def save(tmp_path, **arrays):
    np.savez_compressed(tmp_path / "d.npz", **arrays)
    return tmp_path / "d.npz"


def idx_bytes(array):
    header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()
