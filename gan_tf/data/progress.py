"""The progress of what takes more than a second."""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_SECONDS = 1.0  # before the first line
_LINE_SECONDS = 10.0  # between two lines where none can be replaced


class Progress:
    """Prints, from the second second on, how much of something is done."""

    def __init__(self, total: float, noun: str, verb: str = "reading"):
        """Starts at 0 of `total` `noun`; a total of 0 is not known.

        `verb` says what is done with them.
        """
        self._total, self._noun, self._done = total, noun, 0.0
        self._verb = verb
        is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")  # as in rich
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        self._is_terminal = is_terminal and not is_dumb
        self._due = time.perf_counter() + _SECONDS
        self._printed = False

    def add(self, amount: float = 1) -> None:
        """Adds what was done, and prints when it is time."""
        self._done += amount
        if 0 < self._total <= self._done:
            return self.close()
        if time.perf_counter() < self._due:
            return
        of = f" of {self._total:,.0f}" if self._total else ""
        text = f"{self._verb:<9} {self._done:,.0f}{of} {self._noun}"
        if self._is_terminal:
            self._replace_line(text)
        else:
            print(text, flush=True)
        self._due = time.perf_counter() + (0.2 if self._is_terminal else _LINE_SECONDS)
        self._printed = True

    def close(self) -> None:
        """Removes the line from a terminal; `add` does, too, when the total is reached."""
        if self._printed and self._is_terminal:
            self._replace_line("")

    @staticmethod
    def _replace_line(text: str) -> None:
        width = min(70, shutil.get_terminal_size().columns - 1)
        print(text[:width].ljust(width), end="\r", flush=True)


def progress(items: Sequence[_Item], noun: str) -> Iterator[_Item]:
    """Yields the items, with their progress."""
    shown = Progress(len(items), noun)
    for item in items:
        yield item
        shown.add()


class CountedFile:
    """A file opened for reading whose progress is shown, in megabytes."""

    def __init__(self, file, size: int, name: str):
        """Wraps `file`, of which `size` bytes will be read."""
        self._file = file
        self._progress = Progress(size / 2**20, f"MB of {name}")

    def read(self, size: int = -1) -> bytes:
        """Returns at most `size` bytes, as a file does."""
        content = self._file.read(size)
        self._progress.add(len(content) / 2**20)
        return content
