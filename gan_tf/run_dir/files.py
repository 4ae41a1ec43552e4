"""Writing into a run directory: one line of error where the system refuses."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_tf.files import atomic_write, write_errors


def writing(run_dir: Path) -> AbstractContextManager[None]:
    """Returns a context that turns an error of the file system into an `InputError`.

    It should only write files: see `write_errors`.
    """
    return write_errors(
        f"run_dir ({run_dir})",
        tf.errors.OpError,
        advice="fix that and run the same command again; the existing checkpoints are "
        "unchanged",
    )


def write_json(run_dir: Path, name: str, content: dict[str, Any]) -> None:
    """Writes a file of a run directory atomically."""
    with writing(run_dir), atomic_write(run_dir / name, "w") as out:
        out.write(json.dumps(content, indent=2) + "\n")
