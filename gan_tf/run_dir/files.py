"""Writing into a run directory: one line of error where the system refuses."""

from __future__ import annotations

import contextlib
from pathlib import Path

import tensorflow as tf

from gan_tf.errors import InputError


@contextlib.contextmanager
def writing(run_dir: Path):
    """Turns an error of the file system, such as a full disk, into an `InputError`.

    The context may only write files, so that it cannot hide a bug.

    Args:
        run_dir: the run directory, which the message names.

    Raises:
        InputError: the system refused to write.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise InputError(
            f"run_dir ({run_dir}) cannot be written ({_reason(error)}): fix that and run "
            "the same command again; the existing checkpoints are unchanged"
        ) from None


def _reason(error) -> str:
    """The system's message, which TensorFlow puts between "<file>; " and its own."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return error.message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]
