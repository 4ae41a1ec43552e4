"""Reads IDX files, the format in which MNIST was published, plain or gzip-compressed."""

import gzip
import math
import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from gan_tf.data import sniff
from gan_tf.data.pictures import SUFFIXES
from gan_tf.data.progress import Progress
from gan_tf.data.roles import role_of
from gan_tf.data.validation import NamedArray, Raw, check_compression, check_num_bytes
from gan_tf.errors import InputError

_BLOCK_BYTES = 2**24
_MAX_DEFLATE_RATIO = 1032  # deflate cannot compress data more than this
_NAME = re.compile(r"(.+)[-.]idx[1-3]-(?:ubyte|int)(?:\.gz)?")
_ROLE_WORDS = re.compile(
    "(image|img|pixel|data|label|target)s?|(?<![a-z])[xy](tr|te|va)?(?![a-z])"
    "|(?<![a-z])[xy]?(train|test|t10k|val|dev|eval)[a-z]*",
    re.IGNORECASE,
)
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
# Numbers of dimensions; the labels of QMNIST are the first column of eight.
_IMAGES, _LABELS = (3, 4), (1, 2)


def find(folder: Path, member: Path | None = None) -> dict[str, Path]:
    """Returns {"x_train", "y_train", "x_test", ...: file}, by the files' names.

    Where a `member` is given, a file of the folder, only its dataset's files are used.

    Raises:
        InputError: the files of several datasets are in the folder.
    """
    files: dict[str, Path] = {}
    dataset = member and _dataset(base_name(member))
    for path in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)):
        base = base_name(path)
        role = role_of(base) if base else None
        if role is None or role[1:2] != "_" or dataset not in (None, _dataset(base)):
            continue
        # The plain one of a file and its .gz, which is the shorter name.
        other = files.setdefault(role, path)
        if base_name(other) != base:
            raise InputError(
                f"has the IDX files of several datasets ({other.name}, {path.name}): "
                f"name one of them, such as {folder / other.name}"
            )
    return files


def _dataset(base):
    """Returns what the names of one dataset's files share, such as "emnist-letters--"."""
    return _ROLE_WORDS.sub("", base)


def base_name(path: Path) -> str | None:
    """Returns the name of an IDX file without its endings; None for another file."""
    is_picture = path.suffix.lower() in SUFFIXES  # which need not be opened
    if is_picture or path.name.startswith(".") or not os.path.isfile(path):
        return None
    if match := _NAME.fullmatch(path.name):
        return match[1]
    stem = re.sub(r"(\.(gz|idx|ubyte|bin))+$", "", path.name)
    if role_of(stem) and sniff.kind_of(sniff.unpacked_head(path)) == "idx":
        return stem
    return None


def read(files: dict[str, Path]) -> Raw:
    """Returns the arrays of the files that `find` returned.

    EMNIST, which is known by its name, stores the transpose of each image.
    """
    if "x_train" not in files:
        raise InputError("has IDX files but no train-images-idx3-ubyte (or .gz): add it")
    arrays, notes = {}, []
    for role, path in files.items():
        array = _read_file(path, _IMAGES if role.startswith("x") else _LABELS)
        if array.ndim == 2:
            notes.append(f"{path.name}: the label is the first of {array.shape[1]} columns")
            array = array[:, 0]
        if role.startswith("x"):
            array = upright(path, array, notes)
        arrays[role] = NamedArray(path.name, array)
    return Raw(arrays, label_names(files["x_train"]), tuple(notes))


def _read_bytes(file, size, name):
    """Returns uint8 [size], the rest of a file; None if it is shorter or longer."""
    data = np.empty(size, np.uint8)
    shown = Progress(size / 2**20, f"MB of {name}")
    for start in range(0, size, _BLOCK_BYTES):
        block = data[start : start + _BLOCK_BYTES]
        if file.readinto(block.data) != len(block):
            return None
        shown.add(len(block) / 2**20)
    return None if file.read(1) else data


def upright(path: Path, images: np.ndarray, notes: list[str]) -> np.ndarray:
    """Returns images or rows of square images, of EMNIST transposed [N, H, W]."""
    if images.ndim > 3 or not path.name.lower().startswith("emnist"):
        return images
    if images.ndim == 2:
        side = round(images.shape[1] ** 0.5)
        images = images.reshape(-1, side, side)
    notes.append(f"{path.name}: EMNIST's images are turned upright (transposed)")
    return images.transpose(0, 2, 1)


def label_names(images: Path) -> dict[int, str]:
    """Returns {label: character} of EMNIST's "-mapping.txt" beside a file of images."""
    start = re.match(r"(?i)emnist-\w+(?=-(train|test))", images.name)
    path = images.with_name(f"{start[0]}-mapping.txt") if start else None
    if path is None or not path.is_file():
        return {}
    names = {}
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        row = line.split()
        try:
            if len(row) > 1:
                names[int(row[0])] = chr(int(row[1]))
        except (ValueError, OverflowError):
            raise InputError(
                f"{path.name}: has the line {line[:40]!r}, but a line is a label and the "
                "code of its character, such as 1 65: repair or remove the file"
            ) from None
    return names


def _read_file(path: Path, dimensions: tuple[int, int]) -> np.ndarray:
    """Returns an array of one of two numbers of `dimensions`.

    A file is big-endian: 0, 0, a code of the type, the number of dimensions, one uint32
    per dimension, data.
    """
    is_gzip = sniff.is_gzip(path)
    try:
        with gzip.open(path) if is_gzip else open(path, "rb") as file:
            head = file.read(4)
            dims, code = (head[3], head[2]) if len(head) == 4 else (0, 0)
            is_right = head[:2] == b"\0\0" and dims in dimensions and code in _TYPES
            rest = file.read(4 * dims) if is_right else b""
            if not is_right or len(rest) < 4 * dims:
                content = head + file.read(sniff.HEAD_BYTES)
                text = f"it {sniff.describe(content)}: download it again"
                if is_right:
                    text = "its header is cut: download it again"
                elif sniff.kind_of(content) == "idx":
                    text = f"but one with {dims}: give one of {dimensions[0]}"
                raise InputError(
                    f"{path.name}: is not an IDX file with {dimensions[0]} dimension(s) "
                    f"(begins with {head.hex() or 'nothing'}), {text}"
                )
            shape = struct.unpack(f">{dims}I", rest)
            dtype = np.dtype(_TYPES[code])
            size, compressed = math.prod(shape) * dtype.itemsize, path.stat().st_size
            check_num_bytes(path.name, size)
            at_most = compressed * (_MAX_DEFLATE_RATIO if is_gzip else 1)
            if 0 < size <= at_most:
                check_compression(path.name, size, compressed)
                # Reads one byte more than promised, never the rest of a bomb.
                if (data := _read_bytes(file, size, path.name)) is not None:
                    return data.view(dtype).reshape(shape)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path.name}: cannot be read ({error}): download it again"
        ) from error
    raise InputError(
        f"{path.name}: is empty or damaged: its header promises {size:,} bytes of data "
        f"(shape {shape}), which is not what follows: download it again"
    )
