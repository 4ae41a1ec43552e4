"""The progress of what takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_SECONDS = 1.0  # before the first line
_LINE_SECONDS = 10.0  # between two lines where none can be replaced


def progress(items: Sequence[_Item], noun: str) -> Iterator[_Item]:
    """Yields the items; from the second second on it prints how many are done."""
    return counted(items, noun, len(items))


def counted(items: Iterable[_Item], noun: str, total: float, size=None) -> Iterator[_Item]:
    """Yields the items and prints how much of `total` is done.

    Args:
        items: what is read.
        noun: of what `total` counts.
        total: the sum of the sizes.
        size: function of an item that returns its size; None for 1 each.
    """
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    due, done, printed = time.monotonic() + _SECONDS, 0.0, False
    for item in items:
        yield item
        done += size(item) if size else 1
        if time.monotonic() >= due:
            end = "\r" if is_terminal else "\n"
            text = f"reading   {done:,.0f} of {total:,.0f} {noun}"
            print(f"{text:<70}" if is_terminal else text, end=end, flush=True)
            due, printed = time.monotonic() + (0.2 if is_terminal else _LINE_SECONDS), True
    if printed and is_terminal:
        print(" " * 70, end="\r", flush=True)
