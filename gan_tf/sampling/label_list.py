"""A list of classes as users write it: "7", "0-9" or "2,2,7"."""

import re
from collections.abc import Sequence

from gan_tf.data.labels import normalized
from gan_tf.errors import InputError, listed


def parse_labels(text: str, class_names: Sequence[str], flag: str = "label") -> list[int]:
    """Returns the indices of the classes in the `text` of `flag`: "7", "0-9" or "2,2,7".

    A class is given by its name, in which a comma is allowed, or, where the names are not
    numbers, by its index. A range such as "001-010" is of names or of indices.

    Raises:
        InputError: the text is not such a list, or a class in it does not exist.
    """
    if not class_names:
        raise InputError(
            f"{flag} ({text}) is not possible: this model is unconditional; leave it out"
        )
    index = {normalized(name): i for i, name in enumerate(class_names)}
    if not any(name.isdecimal() for name in class_names):
        index.update({str(i): i for i in range(len(class_names))})
    labels = []
    parts = text.split(",")
    most = 1 + max(name.count(",") for name in index)
    while parts:
        # The longest name that the next parts make, because a name may have commas.
        ends = range(min(most, len(parts)), 0, -1)
        joined = (normalized(",".join(parts[:end])) for end in ends)
        name = next((name for name in joined if name in index), None)
        if name is not None:
            labels.append(index[name])
            parts = parts[name.count(",") + 1 :]
        else:
            labels += _range(normalized(parts.pop(0)), index, class_names, flag)
    return labels


def _range(text, index, class_names, flag):
    """Returns the indices of the classes of a range such as 0-9."""
    ends = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})", text)
    names = [text]
    if ends:
        first, last = map(int, ends.groups())
        if first > last:
            raise InputError(
                f"{flag} ({text}) must be an ascending range: {ends[2]}-{ends[1]}"
            )
        width = len(ends[1]) if ends[1].startswith("0") else 0
        names = [f"{i:0{width}}" for i in range(first, min(last, first + 10**5) + 1)]
    for name in names:
        if name not in index:
            raise InputError(
                f"{flag} ({name}) must be one of {listed(class_names, 20)}, a list of "
                "these with commas, or a range with a hyphen"
            )
    return [index[name] for name in names]
