import contextlib
import dataclasses
import errno
import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from evaluation_helpers import tags_and_steps
from poison import poison
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny import TINY, blobs, tiny_config

import gan_tf
from gan_tf import cli
from gan_tf import train as train_command
from gan_tf.config import FIELDS, Config
from gan_tf.errors import DivergedError, InputError
from gan_tf.monitoring import diagnostics
from gan_tf.monitoring.recorder import Recorder
from gan_tf.run_dir import evaluations, event_files
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.metrics_log import MetricsLog
from gan_tf.run_dir.run import Run
from gan_tf.sampling import image_io as images
from gan_tf.training import train_loop
from gan_tf.training.interrupts import StopRequest
from gan_tf.training.nan_guard import NanGuard
from gan_tf.training.step_budget import StepBudget
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import Workers

FLAGS = [f"--{name}={value}" for name, value in TINY.items()]


@pytest.fixture(autouse=True)
def signals():
    """Undoes what a test, or `nohup` or `&` in a script, does with signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.fixture
def command(tmp_path, monkeypatch, blob_file):
    """Runs the command in a folder of its own; returns that folder."""
    monkeypatch.chdir(tmp_path)

    def run(*flags):
        # Minutes take the place of steps.
        tiny = [f for f in FLAGS if "--minutes" not in str(flags) or "--steps=" not in f]
        train_command.main(["train", f"--data={blob_file}", *tiny, *flags])
        return tmp_path

    return run


@pytest.fixture
def gan_run(command, copy_run, tmp_path):
    """A copy of a finished run of the model gan, in the folder of `command`."""
    return copy_run("gan", tmp_path / "runs" / "gan")


def rows_of(folder):
    return Run(folder).metrics_log.rows()


def without_speed(rows):
    return [{k: v for k, v in e.items() if "speed" not in k} for e in rows]


def assert_equal_generators(*samplers):
    for weights in zip(*(sampler.generator.get_weights() for sampler in samplers)):
        np.testing.assert_array_equal(*weights)


def test_a_run_holds_all_that_was_promised(finished, model_name, blob_file):
    folder, printed, sampler = finished(model_name)
    for text in ("blobs: 60 images 8x8x1, 3 classes", "4 steps, batch size 6"):
        assert text in printed
    assert f"runs/{model_name}/" in printed
    assert "steps/s" in printed and "d_loss" in printed and "4/4" in printed
    assert "--logdir runs" in printed and "gan_tf.generate --run_dir" in printed
    assert ("--label" in printed) == (model_name == "acgan")

    config = json.loads((folder / "config.json").read_text())
    assert set(config["config"]) == set(FIELDS)
    assert config["config"]["steps"] == 4 and "auto" not in config["config"].values()
    assert config["config"]["data"] == str(blob_file)
    assert set(config["versions"]) == {"tensorflow", "keras", "numpy", "python", "gan_tf"}
    assert Run(folder).checkpoints.steps() == [2, 4]
    assert [row["step"] for row in rows_of(folder)] == [2, 4]
    for name in ("real", "00000002", "00000004"):
        grid = images.read_png(folder / "samples" / f"{name}.png")
        rows = 3 if model_name == "acgan" else 10
        assert grid.shape == (10 * rows - 2, 10 * 10 - 2, 3)
    if model_name == "acgan":  # a row shows one class, a column one z
        made = sampler.generate(labels=2, num=10, seed=0)
        again = gan_tf.load(folder).generate(labels=2, num=10, seed=0)
        np.testing.assert_array_equal(made, again)
        for column in (0, 9):
            tile = grid[20:28, 10 * column : 10 * column + 8, 0]
            np.testing.assert_array_equal(tile, made[column, ..., 0])
    assert len(list(folder.glob("events.out.tfevents.*"))) == 1
    networks = {file.stem for file in (folder / "networks").iterdir()}
    assert networks == {"generator", "discriminator", "stacked"}


def test_losses_are_kept_in_train_log(finished, model_name):
    folder, printed, _ = finished(model_name)
    heading, *lines = (folder / "train.log").read_text().splitlines()
    assert "from step 0 on CPU" in heading and heading.endswith("kernels, 4 steps")
    assert [line.split("  ")[1] for line in lines] == ["step 2", "step 4"]
    for line, row in zip(lines, rows_of(folder)):
        date, _, logged = line.partition("  ")
        assert len(date) == len("2026-01-31 12:00:00") and logged in printed.splitlines()
        assert f"epoch {row['step'] * 6 / 60:.2f}" in logged
        assert f"d_loss {row['losses/d_loss']:.3f}" in logged
        assert f"g_loss {row['losses/g_loss']:.3f}" in logged
        assert f"D(x) {row['d_prob/real']:.3f}" in logged
        assert f"D(G(z)) {row['d_prob/fake']:.3f}" in logged
        assert f"D accuracy fake {row['d_accuracy/fake']:.3f}" in logged
        assert ("class accuracy real" in logged) == (model_name == "acgan")


@pytest.mark.parametrize("model", ["gan", pytest.param("acgan", marks=pytest.mark.slow)])
def test_a_killed_run_continues_undisturbed(finished, command, model, monkeypatch, capsys):
    undisturbed, _, _ = finished(model)
    flags, killed = [f"--model={model}", "--print_every=2", "--run_dir=b"], Path("b")

    # The second run dies after its first checkpoint, while it is logging.
    original = MetricsLog.append

    def dying_add(log, values, step):
        original(log, values, step)
        if step == 4:
            raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(MetricsLog, "append", dying_add)
        with pytest.raises(MemoryError):
            command(*flags)
    assert Run(killed).checkpoints.steps() == [2]
    # They are written at every save, not at the end only.
    assert (killed / "networks" / "generator.keras").exists()
    with open(killed / "metrics.jsonl", "a") as file:
        file.write('{"step": 5, "half a li')
    capsys.readouterr()
    command(*flags)
    assert "Resuming from step 2" in capsys.readouterr().out
    assert without_speed(rows_of(killed)) == without_speed(rows_of(undisturbed))
    for step in (2, 4):
        assert_equal_generators(*(gan_tf.load(f, step) for f in (undisturbed, killed)))
    assert tags_and_steps(killed) == tags_and_steps(undisturbed)


def test_a_balanced_training_is_not_advised_to_balance(command, capsys):
    images, _ = blobs(24)
    np.savez("uneven.npz", x_train=images, y_train=np.repeat([0, 1], [20, 4]))
    command("--model=gan", "--data=uneven.npz", "--balance=sqrt")
    printed = capsys.readouterr().out
    assert "2 classes have fewer than 50" in printed
    assert "train with --balance" not in printed


def test_a_finished_run_says_so_and_can_be_extended(gan_run, command, blob_file, capsys):
    before = {f: f.stat().st_mtime_ns for f in gan_run.rglob("*") if f.name != "lock"}
    capsys.readouterr()
    command("--model=gan")
    printed = capsys.readouterr().out
    assert "is finished: 4 steps are done" in printed
    assert "-m gan_tf.train --run_dir runs/gan --steps 8\n" in printed
    assert before == {f: f.stat().st_mtime_ns for f in before}
    (gan_run / "samples" / "00000099.png").touch()
    train_command.main(["train", f"--run_dir={gan_run}", "--steps=6"])
    run = Run(gan_run)
    assert list(run.sample_grids()) == [2, 4, 6]
    assert run.checkpoints.steps() == [row["step"] for row in rows_of(gan_run)] == [2, 4, 6]
    config = run.config
    assert (config.steps, config.preset, config.data) == (6, "gan", str(blob_file))
    *_, heading, line = (gan_run / "train.log").read_text().splitlines()
    assert "from step 4 on CPU" in heading and heading.endswith("kernels, 6 steps")
    assert "  step 6  " in line


@pytest.mark.slow
def test_python_continues_a_run_by_its_folder(finished, tmp_path, blob_file, monkeypatch):
    whole = finished("gan")[2].generate(num=2)
    original = Recorder.print_losses

    def interrupt(recorder, metrics, step):  # as a notebook's stop button does
        original(recorder, metrics, step)
        os.kill(os.getpid(), signal.SIGINT)

    run_dir = tmp_path / "lr[1e-3], 'b' ünï"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Recorder, "print_losses", interrupt)
        gan_tf.fit(tiny_config("gan", data=str(blob_file), print_every=2), run_dir)
    assert Run(run_dir).checkpoints.steps() == [2]
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    made = gan_tf.fit(run_dir=run_dir).generate(num=2)
    np.testing.assert_array_equal(made, whole)
    np.testing.assert_array_equal(made, gan_tf.fit(run_dir=run_dir).generate(num=2))


def test_what_fit_cannot_train_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a run"):
        gan_tf.fit(run_dir=tmp_path)
    with pytest.raises(InputError, match="is not mnist, fashion_mnist or"):
        gan_tf.fit(data="nowhere")
    with pytest.raises(InputError, match="run_dir is empty"):
        gan_tf.fit(Config(), run_dir="")
    for run_dir in (None, b"runs/acgan", ""):
        with pytest.raises(InputError, match="run_dir is "):
            gan_tf.load(run_dir)
    for gpu in ("0", True, 0.0):
        with pytest.raises(InputError, match=rf"gpu \({gpu!r}\) must be the index of a"):
            gan_tf.fit(gpu=gpu)
    for arguments in [(blobs(),), (Config(), blobs()), ("acgan",)]:
        with pytest.raises(InputError, match="but must be a .* give images as data="):
            gan_tf.fit(*arguments)


@pytest.mark.slow
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_ctrl_c_saves_and_says_how_to_continue(number, tmp_path, blob_file):
    flags = ["--model=gan", *FLAGS, f"--data={blob_file}"]
    flags += ["--steps=1000000", "--save_every=1000000"]
    arguments = [sys.executable, "-m", "gan_tf.train", *flags]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process = subprocess.Popen(arguments, **pipes, cwd=tmp_path, text=True)
    folder = tmp_path / "runs" / "gan"
    deadline = time.monotonic() + 60
    while not (folder / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    try:
        os.kill(process.pid, getattr(signal, number))
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()  # else a failure leaves a training that takes a core for days
    assert process.returncode == 130 and err == ""
    assert "Run the same command to resume" in out
    (step,) = Run(folder).checkpoints.steps()
    assert f"Interrupted at step {step:,}; checkpoint saved" in out


def test_what_a_script_ignores_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `&` does
    of_script = mock.Mock()
    signal.signal(signal.SIGTERM, of_script)
    with StopRequest() as request:
        signal.raise_signal(signal.SIGINT)
        assert not request.requested
        signal.raise_signal(signal.SIGTERM)
        assert request.requested and not of_script.called
        signal.raise_signal(signal.SIGTERM)
        assert of_script.called
    assert signal.getsignal(signal.SIGTERM) is of_script


def test_the_handler_of_a_program_around_python_stays(monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda number: None)  # as reticulate's
    monkeypatch.setattr(signal, "signal", mock.Mock(side_effect=TypeError))
    with StopRequest() as request:
        assert not request.requested


def test_two_trainings_of_one_run_are_refused_and_change_nothing(gan_run, command):
    with locked(gan_run):
        before = {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}
        with pytest.raises(InputError, match="is being trained by another process"):
            command("--model=gan", "--steps=6")
    assert before == {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}


def test_a_run_that_changes_before_it_is_locked_is_refused(gan_run, command, monkeypatch):
    @contextlib.contextmanager
    def late(path):
        run = Run(path)
        run.update_config(dataclasses.replace(run.config, steps=10))
        with locked(path):
            yield

    monkeypatch.setattr(train_loop, "locked", late)
    with pytest.raises(InputError, match="was changed by another process just now"):
        command("--model=gan", "--steps=8")
    assert Run(gan_run).config.steps == 10


def test_a_longer_training_without_a_readable_checkpoint_changes_nothing(gan_run, command):
    for index in gan_run.rglob("step-*.index"):
        index.write_bytes(b"damaged")
    before = {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}
    with pytest.raises(InputError, match="corrupt checkpoint 4"):
        command("--model=gan", "--steps=8", "--on_nan=rollback")
    assert before == {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}


def test_a_run_whose_checkpoints_have_gone_is_not_started_anew(gan_run, command):
    shutil.rmtree(gan_run / "checkpoints")
    # A log that is shorter than the interval of the checkpoints is no sign of none.
    Run(gan_run).metrics_log.truncate_after(2)
    before = {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}
    with pytest.raises(InputError, match=r"had checkpoints and has none: put them"):
        command("--model=gan")
    assert before == {f: f.read_bytes() for f in gan_run.rglob("*") if f.is_file()}


def test_a_training_whose_first_save_failed_starts_anew(command, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as patch:
        patch.setattr(tf.train.Checkpoint, "write", mock.Mock(side_effect=full))
        with pytest.raises(InputError, match="No space left"):
            command("--model=gan", "--save_every=4")
    run = Run("runs/gan")
    assert (run.path / "networks" / "discriminator.keras").exists()
    assert max(row["step"] for row in run.metrics_log.rows()) == 4
    # As with --minutes, whose first save comes later than at `save_every`.
    command("--model=gan", "--save_every=2")
    assert run.checkpoints.steps() == [2, 4]


def test_a_stop_before_the_first_step_has_something_to_save(command, monkeypatch, capsys):
    original = Recorder.start

    def open_and_stop(recorder, *arguments):
        original(recorder, *arguments)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Recorder, "start", open_and_stop)
    with pytest.raises(KeyboardInterrupt):
        command("--model=gan")
    (step,) = Run("runs/gan").checkpoints.steps()
    assert f"Interrupted at step {step}; checkpoint saved" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind", ["d_loss", pytest.param("g_gradient", marks=pytest.mark.slow)]
)
def test_nan_stops_in_a_line_and_keeps_the_state_before(kind, command, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        poison(patch, kind, at=6)
        for _ in range(2):  # and so it does when it is repeated
            with pytest.raises(SystemExit) as stopped:
                cli.run(lambda argv: command("--model=gan", "--steps=8"))
            assert stopped.value.code == 1
            err = capsys.readouterr().err
            assert err.startswith("error: at step 6 the ") and err.count("\n") == 1
            assert "the last good state is checkpoint 5 of" in err
            assert "--on_nan rollback" in err
    saved = keras.saving.load_model("runs/gan/networks/generator.keras")
    for weight, other in zip(saved.weights, gan_tf.load("runs/gan").generator.weights):
        np.testing.assert_array_equal(weight.value, other.value)
    folder = command("--model=gan", "--steps=8") / "runs" / "gan"
    assert "Resuming from step 5" in capsys.readouterr().out
    assert [row["step"] for row in rows_of(folder)] == [2, 4, 6, 8]
    assert all(np.isfinite(list(row.values())).all() for row in rows_of(folder))
    assert Run(folder).checkpoints.steps()[-1] == 8


def test_a_refused_command_changes_no_setting(command, gan_run):
    (gan_run / "metrics.json").write_text("{")
    with pytest.raises(InputError, match="metrics.json.* is damaged"):
        command("--model=gan", "--steps=6")
    assert Run(gan_run).config.steps == 4


def test_networks_that_were_not_written_are_written_with_the_next_try(
    command, gan_run, monkeypatch
):
    full = mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with monkeypatch.context() as patch, pytest.raises(InputError, match="No space left"):
        patch.setattr("gan_tf.exporting.plain_keras.save", full)
        command("--model=gan", "--steps=6")
    command("--model=gan", "--steps=6")
    saved = keras.saving.load_model(gan_run / "networks" / "generator.keras")
    for weight, other in zip(saved.weights, gan_tf.load(gan_run).generator.weights):
        np.testing.assert_array_equal(weight.value, other.value)


def test_a_preview_is_of_the_flags_and_not_of_a_run_that_is_there(
    command, copy_run, tmp_path
):
    settings = "--model=acgan", "--augment=auto"
    folder = copy_run("acgan", tmp_path / "runs" / "acgan", size="16").parents[1]
    command(*settings, "--augment_preview=a.png")
    command(*settings, "--augment_preview=b.png", "--run_dir=runs/acgan")
    heights = [images.read_png(folder / name).shape[0] for name in ("a.png", "b.png")]
    assert heights == [5 * 10 - 2, 5 * 18 - 2]


@pytest.mark.slow
def test_on_nan_rollback_goes_on_with_half_the_rates(command, monkeypatch, capsys):
    # Half of the half is what it takes.
    poison(monkeypatch, "g_loss", at=8, above_lr_scale=0.25)
    settings = ["--model=gan", "--steps=8", "--g_learning_rate=0.5", "--lr_decay_start=1"]
    settings.append("--save_every=4")
    folder = command(*settings, "--on_nan=rollback", "--run_dir=a") / "a"
    out = capsys.readouterr().out
    assert out.count("rollback  at step 8 the generator's loss was not finite") == 2
    assert out.count("restored step 4") == 2
    rows = rows_of(folder)
    assert [row["step"] for row in rows] == [2, 4, 6, 8]
    rates = [row["learning_rates/g"] for row in rows]
    assert rates == pytest.approx([0.5, 0.5, 0.125, 0.125])
    assert set(map(tuple, tags_and_steps(folder).values())) >= {(2, 4, 6, 8)}

    # A stopped run may be logged to, and one that is killed comes to the same.
    with pytest.raises(DivergedError):
        command(*settings, "--run_dir=b")
    with monkeypatch.context() as patch:
        patch.setattr(NanGuard, "rollback", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            command(*settings, "--run_dir=b", "--on_nan=rollback")
    command(*settings, "--run_dir=b", "--on_nan=rollback")
    other = folder.parent / "b"
    assert Run(other).config.on_nan == "rollback"
    assert without_speed(rows_of(other)) == without_speed(rows)
    assert tags_and_steps(other) == tags_and_steps(folder)
    assert_equal_generators(gan_tf.load(folder), gan_tf.load(other))


@pytest.mark.slow
def test_a_rollback_after_a_stop_finds_a_checkpoint(command, monkeypatch, capsys):
    settings = ["--model=gan", "--steps=8", "--save_every=2", "--keep_checkpoints=2"]
    poison(monkeypatch, "d_loss", at=8, above_lr_scale=0.5)
    with pytest.raises(DivergedError):
        command(*settings)
    folder = Path("runs", "gan")
    assert Run(folder).checkpoints.steps() == [6, 7]
    (folder / "evaluation").mkdir()
    for step in (6, 7):
        record = {"step": step, "weights": "ema", "metrics": {"frechet_ratio": 1.0}}
        evaluations.write(folder, record)
        event_files.write_evaluation(
            folder / "evaluation", step, "evaluation", {"kid": 1.0}, {}, {}
        )
    capsys.readouterr()
    command(*settings, "--on_nan=rollback")
    assert "restored step 6" in capsys.readouterr().out
    assert Run(folder).checkpoints.steps() == [6, 8]
    # The steps from 7 on are others now.
    assert [record["step"] for record in evaluations.read(folder)] == [6]
    assert tags_and_steps(folder / "evaluation") == {"evaluation/kid": [6]}


@pytest.mark.slow
def test_a_rollback_to_step_0_is_to_the_initial_run(finished, command, monkeypatch, capsys):
    folder, _, _ = finished("gan")
    settings = ["--model=gan", f"--init_from={folder}", "--freeze_d=1", "--run_dir=new"]
    poison(monkeypatch, "d_loss", at=2, above_lr_scale=0.5)
    with pytest.raises(DivergedError):
        command(*settings)
    capsys.readouterr()
    command(*settings, "--on_nan=rollback")
    assert "restored step 0" in capsys.readouterr().out
    first, second = (
        Run(path).model(4).discriminator.get_weights()[0] for path in (folder, Path("new"))
    )
    np.testing.assert_array_equal(first, second)


def test_a_replay_that_is_not_finite_is_not_saved(command, monkeypatch):
    poison(monkeypatch, "d_loss", at=4)
    restore_step = NanGuard.restore_step

    def spoilt(guard, step):
        restore_step(guard, step)
        moment = guard._trainer.train_step.d_optimizer._velocities[0]
        moment.assign(tf.fill(moment.shape, float("inf")))

    monkeypatch.setattr(NanGuard, "restore_step", spoilt)
    with pytest.raises(DivergedError, match="a replay of the last good step"):
        command("--model=gan")
    assert Run("runs/gan").checkpoints.steps() == [2]


def test_a_nan_before_the_speed_is_known_saves_nothing(tmp_path, blob_file, monkeypatch):
    poison(monkeypatch, "d_loss", at=2)
    with pytest.raises(DivergedError, match="nothing is saved, because the speed"):
        gan_tf.fit(tiny_config("gan", data=str(blob_file), minutes=5), tmp_path / "run")
    assert Run(tmp_path / "run").checkpoints.steps() == []


@pytest.mark.slow
def test_rollbacks_come_to_an_end(command, monkeypatch, capsys):
    poison(monkeypatch, "d_gradient", at=1)
    with pytest.raises(DivergedError, match="halved three times") as error:
        command("--model=acgan", "--on_nan=rollback")
    assert "at step 1 the discriminator's gradient" in str(error.value)
    assert "no step was trained before" in str(error.value)
    out = capsys.readouterr().out
    assert out.count("restored step 0") == 3 and "by 0.125" in out


@pytest.mark.parametrize(
    "settings, names",
    [
        pytest.param(
            ["--model=gan", "--g_learning_rate=0", "--d_learning_rate=0.01"],
            {"strong_discriminator"},
            marks=pytest.mark.slow,
        ),
        (
            ["--preset=gan-classic", "--g_learning_rate=10", "--d_learning_rate=10"],
            {"empty_images", "dead_gradients_d", "dead_gradients_g"},
        ),
        pytest.param(
            ["--model=gan", "--d_learning_rate=0.1", "--r1_gamma=1000", "--r1_interval=1"],
            {"exploding_gradients_d"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_each_failure_warns_once(settings, names, command, monkeypatch, capsys):
    monkeypatch.setattr(diagnostics, "_MIN_STEPS", 200)
    settings += ["--log_every=100", "--sample_every=100", "--save_every=300"]
    settings += ["--steps_per_loop=50", "--run_dir=run"]
    command(*settings, "--steps=300")
    out = capsys.readouterr().out
    folder = command(*settings, "--steps=700") / "run"
    out += capsys.readouterr().out
    logged = {
        tag.removeprefix("warnings/"): steps
        for tag, steps in tags_and_steps(folder).items()
        if tag.startswith("warnings/")
    }
    assert names <= set(logged) and out.count("warning   since step") == len(logged)
    assert all(logged[name] == [300] for name in names)
    assert "since step 100: " in out


def test_a_batch_that_memory_cannot_hold_is_one_line(command, monkeypatch):
    def run(self, *arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    monkeypatch.setattr(Trainer, "_run", run)
    with pytest.raises(InputError, match=r"^batch_size \(6\) needs more memory .*_dir$"):
        command("--model=gan")


@pytest.mark.slow
def test_minutes_become_steps_that_a_resumed_run_keeps(command, capsys):
    minutes = ["--model=gan", "--minutes=0.1", "--save_every=1000", "--log_every=1000"]
    minutes.append("--lr_constant_steps=0")
    command(*minutes)
    printed = capsys.readouterr().out
    assert "as many steps as fit into 0.1 min" in printed
    run = Run("runs/gan")
    steps = run.config.steps
    assert run.config.minutes == 0.1 and run.checkpoints.steps()[-1] == steps
    assert f"step {steps:,}/{steps:,}" in printed
    (file,) = Path("runs/gan").glob("events.*")
    reader = EventAccumulator(str(file), {"tensors": 0}).Reload()
    texts = [event.tensor_proto.string_val for event in reader.Tensors("run/config")]
    assert [f"| steps | {steps} |" in text[0].decode() for text in texts][-1:] == [True]
    assert "| steps |" not in texts[0][0].decode()
    # The learning rates decay to 0 at the last step, which was not known at first.
    last = list(run.metrics_log.rows())[-1]
    rate = run.config.g_learning_rate * 2 / steps
    assert last["step"] == steps
    assert last["learning_rates/g"] == pytest.approx(rate, rel=1e-5)
    command(*minutes)
    printed = capsys.readouterr().out
    assert f"is finished: {steps:,} steps" in printed
    assert "a larger --steps in place of --minutes" in printed
    command("--model=gan", f"--steps={steps + 2}")
    assert Run("runs/gan").config.steps == steps + 2
    with pytest.raises(InputError, match=r"minutes \(0.1\)"):
        command(*minutes)


@pytest.mark.parametrize("chosen, shown", [(4, [(0, True)]), (6, [(0, False), (6, True)])])
def test_a_rollback_to_the_start_keeps_the_steps_of_the_minutes(
    chosen, shown, command, monkeypatch
):
    poison(monkeypatch, "d_loss", at=4, above_lr_scale=0.5)

    def update(budget, step, stopped):
        is_chosen = step == chosen and math.isinf(budget.num_steps)
        budget.num_steps = chosen + 2 if is_chosen else budget.num_steps
        return is_chosen

    monkeypatch.setattr(StepBudget, "update", update)
    folder = command("--model=gan", "--minutes=5", "--on_nan=rollback") / "runs" / "gan"
    run = Run(folder)
    assert run.config.steps == run.checkpoints.steps()[-1] == chosen + 2
    (file,) = folder.glob("events.*")
    events = EventAccumulator(str(file), {"tensors": 0}).Reload().Tensors("run/config")
    row = f"| steps | {chosen + 2} |".encode()
    assert [(e.step, row in e.tensor_proto.string_val[0]) for e in events] == shown


@pytest.mark.parametrize("another_lacks_it", [False, True])
def test_a_start_that_another_worker_lacks_is_no_aim_of_a_rollback(
    another_lacks_it, finished, command, monkeypatch
):
    start, guard = finished("gan")[0], mock.Mock(side_effect=SystemExit)
    monkeypatch.setattr(train_loop, "NanGuard", guard)
    monkeypatch.setattr(Workers, "any", lambda _, flag: flag or another_lacks_it)
    with pytest.raises(SystemExit):
        command("--model=gan", f"--init_from={start}", "--on_nan=rollback")
    *_, can_start_anew = guard.call_args.args
    assert can_start_anew == (not another_lacks_it)


@pytest.mark.parametrize("choice, dtype", [("on", "mixed_bfloat16"), ("off", "float32")])
def test_mixed_precision_decides_the_dtype_of_both_networks(
    choice, dtype, command, monkeypatch
):
    trainer = mock.Mock(side_effect=SystemExit)
    monkeypatch.setattr(train_loop, "Trainer", trainer)
    with pytest.raises(SystemExit):
        command("--model=acgan", f"--mixed_precision={choice}")
    model = trainer.call_args.args[0]
    for network in model.generator, model.discriminator:
        dtypes = {layer.dtype_policy.name for layer in network.layers}
        assert dtype in dtypes and dtypes <= {dtype, "float32"}


@pytest.mark.slow
def test_nothing_depends_on_steps_that_are_not_known_yet(tmp_path, monkeypatch, blob_file):
    never = dict.fromkeys(("log_every", "print_every", "sample_every"), 10**6)
    config = tiny_config("gan", data=str(blob_file), minutes=0.15, **never)
    train, rates, saved = Trainer.train, [], []

    def watched(trainer, num_steps):
        result = train(trainer, num_steps)
        if Run(tmp_path / "r").config.steps == 4:  # that of the settings
            rates.append(trainer.learning_rates()["learning_rates/g"])
            saved.extend(Run(tmp_path / "r").checkpoints.steps())
        return result

    monkeypatch.setattr(Trainer, "train", watched)
    gan_tf.fit(config, run_dir=tmp_path / "r")
    # A checkpoint would be resumed with the steps of the settings, its minutes forgotten.
    assert len(rates) > 1 and not saved
    assert rates == [pytest.approx(config.g_learning_rate, rel=1e-6)] * len(rates)
    assert Run(tmp_path / "r").config.steps > 4


@pytest.mark.slow
def test_an_interruption_decides_the_steps_of_the_minutes(command, monkeypatch, capsys):
    train, first = Trainer.train, 0

    def interrupted(trainer, num_steps):
        if trainer.step >= first:
            signal.raise_signal(signal.SIGTERM)
        return train(trainer, num_steps)

    monkeypatch.setattr(Trainer, "train", interrupted)
    flags = ["--model=gan", "--minutes=10"]
    with pytest.raises(KeyboardInterrupt):
        command(*flags)
    # The first call also traces the step, so that it says nothing of the speed.
    assert "nothing saved before the speed is known" in capsys.readouterr().out
    assert Run("runs/gan").checkpoints.steps() == []
    first = 2
    with pytest.raises(KeyboardInterrupt):
        command(*flags)
    run = Run("runs/gan")
    assert run.checkpoints.steps() == [4] and run.config.steps < 10**6
    with pytest.raises(KeyboardInterrupt):
        command(*flags)
    assert Run("runs/gan").config.steps == run.config.steps
