"""Sources of whole arrays: an .npz file, or a folder of .npz and .npy files."""

import contextlib
import functools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_tf.data import npz, validation
from gan_tf.data.labels import decoded, to_indices
from gan_tf.data.roles import SPLIT_NAMES, assign, role_of, split_of
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import NamedArray, Raw, check_num_bytes
from gan_tf.errors import InputError, listed

_ROLES = [f"{kind}_{split}" for split in ("train", "val", "test") for kind in "xy"]


def read_npz(path: Path, settings: DataSettings) -> Raw:
    """Returns the arrays of an .npz file that are images, labels or names of classes."""
    found, others = assign(npz.names(path), "arrays")
    found.setdefault("x_train", "x_train")  # `npz.read` names it if it is missing
    kinds = {found[role]: _check(role, settings) for role in ("x_train", *found)}
    arrays = npz.read(path, kinds)
    notes = []
    if found["x_train"] == "arr_0" and "arr_1" in others and "y_train" not in found:
        if labels := _unnamed_labels(path, len(arrays["arr_0"].array)):
            arrays["arr_1"], found["y_train"] = labels, "arr_1"
            others.remove("arr_1")
            notes = ["arr_1, one label per image, is taken as the labels"]
        else:
            notes = ["arr_1 is not taken as labels: if it is, name the arrays x and y"]
    notes += [f"left out the other arrays: {listed(others)}"] if others else []
    return _raw({role: arrays[name] for role, name in found.items()}, notes)


def _unnamed_labels(path, num):
    """Returns arr_1 of `np.savez(file, x, y)` if it is `num` labels; else None."""

    def check(name, dtype, shape):
        validation.check_source_labels(name, dtype, shape)
        if shape[0] != num:
            raise InputError(f"{name}: is not of labels")

    with contextlib.suppress(InputError):
        labels = npz.read(path, {"arr_1": check})["arr_1"]
        most = min(validation.MAX_CLASSES, num // 2)  # more are numbers of images
        if len(to_indices({"train": labels}, {}, [])[1]) <= most:
            return labels
    return None


def read_folder(paths: Sequence[Path], settings: DataSettings) -> Raw:
    """Returns the arrays of .npy files, and of .npz files with one array each.

    Files with names such as train-images and train-labels are images and labels;
    otherwise each file has the images of one class, whose name is the file's.

    Raises:
        InputError: some names are of splits, and others are of none.
    """
    paths = sorted(paths)
    names = _full_names([path.stem for path in paths])
    files = dict(zip(names, paths, strict=True))
    found, others = _assign(names)
    if "x_train" in found and (len(found) == len(paths) or "y_train" in found):
        arrays = {
            role: _read_file(files[name], _check(role, settings))
            for role, name in found.items()
        }
        notes = [f"left out the other files: {listed(others)}"] if others else []
        return _raw(arrays, notes)
    splits = [files[name].name for name in names if _names_split(name)]
    if any("train" in re.split("[^a-z]", name.lower()) for name in names):
        splits += [files[name].name for name in names if split_of(name) != "train"]
    if splits and len(paths) > 1:
        advice = "name the training images x_train.npy, or move this file out of the folder"
        if "x_train" in found:
            others = [files[name].name for name in others]
            advice = f"move what else is there out of the folder: {listed(others)}"
        raise InputError(
            f"{splits[0]}: is of a split by its name, so that not every file is a class: "
            f"{advice}, or rename it, if it is one"
        )
    return _one_class_each(paths, settings)


def _full_names(names):
    """Returns the names, of train and test alone with x_train and x_test for them."""
    splits = {SPLIT_NAMES.get(name.lower()) for name in names}
    # A train, or a valid, may be a class; beside images, they may be rows of these.
    are_splits = "test" in splits or splits >= {"train", "val"}
    if not are_splits or "x_train" in map(role_of, names):
        return names
    return [f"x_{name}" if name.lower() in SPLIT_NAMES else name for name in names]


def _assign(names):
    """Returns what `assign` does; no roles where each file is a class."""
    if len(names) > 2 and all(len(name) == 1 for name in names):  # x and y are letters
        return {}, names
    try:
        return assign(names, "files")
    except InputError as error:
        if any(map(_names_split, names)):
            raise InputError(
                f"{error}, or, if each has the images of one class, name it by that alone"
            ) from None
        return {}, names


def _names_split(name):
    is_train = re.search(r"(?<!s)train(?!er)", name.lower())
    is_split = split_of(name) != "train" or bool(is_train)
    return is_split and role_of(name) not in (None, "names")


def _check(role, settings):
    if role == "names":
        return _check_names
    if role.startswith("y"):
        return validation.check_source_labels
    is_resized = settings.image_size is not None
    return functools.partial(validation.check_source_images, is_resized=is_resized)


def _check_class(check_images, name, dtype, shape):
    if len(shape) == 1 or shape[1:] == (1,):
        raise InputError(
            f"{name}: is {dtype} {shape}, which is no array of images: name the images "
            "x_train.npy, and, if these are their labels, this file y_train.npy"
        )
    check_images(name, dtype, shape)


def _check_names(name, dtype, shape):
    if dtype.kind not in "US" or len(shape) != 1:
        advice = "save np.array(names, dtype=str)"
        if dtype.kind in "buif":
            advice = 'if these are the labels, name the array "labels"'
        raise InputError(
            f"{name}: is {dtype} {shape}, but names of classes are text [K]: {advice}"
        )


def _raw(arrays, notes):
    names = arrays.pop("names", None)
    label_names = {}
    if names is not None and _are_of_images(names, arrays):
        notes.append(f"left out {names.name}, which has one name per image")
    elif names is not None:
        label_names = dict(enumerate(decoded(names.name, names.array, notes).tolist()))
    return Raw({r: arrays[r] for r in _ROLES if r in arrays}, label_names, tuple(notes))


def _are_of_images(names, arrays):
    """Whether an array called names has one per training image, not one per class."""
    if names.name.lower().split(".")[0] != "names" or "y_train" not in arrays:
        return False
    labels = arrays["y_train"].array
    is_one_hot = labels.ndim == 2 and labels.shape[1] > 1
    num_classes = labels.shape[1] if is_one_hot else len(np.unique(labels))
    return len(names.array) == len(labels) > num_classes


def _read_file(path, check):
    """Returns the array of a file; an `InputError` names the file, once."""
    try:
        with open(path, "rb") as file:
            is_npy = file.read(6) == b"\x93NUMPY"
        if is_npy:
            return npz.read_npy(path, check)
        inside = npz.names(path)
        if len(inside) != 1:
            raise InputError(
                f"has {len(inside)} arrays, but in a folder each file has one: give this "
                "file itself"
            )
        return NamedArray(path.name, npz.read(path, {inside[0]: check})[inside[0]].array)
    except InputError as error:
        text = str(error).removeprefix(f"{path.name}: ")
        raise InputError(f"{path.name}: {text}") from error


def _one_class_each(paths, settings):
    images: list[np.ndarray] = []
    labels: list[str] = []
    check = functools.partial(_check_class, _check("x_train", settings))
    for path in paths:
        array = _read_file(path, check).array
        first = images[0] if images else array
        if (array.shape[1:], array.dtype) != (first.shape[1:], first.dtype):
            raise InputError(
                f"{path.name}: is {array.dtype} {array.shape}, {paths[0].name} is "
                f"{first.dtype} {first.shape}: make them alike"
            )
        images.append(array)
        labels += [path.stem.removeprefix("full_numpy_bitmap_")] * len(array)
    notes = (f"each of the {len(paths)} files is taken as the images of one class",)
    # The concatenation needs as much again.
    check_num_bytes("the arrays", sum(array.nbytes for array in images))
    arrays = {
        "x_train": NamedArray("the arrays", np.concatenate(images)),
        "y_train": NamedArray("the names of the files", np.array(labels)),
    }
    return Raw(arrays, {}, notes)
