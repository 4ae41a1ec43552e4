"""Reads pictures in a folder or an archive: without labels, in class folders, in splits."""

import functools
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_tf.data import folder_checks, labels, pictures
from gan_tf.data.pictures import Picture
from gan_tf.data.roles import SPLIT_NAMES
from gan_tf.data.sampling import subset_rows
from gan_tf.data.settings import DataSettings
from gan_tf.data.source_files import Faults, File
from gan_tf.data.validation import NamedArray, Raw
from gan_tf.errors import InputError, listed

_SYSTEM_FILES = ("thumbs.db", "desktop.ini")
_SYSTEM_FOLDERS = ("__MACOSX", "@eaDir")  # of macOS, and of a Synology NAS: thumbnails
_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx")
_LABELS_OF = "the class folders of "
_MAX_JSON_BYTES = 2**28
# {split: [(picture, name of its class or None)]}.
_Splits = dict[str, list[tuple[Picture, str | None]]]


def list_folder(root: Path) -> list[File]:
    """Returns all files below `root`, and its folders, whose names end in "/".

    What is in a hidden folder, or in a link to a folder around it, is left out.

    Raises:
        InputError: a folder cannot be listed.
    """
    files: list[File] = []
    pending = [("", frozenset[tuple[int, int]]())]
    while pending:
        folder, above = pending.pop()
        try:
            status = os.stat(root / folder)
            this = status.st_dev, status.st_ino
            if this in above:  # a link to a folder around it
                continue
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    is_folder = entry.is_dir()
                    name = folder + entry.name + "/" * is_folder
                    files.append(File(name, functools.partial(_open, root / name)))
                    if is_folder and not is_hidden(name):
                        pending.append((name, above | {this}))
        except OSError as error:
            name = folder.rstrip("/") or "the folder"
            raise InputError(f"{name}: cannot be listed ({error}): check it") from error
    return files


def read(files: Sequence[File], settings: DataSettings, is_archive: bool = False) -> Raw:
    """Returns the pictures among `files`, which `list_folder` or an archive gave.

    They are in the order of their names, whatever folder they are in, so that numbered
    files keep their order.

    Args:
        files: what was listed.
        settings: how to read.
        is_archive: whether they are of an archive, which must be unpacked for some advice.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    notes: list[str] = []
    faults = Faults(settings)
    visible = [f for f in files if not is_hidden(f.name)]
    num_hidden = len(files) - len(visible)
    table = next((f for f in visible if f.name.split("/")[-1] == "dataset.json"), None)
    folders = [f.name for f in visible if f.name.endswith("/")]
    visible = [f for f in visible if not f.name.endswith("/") and f is not table]
    visible.sort(key=lambda f: labels.natural_key(f"{f.name.split('/')[-1]}/{f.name}"))
    found, others = pictures.scan(visible, faults)
    if not found:
        faults.settle(0, notes)
        raise InputError(folder_checks.why_none(visible, others, num_hidden, is_archive))
    folder_checks.check_no_tables(visible, found, is_archive)
    if text := folder_checks.left_out(others, num_hidden):
        notes.append(f"left out files that are no pictures: {text}")
    if table:
        splits = _from_json(table, found, notes)
    else:
        splits = _from_folders(found, [*others, *folders], faults, notes, is_archive)
    _check_labels(splits, faults, notes)
    tables = [name for name in others if name.lower().endswith(_TABLES)]
    # One folder, beside a table, is not one class.
    if tables and len({label for _, label in splits["train"]}) == 1:
        verb = "is" if len(tables) == 1 else "are"
        notes.append(
            f"{listed(tables)} {verb} not read: labels come from class folders (or "
            "dataset.json)"
        )
    if settings.subset:
        for split, items in splits.items():
            own = np.array([label or "" for _, label in items])
            splits[split] = [items[row] for row in subset_rows(own, settings.subset)]
    used = [picture for items in splits.values() for picture, _ in items]
    levels = pictures.value_range(used, faults, notes)
    arrays: dict[str, NamedArray] = {}
    for split, items in splits.items():
        images, rows = pictures.read([p for p, _ in items], levels, settings, faults, notes)
        where = "the pictures" if split == "train" else f"the pictures of {split}"
        arrays[f"x_{split}"] = NamedArray(where, images)
        if items[0][1] is not None:
            kept = np.array([items[row][1] for row in rows], np.str_)
            arrays[f"y_{split}"] = NamedArray(_LABELS_OF + split, kept)
    # The bad pictures may be all those of one split.
    num_good, split = min((len(arrays[f"x_{split}"].array), split) for split in splits)
    faults.settle(num_good, notes, f" of {split}" * (len(splits) > 1))
    return Raw(arrays, {}, tuple(notes))


def _open(path):
    if not os.path.isfile(path):  # a pipe would block forever
        raise OSError("not a file")
    return open(path, "rb")


def is_hidden(name: str) -> bool:
    """Whether a path, of a folder or in it, is hidden or of an operating system."""
    parts = name.split("/")
    return (
        any(part.startswith(".") or part in _SYSTEM_FOLDERS for part in parts)
        or parts[-1].lower() in _SYSTEM_FILES
    )


def _check_labels(splits, faults, notes):
    """Refuses wrong names of classes, before thousands of pictures are decoded."""
    names = {split: {label for _, label in items} for split, items in splits.items()}
    arrays = {
        split: NamedArray(_LABELS_OF + split, np.array(list(some)))
        for split, some in names.items()
        if some != {None}
    }
    try:
        if arrays:
            labels.to_indices(arrays, {}, [])
    except InputError:
        faults.settle(1, notes)  # the pictures of a class may be those that are bad
        raise


def _from_json(table, found, notes):
    """Returns the pictures with the labels of dataset.json, which may have none."""
    try:
        with table.open() as file:
            rows = json.loads(file.read(_MAX_JSON_BYTES))["labels"]
        names = None if rows is None else {name: str(int(k)) for name, k in rows}
    except (ValueError, KeyError, TypeError, OSError, RuntimeError, OverflowError) as error:
        raise InputError(
            f"{table.name}: is not StyleGAN's, with labels [[file, number], ...] "
            f"({error}): repair or remove it"
        ) from error
    if names is None:  # the folders 00000, 00001, ... of StyleGAN are no classes
        notes.append(f"{table.name} has no labels, so the folders are not classes")
    root = table.name.removesuffix("dataset.json")
    are_below = all(p.file.name.startswith(root) for p in found)
    start = len(root) if are_below else 0
    folders = [p.file.name[start:].split("/")[0] for p in found]
    used = _splits_of(folders)
    if used:
        notes.append(f"the folders {', '.join(sorted(used))} are taken as splits")
    splits: _Splits = {"train": []}
    missing = []
    for picture, folder in zip(found, folders, strict=True):
        name = picture.file.name
        label = None if names is None else names.get(name.removeprefix(root))
        if names is not None and label is None:
            missing.append(name)
        splits.setdefault(used.get(folder, "train"), []).append((picture, label))
    if missing:
        raise InputError(
            f"{table.name}: has no label of {len(missing):,} pictures, such as "
            f"{missing[0]}: add them or remove the pictures"
        )
    return splits


def _from_folders(found, others, faults, notes, is_archive) -> _Splits:
    root = ""
    paths = [p.file.name.split("/") for p in found]
    # A folder that holds nothing but one folder of folders, as an archive often does.
    while all(len(path) > 2 for path in paths) and len({p[0] for p in paths}) == 1:
        root += f"{paths[0][0]}/"
        paths = [path[1:] for path in paths]
    is_class_first = _are_class_first(paths)
    if is_class_first:
        paths = [[split, name, *rest] for name, split, *rest in paths]
    folders = Counter(path[0] for path in paths if len(path) > 1)
    used = _splits_of(folders)
    is_outer = bool(used) and not is_class_first
    if root and not is_outer:
        notes.append(f"the classes are the folders in {root.rstrip('/')}")
    if not used:
        folder_checks.check_no_split(folders, root, is_archive)
    inner = folder_checks.inner_splits(paths, used) if is_outer else {}
    if inner:
        names = ", ".join(sorted(f"{root}{f}/{name}" for f, name in inner.items()))
        notes.append(f"the folders {names} are taken as those around them")
    splits: _Splits = {"train": []}
    rests = []
    for picture, path in zip(found, paths, strict=True):
        if used and len(path) == 1:
            raise _is_beside(picture)
        split, rest = "train", path
        if used:
            split, rest = used[path[0]], path[1 + (path[0] in inner) :]
        splits.setdefault(split, []).append((picture, rest[0] if len(rest) > 1 else None))
        rests.append(rest)
    if used:
        names = ", ".join(sorted(folders))
        notes.append(f"the folders {names} are taken as splits, not as classes")
    for items in splits.values():
        if len({label is None for _, label in items}) > 1:
            raise _is_beside(next(p for p, label in items if label is None))
    if splits["train"][0][1] is None:
        for split, items in splits.items():
            if label := items[0][1]:
                raise InputError(
                    f"has classes in the {split} folder, such as {label}, and none in the "
                    "training one: sort the training pictures into one subfolder per "
                    f"class, too, or give the {split} folder itself"
                )
    known = {label for items in splits.values() for _, label in items} - {None}
    for name in others if known else ():
        parts = name.removeprefix(root).split("/")
        if not name.startswith(root) or is_outer and parts[0] not in folders:
            continue
        path = parts[is_outer + (parts[0] in inner) :]
        if len(path) > 1 and path[0] not in known:
            faults.settle(len(found), notes)  # its pictures may be those that are bad
            raise InputError(
                f"{path[0]}: has no pictures, but each subfolder is a class: add pictures "
                "or remove it"
            )
    folder_checks.check_subfolders(rests, {label for _, label in splits["train"]})
    advice = "" if used else f"{folder_checks.give(is_archive)} {root}"
    folder_checks.note_subfolders(rests, advice, notes)
    folder_checks.note_same_names(splits["train"], notes)
    return splits


def _splits_of(folders) -> dict[str, str]:
    """Returns {folder: split}; empty unless all are splits, and one that of training."""
    used = {folder: SPLIT_NAMES.get(folder.lower()) for folder in folders}
    are_all = "train" in used.values() and None not in used.values()
    return {folder: split for folder, split in used.items() if are_all and split}


def _is_beside(picture):
    return InputError(
        f"has both pictures and subfolders, as {picture.file.name} is beside one: move the "
        "pictures into one subfolder per class, or remove the subfolders"
    )


def _are_class_first(paths):
    """Whether each class has the folders of the splits, as cat/train and cat/test."""
    if any(len(path) < 3 for path in paths):
        return False
    # Of train/test/1.png, the outer folder is the split.
    outer, inner = ({SPLIT_NAMES.get(path[i].lower()) for path in paths} for i in (0, 1))
    return None in outer and None not in inner and "train" in inner
