"""A run's metrics.json: what its checkpoints scored, and which is the best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gan_tf.errors import InputError
from gan_tf.run_dir.files import replace_text, writing

_FILE = "metrics.json"
# What reading a damaged file raises: of the system, of JSON, and of values not ours.
_DAMAGE = (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError)


def key(record: dict[str, Any]) -> tuple[int, str]:
    """Returns (step, weights), which a file has once."""
    return int(record["step"]), str(record["weights"])


def read(run_dir: Path) -> list[dict[str, Any]]:
    """Returns the evaluations of a run, in the order of their steps.

    Raises:
        InputError: the file is damaged.
    """
    file = run_dir / _FILE
    if not file.exists():
        return []
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["evaluations"]
        for record in found:
            float(record["metrics"]["frechet_ratio"] or 0)  # null if undefined
        return sorted(found, key=key)
    except _DAMAGE as error:
        raise InputError(
            f"{file} is damaged ({type(error).__name__}: {error}): remove it"
        ) from None


def write(run_dir: Path, record: dict[str, Any]) -> None:
    """Adds an evaluation; an earlier one of the same checkpoint and weights goes."""
    others = [r for r in read(run_dir) if key(r) != key(record)]
    text = json.dumps({"evaluations": sorted([*others, record], key=key)}, indent=2)
    with writing(run_dir):
        replace_text(run_dir / _FILE, text + "\n")


def best(run_dir: Path, steps: list[int]) -> int | None:
    """Returns which of `steps` has the smallest Frechet ratio, by its EMA weights.

    Returns:
        None where none of them was evaluated.
    """
    ratios = {
        record["step"]: record["metrics"]["frechet_ratio"]
        for record in read(run_dir)
        if record["weights"] == "ema"
        and record["step"] in steps
        and record["metrics"]["frechet_ratio"] is not None
    }
    return min(ratios, key=lambda step: (ratios[step], step), default=None)
