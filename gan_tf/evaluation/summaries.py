"""Writes evaluations for TensorBoard, into a folder of their own in the run.

TensorBoard follows the newest event file of a folder: beside a training's own file, they
would keep it from following a training that goes on.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan_tf.run_dir.event_files import read_events, write_events

_SUFFIX = ".evaluation"


def write(
    directory: Path,
    step: int,
    group: str,
    scalars: dict[str, float],
    pictures: dict[str, np.ndarray],
    descriptions: dict[str, str],
) -> None:
    """Writes one evaluation; it takes the place of an earlier one of this step and group.

    All evaluations are put into one new file, in the order of their steps: TensorBoard
    takes a step that is smaller than the one before for a restarted training, and drops
    what it had.

    Args:
        directory: for evaluations alone; it is made where it is missing.
        step: the checkpoint's.
        group: of the tags, `<group>/<name>`.
        scalars: {name: value}.
        pictures: {name: uint8 [H, W, 3]}.
        descriptions: {name: what it is}.
    """
    directory.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder, filename_suffix=_SUFFIX)
        with writer.as_default(step):
            for name, value in scalars.items():
                text = descriptions.get(name)
                tf.summary.scalar(f"{group}/{name}", value, description=text)
            for name, picture in pictures.items():
                text = descriptions.get(name)
                tf.summary.image(f"{group}/{name}", picture[None], description=text)
        writer.close()
        (file,) = Path(folder).iterdir()
        records = read_events(file)
    old_files = sorted(directory.glob(f"events.out.tfevents.*{_SUFFIX}"))
    for old in old_files:
        records += [e for e in read_events(old) if not _is_replaced(e, step, group)]
    # A kill before the old files were gone has left the same events in two of them.
    records = list({e.SerializeToString(): e for e in records}.values())
    # The new file's version, at step 0, stays first.
    records.sort(key=lambda event: event.step)
    draft = directory / "evaluation.tmp"
    write_events(draft, records)
    os.replace(draft, directory / file.name)
    for old in old_files:
        old.unlink()


def _is_replaced(event, step, group):
    if event.HasField("file_version"):
        return True
    tags = [value.tag for value in event.summary.value]
    return event.step == step and all(tag.startswith(f"{group}/") for tag in tags)
