"""What each part of an evaluation costs."""

import contextlib
import time


class Stopwatch:
    """Adds up the seconds of named parts.

    Attributes:
        seconds: {part: seconds so far}, in the order of first use.
    """

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def part(self, name):
        """Counts what is done within towards the part `name`."""
        started = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
