"""Reads training images: the bundled MNIST, Fashion-MNIST, or the user's own data.

Files may be untrusted: a size that a file claims is checked before memory is allocated
for it, nothing is unpickled, and a `Dataset` is returned only when every rule that it
states holds. One module reads each kind of source, and `readers` chooses it by what the
files hold; `load` makes indices of the labels and uint8 of the pixels.
"""

import importlib.resources
import os
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf.data import in_memory, labels, pixels, readers
from gan_tf.data.dataset import Dataset
from gan_tf.data.sampling import Balance, batch_rows, subset_rows
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import NamedArray, Raw
from gan_tf.errors import InputError, naming, printable
from gan_tf.files import local_path

__all__ = [
    "Balance",
    "Dataset",
    "IN_MEMORY",
    "batch_rows",
    "check_outside",
    "load",
    "path_text",
]

IN_MEMORY = in_memory.NAME  # in `Config.data`, in place of a path
_NAMES = "mnist", "fashion_mnist", IN_MEMORY


def load(source: Any, **settings: Any) -> Dataset:
    """Returns a dataset; docs/data.md shows every layout.

    Args:
        source: `mnist`, `fashion_mnist`, or a path: of a folder of pictures, with or
            without class folders, of IDX, .npy or CIFAR's binary files, or of an .npz,
            .npy or CSV file, or of a ZIP of pictures. Or, in place of a text, arrays or
            a `tf.data.Dataset`; see `gan_tf.fit`.
        **settings: of `DataSettings`, such as `size="32x48"`.

    Raises:
        InputError: the source does not exist, cannot be read or breaks a rule.
    """
    how = DataSettings(**settings)
    if isinstance(source, Dataset):
        return _dataset(source.name, _raw(source), how)
    if not isinstance(source, (str, os.PathLike)):
        with naming("data", in_memory.NAME):
            return _dataset("my_data", in_memory.read(source), how)
    source = path_text(source)
    path = local_path("data", source)
    with naming("data", source):
        if source == in_memory.NAME:
            raise InputError(
                "is data that a Python program gave: give them again, as "
                "gan_tf.fit(config, data=...), or name a file of the same images"
            )
        if source == "mnist":
            bundled = importlib.resources.files("gan_tf") / "datasets" / "mnist.npz"
            with importlib.resources.as_file(bundled) as path:
                return _dataset("mnist", readers.read_file(path, how), how)
        if source == "fashion_mnist":
            return _dataset(source, readers.read_fashion_mnist(), how)
        absolute = Path(os.path.abspath(path))
        # os.path's tests, unlike Path's, return False for a name that no file can have.
        try:
            if source and os.path.isdir(path):
                name = absolute.name or "data"
                return _dataset(name, readers.read_folder(path, how), how)
            if source and os.path.isfile(path):
                return _dataset(absolute.stem, readers.read_file(path, how), how)
        except PermissionError as error:
            raise InputError(f"cannot be read ({error}): check who may read it") from error
        raise InputError(
            "is not mnist, fashion_mnist or a readable file or folder: check the path"
        )


def path_text(source: str | os.PathLike) -> str:
    """Returns a source as a text; that of a path is no name of a dataset."""
    text = os.fspath(source)
    is_name = text in _NAMES and not isinstance(source, str)
    return os.path.join(os.curdir, text) if is_name else text


def check_outside(name: str, path: Path, source: str) -> None:
    """Refuses an output among the training data, of which it would become one.

    Args:
        name: of the flag.
        path: what would be written.
        source: as in `load`.

    Raises:
        InputError: `path` is the file, or is below the folder, that `source` names.
    """
    given = os.path.expanduser(source)
    if source in _NAMES or not os.path.exists(given):
        return
    folder, out = (Path(os.path.realpath(one)) for one in (given, path))
    if folder in (out, *out.parents):
        raise InputError(
            f"{name} ({path}) is in the training data ({source}): name another --{name}"
        )


def _raw(dataset: Dataset) -> Raw:
    found = {}
    for key in ("x_train", "y_train", "x_test", "y_test"):
        if (array := getattr(dataset, key)) is not None:
            found[key] = NamedArray(key, array)
    return Raw(found, dict(enumerate(dataset.class_names)), dataset.notes)


def _dataset(name: str, raw: Raw, how: DataSettings) -> Dataset:
    """Returns the dataset of what a reader found, after validation."""
    notes = list(raw.notes)
    x, y = (
        {key[2:]: array for key, array in raw.arrays.items() if key[0] == kind}
        for kind in "xy"
    )
    for split in y:
        if split not in x or "train" not in y:
            raise InputError(
                f"{y[split].name}: needs {split} images and training labels too: add them "
                "or remove it"
            )
        (title, array), num = y[split], len(x[split].array)
        if len(array) != num:
            advice = _transposition(x[split].array.shape, len(array))
            raise InputError(
                f"{title}: has {len(array)} labels for {num} images: give one per image"
                f"{advice}"
            )
    indices: dict[str, np.ndarray] = {}
    class_names: tuple[str, ...] = ()
    if y:
        indices, class_names = labels.to_indices(y, raw.label_names, notes)
    whole = [array for _, array in x.values()]
    if how.subset:
        for split, (title, array) in x.items():
            rows = _limit(indices, split, len(array), how.subset)
            x[split] = NamedArray(title, array[rows])
    images = pixels.to_uint8(x, how, notes, whole)
    first = images["train"]
    if all((first[rows] == first.flat[0]).all() for rows in pixels.blocks(first)):
        raise InputError(
            f"{x['train'].name}: every pixel of every image is {first.flat[0]}: there is "
            "nothing to learn; save the images again, or, if they are transparent, choose "
            "another --background"
        )
    if "val" in images:
        _merge_validation(images, indices, notes)
        if how.subset:
            rows = _limit(indices, "train", len(images["train"]), how.subset)
            images["train"] = images["train"][rows]
    return Dataset(
        name,
        images["train"],
        indices.get("train"),
        images.get("test"),
        indices.get("test"),
        class_names,
        tuple(dict.fromkeys(map(printable, notes))),  # two splits may give the same one
    )


def _transposition(shape: tuple[int, ...], num: int) -> str:
    """Returns advice on images of which the last axis, as MATLAB's, has `num`."""
    if len(shape) < 3 or shape[-1] != num or shape[-2] == num:
        return ""
    axes = (len(shape) - 1, *range(len(shape) - 1))
    advice = f"transpose them with x.transpose{axes}"
    return f", or, if the last axis counts the images, {advice}"


def _limit(indices, split, num, most):
    """Returns the rows of `num` images that `--subset` keeps; leaves out other indices."""
    if num <= most:
        return slice(None)
    rows = subset_rows(indices.get(split, np.zeros(num, np.int32)), most)
    if split in indices:
        indices[split] = indices[split][rows]
    return rows


def _merge_validation(images, indices, notes):
    """Makes the validation images test images, or, where there are some, training ones."""
    count = len(images["val"])
    is_alike = ("val" in indices) == ("train" in indices)
    both = [arrays for arrays in (images, indices) if "val" in arrays]
    if "test" in images and "val" in indices and "test" not in indices:
        num = len(images.pop("test"))
        notes.append(f"the {num:,} test images, without labels, are left out")
    if "test" in images and is_alike:
        # Without their number: of a subset, not all of them remain.
        notes.append("the validation images are training images here")
        for arrays in both:
            arrays["train"] = np.concatenate([arrays["train"], arrays.pop("val")])
    elif "test" in images:
        notes.append(f"the {count:,} validation images, without labels, are left out")
    else:
        notes.append(f"the {count:,} validation images are the test images here")
        for arrays in both:
            arrays["test"] = arrays.pop("val")
