"""Reads the binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009).

https://www.cs.toronto.edu/~kriz/cifar.html: an image is one label byte (CIFAR-100: a
coarse one before a fine one), and 1,024 bytes each of red, green and blue.
"""

from pathlib import Path

import numpy as np

from gan_tf.data.roles import split_of
from gan_tf.data.validation import NamedArray, Raw, check_num_bytes
from gan_tf.errors import InputError

_PIXELS = 3 * 32 * 32
NAME_FILES = ("batches.meta.txt", "fine_label_names.txt")


def find(folder: Path) -> list[Path]:
    """Returns the files of the binary version in `folder`, by their names and sizes."""
    return sorted(path for path in folder.glob("*.bin") if _num_labels(path))


def read(paths: list[Path]) -> Raw:
    """Returns the images and the fine labels of the files of `find`."""
    by_kind = {_num_labels(path): path.name for path in paths}
    if len(by_kind) > 1:
        raise InputError(
            f"has files of CIFAR-10, such as {by_kind[1]}, and of CIFAR-100, such as "
            f"{by_kind[2]}: move those of one out of the folder"
        )
    parts: dict[str, list[np.ndarray]] = {}
    for path in paths:
        size = path.stat().st_size
        check_num_bytes(path.name, size)
        rows = np.fromfile(path, np.uint8).reshape(-1, _num_labels(path) + _PIXELS)
        parts.setdefault(split_of(path.stem), []).append(rows)
    if "train" not in parts:
        raise InputError("has test files of CIFAR only: add data_batch_1.bin or train.bin")
    arrays = {}
    for split, found in parts.items():
        rows = np.concatenate(found) if len(found) > 1 else found[0]
        images = rows[:, -_PIXELS:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"x_{split}"] = NamedArray(f"the images of {split}", images)
        arrays[f"y_{split}"] = NamedArray(f"the labels of {split}", rows[:, -_PIXELS - 1])
    names: list[str] = []
    for path in (paths[0].parent / name for name in NAME_FILES):
        if path.is_file():
            names = path.read_text(encoding="utf-8", errors="replace").split()
    files = ", ".join(path.name for path in paths)
    return Raw(arrays, dict(enumerate(names)), (f"CIFAR's binary version: {files}",))


def _num_labels(path):
    """Returns the label bytes of an image in a file; 0 if it is not CIFAR's."""
    size = path.stat().st_size if path.is_file() else 0
    return next((n for n in (1, 2) if size and size % (n + _PIXELS) == 0), 0)
