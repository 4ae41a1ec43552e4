"""What the tests of several kinds of source share."""

import struct

import numpy as np
import pytest
from tiny import random_images

from gan_tf import data
from gan_tf.errors import InputError

X = random_images(4, 4, 4)


def error_of(source, **settings):
    """The message of the InputError that loading must raise, always one line."""
    with pytest.raises(InputError) as caught:
        data.load(str(source), **settings)
    assert str(caught.value).isprintable()
    return str(caught.value)


def save(tmp_path, **arrays):
    np.savez_compressed(tmp_path / "d.npz", **arrays)
    return tmp_path / "d.npz"


def idx_header(*shape, magic=0x803):
    return struct.pack(f">{1 + len(shape)}I", magic, *shape)


def idx_bytes(array):
    header = idx_header(*array.shape, magic=0x0800 + array.ndim)
    return header + array.astype(np.uint8).tobytes()
