"""Reads NumPy's files: .npy, one array, and .npz, a ZIP archive of them."""

import contextlib
import functools
import io
import math
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from gan_tf.data import sniff, zip_archive
from gan_tf.data.progress import CountedFile
from gan_tf.data.validation import NamedArray, check_compression, check_num_bytes
from gan_tf.errors import InputError

Check = Callable[[str, np.dtype, tuple[int, ...]], None]

_NPY_HEADER_BYTES = 16 * 1024  # NumPy's own limit for a header is 10,000


def names(path: Path) -> list[str]:
    """Returns the names of the arrays of an .npz file.

    Raises:
        InputError: the file cannot be read.
    """
    with _reading(path), zipfile.ZipFile(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def read(path: Path, kinds: Mapping[str, Check]) -> dict[str, NamedArray]:
    """Returns those arrays of an .npz file that `kinds` names and that it has.

    `kinds` is {name: check of (name, dtype, shape)}, and the first array is required. An
    array's whole header is checked before memory is allocated for its data.

    Raises:
        InputError: the file cannot be read, or an array fails its check.
    """
    with _reading(path), zipfile.ZipFile(path) as archive:
        members = {m.filename.removesuffix(".npy"): m for m in archive.infolist()}
        required, *_ = kinds
        if required not in members:
            raise InputError(
                f"has the arrays {', '.join(list(members)[:20]) or '(none)'} but no "
                f"{required}: save the images under that name"
            )
        return {
            name: _read_member(archive, members[name], name, check)
            for name, check in kinds.items()
            if name in members
        }


def read_npy(path: Path, check_kind: Check) -> NamedArray:
    """Returns the array of an .npy file.

    Raises:
        InputError: the file cannot be read, or its header fails the check.
    """
    with _reading(path):
        size = os.path.getsize(path)
        return _read(lambda: open(path, "rb"), path.name, size, size, check_kind)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Makes an `InputError` of what a damaged file raises."""
    try:
        if not os.path.isfile(path):  # a pipe would block forever
            raise OSError("no such file")
        yield
    except InputError:
        raise
    except Exception as error:  # damaged files raise a dozen types
        head = b""
        with contextlib.suppress(OSError):  # of a file that may not be read
            head = sniff.unpacked_head(path) if os.path.isfile(path) else b""
        if sniff.kind_of(head) not in ("zip", "npy", "text", "empty", "unknown"):
            raise InputError(f"is no .npz file, it {sniff.describe(head)}") from error
        raise InputError(
            f"cannot be read as .npz or .npy ({error}): write it with np.savez_compressed"
        ) from error


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, check_kind: Check
) -> NamedArray:
    if member.compress_type not in zip_archive.METHODS:
        raise InputError(
            f"{name}: has a compression that NumPy does not write: use np.savez_compressed"
        )
    compressed = min(member.compress_size, os.path.getsize(str(archive.filename)))
    reopen = functools.partial(archive.open, member)
    return _read(reopen, name, member.file_size, compressed, check_kind)


def _read(reopen, name, file_size, compressed, check_kind):
    """Returns the array of the file that `reopen` opens, whose header is checked first."""
    with reopen() as file:
        head = io.BytesIO(file.read(_NPY_HEADER_BYTES))
    if np.lib.format.read_magic(head) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(head)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        raise InputError(
            f"{name}: holds Python objects, a pickle that could run any code: save a plain "
            "array of numbers, or names as np.array(names, dtype=str)"
        )
    check_kind(name, dtype, shape)
    size = math.prod(shape) * dtype.itemsize
    check_num_bytes(name, size)
    check_compression(name, size, compressed)
    if size != file_size - head.tell():
        raise InputError(
            f"{name}: is damaged: its header promises {size:,} bytes and "
            f"{file_size - head.tell():,} follow: write the file again"
        )
    with reopen() as file:
        counted = CountedFile(file, file_size, name)
        return NamedArray(name, np.lib.format.read_array(counted, allow_pickle=False))
