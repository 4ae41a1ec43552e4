"""The run that a command uses: the one its flag names, or the newest."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.run_dir.run import Run


def open_run(flags: Mapping[str, Any], conditional: bool) -> Run:
    """Returns the run of the flag `run_dir`, or the newest suitable one under runs/.

    The newest is that of the newest checkpoint, of those that can be read. It prints
    which newer ones were skipped.

    Args:
        flags: {name: value} of the flags that are set.
        conditional: whether the model of the newest must be conditional on labels.

    Raises:
        InputError: there is no such run.
    """
    if "run_dir" in flags:
        return Run(flags["run_dir"])
    candidates = []
    for folder in _run_dirs(Path("runs")):
        checkpoints = Checkpoints(folder)
        with contextlib.suppress(OSError):
            for step in checkpoints.steps()[-1:]:
                modified = checkpoints.index(step).stat().st_mtime
                candidates.append((modified, folder, step))
    for _, path, step in sorted(candidates, reverse=True):
        try:
            run = Run(path)
            if model_class(run.config.model).conditional < conditional:
                continue
            if run.checkpoints.is_intact(step):
                return run
            reason = f"run_dir ({path}): checkpoint {step} cannot be read"
        except InputError as error:
            reason = str(error)
        print(f"note      skipped a newer run: {reason}")
    kind = "a model that takes labels" if conditional else "a trained model"
    raise InputError(
        f"run_dir was left out and no run under runs/ of this folder holds {kind}: train "
        "one (python -m gan_tf.train --model acgan), name its --run_dir, or wait for the "
        "first checkpoint of a training (--save_every)"
    )


def _run_dirs(root: Path) -> Iterator[Path]:
    """Yields the folders below `root` with a config.json, also those behind links."""
    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()  # a link to a folder around it
        elif "config.json" in files:
            yield Path(folder)
        seen.add(real)
