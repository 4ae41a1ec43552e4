"""Reads .npz files, the ZIP archives of arrays that np.savez writes."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from gan_tf.data.checks import ARRAYS, Named, check_size, problem
from gan_tf.errors import InputError

_NPY_HEAD_BYTES = 16 * 1024  # NumPy's own limit for a header is 10,000


def read(path: Path) -> list[Named | None]:
    """Returns the arrays in the order of `checks.ARRAYS`, None where one is missing."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
            if "x_train" not in members:
                raise problem(
                    path,
                    f"has the arrays {', '.join(members) or '(none)'} but no x_train:"
                    " save the training images under that name",
                )
            return [
                _read_member(archive, members[name], f"{path}: {name}")
                if name in members
                else None
                for name in ARRAYS
            ]
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen types on damage
        raise problem(
            path,
            f"cannot be read as .npz ({error}): write it with np.savez_compressed, or"
            " give a folder of pictures or IDX files",
        ) from error


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str
) -> Named:
    with archive.open(member) as file:
        head = io.BytesIO(file.read(_NPY_HEAD_BYTES))
    if np.lib.format.read_magic(head) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(head)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        raise problem(where, "holds Python objects: save a plain array of numbers")
    size = math.prod(shape) * dtype.itemsize
    check_size(where, size)
    if size != member.file_size - head.tell():
        raise problem(
            where,
            f"is damaged: its header promises {size:,} bytes and"
            f" {member.file_size - head.tell():,} follow: write the file again",
        )
    with archive.open(member) as file:
        return Named(where, np.lib.format.read_array(file, allow_pickle=False))
