"""The contents of a run directory after a fault, and whether two runs are the same."""

import collections
import json
from pathlib import Path

import tensorflow as tf

from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.run_dir.event_files import read_events

# Tags whose values depend on the session, not on what was computed.
_OF_THE_SESSION = ("speed/", "_hparams_/", "run/")


class Lost(Exception):
    """A run has lost something by a fault."""


def checkpoint_files(run_dir: Path, step: int) -> tuple[Path, Path]:
    """Returns the paths of a checkpoint's index and of its one shard."""
    index = Checkpoints(run_dir).index(step)
    return index, index.with_suffix(".data-00000-of-00001")


def intact_steps(run_dir: Path) -> list[int]:
    """Returns the steps of the checkpoints that can be read, oldest first."""
    checkpoints = Checkpoints(run_dir)
    return [step for step in checkpoints.steps() if checkpoints.is_intact(step)]


def is_writing_checkpoint(run_dir: Path) -> bool:
    """Whether a checkpoint is partly written."""
    shards = run_dir.glob("checkpoints/step-*.data-*")
    return any(run_dir.glob("checkpoints/step-*_temp")) or any(
        not shard.with_suffix(".index").exists() for shard in shards
    )


def _arrays(run_dir, step):
    """The bytes of every array of a checkpoint, except the text of its graph of objects."""
    prefix = checkpoint_files(run_dir, step)[0].with_suffix("")
    reader = tf.train.load_checkpoint(str(prefix))
    names = reader.get_variable_to_shape_map()
    return {n: reader.get_tensor(n).tobytes() for n in names if not n.startswith("_")}


def _log_rows(run_dir):
    # Not by MetricsLog: it is tested here, and leaves out what it cannot read.
    file = run_dir / "metrics.jsonl"
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
    try:
        rows = [json.loads(line) for line in lines]
    except ValueError as error:
        raise Lost(f"metrics.jsonl has a line that is no JSON: {error}") from error
    return [{k: v for k, v in row.items() if "speed/" not in k} for row in rows]


def _events(run_dir):
    """{tag: [(step, value)]} as TensorBoard reads it: files in order of name."""
    found = collections.defaultdict(list)
    for file in sorted(run_dir.glob("*tfevents*")):
        for event in read_events(file):
            for value in event.summary.value:
                of_run = not value.tag.startswith(_OF_THE_SESSION)
                content = value.tensor.SerializeToString() if of_run else b""
                found[value.tag].append((event.step, content))
    return found


def check_steps(run_dir: Path) -> None:
    """Raises `Lost` unless metrics.jsonl and the events have every step once, in order."""
    steps = {tag: [step for step, _ in rows] for tag, rows in _events(run_dir).items()}
    steps["metrics.jsonl"] = [row["step"] for row in _log_rows(run_dir)]
    for tag, found in steps.items():
        if found != sorted(set(found)):
            raise Lost(f"{tag} has the steps {found}")


def check_same(run_dir: Path, other: Path, step: int) -> None:
    """Raises `Lost` unless two runs ended alike, bit for bit, except for their speed."""
    check_steps(run_dir)
    for read, text in (
        (lambda run: dict(enumerate(_log_rows(run))), "metrics.jsonl differs"),
        (_events, "the events differ"),
        (lambda run: _arrays(run, step), "the arrays differ"),
        (lambda run: contents(run / "samples"), "the samples differ"),
    ):
        one, two = read(run_dir), read(other)
        differing = [key for key in {**one, **two} if one.get(key) != two.get(key)]
        if differing:
            raise Lost(f"{text} in {len(differing)} places, such as {differing[0]}")


def contents(folder: Path) -> dict[Path, bytes]:
    """Returns {relative path: bytes} of all files of a folder except the lock."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {f.relative_to(folder): f.read_bytes() for f in files if f.name != "lock"}
