"""One training at a time in a run directory."""

from __future__ import annotations

import contextlib
from pathlib import Path

from gan_tf.disk import writing
from gan_tf.errors import InputError


@contextlib.contextmanager
def locked(run_dir: Path):
    """Keeps every other training out of `run_dir`, until the process ends.

    Raises:
        InputError: another training has it, or it cannot be written.
    """
    with writing(run_dir):
        file = open(run_dir / "lock", "a", encoding="utf-8")
    with file:
        if not _lock(file):
            raise InputError(
                f"run_dir ({run_dir}) is being trained by another process: wait for its "
                "end, or name another --run_dir"
            )
        yield


def _lock(file) -> bool:
    """Takes the system's lock on `file`, which a killed process cannot leave behind."""
    try:
        import fcntl
    except ImportError:  # Windows, where an open file is kept from others by msvcrt.
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
