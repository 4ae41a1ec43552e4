"""A setting: its type, its range, and how a text becomes its value."""

from __future__ import annotations

import dataclasses
import math
import operator
import os
import re
from typing import Any

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
# Control characters, and bytes that are not UTF-8, as Python reads them in a file's name.
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_text(value: Any) -> bool:
    """Whether `value` is a text that can be printed in a line, and not a blank one."""
    return (
        isinstance(value, str) and bool(value.strip()) and not _NOT_TEXT.search(value)
    )


@dataclasses.dataclass(frozen=True)
class Rule:
    """The type and range of one setting, and how a text becomes its value."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words, as errors and ``--help`` show it."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "a name or a path in plain text"
        noun = "a whole number" if self.kind is int else "a number"
        low, high = (
            f"{end:,}" if self.kind is int else f"{end:g}"
            for end in (self.low, self.high)
        )
        return f"{noun} from {low} to {high}"

    def parse(self, value: Any) -> Any:
        """Returns `value` (a flag's text, a number, a JSON value) as the setting's type.

        Raises:
            ValueError: it breaks the rule; the message is the rule in words.
        """
        parsed: Any
        try:
            if self.kind is bool:
                parsed = _BOOLEANS[str(value).lower()]
            elif isinstance(value, bool):
                raise TypeError  # which Python would count with
            elif self.kind is str:
                parsed = os.fspath(value)
            elif self.kind is int and not isinstance(value, str):
                parsed = operator.index(value)
            else:
                parsed = self.kind(value)
            if isinstance(parsed, (int, float)):
                # A comparison that NaN fails, too.
                if not (self.low <= parsed <= self.high and math.isfinite(parsed)):
                    raise ValueError
            elif parsed not in self.choices if self.choices else not is_text(parsed):
                raise ValueError
        except (KeyError, ValueError, TypeError, OverflowError):
            raise ValueError(f"must be {self.text}") from None
        return parsed


def setting(default, group, help_text, low=-math.inf, high=math.inf, choices=()) -> Any:
    """Returns a dataclass field that knows its rule.

    Args:
        default: its type is the setting's.
        group: the heading under which `--help` lists it.
        help_text: one sentence.
        low: the least value of a number.
        high: the largest.
        choices: of a text; empty for any.
    """
    rule = Rule(type(default), low, high, choices)
    metadata = {"help": help_text, "rule": rule, "group": group}
    return dataclasses.field(default=default, metadata=metadata)
