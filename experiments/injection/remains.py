"""What a training has left in its run directory, and whether two left the same."""

from __future__ import annotations

import collections
import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.run_dir.event_files import read_events

# Tags whose values tell of the sitting, not of what was computed.
_OF_THE_SITTING = ("speed/", "_hparams_/", "run/")


class Lost(Exception):
    """A fault has cost a run something."""


def checkpoint_files(run_dir: Path, step: int) -> tuple[Path, Path]:
    """Returns the paths of a checkpoint's index and of its one shard."""
    index = Checkpoints(run_dir, 1).index(step)
    return index, index.with_suffix(".data-00000-of-00001")


def arrays(run_dir: Path, step: int) -> dict[str, np.ndarray]:
    """Returns every array of a checkpoint.

    Raises:
        tf.errors.OpError or IndexError: it is damaged.
    """
    prefix = checkpoint_files(run_dir, step)[0].with_suffix("")
    reader = tf.train.load_checkpoint(str(prefix))
    names = reader.get_variable_to_shape_map()
    # The graph of objects is text, in an order of its own.
    return {n: reader.get_tensor(n) for n in names if not n.startswith("_")}


def whole_steps(run_dir: Path) -> list[int]:
    """Returns the steps of the checkpoints that can be read, oldest first."""
    whole = []
    for step in Checkpoints(run_dir, 1).steps():
        try:
            arrays(run_dir, step)
        except (tf.errors.OpError, IndexError):
            continue
        whole.append(step)
    return whole


def is_writing_checkpoint(run_dir: Path) -> bool:
    """Whether a checkpoint is half there."""
    folder = run_dir / "checkpoints"
    shards = folder.glob("step-*.data-*")
    return any(folder.glob("step-*_temp")) or any(
        not shard.with_suffix(".index").exists() for shard in shards
    )


def entries(run_dir: Path) -> list[dict]:
    """Returns the whole lines of metrics.jsonl, without speeds."""
    file, found = run_dir / "metrics.jsonl", []
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):
            entry = json.loads(line)
            found.append({k: v for k, v in entry.items() if "speed/" not in k})
    return found


def events(run_dir: Path) -> dict[str, list[tuple[int, bytes]]]:
    """Returns {tag: [(step, value)]} as TensorBoard reads it: files in order of name."""
    found = collections.defaultdict(list)
    for file in sorted(run_dir.glob("*tfevents*")):
        for event in read_events(file):
            for value in event.summary.value:
                of_run = not value.tag.startswith(_OF_THE_SITTING)
                content = value.tensor.SerializeToString() if of_run else b""
                found[value.tag].append((event.step, content))
    return dict(found)


def check_once(run_dir: Path) -> None:
    """Checks that metrics.jsonl and the events show every step once, in order.

    Raises:
        Lost: they do not.
    """
    steps = {tag: [step for step, _ in rows] for tag, rows in events(run_dir).items()}
    steps["metrics.jsonl"] = [entry["step"] for entry in entries(run_dir)]
    for tag, shown in steps.items():
        if shown != sorted(set(shown)):
            raise Lost(f"{tag} shows the steps {shown}")


def check_same(run_dir: Path, other: Path, step: int) -> None:
    """Checks that two runs ended alike, bit for bit, but for their speed.

    Raises:
        Lost: they did not.
    """
    check_once(run_dir)
    if entries(run_dir) != entries(other):
        raise Lost("metrics.jsonl differs")
    if events(run_dir) != events(other):
        raise Lost("the events differ")
    one, two = arrays(run_dir, step), arrays(other, step)
    if one.keys() != two.keys():
        raise Lost("the checkpoints hold different arrays")
    differing = [name for name in one if one[name].tobytes() != two[name].tobytes()]
    if differing:
        raise Lost(f"{len(differing)} arrays differ, such as {differing[0]}")
    if sheets(run_dir) != sheets(other):
        raise Lost("the sheets of samples differ")


def sheets(run_dir: Path) -> dict[str, bytes]:
    """Returns the pictures in samples/."""
    return {f.name: f.read_bytes() for f in run_dir.glob("samples/*.png")}


def contents(run_dir: Path) -> dict[Path, bytes]:
    """Returns all of a run directory, but for the lock."""
    files = (file for file in run_dir.rglob("*") if file.is_file())
    return {f: f.read_bytes() for f in files if f.name != "lock"}
