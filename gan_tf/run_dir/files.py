"""Writing into a run directory: one line of error where the system refuses."""

from contextlib import AbstractContextManager
from pathlib import Path

import tensorflow as tf

from gan_tf.files import write_errors


def writing(run_dir: Path) -> AbstractContextManager[None]:
    """Returns a context that turns an error of the file system into an `InputError`.

    It may only write files, so that it cannot hide a bug.
    """
    return write_errors(
        f"run_dir ({run_dir})",
        tf.errors.OpError,
        advice="fix that and run the same command again; the existing checkpoints are "
        "unchanged",
    )
