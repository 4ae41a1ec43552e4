"""What the tests of several kinds of source share."""

import io
import os
import struct

import numpy as np
import PIL.Image
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


def write(folder, files):
    """Writes {path: bytes, or the target of a link} below folder/d, and returns that."""
    (folder / "d").mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            os.symlink(content, path)
        else:
            path.write_bytes(content)
    return folder / "d"


def encoded(picture, form="PNG", **options):
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def png(image, form="PNG", **options):
    return encoded(PIL.Image.fromarray(image), form, **options)


def idx_header(*shape, magic=0x803):
    return struct.pack(f">{1 + len(shape)}I", magic, *shape)


def idx_bytes(array):
    header = idx_header(*array.shape, magic=0x0800 + array.ndim)
    return header + array.astype(np.uint8).tobytes()
