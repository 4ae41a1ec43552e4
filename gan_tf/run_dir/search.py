"""Finds the run to use when none is named."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.run_dir.run import Run


def open_run(flags: Mapping[str, Any], conditional: bool) -> Run:
    """Returns the run of the flag `run_dir`; without it, `newest_run` under runs/."""
    return Run(flags["run_dir"]) if "run_dir" in flags else newest_run("runs", conditional)


def newest_run(root: str | Path, conditional: bool) -> Run:
    """Returns the run under `root` with the newest checkpoint.

    Args:
        root: the directory to search.
        conditional: whether the run's model must be conditional on labels.

    Raises:
        InputError: there is no such run.
    """
    candidates = []
    for file in Path(root).rglob("config.json"):
        with contextlib.suppress(InputError, OSError):
            run = Run(file.parent)
            steps = run.checkpoints.steps()
            if steps and model_class(run.config.model).conditional >= conditional:
                modified = run.checkpoints.index(steps[-1]).stat().st_mtime
                candidates.append((modified, run))
    if not candidates:
        kind = "a model that takes labels" if conditional else "a trained model"
        raise InputError(
            f"run_dir was left out and no run under {root}/ holds {kind}: train one "
            "(python -m gan_tf.train --model acgan), or name its --run_dir"
        )
    return max(candidates, key=lambda pair: pair[0])[1]
