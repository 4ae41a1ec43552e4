"""Reads training images: the bundled MNIST, Fashion-MNIST, or the user's own data.

Files may be untrusted: a size that a file claims is checked before memory is allocated
for it, nothing is unpickled, and a `Dataset` is returned only when every rule that it
states holds. One module reads each kind of source; `load` chooses it by what the files
hold, makes indices of the labels and uint8 of the pixels.
"""

import contextlib
import importlib.resources
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf.data import (
    arrays,
    cifar,
    csv_file,
    idx,
    image_folder,
    in_memory,
    labels,
    pictures,
    pixels,
    sniff,
    zip_archive,
)
from gan_tf.data.batches import batch_rows
from gan_tf.data.dataset import Dataset
from gan_tf.data.sampling import Balance, subset_rows
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import NamedArray, Raw, check_num_labels
from gan_tf.errors import InputError, listed, naming
from gan_tf.files import local_path

__all__ = ["Balance", "Dataset", "IN_MEMORY", "batch_rows", "load"]

IN_MEMORY = in_memory.NAME  # in `Config.data`, in place of a path

_FASHION_MNIST_CLASSES = tuple(
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
)


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
            return _dataset(in_memory.NAME, in_memory.read(source), how)
    source = os.fspath(source)
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
                return _dataset("mnist", arrays.read_npz(path, how), how)
        if source == "fashion_mnist":
            return _dataset(source, _read_fashion_mnist(), how)
        name = Path(os.path.abspath(path)).stem or "data"
        # os.path's tests, unlike Path's, return False for a name that no file can have.
        try:
            if source and os.path.isdir(path):
                return _dataset(name, _read_folder(path, how), how)
            if source and os.path.isfile(path):
                return _dataset(name, _read_file(path, how), how)
        except PermissionError as error:
            raise InputError(f"cannot be read ({error}): check who may read it") from error
        raise InputError(
            "is not mnist, fashion_mnist or a readable file or folder: check the path"
        )


def _raw(dataset: Dataset) -> Raw:
    found = {}
    for key in ("x_train", "y_train", "x_test", "y_test"):
        if (array := getattr(dataset, key)) is not None:
            found[key] = NamedArray(key, array)
    return Raw(found, dict(enumerate(dataset.class_names)))


def _read_fashion_mnist() -> Raw:
    try:
        import keras

        with contextlib.redirect_stdout(io.StringIO()):  # hides the download progress
            pairs = keras.datasets.fashion_mnist.load_data()
    except Exception as error:  # Keras raises plain Exception when a download fails
        raise InputError(
            f"is not in Keras's cache and cannot be downloaded ({error}): put "
            "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
            "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into "
            "~/.keras/datasets/fashion-mnist, or give a folder with them as --data"
        ) from error
    names = dict(enumerate(_FASHION_MNIST_CLASSES))
    return in_memory.read(pairs)._replace(label_names=names)


def _read_folder(folder: Path, how: DataSettings) -> Raw:
    """Reads a folder by what it holds."""
    try:
        inside = sorted(path for path in folder.iterdir() if path.name[0] != ".")
    except OSError as error:
        raise InputError(f"the folder: cannot be listed ({error}): check it") from error
    files = [path for path in inside if os.path.isfile(path)]
    array_files = [path for path in files if path.suffix in (".npz", ".npy")]
    if idx_files := idx.find(folder):
        raw, used = idx.read(idx_files), list(idx_files.values())
    elif used := cifar.find(folder):
        raw = cifar.read(used)
    elif used := array_files:
        _check_no_pictures(inside, used[0].name)
        raw = arrays.read_folder(used, how)
    if used:
        return raw._replace(notes=(*raw.notes, *_left_out(inside, used)))
    has_folders = any(map(os.path.isdir, inside))
    # A folder of thousands of pictures has no other files, or few.
    is_other = [path.suffix.lower() not in pictures.SUFFIXES for path in files]
    if not has_folders and all(is_other):
        tables = [p for p in files if csv_file.looks_like(sniff.unpacked_head(p))]
        if tables:
            raw = csv_file.read(tables, how)
            return raw._replace(notes=(*raw.notes, *_left_out(inside, tables)))
    return image_folder.read(image_folder.list_folder(folder), how)


def _check_no_pictures(inside: list[Path], arrays_name: str) -> None:
    """Refuses pictures beside arrays, such as features of them: either may be meant."""
    folders = filter(os.path.isdir, inside)
    for path in [*inside, *(file for folder in folders for file in folder.iterdir())]:
        if path.name[0] != "." and path.suffix.lower() in pictures.SUFFIXES:
            raise InputError(
                f"has both pictures ({path.name}) and arrays ({arrays_name}): move one of "
                "them out of the folder"
            )


def _left_out(inside: list[Path], used: list[Path]) -> list[str]:
    """Returns a note about what else a folder has beside the files that are read."""
    others = [path for path in inside if path not in used]
    names = [f"{path.name}/" if os.path.isdir(path) else path.name for path in others]
    read = ("mapping.txt", *cifar.NAME_FILES)  # names of classes
    names = [name for name in names if not name.endswith(read)]
    return [f"left out what else is there: {listed(names)}"] if names else []


def _read_file(path: Path, how: DataSettings) -> Raw:
    """Reads a file by its first bytes."""
    head = sniff.unpacked_head(path)
    kind = sniff.kind_of(head)
    if kind in ("zip", "npy") and sniff.is_gzip(path):
        raise InputError("is compressed with gzip, which NumPy does not read: unpack it")
    if kind == "zip":
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if not names or any(name.endswith(".npy") for name in names):
                    return arrays.read_npz(path, how)
                return image_folder.read(zip_archive.list_archive(archive), how)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"cannot be read as .npz or ZIP ({error}): write it again"
            ) from error
    if kind == "npy":
        return arrays.read_folder([path], how)
    if kind == "idx" or idx.is_idx(path):
        files = {"x_train": path}
        if idx.is_idx(path):
            files = idx.find(path.parent, idx.dataset_of(path))
        return idx.read(files)
    if csv_file.looks_like(head):
        return csv_file.read([path], how)
    raise InputError(f"cannot be read as data: it {sniff.describe(head)}")


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
        check_num_labels(*y[split], len(x[split].array))
    indices: dict[str, np.ndarray] = {}
    class_names: tuple[str, ...] = ()
    if y:
        indices, class_names = labels.to_indices(y, raw.label_names, notes)
    if how.subset:
        for split, (title, array) in x.items():
            rows = _limit(indices, split, len(array), how.subset)
            x[split] = NamedArray(title, array[rows])
    images = pixels.to_uint8(x, how, notes)
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
        tuple(dict.fromkeys(notes)),  # two splits may give the same one
    )


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
    if "test" in images and is_alike:
        notes.append(f"the {count:,} validation images are training images here")
        for parts in (images, indices):
            if "val" in parts:
                parts["train"] = np.concatenate([parts["train"], parts.pop("val")])
    elif "test" in images:
        notes.append(f"the {count:,} validation images, without labels, are left out")
    else:
        notes.append(f"the {count:,} validation images are the test images here")
        for parts in (images, indices):
            if "val" in parts:
                parts["test"] = parts.pop("val")
