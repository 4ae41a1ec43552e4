"""Joining other devices and workers, and the input that is refused before."""

import itertools
import json
import signal
from unittest import mock

import pytest
import tensorflow as tf
from tiny import tiny_config

import gan_tf
from gan_tf.config import FIELDS, Config
from gan_tf.errors import InputError, WorkerLostError
from gan_tf.ops.replicas import check_batch_size
from gan_tf.training import train_loop, workers
from gan_tf.training.workers import JOIN, Workers


@pytest.mark.slow
def test_a_worker_ends_when_the_others_do_not_join(cluster, tmp_path):
    run_dir = tmp_path / "r"
    program = (
        "import sys; from gan_tf import train; from gan_tf.training import workers; "
        "workers._SECONDS_TO_JOIN = 1; train.main(sys.argv)"
    )
    flags = ["--model=gan", "--strategy=multi_worker", f"--run_dir={run_dir}"]
    # Each waits for the other of its own pair.
    pairs = [cluster.start(2, ["-c", program, *flags], only=i) for i in (0, 1)]
    for status, _, error in cluster.finish([*pairs[0], *pairs[1]]):
        assert status == -signal.SIGALRM
        assert "for all 2 workers of TF_CONFIG, at most 1 s" in error
    assert not run_dir.exists()


@pytest.mark.parametrize("settings", [{"mixed_precision": "on"}, {"log_every": 4}])
def test_workers_of_other_settings_than_the_chief_are_refused(settings):
    chief, worker = (Workers(tf.distribute.get_strategy(), 1, index) for index in (0, 1))
    own, sent = tiny_config("gan"), []
    chief._sum = lambda number: sent.append(number) or number
    chief.check_settings(own)
    worker._sum = lambda _, replies=itertools.cycle(sent): next(replies)
    worker.check_settings(tiny_config("gan", data="elsewhere.npz"))
    rule = r"^\w+ \((on|4)\) must be as on the chief: give each"
    with pytest.raises(InputError, match=rule):
        worker.check_settings(tiny_config("gan", **settings))


def place(cluster, kind, index):
    task = {"type": kind, "index": index}
    return workers._place(json.dumps({"cluster": cluster, "task": task}))


GOOD = {"worker": ["a:1", "b:1"]}
BROKEN = [
    *((GOOD, "worker", 2), (GOOD, "worker", "0"), (GOOD, "evaluator", 0)),
    *(
        ({"worker": addresses}, "worker", 0)
        for addresses in ("a:1", ["a", "b"], [1, 2], ["a:1", "a:1"], {"0": "a:1"})
    ),
    ({"worker": ["a:1"], "ps": ["b:1"]}, "worker", 0),
    ({"worker": ["a:1"], "chief": ["b:1", "c:1"]}, "worker", 0),
]
NO_TASK, NO_CLUSTER = {"cluster": GOOD}, {"task": {"type": "worker", "index": 0}}
TEXTS = ["", "{", "[]", "{}", '{"cluster":\n{}}', "3"]


@pytest.mark.parametrize("case", [*BROKEN, *map(json.dumps, (NO_TASK, NO_CLUSTER)), *TEXTS])
def test_a_broken_tf_config_is_one_line(case):
    with pytest.raises(InputError, match="TF_CONFIG .*JSON of this form") as error:
        workers._place(case) if isinstance(case, str) else place(*case)
    assert "\n" not in str(error.value)


def test_a_missing_tf_config_is_refused(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match="TF_CONFIG .*must be JSON of this form"):
        JOIN["multi_worker"]()


def test_a_process_that_has_computed_cannot_join(monkeypatch):
    one = {"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(one))
    tf.zeros([1])
    with pytest.raises(InputError, match="must begin before TensorFlow computes"):
        JOIN["multi_worker"]()
    lost = mock.Mock(side_effect=tf.errors.UnavailableError(None, None, "gone"))
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lost)
    with pytest.raises(WorkerLostError):
        JOIN["multi_worker"]()


def test_the_chief_is_the_first_place():
    assert place(GOOD, "worker", 1) == (2, 1)
    assert place({**GOOD, "chief": ["c:1"]}, "chief", 0) == (3, 0)
    assert place({**GOOD, "chief": ["c:1"]}, "worker", 0) == (3, 1)
    assert place({"chief": ["[::1]:80"]}, "chief", 0) == (1, 0)


def test_every_strategy_can_be_joined():
    assert tuple(JOIN) == FIELDS["strategy"].choices


def test_a_batch_that_cannot_be_divided_is_refused():
    devices = ["CPU:0", "CPU:1", "CPU:2"]
    check_batch_size(tf.distribute.get_strategy(), 7)
    check_batch_size(tf.distribute.MirroredStrategy(devices), 9)
    with pytest.raises(InputError, match=r"batch_size \(7\).* 3 devices.* new run, 9"):
        check_batch_size(tf.distribute.MirroredStrategy(devices), 7)


def test_a_worker_without_the_run_of_the_chief_is_refused(tmp_path):
    worker = Workers(tf.distribute.get_strategy(), index=1)
    worker._sum = lambda number: 1  # the chief has a run
    with pytest.raises(InputError, match="must be one folder that all workers share"):
        train_loop._create_run(tmp_path, Config(), {}, "CPU", worker)


def test_a_worker_that_reads_another_folder_than_the_chief_is_refused(tmp_path):
    worker = Workers(tf.distribute.get_strategy(), index=1)
    worker.check_equal(0, "runs", tmp_path)
    with pytest.raises(InputError, match="this worker can read 1 runs, and the chief"):
        worker.check_equal(1, "runs", tmp_path)


def test_the_choice_of_a_gpu_is_for_one_device(tmp_path):
    with pytest.raises(InputError, match="gpu .0. contradicts strategy .mirrored."):
        gan_tf.fit(Config(strategy="mirrored"), tmp_path / "r", gpu=0)
    assert not list(tmp_path.iterdir())
