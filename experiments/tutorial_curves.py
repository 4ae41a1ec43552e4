"""What a run's own entries say: its losses over time, and how long its steps took."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

_CURVES = ("losses/", "probabilities/", "source_accuracy/", "class_accuracy/")


def read_entries(run_dir: Path) -> list[dict[str, float]]:
    """Returns the entries of a run's metrics.jsonl."""
    text = (run_dir / "metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def seconds_of(entries: list[dict[str, float]]) -> float:
    """Returns how long the steps took, with all output, over all sittings of a run."""
    steps = np.diff([0, *(entry["step"] for entry in entries)])
    speeds = np.array([entry["speed/steps_per_second"] for entry in entries])
    return float((steps / speeds).sum())


def curve(entries: list[dict[str, float]]) -> dict[str, list[float]]:
    """Returns {"step" or tag: its values}, of losses, probabilities and accuracies."""
    tags = ["step", *(tag for tag in entries[0] if tag.startswith(_CURVES))]
    return {tag: [float(f"{entry[tag]:.5g}") for entry in entries] for tag in tags}
