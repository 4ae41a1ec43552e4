"""What folders of pictures are refused for, or what is said of them."""

import contextlib
import gzip
import os
import re
import zlib
from collections import Counter, defaultdict

from gan_tf.data import csv_columns, csv_file, sniff
from gan_tf.data.pictures import Picture
from gan_tf.data.roles import split_of, split_word
from gan_tf.data.source_files import File
from gan_tf.errors import InputError, listed

_ARRAYS = (".csv", ".npz", ".npy")
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".xz", ".bz2", ".zst")
_MIN_PIXELS = 16  # of an image in a line of a CSV file
_CIFAR = re.compile(r"(^|/)(data_batch_\d|test_batch|train|test)\.bin$")
_PIXEL = re.compile(r'"?(pixel|pix|px|p)?[ _.-]?\d+(x\d+)?"?', re.IGNORECASE)
_SNIFFED = 20  # files that are named by their content


def left_out(others: list[str], num_hidden: int) -> str:
    """Returns a text such as "3 .txt, 1 without an ending, 2 hidden"."""
    counts = Counter(os.path.splitext(name)[1].lower() for name in others)
    parts = [f"{n:,} {end or 'without an ending'}" for end, n in counts.most_common(5)]
    parts += ["..."] * (len(counts) > 5) + [f"{num_hidden:,} hidden"] * bool(num_hidden)
    return ", ".join(parts)


def _head(file):
    """Returns the first bytes of a file, of IDX or text in gzip those of the content."""
    head = b""
    with contextlib.suppress(OSError, EOFError, zlib.error), file.open() as opened:
        head = opened.read(sniff.HEAD_BYTES)
        if sniff.kind_of(head) == "gzip":
            opened.seek(0)
            inside = gzip.GzipFile(fileobj=opened).read(sniff.HEAD_BYTES)
            head = inside if sniff.kind_of(inside) in ("idx", "text") else head
    return head


def _are_pixels(file):
    """Whether its columns are a label and pixels, and not other numbers about pictures."""
    names = [name.strip() for name in csv_file.first_fields(_head(file))]
    num = sum(map(bool, map(_PIXEL.fullmatch, names)))
    return num >= max(_MIN_PIXELS, len(names) - 3) and bool(names[0])


def _is_array(file):
    """Whether a file may be given itself, by its name and, of a table, its columns."""
    name = file.name.lower().removesuffix(".gz")
    if not name.endswith(".csv"):
        return name.endswith(_ARRAYS)
    columns = csv_file.first_fields(_head(file))
    # Those of images, and not of attributes as in CelebA.
    has_pixels = sum(map(csv_columns.is_pixel, columns)) >= _MIN_PIXELS
    return has_pixels or bool(columns) and all(map(csv_columns.is_number, columns))


def check_no_tables(files: list[File], found: list[Picture], is_archive: bool) -> None:
    """Refuses pictures beside a table of images: these may be of its documentation."""
    csv_gz = (".csv", ".csv.gz")
    csvs = (file for file in files if file.name.lower().endswith(csv_gz))
    if tables := [file.name for file in csvs if _are_pixels(file)]:
        # The training table, if there are several, as its advice is followed.
        table = min(tables, key=lambda name: split_of(name.split("/")[-1]) != "train")
        raise InputError(
            f"has both pictures ({found[0].file.name}) and tables ({table}): "
            f"{give(is_archive)} that file, or move the pictures or the "
            "tables out"
        )


def give(is_archive: bool) -> str:
    """Returns the verb of an advice: what an archive holds must be unpacked first."""
    return "unpack the archive and give" if is_archive else "give"


def why_none(
    files: list[File], others: list[str], num_hidden: int, is_archive: bool
) -> str:
    """Returns why there is no picture among `files`, and what to do."""
    heads = [(file.name, _head(file)) for file in files[:_SNIFFED]]
    kinds = [(name, head, sniff.kind_of(head)) for name, head in heads]
    zips = [n for n, _, kind in kinds if kind == "zip" and n.lower().endswith(".zip")]
    if len(zips) > 1 and not is_archive:
        advice = "unpack each into a folder of its own name"
        return f"has no pictures, but {listed(zips)}: {advice}"
    npz = [n for n, _, kind in kinds if kind == "zip" and n.lower().endswith(".npz")]
    num_npz = Counter(name.rpartition("/")[0] for name in npz)
    if cifar := [name for name, *_ in kinds if _CIFAR.search(name)]:
        folder = cifar[0].rpartition("/")[0]
        where = f"its folder, {folder}" if folder else "the folder"
        return (
            f"has no pictures; {cifar[0]} is CIFAR's binary version: {give(is_archive)} "
            f"{where}"
        )
    # Of IDX files in the folder and in folders of it, those are the data.
    kinds.sort(key=lambda found: found[0].count("/") if found[2] == "idx" else 0)
    for name, head, kind in kinds:
        if kind in ("text", "empty", "unknown"):
            continue
        what, _, advice = sniff.describe(head).partition(": ")
        folder = name.rpartition("/")[0]
        if kind in ("idx", "npy") or name in npz and num_npz[folder] > 1:
            advice = "its folder, " + folder if folder else "its path"
            if is_archive and not folder:
                advice = "the folder"
            advice = f"{give(is_archive)} {advice}"
        elif is_archive and kind == "zip":
            advice = "unpack the outer archive first"
        elif kind == "picture":  # such as a raw photograph
            what, advice = "cannot be read as a picture", "convert it to PNG or JPEG"
        return f"has no pictures; {name} {what}: {advice}"
    if tables := [file.name for file in files if _is_array(file)]:
        advice = "give such a file itself"
        if is_archive:
            advice += ", and unpack it first, as this is an archive"
        if is_archive and len(tables) > 1:
            advice = "unpack it and give the folder that holds them"
        return f"has no pictures, but {listed(tables)}: {advice}"
    more = ""
    if any(name.lower().endswith(_ARCHIVES) for name in others):
        more += "unpack what an archive holds; "
    if any(name.lower().endswith(".csv") for name in others):
        more += "a .csv file needs a line label,pixel0,pixel1,... per image; "
    return (
        "has no pictures, IDX files, .npz, .npy or .csv files: it holds "
        f"{left_out(others, num_hidden) or 'nothing'}; {more}"
        "docs/data.md shows what can be read"
    )


def check_no_split(folders: Counter[str], root: str, is_archive: bool) -> None:
    """Refuses folders such as seg_train and seg_test: they are no classes."""
    found = [(folder, *split_word(folder)) for folder, _ in folders.most_common()]
    for train, _, words in (row for row in found if row[1] == "train"):
        for other, second, others in found:
            # A train and test tubes are classes.
            if second in ("test", "val") and words == others:
                more = " and move the others out" if len(folders) > 2 else ""
                raise InputError(
                    f"{train} and {other} look like splits: {give(is_archive)} "
                    f"{root}{train} itself, or rename the two to train and "
                    f"{second}{more}"
                )


def inner_splits(paths: list[list[str]], used: dict[str, str]) -> dict[str, str]:
    """Returns {folder of a split: the one folder in it}, as of train/seg_train/cat."""
    direct = {path[0] for path in paths if len(path) == 2}
    inside = {f: names for f, names in _subfolders(paths).items() if f not in direct}
    ones = {f: min(names) for f, names in inside.items() if len(names) == 1}
    return {f: name for f, name in ones.items() if split_word(name)[0] == used[f]}


def _subfolders(rests):
    """Returns {class: the folders in it}, of paths below the split."""
    inside = defaultdict[str, set[str]](set)
    for rest in rests:
        if len(rest) > 2:
            inside[rest[0]].add(rest[1])
    return inside


def check_subfolders(rests: list[list[str]], known: set[str | None]) -> None:
    """Refuses a class in a class, as in a folder that an archive has twice."""
    inside = _subfolders(rests)
    for name, folders in inside.items():
        others = (folders & known) - {name}
        # Numbered subfolders of several classes are of something else, such as a writer.
        if not others or (len(inside) > 1 and all(map(str.isdecimal, others))):
            continue
        inner = min(others)
        raise InputError(
            f"{name}/{inner}: has the name of the class {inner}, but would be of the class "
            f"{name}: move {name} out if it has the classes once more, or rename this "
            "subfolder"
        )


def note_subfolders(rests: list[list[str]], advice: str, notes: list[str]) -> None:
    """Notes that subfolders are no classes, of a class that has two or more."""
    inside = _subfolders(rests)
    name = next((name for name, folders in inside.items() if len(folders) > 1), None)
    if name is None:
        return
    if advice:
        advice = f": {advice}{name} itself if its subfolders are the classes"
    notes.append(
        f"pictures in subfolders, such as {name}/{min(inside[name])}, belong to the class "
        f"{name}{advice}"
    )


def note_same_names(items: list[tuple[Picture, str | None]], notes: list[str]) -> None:
    """Notes that two classes have files of the same names, unless these are numbered."""
    names = defaultdict[str | None, set[str]](set)
    for picture, label in items:
        names[label].add(os.path.splitext(picture.file.name.split("/")[-1])[0])
    first: dict[frozenset[str], str | None] = {}
    for label, stems in names.items():
        other = first.setdefault(frozenset(stems), label)
        words = {re.sub(r"[\W\d_]+", "", stem) for stem in stems}
        if other != label and sum(len(word) > 1 for word in words) > 1:
            notes.append(
                f"the classes {other} and {label} have files of the same names: if these "
                "are the same pictures in other sizes, or their masks, give one of the "
                "folders itself"
            )
            return
