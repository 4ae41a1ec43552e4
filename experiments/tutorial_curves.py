"""What a run's own entries say: its losses over time, and how long its steps took."""

from __future__ import annotations

from pathlib import Path

_CURVES = ("losses/", "probabilities/", "d_accuracy/", "class_accuracy/")


def is_kept(run_dir: Path, steps: int) -> bool:
    """Whether a run of so many steps, of which a record tells, is here to its end."""
    from gan_tf.run_dir.checkpoints import Checkpoints

    is_run = (run_dir / "config.json").exists()
    return is_run and Checkpoints(run_dir, 1).steps()[-1:] == [steps]


def seconds_at(entries: list[dict[str, float]]) -> dict[int, float]:
    """Returns {step of an entry: seconds of all steps until then, with all output}.

    Seconds between the sittings of a run are not counted.
    """
    step, spent, at = 0, 0.0, {}
    for entry in entries:
        spent += (entry["step"] - step) / entry["speed/steps_per_second"]
        step = int(entry["step"])
        at[step] = spent
    return at


def curve(entries: list[dict[str, float]]) -> dict[str, list[float]]:
    """Returns {"step" or tag: its values}, of losses, probabilities and accuracies."""
    tags = ["step", *(tag for tag in entries[0] if tag.startswith(_CURVES))]
    return {tag: [float(f"{entry[tag]:.5g}") for entry in entries] for tag in tags}
