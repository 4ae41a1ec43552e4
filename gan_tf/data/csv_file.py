"""Reads CSV files with one image per line, as Kaggle's `label,pixel0,...,pixel783`."""

import contextlib
import csv
import gzip
import io
import itertools
import math
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan_tf.data import csv_columns, idx, sniff
from gan_tf.data.progress import Progress
from gan_tf.data.roles import split_of
from gan_tf.data.settings import DataSettings
from gan_tf.data.source_files import named_faults
from gan_tf.data.validation import NamedArray, Raw, check_num_bytes
from gan_tf.errors import InputError, counted, listed

_LINES_AT_ONCE = 1_000
_MAX_LINE = 4 * 2**20  # characters: 256 x 256 x 3 values of four digits are 1 MB
_HEAD_LINES = 50


def read(paths: list[Path], settings: DataSettings) -> Raw:
    """Returns the images and labels of CSV files, whose names decide their splits."""
    arrays: dict[str, NamedArray] = {}
    notes: list[str] = []
    splits: dict[str, Path] = {}
    for path in paths:
        split = split_of(path.name) if len(paths) > 1 else "train"
        if split in splits:
            raise InputError(
                f"has two CSV files that could be of {split}, {splits[split].name} and "
                f"{path.name}: give one of them, or move the other out of the folder"
            )
        splits[split] = path
    for split, path in splits.items():
        images, labels = _read_file(path, settings, notes)
        arrays[f"x_{split}"] = NamedArray(path.name, images)
        if labels is not None:
            arrays[f"y_{split}"] = NamedArray(f"{path.name}: the labels", labels)
    if "x_train" not in arrays:
        raise InputError("has CSV files of a test split only: add train.csv")
    return Raw(_of_one_range(arrays), idx.label_names(splits["train"]), tuple(notes))


def _of_one_range(arrays):
    """Returns the arrays with floats in place of whole numbers up to 1 beside floats.

    The values of some images of [0, 1] or [-1, 1] are all whole, in one of the files.
    """
    x = {role: named.array for role, named in arrays.items() if role[0] == "x"}
    if all(array.dtype != np.float32 for array in x.values()):
        return arrays
    small = [role for role, array in x.items() if array.max() <= 1]
    floats = {role: arrays[role]._replace(array=x[role].astype("f4")) for role in small}
    return arrays | floats


def _read_file(path, settings, notes):
    """Returns images [N, D], or [N, H, W] of EMNIST, and labels [N] or None."""
    with _opened(path) as text:
        lines = _lines(path, text)
        first = list(itertools.islice(lines, _HEAD_LINES))
        if not first:
            raise InputError(f"{path.name}: is empty: write one image per line")
        separator = _separator(first[0][1])
        # `np.savetxt` begins the header with "# ".
        start = first[0][1].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        header = _split(start.removeprefix("# "), separator)
        has_header = csv_columns.is_header(header)
        if csv_columns.are_numbered(header):
            raise InputError(
                f"{path.name}: the first line ({', '.join(header[:4])}, ...) is how pandas "
                "names the columns of a file without names: read that with header=None and "
                "write it again"
            )
        num = len(header)
        is_named = has_header and not all(map(csv_columns.is_number, header))
        if is_named:
            column = csv_columns.named_label(path.name, header)
        else:
            rows = [_split(line, separator) for _, line in first[has_header:]]
            column = csv_columns.first_or_last_label([r for r in rows if len(r) == num])
        taken = [i for i in range(num) if i != column]
        if has_header:
            named = [i for i in taken if csv_columns.is_pixel(header[i])]
            left = [header[i] or "without a name" for i in sorted({*taken} - {*named})]
            if left and named:
                notes.append(f"{path.name}: left out the columns {listed(left)}")
                taken = named
        where = "no column is the label"
        if column is not None:
            name = f"{header[column]!r}" if has_header else f"number {column + 1}"
            where = f"the column {name} is the label"
        if len(taken) < 16:
            raise InputError(
                f"{path.name}: has the columns {listed(header, 8)}, which are no "
                "pixels: write a line label,pixel0,pixel1,... per image"
            )
        lines = itertools.chain(first[has_header:], lines)
        parsed = _Lines(path, separator, num, taken, column)
        is_plain = not sniff.is_gzip(path)
        shown = Progress(is_plain * os.path.getsize(path) / 2**20, f"MB of {path.name}")
        while block := list(itertools.islice(lines, _LINES_AT_ONCE)):
            parsed.add(block)
            shown.add(sum(len(line) for _, line in block) / 2**20)
        shown.close()
    images, labels = parsed.finish(settings.skip_bad, notes)
    if math.isqrt(len(taken)) ** 2 != len(taken):
        raise InputError(
            f"{path.name}: has {len(taken):,} pixels per line ({where}), but must have "
            "those of a square grey image, such as 784: remove other columns, name the "
            "label's column label, or save images of another shape as .npz"
        )
    if column is not None and not is_named:
        csv_columns.check_guess(path.name, images, labels, column)
    notes.append(f"{path.name}: {len(taken)} pixels per line; {where}")
    return idx.upright(path, images, notes), labels


class _Lines:
    """The numbers of the lines that were read, and the lines that are bad."""

    def __init__(self, path, separator, num, taken, column):
        self._path, self._separator = path, separator
        self._num, self._taken, self._column = num, taken, column
        self._blocks: list[np.ndarray] = []
        self._labels: list[str] = []
        self._bad: list[str] = []
        self._bytes = 0

    def add(self, lines: list[tuple[int, str]]) -> None:
        texts, values = [line for _, line in lines], np.array([np.nan])
        if {text.count(self._separator) + 1 for text in texts} == {self._num}:
            how = {"delimiter": self._separator, "comments": None, "ndmin": 2}
            with contextlib.suppress(ValueError):
                values = np.loadtxt(texts, usecols=self._taken, **how)
        labels = self._labels_of(texts) if np.isfinite(values).all() else [""]
        if not all(labels):
            values, texts = self._one_by_one(lines)
            labels = self._labels_of(texts)
        if not texts:
            return
        is_byte = ((values == np.rint(values)) & (0 <= values) & (values <= 255)).all()
        self._blocks.append(values.astype(np.uint8 if is_byte else np.float32))
        self._bytes += self._blocks[-1].nbytes + sum(map(len, labels))
        check_num_bytes(self._path.name, self._bytes, "keep fewer lines, or smaller images")
        self._labels += labels

    def _labels_of(self, texts):
        if self._column is None:
            return []
        fields = (_split(text, self._separator) for text in texts)
        # A comma in quotes may hide that a line is short; `_one_by_one` names it.
        return [f[self._column].strip() if len(f) == self._num else "" for f in fields]

    def _one_by_one(self, lines):
        """Returns the pixels of the good lines, and their texts; notes the bad ones."""
        values, good = [], []
        for number, line in lines:
            fields = _split(line, self._separator)
            try:
                if len(fields) != self._num:
                    raise ValueError(f"has {len(fields)} values")
                pixels = [float(fields[i]) for i in self._taken]
                if not np.isfinite(pixels).all():
                    raise ValueError("has NaN or infinity")
                if self._column is not None and not fields[self._column].strip():
                    raise ValueError("has no label")
                values.append(pixels)
                good.append(line)
            except ValueError as error:
                self._bad.append(f"line {number}: {error}")
        return np.array(values), good

    def finish(self, skip_bad, notes):
        if self._bad:
            named = named_faults(self._bad, "lines")
            if not skip_bad or not self._blocks:
                raise InputError(
                    f"{self._path.name}: {named}; the first line has {self._num}: "
                    f"{self._advice()}"
                )
            notes.append(
                f"{self._path.name}: skipped {counted(len(self._bad), 'bad line')}: {named}"
            )
        if not self._blocks:
            raise InputError(f"{self._path.name}: has no images: write one per line")
        images, labels = np.concatenate(self._blocks), None
        if images.dtype != np.uint8 and (images == np.rint(images)).all():
            images = images.astype(np.int32 if abs(images).max() < 2**31 else np.float32)
        if self._column is not None:
            try:
                labels = np.array(self._labels, dtype=float)
                is_whole = (labels == np.rint(labels)).all() and abs(labels).max() < 2**63
                labels = labels.astype(np.int64) if is_whole else labels
            except ValueError:  # of names
                labels = np.char.encode(self._labels, "utf-8", "surrogateescape")
        return images, labels

    def _advice(self):
        if any(re.search(r"'-?\d*,\d+'", fault) for fault in self._bad):
            return "these are decimal commas: save the numbers with points"
        others = ", or go on without these lines (--skip_bad)" if self._blocks else ""
        return f"repair the file{others}"


def _opened(path):
    raw = gzip.open(path) if sniff.is_gzip(path) else open(path, "rb")
    # `labels.decoded` reads the bytes that are not UTF-8.
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape")


def _separator(line):
    # Of decimal commas, there may be one more than separators.
    return max(";\t,", key=lambda mark: line.count(mark) + (mark != ","))


def _is_hint(line):
    """Whether a first line names the separator to Excel, such as sep=;."""
    return re.fullmatch(r'"?sep=.?"?', line.strip(), re.IGNORECASE)


def _lines(path: Path, text: io.TextIOBase) -> Iterator[tuple[int, str]]:
    """Yields (number, line) of the lines that are not blank."""
    try:
        for number, line in enumerate(iter(lambda: text.readline(_MAX_LINE), ""), 1):
            if len(line) == _MAX_LINE:
                raise InputError(
                    f"{path.name}: line {number} is longer than any image's: check the file"
                )
            if line.strip() and not (number == 1 and _is_hint(line)):
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path.name}: cannot be read ({error}): replace it") from error


def _split(line, separator):
    line = line.strip("\r\n")
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:  # a field of more than 131,072 characters
        return line.replace('"', "").split(separator)


def first_fields(head: bytes) -> list[str]:
    """Returns the fields of the first line of a text file that begins with `head`."""
    if sniff.kind_of(head) != "text":
        return []
    lines = head.decode("utf-8-sig", "replace").splitlines()
    line = next(filter(str.strip, lines[bool(lines and _is_hint(lines[0])) :]), "")
    return line.split(max(",;\t", key=line.count))
