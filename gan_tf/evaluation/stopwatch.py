"""Measures the parts of an evaluation."""

import contextlib
import time


@contextlib.contextmanager
def timed(seconds: dict[str, float], part: str):
    """Adds the time spent inside the block to `seconds[part]`."""
    started = time.monotonic()
    yield
    seconds[part] = seconds.get(part, 0.0) + time.monotonic() - started
