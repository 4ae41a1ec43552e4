"""Writing into a run directory: whole files, and one line where the disk refuses."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import tensorflow as tf

from gan_tf.errors import InputError


@contextlib.contextmanager
def writing(run_dir: Path):
    """Tells in one line that a run cannot be written: a full disk, no permission.

    It is for code that does nothing but write files, so that no bug is taken for a disk.

    Raises:
        InputError: the system refused to write.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise InputError(
            f"run_dir ({run_dir}) cannot be written ({_reason(error)}): mend that and "
            "repeat the command; the checkpoints in it are as they were"
        ) from None


def _reason(error) -> str:
    """The system's words, which TensorFlow puts between "<file>; " and its own."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return error.message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]


def replace_text(file: Path, text: str) -> None:
    """Writes a file whole or not at all: a kill leaves the old one or the new one."""
    draft = file.with_name(file.name + ".tmp")
    with open(draft, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        # Without this a power cut may leave the new name with nothing in it.
        os.fsync(out.fileno())
    os.replace(draft, file)
