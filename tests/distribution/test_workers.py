"""Several processes train one model, over the loopback interface."""

import signal

import numpy as np
import pytest
from tiny import TINY

import gan_tf
from gan_tf.config import Config
from gan_tf.run_dir.run import Run

pytestmark = pytest.mark.slow

# Perceptrons without batch normalization or dropout, whose results must not depend on the
# number of devices.
SETTINGS = {"architecture": "classic", "batch_size": 12, "steps": 20}
# The training command, with a NaN in D's loss of step 8 at full rates.
POISONED = """import pytest, poison; from gan_tf import cli, train
poison.poison(pytest.MonkeyPatch(), "d_loss", at=8, above_lr_scale=0.5)
cli.run(train.main)"""


def rows_of(folder):
    return Run(folder).metrics_log.rows()


def test_three_workers_train_the_same_as_one_device(cluster, tmp_path, blob_file):
    one, three = tmp_path / "one", tmp_path / "three"
    settings = {**SETTINGS, "data": str(blob_file)}
    ended = cluster.finish(cluster.train(3, run_dir=three, **settings))
    assert [status for status, _, _ in ended] == [0, 0, 0], ended
    gan_tf.fit(Config(preset="gan", **{**TINY, **settings}), one)
    for weights in ("raw", "ema"):
        samplers = [gan_tf.load(folder, weights=weights) for folder in (one, three)]
        for a, b in zip(*(sampler.generator.get_weights() for sampler in samplers)):
            np.testing.assert_allclose(b, a, atol=1e-6)
    assert [row["step"] for row in rows_of(three)] == [*range(2, 21, 2)]
    for a, b in zip(rows_of(one), rows_of(three)):
        for tag in a:
            if not tag.startswith("speed/"):
                assert b[tag] == pytest.approx(a[tag], rel=1e-4, abs=1e-5), tag
    # The chief alone writes and prints.
    assert "20/20" in ended[0][1] and ended[1][1] == ended[2][1] == ""
    counts = [len(list(folder.rglob("*"))) for folder in (one, three)]
    assert counts[0] == counts[1] > 20


def test_a_job_that_lost_a_worker_resumes(cluster, tmp_path, blob_file):
    run_dir = tmp_path / "r"
    settings = {**SETTINGS, "steps": 1_000_000, "save_every": 10}
    settings |= {"data": blob_file, "run_dir": run_dir}
    processes = cluster.train(2, **settings)
    cluster.wait_for_checkpoint(run_dir, 0, processes)
    processes[1].kill()
    ((status, _, error),) = cluster.finish(processes[:1])
    assert status == 75 and "Traceback" not in error, error
    assert error.count("error: ") == 1 and "start all of them again" in error
    saved = Run(run_dir).checkpoints.steps()[-1]

    processes = cluster.train(2, **settings)
    cluster.wait_for_checkpoint(run_dir, saved, processes)
    # One of them is stopped, and all of them stop.
    processes[1].send_signal(signal.SIGTERM)
    (chief, printed, _), (other, _, _) = cluster.finish(processes)
    assert (chief, other) == (130, 130)
    assert f"Resuming from step {saved:,}\n" in printed
    newest = Run(run_dir).checkpoints.steps()[-1]
    assert newest > saved and f"Interrupted at step {newest:,}; checkpoint saved" in printed
    steps = [row["step"] for row in rows_of(run_dir)]
    assert steps == sorted(set(steps)) and steps[-1] <= newest


@pytest.mark.parametrize("on_nan", ["stop", "rollback"])
def test_all_workers_handle_a_nan_alike(cluster, tmp_path, blob_file, on_nan):
    settings = {**SETTINGS, "lr_decay_start": 1, "save_every": 6, "on_nan": on_nan}
    settings |= {"data": blob_file, "run_dir": tmp_path / "run"}
    ended = cluster.finish(cluster.train(2, ["-c", POISONED], **settings))
    run = Run(tmp_path / "run")
    assert ended[1][1] == ""  # the chief alone prints
    rates = [row["learning_rates/d"] for row in run.metrics_log.rows()]
    if on_nan == "stop":
        for status, _, error in ended:
            assert status == 1 and "Traceback" not in error, error
            assert "at step 8 the discriminator's loss was not finite" in error
        assert run.checkpoints.steps()[-1] == 7 and len(set(rates)) == 1
    else:
        assert [status for status, _, _ in ended] == [0, 0], ended
        assert ended[0][1].count("restored step 6") == 1
        assert run.checkpoints.steps()[-1] == 20
        # Every second step is a log step.
        np.testing.assert_allclose(rates[3:], rates[0] / 2, rtol=1e-6)
        np.testing.assert_allclose(rates[:3], rates[0], rtol=1e-6)
