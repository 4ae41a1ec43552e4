import numpy as np
import tensorflow as tf
from evaluation_helpers import tags_and_steps
from numpy.testing import assert_allclose
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from gan_tf.run_dir import event_files
from gan_tf.run_dir.event_files import read_events


def write(folder, step, value=0.5, group="evaluation"):
    images, texts = {"nearest": np.zeros([4, 4, 3], np.uint8)}, {"kid": "a metric"}
    event_files.write_evaluation(folder, step, group, {"kid": value}, images, texts)


def test_an_evaluation_replaces_that_of_the_same_step(tmp_path):
    (tmp_path / "events.out.tfevents.1.training").write_bytes(b"")
    for step, value in [(30, 0.1), (10, 0.2), (30, 0.3), (20, 0.4)]:
        write(tmp_path, step, value)
    write(tmp_path, 30, 0.5, "evaluation_raw")
    assert tags_and_steps(tmp_path) == {
        "evaluation/kid": [10, 20, 30],
        "evaluation/nearest": [10, 20, 30],
        "evaluation_raw/kid": [30],
        "evaluation_raw/nearest": [30],
    }
    training, file = sorted(tmp_path.iterdir())
    assert training.read_bytes() == b""
    versions = [event.file_version for event in read_events(file)]
    assert versions[0] == "brain.Event:2" and not any(versions[1:])
    # The last value is what TensorBoard shows.
    reader = EventAccumulator(str(file))
    reader.Reload()
    events = reader.Tensors("evaluation/kid")
    values = [make_ndarray(event.tensor_proto) for event in events]
    assert_allclose(values, [0.2, 0.4, 0.3], rtol=1e-6)


def test_a_kill_or_a_resumed_training_leaves_no_evaluation_twice(tmp_path):
    write(tmp_path, 10)
    write(tmp_path, 20)
    (file,) = tmp_path.iterdir()
    old = tmp_path / "events.out.tfevents.1.evaluation"
    old.write_bytes(file.read_bytes())  # the process died before it deleted this
    write(tmp_path, 30)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20, 30]
    event_files.truncate_evaluations_after(tmp_path, 20)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20]
    write(tmp_path, 30)
    assert tags_and_steps(tmp_path)["evaluation/kid"] == [10, 20, 30]


def test_events_of_another_program_replace_none(tmp_path):
    names = ["1.training", "2.mine", "3.training"]
    for name in names:
        writer = tf.summary.create_file_writer(str(tmp_path), filename_suffix=name)
        with writer.as_default():
            for step in (2, 4):
                tf.summary.scalar(name, 0.5, step)
    for _ in range(2):
        event_files.truncate_after(tmp_path, 2)
        assert tags_and_steps(tmp_path) == {name: [2] for name in names}


def test_a_kill_while_an_evaluation_is_replaced_leaves_the_new_one(tmp_path):
    write(tmp_path, 20, 0.1)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    write(tmp_path, 20, 0.2)
    (tmp_path / "events.out.tfevents.1.evaluation").write_bytes(content)
    write(tmp_path, 30, 0.3)
    (file,) = tmp_path.iterdir()
    values = [v for event in read_events(file) for v in event.summary.value]
    found = [make_ndarray(v.tensor) for v in values if v.tag == "evaluation/kid"]
    assert_allclose(found, [0.2, 0.3], rtol=1e-6)
