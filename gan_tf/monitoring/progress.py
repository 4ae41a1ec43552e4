"""The progress bar of a training."""

import math
import sys
import time

import rich.progress
from rich.console import Console

_SECONDS_BETWEEN_LINES = 10


def duration(seconds: float) -> str:
    """Returns `seconds` as text: "7 s", "3 min 05 s", "2 h 04 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class ProgressBar:
    """A bar with steps/s, losses and the remaining time.

    On a terminal it is a live line, above which other output scrolls; in a file, in a
    notebook or with TERM=dumb, a plain line every ten seconds.
    """

    def __init__(self, first_step: int, num_steps: float, started: float | None = None):
        """Starts the clock.

        Args:
            first_step: steps done before, by an earlier session of the run.
            num_steps: the step at which the training ends, infinite as long as it is
                not known.
            started: when the session started, on the clock of `time.perf_counter`; None is
                now.
        """
        self._last = num_steps
        self._printed = time.perf_counter()
        self._start = self._printed if started is None else started
        self._first: tuple[int, float] | None = None
        self._paused = 0.0
        self._bar = None
        console = Console(file=sys.stdout, highlight=False, markup=False)
        if sys.stdout.isatty() and not console.is_dumb_terminal:
            self._bar = rich.progress.Progress(
                rich.progress.BarColumn(bar_width=24),
                rich.progress.TextColumn("{task.description}", markup=False),
                console=console,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task(
                "preparing the first step",
                total=num_steps if math.isfinite(num_steps) else None,
                completed=first_step,
            )
            self._bar.start()

    def set_num_steps(self, num_steps: int) -> None:
        """Sets the step at which the training ends."""
        self._last = num_steps
        if self._bar:
            self._bar.update(self._task, total=num_steps)

    def pause(self, seconds: float) -> None:
        """Leaves out of the speed the last `seconds`, which an evaluation took."""
        if self._first:
            self._paused += seconds

    def update(
        self, step: int, losses: dict[str, float], deadline: float = math.inf
    ) -> None:
        """Shows the progress.

        Args:
            step: the steps that are done.
            losses: {name: value}.
            deadline: when the training should end, on the clock of `time.perf_counter`.
        """
        now = time.perf_counter()
        if self._first is None:
            # The first call also traced the step: it does not count towards the speed.
            self._first = (step, now)
        done, seconds = step - self._first[0], now - self._first[1]
        rate = done / seconds if done else 0.0
        trained = 1 - self._paused / seconds if done else 1.0  # the fraction of the time
        is_last, known = step == self._last, math.isfinite(self._last)
        seconds = (self._last - step) / rate if rate and known else math.inf
        remaining = f"{duration(seconds) if math.isfinite(seconds) else '?'} left"
        late = now + seconds * trained - deadline  # evaluations move it
        if 0 < late - 0.05 * (deadline - self._start) < math.inf:
            remaining += f", {duration(late)} late: slower than planned"
        text = "  ".join(
            [
                f"step {step:,}/{self._last:,}" if known else f"step {step:,}",
                # Before what is printed elsewhere: a narrow terminal cuts the end.
                f"took {duration(now - self._start)}" if is_last else remaining,
                f"{rate / trained:.1f} steps/s",
                *(f"{name} {value:.3f}" for name, value in losses.items()),
            ]
        )
        if self._bar:
            self._bar.update(self._task, completed=step, description=text)
        elif is_last or now - self._printed > _SECONDS_BETWEEN_LINES:
            self._printed = now
            print(text, flush=True)

    def close(self) -> None:
        """Ends the live line, with its last text."""
        if self._bar:
            self._bar.stop()
