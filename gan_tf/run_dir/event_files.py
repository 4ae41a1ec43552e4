"""Reads, writes and truncates TensorBoard's event files.

Evaluations have a separate folder of the run: TensorBoard follows the newest event file of
a folder, so that in the training's folder an evaluation would stop it from following a
training in progress.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from gan_tf.files import atomic_write
from gan_tf.run_dir.files import writing

_EVALUATION = ".evaluation"  # ends the names of their files


def read_events(file: Path) -> list[event_pb2.Event]:
    """Returns the events of a file, up to a record that a kill has cut."""
    events = []
    with contextlib.suppress(tf.errors.DataLossError):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            events.append(event_pb2.Event.FromString(record))
    return events


def _write_events(file: Path, events: Iterable[event_pb2.Event]) -> None:
    # TensorBoard does not read files of this name. A lock removes one after a kill.
    complete = file.with_name("events.0.tmp")
    with atomic_write(complete) as out:
        writer = RecordWriter(out)
        for event in events:
            writer.write(event.SerializeToString())
    os.replace(complete, file)


def truncate_after(directory: Path, step: int) -> None:
    """Removes the events after `step` from a directory; with `step` 0, all of them.

    A resumed training repeats them, and TensorBoard would show them twice. The remaining
    files are renamed to sort before the next one: TensorBoard reads files in the order of
    their names, which begin with the time, and the clock may have been set back since.

    Raises:
        InputError: the directory cannot be written.
    """
    for file in sorted(directory.glob("events.out.tfevents.*")):
        events = [e for e in read_events(file) if e.step <= step] if step else []
        with writing(directory):
            # Every file begins with an event that holds only its version.
            if all(event.HasField("file_version") for event in events):
                file.unlink()
                continue
            # It is moved before it is truncated, so that a kill between the two leaves no
            # event in two files. No two sessions train the same steps, but another program
            # may write events here, too.
            final = directory / f"events.out.tfevents.{0:010}.{events[-1].step:012}"
            while final.exists() and final != file:
                final = final.with_name(f"{final.name}.1")
            os.replace(file, final)
            _write_events(final, events)


def write_evaluation(
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
        writer = tf.summary.create_file_writer(folder, filename_suffix=_EVALUATION)
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
    old_files = _evaluations(directory)
    for old in old_files:
        records += [e for e in read_events(old) if not _is_replaced(e, step, group)]
    # A process killed before it deleted the old files leaves the same events, or older
    # ones, in two.
    by_tag = {(e.step, *(v.tag for v in e.summary.value)): e for e in records}
    # The sort is stable: the new file's version, at step 0, stays first.
    records = sorted(by_tag.values(), key=lambda event: event.step)
    _write_events(directory / file.name, records)
    for old in old_files:
        old.unlink()


def truncate_evaluations_after(directory: Path, step: int) -> None:
    """Removes the evaluations of later steps than `step`."""
    for file in _evaluations(directory):
        events = read_events(file)
        # Every file begins with an event of its version, at step 0.
        records = [event for event in events if event.step <= step]
        if len(records) < len(events):
            _write_events(file, records)


def _evaluations(directory):
    return sorted(directory.glob(f"events.out.tfevents.*{_EVALUATION}"))


def _is_replaced(event, step, group):
    if event.HasField("file_version"):
        return True
    tags = (value.tag for value in event.summary.value)
    return event.step == step and all(tag.startswith(f"{group}/") for tag in tags)
