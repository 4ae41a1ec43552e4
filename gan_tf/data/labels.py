"""Makes indices of classes of labels that are numbers, names or one-hot rows."""

import contextlib
import re
import unicodedata
from typing import Any

import numpy as np

from gan_tf.data.validation import MAX_CLASSES, NamedArray, check_source_labels
from gan_tf.errors import InputError, listed
from gan_tf.fields import is_text


def natural_key(name: str) -> tuple[list[Any], str]:
    """Returns a sort key that orders "2" before "10"."""
    parts: list[Any] = re.split(r"([0-9]{1,4000})", name)  # `int` refuses 4,301 digits
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def to_indices(
    labels: dict[str, NamedArray], label_names: dict[int, str], notes: list[str]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Returns {split: int32 [N]} and the names of the classes.

    The classes are the labels of split "train", in order: numbers by size, names as a
    person would sort them. `label_names` is {label: name}, where the source has names.

    Raises:
        InputError: labels of no class, of several classes, or of too many.
    """
    values = {split: _values(*named, notes) for split, named in labels.items()}
    train = labels["train"].name
    present = np.unique(values["train"])
    if len(present) > MAX_CLASSES:
        raise InputError(
            f"{train}: has {len(present):,} classes, but the limit is {MAX_CLASSES:,}: "
            "label the kinds of images, not the single images"
        )
    classes = present.tolist()
    if present.dtype.kind == "U":
        classes.sort(key=natural_key)
        label_names = {}  # these labels are names themselves
    if label_names and not label_names.keys() >= set(classes):
        if len(label_names) != len(classes):
            raise InputError(
                f"{train}: has the labels {classes[0]} to {classes[-1]}, but "
                f"{len(label_names)} classes have names: number the labels from 0 in the "
                "order of the names"
            )
        notes.append(f"{train}: the names of the classes are those of the labels in order")
        label_names = dict(zip(classes, label_names.values(), strict=True))
    names = tuple(normalized(label_names.get(value, str(value))) for value in classes)
    for name in names:
        if not is_text(name):
            raise InputError(
                f"{train}: has the label {name!r}, which is not plain text: rename it"
            )
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{train}: has two classes called {double}: rename one")
    if label_names and len(label_names) > len(classes):
        left = [name for value, name in label_names.items() if value not in classes]
        notes.append(f"{train}: no image of {listed(left)}: left out as classes")
    order = np.array(classes)
    sorter = order.argsort()
    indices = {}
    for split, array in values.items():
        if array.dtype.kind != order.dtype.kind:
            raise InputError(
                f"{labels[split].name}: has labels of another type than {train}: make "
                "both numbers or both names"
            )
        places = np.searchsorted(order, array, sorter=sorter).clip(max=len(order) - 1)
        index = sorter[places]
        wrong = array[order[index] != array]
        if len(wrong):
            known = f"{names[0]} to {names[-1]}" if len(names) > 5 else ", ".join(names)
            if names == tuple(map(str, range(len(names)))):
                known = f"0 to {len(names) - 1}"
            raise InputError(
                f"{labels[split].name}: has the label {wrong[0]}, but the training "
                f"labels are {known}: use the same classes in both"
            )
        indices[split] = index.astype(np.int32)
    return indices, names


def _values(name, array, notes):
    """Returns the labels as int64 [N] or text [N]."""
    check_source_labels(name, array.dtype, array.shape)
    if array.ndim == 2 and array.shape[1] > 1:
        return _of_one_hot(name, array, notes)
    array = array.reshape(-1)
    if array.dtype.kind in "US":
        return _plain(name, decoded(name, array, notes))
    if array.dtype.kind == "f":
        if len(bad := array[~np.isfinite(array) | (array != np.rint(array))]):
            raise InputError(
                f"{name}: is {array.dtype} with the value {bad[0]:g}, but labels are whole "
                "numbers or names: give one class per image"
            )
        notes.append(f"{name}: {array.dtype}, read as whole numbers")
    if array.min() < 0:
        raise InputError(
            f"{name}: has the label {array.min():g}, but labels start at 0: renumber them, "
            "or remove the images, if it means that they have no label"
        )
    if array.max() > np.iinfo(np.int64).max:
        raise InputError(
            f"{name}: has the label {array.max()}, too large a number: renumber the labels"
        )
    return array.astype(np.int64)


def decoded(name: str, array: np.ndarray, notes: list[str]) -> np.ndarray:
    """Returns names as text: bytes are UTF-8, or else, with a note, Windows-1252.

    Windows-1252 is what Excel writes as CSV in Western Europe and America.

    Raises:
        InputError: the bytes are of neither.
    """
    if array.dtype.kind == "U":
        return array
    with contextlib.suppress(UnicodeDecodeError):
        return np.char.decode(array, "utf-8")
    with contextlib.suppress(UnicodeDecodeError):
        text = np.char.decode(array, "cp1252")
        notes.append(f"{name}: are not UTF-8, so they are read as Windows-1252")
        return text
    raise InputError(
        f"{name}: are neither UTF-8 nor Windows-1252: save the names as UTF-8, a table as "
        "CSV UTF-8"
    )


def normalized(name: str) -> str:
    """Returns a name in one form of its letters (NFC), without blanks at the ends."""
    return unicodedata.normalize("NFC", name).strip()


def _plain(name, array):
    """Returns names, each `normalized`; two that are alike then are refused."""
    names, index = np.unique(array, return_inverse=True)
    plain = list(map(normalized, names.tolist()))
    if len(set(plain)) < len(names):
        double = next(text for text in plain if plain.count(text) > 1)
        raise InputError(
            f"{name}: has two classes called {double}, which differ in blanks at the ends, "
            "or in the Unicode form of a letter, alone: rename one"
        )
    return np.array(plain, dtype=str)[index]


def _of_one_hot(name, array, notes):
    if array.dtype.kind not in "US" and np.isin(array, (0, 1)).all():
        if (array.sum(axis=1) == 1).all():
            notes.append(f"{name}: one-hot rows of {array.shape[1]} classes")
            return array.argmax(axis=1)
        raise InputError(
            f"{name}: has rows of {array.shape[1]} labels of which several or none are 1 "
            "(multi-label): give one class per image, such as a column y[:, k]"
        )
    raise InputError(
        f"{name}: is {array.dtype} {array.shape}, but labels are [N] or [N, 1], or one-hot "
        "rows of 0 and 1: give one class per image, of probabilities y.argmax(axis=1)"
    )
