"""Writing into a run directory: one line of error where the system refuses."""

import contextlib
from pathlib import Path

import tensorflow as tf

from gan_tf.errors import InputError


@contextlib.contextmanager
def writing(run_dir: Path):
    """Turns an error of the file system, such as a full disk, into an `InputError`.

    The context may only write files, so that it cannot hide a bug.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
        else:  # TensorFlow puts the system's message between "<file>; " and its own
            line = error.message.splitlines()[0]
            reason = line.rpartition("; ")[2].partition(" [Op:")[0]
        raise InputError(
            f"run_dir ({run_dir}) cannot be written ({reason}): fix that and run "
            "the same command again; the existing checkpoints are unchanged"
        ) from None
