"""Allows one training, and one writer of evaluations, at a time per run directory."""

import contextlib
import sys
from pathlib import Path

from gan_tf.errors import InputError
from gan_tf.run_dir.files import writing


@contextlib.contextmanager
def locked(run_dir: Path):
    """Locks `run_dir` for this process while the context lasts.

    The temporary files of a killed training are removed.

    Raises:
        InputError: another training holds the lock, or the directory cannot be written
            or locked.
    """
    with writing(run_dir):
        file = open(run_dir / "lock", "a", encoding="utf-8")
    with file:
        try:
            _lock(file, wait=False)
        except (BlockingIOError, PermissionError):
            raise InputError(
                f"run_dir ({run_dir}) is being trained by another process: wait until it "
                "ends, or name another --run_dir"
            ) from None
        except OSError as error:  # a network file system without locks
            raise InputError(
                f"run_dir ({run_dir}) cannot be locked ({error.strerror}): name one on "
                "another file system"
            ) from None
        with writing(run_dir):
            for folder in (run_dir, run_dir / "samples", run_dir / "checkpoints"):
                # Of `atomic_write`, and not what a user may have named so.
                for temporary in folder.glob("*.[0-9]*.tmp"):
                    # An evaluation has a lock of its own, and may be writing metrics.json.
                    if not temporary.name.startswith("metrics.json."):
                        temporary.unlink()
        yield


@contextlib.contextmanager
def locked_evaluations(run_dir: Path):
    """Waits until no other process writes evaluations into `run_dir`, and locks these.

    A training that evaluates and `gan_tf.evaluate` may do so at one time. Where the lock is
    held, the temporary files of a writer that was killed are removed.
    """
    with writing(run_dir):
        (run_dir / "evaluation").mkdir(exist_ok=True)
        file = open(run_dir / "evaluation" / "lock", "a", encoding="utf-8")
    with file:
        with contextlib.suppress(OSError):  # a network file system without locks
            _lock(file, wait=True)
            for pattern in ("metrics.json.[0-9]*.tmp", "evaluation/*.[0-9]*.tmp"):
                for temporary in run_dir.glob(pattern):  # of one that was killed
                    temporary.unlink()
        yield


# The system's own lock, which ends with the process.
if sys.platform == "win32":
    import msvcrt

    def _lock(file, wait):  # ten seconds at most
        mode = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK
        msvcrt.locking(file.fileno(), mode, 1)

else:
    import fcntl

    def _lock(file, wait):
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
