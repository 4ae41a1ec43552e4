"""Writes evaluations for TensorBoard, into a separate folder of the run.

TensorBoard follows the newest event file of a folder: in the training's folder, an
evaluation would stop it from following a training in progress.
"""

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
    images: dict[str, np.ndarray],
    descriptions: dict[str, str],
) -> None:
    """Writes one evaluation; it replaces an earlier one of this step and group.

    All evaluations are written to one new file, in the order of their steps: TensorBoard
    treats a step smaller than the one before as a restarted training, and drops the
    earlier events.

    Args:
        directory: of evaluations only.
        step: the checkpoint's.
        group: of the tags, `<group>/<name>`.
        scalars: {name: value}.
        images: {name: uint8 [H, W, 3]}.
        descriptions: {name: what it is}.
    """
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder, filename_suffix=_SUFFIX)
        with writer.as_default(step):
            for name, value in scalars.items():
                text = descriptions.get(name)
                tf.summary.scalar(f"{group}/{name}", value, description=text)
            for name, image in images.items():
                text = descriptions.get(name)
                tf.summary.image(f"{group}/{name}", image[None], description=text)
        writer.close()
        (file,) = Path(folder).iterdir()
        records = read_events(file)
    old_files = _files(directory)
    for old in old_files:
        records += [e for e in read_events(old) if not _is_replaced(e, step, group)]
    # A process killed before it deleted the old files leaves the same events in two.
    records = list({e.SerializeToString(): e for e in records}.values())
    # The sort is stable: the new file's version, at step 0, stays first.
    records.sort(key=lambda event: event.step)
    # TensorBoard must not take the incomplete file for an event file, so its name is plain.
    temporary = directory / "evaluation.tmp"
    write_events(temporary, records)
    os.replace(temporary, directory / file.name)
    for old in old_files:
        old.unlink()


def truncate_after(directory: Path, step: int) -> None:
    """Removes the evaluations of later steps than `step`."""
    for file in _files(directory):
        events = read_events(file)
        # Every file begins with an event of its version, at step 0.
        records = [event for event in events if event.step <= step]
        if len(records) == len(events):
            continue
        temporary = directory / "evaluation.tmp"
        write_events(temporary, records)
        os.replace(temporary, file)


def _files(directory):
    return sorted(directory.glob(f"events.out.tfevents.*{_SUFFIX}"))


def _is_replaced(event, step, group):
    if event.HasField("file_version"):
        return True
    tags = (value.tag for value in event.summary.value)
    return event.step == step and all(tag.startswith(f"{group}/") for tag in tags)
