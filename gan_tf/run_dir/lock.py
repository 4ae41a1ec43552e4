"""One training at a time in a run directory."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from gan_tf.errors import InputError
from gan_tf.run_dir.files import writing


@contextlib.contextmanager
def locked(run_dir: Path):
    """Keeps every other training out of `run_dir` while the context lasts.

    Raises:
        InputError: another training has it, or it cannot be written or locked.
    """
    with writing(run_dir):
        file = open(run_dir / "lock", "a", encoding="utf-8")
    with file:
        try:
            _take(file)
        except (BlockingIOError, PermissionError):
            raise InputError(
                f"run_dir ({run_dir}) is being trained by another process: wait for its "
                "end, or name another --run_dir"
            ) from None
        except OSError as error:  # a network file system without locks
            raise InputError(
                f"run_dir ({run_dir}) cannot be locked ({error.strerror}): name one on "
                "another file system"
            ) from None
        yield


# A lock of the system's, which a killed process cannot leave behind.
if sys.platform == "win32":
    import msvcrt

    def _take(file):
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
