"""Reads .npz files, the ZIP archives of arrays that np.savez writes."""

import io
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from gan_tf.data.validation import NamedArray, check_compression, check_num_bytes
from gan_tf.errors import InputError

_NPY_HEADER_BYTES = 16 * 1024  # NumPy's own limit for a header is 10,000
# NumPy writes these. The readers of the others unpack more than is requested.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(path: Path, kinds: Mapping[str, Callable[..., None]]) -> list[NamedArray | None]:
    """Returns the arrays that `kinds` names, None for a missing one.

    An array's whole header is checked before memory is allocated for its data.

    Args:
        path: the file.
        kinds: {name: check of (name, dtype, shape)}; the first array is required.

    Raises:
        InputError: the file cannot be read, or an array fails its check.
    """
    try:
        if not os.path.isfile(path):  # a pipe would block forever
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
                (
                    _read_member(archive, members[name], name, check_kind)
                    if name in members
                    else None
                )
                for name, check_kind in kinds.items()
            ]
    except InputError:
        raise
    except Exception as error:  # damaged files raise a dozen types
        raise InputError(
            f"cannot be read as .npz ({error}): write it with np.savez_compressed"
        ) from error


def _read_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    check_kind: Callable[..., None],
) -> NamedArray:
    if member.compress_type not in _METHODS:
        raise InputError(
            f"{name}: has a compression that NumPy does not write: use np.savez_compressed"
        )
    with archive.open(member) as file:
        head = io.BytesIO(file.read(_NPY_HEADER_BYTES))
    if np.lib.format.read_magic(head) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(head)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        raise InputError(f"{name}: holds Python objects: save a plain array of numbers")
    check_kind(name, dtype, shape)
    size = math.prod(shape) * dtype.itemsize
    check_num_bytes(name, size)
    compressed = min(member.compress_size, os.path.getsize(str(archive.filename)))
    check_compression(name, size, compressed)
    if size != member.file_size - head.tell():
        raise InputError(
            f"{name}: is damaged: its header promises {size:,} bytes and "
            f"{member.file_size - head.tell():,} follow: write the file again"
        )
    with archive.open(member) as file:
        return NamedArray(name, np.lib.format.read_array(file, allow_pickle=False))
