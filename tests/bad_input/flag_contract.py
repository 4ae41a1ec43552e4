"""What `--help` promises of every flag, read by rules of the tests' own.

Whether a value is bad is decided here from the words that a user reads, never by asking
the code that is tested.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from refusals import Outcome

# The flags that take any text of one line, and what else is asked of them in a folder
# such as the fixture `home`: whether a text is bad.
TEXT_RULES = {
    "data": lambda text: True,  # no file there has a name that is tried
    "images": lambda text: True,
    "run_dir": lambda text: True,
    "network": lambda text: text not in ("default", "classic", "deep"),
    "checkpoint": lambda text: text not in ("2",),
    "label": lambda text: not re.fullmatch(r"\s*[012]\s*([,-]\s*[012]\s*)*", text),
    "digits": lambda text: not re.fullmatch("[012]+", text),
    "out": lambda text: "." in text and not text.endswith((".png", ".gif", ".npz")),
}


class Contract(NamedTuple):
    """A flag of a command, and the rule that `--help` states for it."""

    command: str
    flag: str
    rule: str

    def is_bad(self, text):
        """Whether `text` breaks the rule; False where in doubt."""
        if self.rule.startswith("one of "):
            return text not in self.rule.removeprefix("one of ").split(", ")
        if self.rule == "true or false":
            return text.lower() not in ("true", "t", "1", "false", "f", "0")
        if self.rule == "a name or a path in plain text":
            return self._is_bad_text(text)
        kind, low, high = re.fullmatch(
            r"(a whole number|a number) from (\S+) to (\S+)", self.rule
        ).groups()
        try:
            value = Decimal(text)
        except InvalidOperation:
            return True
        if not value.is_finite():
            return True
        if kind == "a whole number" and not re.fullmatch(r"\s*[+-]?[\d_]+\s*", text):
            return True
        low, high = (float(end.replace(",", "")) for end in (low, high))
        return not low - 1e-9 <= value <= high + 1e-9

    def _is_bad_text(self, text):
        if not text.strip() or any(
            ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text
        ):
            return True
        if (self.command, self.flag) == ("train", "run_dir"):
            return False  # a new run has a new name
        return TEXT_RULES.get(self.flag, lambda text: False)(text)


def contracts(command):
    """The `Contract` of every flag that the command's `--help` lists."""
    help_text = Outcome(command, ["--help"]).out
    entries = re.findall(r"^  --(\w+).*\n((?: {6}.*\n)+)", help_text, re.MULTILINE)
    return [
        Contract(command, flag, " ".join(text.split()).rpartition(": ")[2])
        for flag, text in entries
    ]
