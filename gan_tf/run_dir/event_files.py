"""Reads, writes and truncates TensorBoard's event files."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from gan_tf.files import atomic_write
from gan_tf.run_dir.files import writing


def read_events(file: Path) -> list[event_pb2.Event]:
    """Returns the events of a file, up to a record that a kill has cut."""
    events = []
    with contextlib.suppress(tf.errors.DataLossError):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            events.append(event_pb2.Event.FromString(record))
    return events


def write_events(file: Path, events: Iterable[event_pb2.Event]) -> None:
    """Writes a file of events atomically."""
    with atomic_write(file) as out:
        writer = RecordWriter(out)
        for event in events:
            writer.write(event.SerializeToString())


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
            # TensorBoard does not read a file of this name.
            truncated = directory / "truncated"
            write_events(truncated, events)
            # Names are unique: no two sessions train the same steps. Two moves, so that a
            # kill between them leaves no event in two files.
            final = directory / f"events.out.tfevents.{0:010}.{events[-1].step:012}"
            os.replace(file, final)
            os.replace(truncated, final)
