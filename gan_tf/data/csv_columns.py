"""Which column of a CSV file is the label."""

from collections.abc import Sequence

import numpy as np

from gan_tf.errors import InputError

_LABELS = ("label", "labels", "class", "target", "y", "digit", "letter", "character")


def is_number(field: str) -> bool:
    """Returns whether a field is a number."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def is_header(fields: Sequence[str]) -> bool:
    """Returns whether the first line of a file names the columns.

    The first and the last field may be a label. pandas numbers columns without names.
    """
    if not {fields[0].strip().lower(), fields[-1].strip().lower()}.isdisjoint(_LABELS[:4]):
        return True  # y, digit, ... may be a label themselves
    inner = [field.strip() for field in fields[1:-1] or fields]
    numbered = ([str(first + i) for i in range(len(inner))] for first in range(3))
    # An empty value is a fault of a line of data, not a name.
    return inner in numbered or any(field and not is_number(field) for field in inner)


def are_numbered(fields: Sequence[str]) -> bool:
    """Returns whether a first line is of values, made into names by pandas.

    It numbers those that occur again: 0, 0.1, 0.2 are three of 0, and 1.0, 1.0.1, 1.0.2
    three of 1.0.
    """
    names = set(fields)
    again = [n for n in names if is_number(n) and {f"{n}.1", f"{n}.2"} <= names]
    if any("." in name for name in again):
        return True
    return bool(again) and len(names) == len(fields) and not is_header(fields)


def is_pixel(name: str) -> bool:
    """Returns whether a column is of pixels by its name, and not pandas' of an index."""
    return any(c.isdigit() for c in name) and not name.lower().startswith("unnamed:")


def named_label(file: str, header: Sequence[str]) -> int | None:
    """Returns the index of the column that is the label by its name; None without any.

    Raises:
        InputError: there are two.
    """
    names = [field.strip().lower() for field in header]
    found = [i for i, name in enumerate(names) if name in _LABELS]
    if len(found) > 1:  # Devanagari's label, and in other files a name beside the label
        found = [i for i in found if names[i] != "character"]
    if len(found) > 1:
        raise InputError(
            f"{file}: has two columns of labels, {header[found[0]]} and "
            f"{header[found[1]]}: remove one"
        )
    return found[0] if found else None


def first_or_last_label(rows: Sequence[Sequence[str]]) -> int | None:
    """Returns the column of the label without a header; None where all are pixels.

    Kaggle's files begin with the label; of some others, it is the last value. The corner of
    an image is mostly blank, the label is not. The first `rows` have equal length.
    """
    num = len(rows[0]) if rows else 0
    if round(num**0.5) ** 2 == num:
        return None
    first, last = ({row[i].strip() for row in rows} for i in (0, -1))
    if any(field and not is_number(field) for field in first):  # a name is no pixel
        return 0
    is_last = len(first) == 1 and len(last) > 1 or not all(map(is_number, last))
    return num - 1 if is_last else 0


def check_guess(file: str, images: np.ndarray, labels: np.ndarray, column: int) -> None:
    """Checks with all lines the `column` that `first_or_last_label` returned.

    Raises:
        InputError: the other end of the lines could be the label as well.
    """
    if labels.dtype.kind == "S":  # names
        return
    if column:  # in the first lines of a sorted file, a label looks like a blank corner
        is_doubtful = np.ptp(images[:, 0]) > 0
    else:
        values, num = np.unique(images[:, -1]), len(np.unique(labels))
        is_range = values[-1] - values[0] == len(values) - 1  # such as 0 to 9
        # A label that is the same in all lines is rather a blank corner.
        is_doubtful = len(values) > 1 and (num == 1 or is_range and len(values) < num)
    if is_doubtful:
        raise InputError(
            f"{file}: the label could be the first or the last value of a line: add a "
            "first line that names the columns, the label's label"
        )
