"""An evaluation classifier of `tiny.blobs` without training, and a reader of events."""

import contextlib
import types

import numpy as np
import pytest

from gan_tf.evaluation import evaluator
from gan_tf.evaluation.classifier import ClassifierOutputs
from gan_tf.metrics.validation import check_images
from gan_tf.run_dir.event_files import read_events


class ToyClassifier:
    """A classifier without TensorFlow: the features are the brightness of the rows."""

    name, seed, num_classes = "toy", 0, 3
    network = types.SimpleNamespace(get_weights=lambda: [np.ones(3)])

    def outputs(self, images):
        rows = check_images(images).mean(axis=(2, 3)) / 32
        return ClassifierOutputs(rows, 2 * rows[:, [1, 3, 5]])


@contextlib.contextmanager
def toy_evaluations(cache):
    """Within this context, evaluations take a `ToyClassifier` and cache in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setattr(evaluator, "load_classifier", lambda *_, **__: ToyClassifier())
        yield cache


def tags_and_steps(folder):
    """{tag: [steps]} of all events in a folder, in the order of the files."""
    found = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        for event in read_events(file):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    return found
