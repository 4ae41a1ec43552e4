"""The type and range of a setting or flag, and the parsing of its text."""

import dataclasses
import math
import operator
import os
import re
from typing import Any

_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
# Control characters, and bytes that are not UTF-8, as Python reads them in a file's name.
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_text(value: Any) -> bool:
    """Whether `value` is a text that is printable in one line and not blank."""
    return isinstance(value, str) and bool(value.strip()) and not _NOT_TEXT.search(value)


@dataclasses.dataclass(frozen=True)
class Field:
    """The type and range of one setting or flag.

    Attributes:
        kind: int, float, bool or str.
        low: the smallest number.
        high: the largest number.
        choices: the texts; empty for any.
        items: where there are any, a text may also be a list of different ones of these,
            with commas between them.
    """

    kind: type
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The type and range in words, as errors and ``--help`` show them."""
        if self.items:
            return (
                f"{', '.join(self.choices)}, or a list of {', '.join(self.items)}, such as "
                f"{','.join(self.items[:2])}"
            )
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "a name or a path in plain text"
        noun = "a whole number" if self.kind is int else "a number"
        low, high = (
            f"{end:,}" if self.kind is int else f"{end:g}" for end in (self.low, self.high)
        )
        return f"{noun} from {low} to {high}"

    def parse(self, value: Any) -> Any:
        """Returns `value` (a flag's text, a number, a JSON value) as `kind`.

        Raises:
            ValueError: the value is of another type or out of range; the message states
                the rule.
        """
        parsed: Any
        try:
            if self.kind is bool:
                parsed = _BOOLEANS[str(value).lower()]
            elif isinstance(value, bool):
                raise TypeError  # a bool is an int in Python
            elif self.kind is str:
                # A whole number may stand for its digits, as in `channels=1`.
                parsed = str(value) if type(value) is int else os.fspath(value)
            elif self.kind is int and not isinstance(value, str):
                parsed = operator.index(value)
            else:
                parsed = self.kind(value)
            if isinstance(parsed, (int, float)):
                # NaN fails this comparison, too.
                if not (self.low <= parsed <= self.high and math.isfinite(parsed)):
                    raise ValueError
            elif parsed not in self.choices and not self._is_list(parsed):
                if self.choices or not is_text(parsed):
                    raise ValueError
        except (KeyError, ValueError, TypeError, OverflowError):
            raise ValueError(f"must be {self.text}") from None
        return parsed

    def _is_list(self, text):
        parts = text.split(",")
        return set(parts) <= set(self.items) and len(set(parts)) == len(parts)


def config_field(
    group, default, help_text, limits=(-math.inf, math.inf), choices=(), items=()
) -> Any:
    """Returns the dataclass field of a setting.

    Args:
        group: the heading under which `--help` lists the setting.
        default: its type is the setting's.
        help_text: one sentence.
        limits: the smallest and the largest number.
        choices: the texts; empty for any.
        items: what a list may consist of, in place of a choice; empty for no lists.
    """
    low, high = limits
    field = Field(type(default), low, high, choices, items)
    metadata = {"help": help_text, "field": field, "group": group}
    return dataclasses.field(default=default, metadata=metadata)
