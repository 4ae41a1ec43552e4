"""The line that shows how far a training is."""

from __future__ import annotations

import shutil
import sys
import time


def duration(seconds: float) -> str:
    """Returns `seconds` for people: "7 s", "3 min 05 s", "2 h 04 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Progress:
    """A bar with steps/s, losses and the time left.

    On a terminal it is one line that changes; in a file, a line every 10 seconds.
    """

    _WIDTH = 24
    _SECONDS_BETWEEN_LINES = 10

    def __init__(self, first_step: int, num_steps: int):
        """Starts the clock.

        Args:
            first_step: steps done before, in an earlier session of the run.
            num_steps: the step at which the training ends.
        """
        self._first, self._last = first_step, num_steps
        self._start = self._printed = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._begun: tuple[int, float] | None = None
        self._open = False

    def show(self, step: int, losses: dict[str, float]) -> None:
        """Shows that `step` steps are done; the means of the losses are {name: value}."""
        now = time.monotonic()
        if self._begun is None:
            # The first call also traced the step: not part of the speed.
            self._begun = (step, now)
        done, since = step - self._begun[0], now - self._begun[1]
        rate = done / since if done else 0.0
        last = step == self._last
        if not (
            self._terminal or last or now - self._printed > self._SECONDS_BETWEEN_LINES
        ):
            return
        self._printed = now
        left = duration((self._last - step) / rate) if rate else "?"
        parts = [
            f"step {step:,}/{self._last:,}",
            f"{rate:.1f} steps/s",
            *(f"{name} {value:.3f}" for name, value in losses.items()),
            f"took {duration(now - self._start)}" if last else f"{left} left",
        ]
        text = "  ".join(parts)
        # What a line has room for: one that wraps could not be written over.
        width = min(self._WIDTH, shutil.get_terminal_size().columns - len(text) - 5)
        if width > 4:
            filled = width * step // self._last
            text = f"[{'#' * filled}{'.' * (width - filled)}]  {text}"
        self._open = self._terminal and not last
        end = "" if self._open else "\n"
        print(f"\r\x1b[2K{text}" if self._terminal else text, end=end, flush=True)

    def tell(self, text: str) -> None:
        """Prints a line that stays."""
        print(f"\r\x1b[2K{text}" if self._terminal else text, flush=True)
        self._open = False

    def interrupt(self) -> None:
        """Ends the line if it is an open one, so that something else can be printed."""
        if self._open:
            print(flush=True)
        self._open = False
