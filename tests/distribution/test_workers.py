"""Several processes train one model, over the loopback interface."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from cluster import finish, start, tf_config, wait_for_checkpoint
from tiny import TINY

import gan_tf
from gan_tf.config import RULES, Config
from gan_tf.distribution import check_batch_size
from gan_tf.errors import InputError
from gan_tf.runs import Run
from gan_tf.workers import JOIN

# Perceptrons without batch normalisation or dropout: what must not depend on the number
# of devices.
SETTINGS = {"network": "classic", "batch_size": 12, "steps": 20}


def test_three_workers_train_what_one_device_trains(tmp_path, blob_file):
    ended = finish(start(3, tmp_path / "three", blob_file, **SETTINGS))
    assert [status for status, _, _ in ended] == [0, 0, 0], ended
    settings = {**TINY, **SETTINGS, "data": str(blob_file)}
    gan_tf.train(Config.from_preset("gan", **settings), tmp_path / "one")
    pair = [tmp_path / name for name in ("one", "three")]
    for weights in ("raw", "ema"):
        one, three = (gan_tf.load(f, weights=weights).generator for f in pair)
        for a, b in zip(one.get_weights(), three.get_weights()):
            np.testing.assert_allclose(b, a, atol=1e-6)
    one, three = (metrics(folder) for folder in pair)
    assert [entry["step"] for entry in three] == [*range(2, 21, 2)]
    for a, b in zip(one, three):
        for tag in a:
            if not tag.startswith("speed/"):
                assert b[tag] == pytest.approx(a[tag], rel=1e-4, abs=1e-5), tag
    # The chief alone writes and prints.
    assert "20/20" in ended[0][1] and ended[1][1] == ended[2][1] == ""
    files, others = (
        sorted(str(f.relative_to(folder)) for folder in [p] for f in p.rglob("*"))
        for p in pair
    )
    events = [f for f in others if "tfevents" in f]
    assert len(events) == 1 and len(files) == len(others)


def metrics(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("index", [0, 1])
def test_a_killed_worker_ends_the_job_which_goes_on_when_started_again(
    index, tmp_path, blob_file
):
    settings = {**SETTINGS, "steps": 1_000_000, "save_every": 10}
    processes = start(2, tmp_path / "r", blob_file, **settings)
    wait_for_checkpoint(tmp_path / "r", processes)
    processes[index].kill()
    status, _, error = finish(processes)[1 - index]
    assert status == 75
    assert error.count("error: ") == 1 and "start all of them again" in error
    assert "Traceback" not in error
    saved = Run(tmp_path / "r").checkpoints.steps()[-1]

    processes = start(2, tmp_path / "r", blob_file, **settings)
    continued = next(line for line in processes[0].stdout if "continues" in line)
    assert continued == f"continues from step {saved:,}\n"
    # One of them is asked to stop, and all of them do.
    processes[1].send_signal(signal.SIGTERM)
    (chief, printed, _), (other, _, _) = finish(processes)
    assert (chief, other) == (130, 130)
    newest = Run(tmp_path / "r").checkpoints.steps()[-1]
    assert newest > saved and f"saved at step {newest:,}" in printed


@pytest.mark.parametrize("index", [0, 1])
def test_a_worker_whose_peers_never_come_ends(index, tmp_path, blob_file):
    program = (
        "import sys; from gan_tf import train, workers; workers._SECONDS_TO_JOIN = 1; "
        "train.main(sys.argv)"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "--model=gan", "--strategy=multi_worker"],
        env={**os.environ, "TF_CONFIG": tf_config(2, index)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == -signal.SIGALRM
    assert "for all 2 workers of TF_CONFIG, 1 s at most" in process.stderr
    assert not list(tmp_path.iterdir())


GOOD = json.loads(tf_config(2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "3",
        json.dumps({"cluster": GOOD["cluster"]}),
        json.dumps({"task": GOOD["task"]}),
        json.dumps({**GOOD, "task": {"type": "worker", "index": 2}}),
        json.dumps({**GOOD, "task": {"type": "worker", "index": "0"}}),
        json.dumps({**GOOD, "task": {"type": "evaluator", "index": 0}}),
        json.dumps({**GOOD, "cluster": {"worker": "a:1"}}),
        json.dumps({**GOOD, "cluster": {"worker": ["a", "b"]}}),
        json.dumps({**GOOD, "cluster": {"worker": [1, 2]}}),
        json.dumps({**GOOD, "cluster": {"worker": ["a:1"], "ps": ["b:1"]}}),
        json.dumps({**GOOD, "cluster": {"worker": ["a:1"], "chief": ["b:1", "c:1"]}}),
    ],
)
def test_a_broken_tf_config_is_one_line(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="TF_CONFIG .*must be JSON of this form") as error:
        JOIN["multi_worker"]()
    assert "\n" not in str(error.value)


def test_every_strategy_can_be_joined():
    assert tuple(JOIN) == RULES["strategy"].choices


def test_a_batch_that_cannot_be_shared_is_refused():
    devices = ["CPU:0", "CPU:1", "CPU:2"]
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    check_batch_size(strategy, 7)
    with pytest.raises(InputError, match=r"batch_size \(7\).* 3 devices.* choose 9"):
        check_batch_size(tf.distribute.MirroredStrategy(devices), 7)


def test_xla_and_a_chosen_gpu_are_for_one_device(tmp_path):
    with pytest.raises(InputError, match="jit_compile .on. .*strategy .mirrored."):
        Config(strategy="mirrored", jit_compile="on")
    with pytest.raises(InputError, match="gpu .0. contradicts strategy .mirrored."):
        gan_tf.train(Config(strategy="mirrored"), tmp_path / "r", gpu=0)
    assert not list(tmp_path.iterdir())
