"""What an array or a file is for, by its name: x_train, train-labels-idx1-ubyte, ..."""

import re
from collections.abc import Iterable

from gan_tf.errors import InputError

SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}
# Words that only contain the name of a split, as that of latest.csv or intervals.csv.
_OTHER_WORDS = r"(?<![a-z])(la|con|grea|fas|pro)tests?(?![a-z])"
_KIND = r"(?<![a-z])([xy]|(image|img|data|label|target)s?|[a-z]*mnist|cifar)?"
_SPLITS = {
    "test": rf"test|t10_?k|{_KIND}eval|^(?!.*train).*{_KIND}te(?![a-z])",
    "val": rf"(?<!in)valid|{_KIND}(val(?!ue|l|en)|dev(?!ic|an|el))"
    rf"|^(?!.*train).*{_KIND}va(?![a-z])",
}
_KINDS = {
    "names": r"^((class|label|target)[_ -]?)?names$|^classes$",
    "y": r"label|target|(?<![a-z])y(?![a-z])|^y(tr|te|va)|^(train|test|val)y$"
    "|^class$",
    "x": r"image|img|pixel|(?<![a-z])x(?![a-z])|(?<!meta)data|^arr_0$|^x(tr|te|va)"
    r"|^(train|test|val)x$",
}


def split_word(folder: str) -> tuple[str | None, list[str]]:
    """Returns the split that a word in the name of a folder is of, and the other words.

    As of seg_train and test1; a valley is no split. The split is None without such a word.
    """
    words = re.split("[^a-z0-9]+", _snake_case(folder))
    for split in ("train", "test", "val"):
        others = [w for w in words if SPLIT_NAMES.get(w.rstrip("0123456789")) != split]
        if len(others) < len(words):
            return split, others
    return None, words


def split_of(name: str) -> str:
    """Returns "train", "val" or "test", the split that a name is of."""
    words = re.sub(_OTHER_WORDS, "", _snake_case(name))
    return next((s for s, p in _SPLITS.items() if re.search(p, words)), "train")


def role_of(name: str) -> str | None:
    """Returns "x_train", "y_test", "names" or the like; None for another name."""
    if not re.fullmatch(r"[\w .-]+", name):
        return None
    lower = name.lower()
    # Names of single images, and what `generate --for_training` adds.
    if re.search(r"(file|image)_?names?$|^soft_labels$", lower):
        return None
    kind = next((kind for kind, p in _KINDS.items() if re.search(p, lower)), None)
    return kind if kind in (None, "names") else f"{kind}_{split_of(name)}"


def assign(names: Iterable[str], what: str) -> tuple[dict[str, str], list[str]]:
    """Returns {role: name} and the names that have no role; errors call them `what`.

    Raises:
        InputError: two names have one role, and neither is the role's own name.
    """
    roles: dict[str, str] = {}
    others = []
    for name in names:
        role = role_of(name)
        if role is None or roles.get(role) == role:
            others.append(name)
        elif role in roles and name != role:
            raise InputError(
                f"has two {what} that could be {role}, {roles[role]} and {name}: keep one"
            )
        else:
            if role in roles:
                others.append(roles[role])
            roles[role] = name
    return roles, others


def _snake_case(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
