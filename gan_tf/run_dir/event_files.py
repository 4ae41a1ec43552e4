"""TensorBoard's event files, read and written as wholes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto import event_pb2

from gan_tf.run_dir.files import writing


def read_events(file: Path) -> list[event_pb2.Event]:
    """Returns the events of a file, up to a record that a kill may have cut."""
    events = []
    with contextlib.suppress(tf.errors.DataLossError):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            events.append(event_pb2.Event.FromString(record))
    return events


def write_events(file: Path, events: Iterable[event_pb2.Event]) -> None:
    """Writes a file of events."""
    with tf.io.TFRecordWriter(str(file)) as writer:
        for event in events:
            writer.write(event.SerializeToString())


def truncate_after(directory: Path, step: int) -> None:
    """Drops from a directory's event files what was written after `step`.

    A run that goes on from a checkpoint repeats the steps after it; without this,
    TensorBoard would show them twice. With `step` 0 nothing is kept.

    What is kept also gets a name that sorts before that of the file to come: TensorBoard
    reads files in the order of their names, which begin with the time, and the clock may
    have been put back since.

    Raises:
        InputError: the directory cannot be written.
    """
    for file in sorted(directory.glob("events.out.tfevents.*")):
        events = [e for e in read_events(file) if e.step <= step] if step else []
        with writing(directory):
            # Every file begins with an event that holds nothing but its version.
            if all(event.HasField("file_version") for event in events):
                file.unlink()
                continue
            # One that TensorBoard does not take for an event file.
            draft = directory / "rewound.tmp"
            write_events(draft, events)
            # No two are equal: each sitting has steps of its own. Two moves, so that a
            # kill between them leaves no event in two files.
            kept = directory / f"events.out.tfevents.{0:010}.{events[-1].step:012}"
            os.replace(file, kept)
            os.replace(draft, kept)
