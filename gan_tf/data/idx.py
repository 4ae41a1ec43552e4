"""Reads IDX files, the format in which MNIST was published, plain or gzip-compressed."""

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from gan_tf.data.validation import NamedArray, check_compression, check_num_bytes
from gan_tf.errors import InputError

_PARTS = (("train-images", 3), ("train-labels", 1), ("t10k-images", 3), ("t10k-labels", 1))
_MAX_DEFLATE_RATIO = 1032  # deflate cannot compress data more than this


def find(folder: Path) -> list[Path | None]:
    """Returns the IDX files in `folder`, in the order of `validation.ARRAYS`."""
    endings = [f"{dot}idx{{}}-ubyte{gz}" for gz in ("", ".gz") for dot in "-."]
    options = [
        [folder / (part + ending.format(dims)) for ending in endings]
        for part, dims in _PARTS
    ]
    return [next(filter(os.path.isfile, paths), None) for paths in options]


def read(paths: list[Path | None]) -> list[NamedArray | None]:
    """Returns the arrays of the files that `find` returned."""
    if paths[0] is None:
        raise InputError("has IDX files but no train-images-idx3-ubyte (or .gz): add it")
    return [
        None if path is None else NamedArray(path.name, _read_file(path, dims))
        for path, (_, dims) in zip(paths, _PARTS, strict=True)
    ]


def _read_file(path: Path, dims: int) -> np.ndarray:
    """Returns uint8 with `dims` dimensions.

    A file is big-endian: 0, 0, 8 (for uint8), dims, one uint32 per dimension, data.
    """
    header = struct.Struct(f">{1 + dims}I")
    is_gzip = path.suffix == ".gz"
    try:
        with gzip.open(path) if is_gzip else open(path, "rb") as file:
            head = file.read(header.size)
            magic, *shape = header.unpack(head.ljust(header.size, b"\0"))
            if len(head) < header.size or magic != 0x0800 + dims:
                raise InputError(
                    f"{path.name}: is not an IDX file of bytes with {dims} dimensions "
                    f"(begins with {head[:4].hex() or 'nothing'}): download it again"
                )
            size, compressed = math.prod(shape), path.stat().st_size
            check_num_bytes(path.name, size)
            at_most = compressed * (_MAX_DEFLATE_RATIO if is_gzip else 1)
            if 0 < size <= at_most:
                check_compression(path.name, size, compressed)
                data = np.empty(size, np.uint8)
                # Reads one byte more than promised, never the rest of a bomb.
                if file.readinto(data.data) == size and not file.read(1):
                    return data.reshape(shape)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path.name}: cannot be read ({error}): download it again"
        ) from error
    raise InputError(
        f"{path.name}: is empty or damaged: its header promises {size:,} bytes of data "
        f"(shape {shape}), which is not what follows: download it again"
    )
