"""Paths and the shell of this machine, and the one way in which a file is written."""

import contextlib
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from gan_tf.errors import InputError

# pathlib makes one slash of two.
_URL = re.compile(r"[A-Za-z][\w+.-]+://|(gs|s3|hdfs|az|abfs|https?|s?ftp|file):/")


def local_path(name: str, path: str | os.PathLike) -> Path:
    """Returns `path` with a leading `~` expanded; `name` is that of its flag.

    Raises:
        InputError: `path` is a URL.
    """
    text = os.fspath(path)
    if _URL.match(text):
        raise InputError(
            f"{name} ({text}) must be a path of this machine's file system: mount the "
            "storage, or copy the files"
        )
    return Path(os.path.expanduser(text))


def check_writable(name: str, path: Path, is_folder: bool = False) -> None:
    """Refuses a path that could not be written, before minutes of work.

    Raises:
        InputError: what would be around it is a file, or may not be written; for a folder,
            what is there itself, too.
    """
    # os.path's test returns False for a name that no file can have.
    around = [path.absolute()] * is_folder + list(path.absolute().parents)
    above = next(filter(os.path.exists, around), None)
    if above is None or not os.path.isdir(above) or not os.access(above, os.W_OK):
        where = f"below {above}" if above else "on this drive"
        where = f"where {above} is" if above == path.absolute() else where
        raise InputError(f"{name} ({path}) cannot be written {where}: name another path")


def command_line(words: Sequence[str]) -> str:
    """Returns the words as one line for the shell of this system."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


@contextlib.contextmanager
def atomic_write(
    path: str | os.PathLike, mode: str = "wb", fsync: bool = True
) -> Iterator[IO[Any]]:
    """Opens a temporary file beside `path`, which replaces `path` when the block ends.

    A process that is killed inside the block leaves `path` as it was; after an exception
    the temporary file is removed.

    Args:
        path: the file; its folder must exist.
        mode: "wb", or "w" for UTF-8 text.
        fsync: waits for the disk, so that the file survives a power failure; False for
            thousands of small files, for which that takes a minute.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = Path(f"{os.fspath(path)}.{os.getpid()}.tmp")
    try:
        with open(temporary, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            if fsync:
                file.flush()
                # Else a power failure may leave the new name with an empty file.
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def write_errors(
    subject: str,
    *others: type[Exception],
    advice: str = "correct that, or name another path",
) -> Iterator[None]:
    """Makes an `InputError` of an error of the file system, such as a full disk.

    The context should only write files: such an error of other code would be taken for one.

    Args:
        subject: names the path.
        *others: the exceptions that mean the same as an `OSError`: TensorFlow's.
        advice: what to do about it.
    """
    kinds: tuple[type[Exception], ...] = (OSError, *others)
    try:
        yield
    except kinds as error:
        reason = reason_of(error)
        raise InputError(f"{subject} cannot be written ({reason}): {advice}") from error


def reason_of(error: Exception) -> str:
    """Returns the system's message in an error of writing, also in one of TensorFlow."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # TensorFlow puts the system's message between "<file>; " and its own.
    line = getattr(error, "message", str(error)).split("\n")[0]
    return line.rpartition("; ")[2].partition(" [Op:")[0]
