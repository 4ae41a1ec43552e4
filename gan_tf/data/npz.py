"""Reads .npz files, the ZIP archives of arrays that np.savez writes."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from gan_tf.data.validation import Named, check_size, check_unpacking, problem
from gan_tf.errors import InputError

_NPY_HEAD_BYTES = 16 * 1024  # NumPy's own limit for a header is 10,000
# What NumPy writes. The others' readers unpack more than they are asked for.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(path: Path, kinds: Mapping[str, Callable[..., None]]) -> list[Named | None]:
    """Returns the arrays that `kinds` names, None where one is missing.

    All that an array's header says is checked before memory is taken for its data.

    Args:
        path: the file.
        kinds: {name: check of (where, dtype, shape)}; the first one must be there.

    Raises:
        InputError: the file cannot be read, or an array will not do.
    """
    try:
        if not os.path.isfile(path):  # a pipe would block for ever
            raise OSError("no such file")
        with zipfile.ZipFile(path) as archive:
            members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
            required, *_ = kinds
            if required not in members:
                raise InputError(
                    f"has the arrays {', '.join(members) or '(none)'} but no {required}:"
                    " save the images under that name"
                )
            return [
                _read_member(archive, members[name], name, check_kind)
                if name in members
                else None
                for name, check_kind in kinds.items()
            ]
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen types on damage
        raise InputError(
            f"cannot be read as .npz ({error}): write it with np.savez_compressed"
        ) from error


def _read_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    where: str,
    check_kind: Callable[..., None],
) -> Named:
    if member.compress_type not in _METHODS:
        raise problem(where, "is packed in a way of its own: use np.savez_compressed")
    with archive.open(member) as file:
        head = io.BytesIO(file.read(_NPY_HEAD_BYTES))
    if np.lib.format.read_magic(head) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(head)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        raise problem(where, "holds Python objects: save a plain array of numbers")
    check_kind(where, dtype, shape)
    size = math.prod(shape) * dtype.itemsize
    check_size(where, size)
    packed = min(member.compress_size, os.path.getsize(str(archive.filename)))
    check_unpacking(where, size, packed)
    if size != member.file_size - head.tell():
        raise problem(
            where,
            f"is damaged: its header promises {size:,} bytes and"
            f" {member.file_size - head.tell():,} follow: write the file again",
        )
    with archive.open(member) as file:
        return Named(where, np.lib.format.read_array(file, allow_pickle=False))
