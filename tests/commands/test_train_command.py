import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tiny import TINY

import gan_tf
from gan_tf import images
from gan_tf import train as train_command
from gan_tf.config import RULES, Config
from gan_tf.errors import InputError
from gan_tf.locks import locked
from gan_tf.runs import Run

FLAGS = [f"--{name}={value}" for name, value in TINY.items()]


@pytest.fixture
def command(tmp_path, monkeypatch, blob_file):
    """Runs the command in a folder of its own; returns that folder."""
    monkeypatch.chdir(tmp_path)

    def run(*flags, data=blob_file):
        train_command.main(["train", f"--data={data}", *FLAGS, *flags])
        return tmp_path

    return run


def metrics(run_dir):
    lines = (run_dir / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def without_speed(entries):
    return [{k: v for k, v in e.items() if "speed" not in k} for e in entries]


@pytest.mark.parametrize("model", ["gan", "acgan"])
def test_a_run_holds_all_that_was_promised(command, model, capsys):
    folder = command(f"--model={model}") / "runs" / model
    printed = capsys.readouterr().out
    for text in ("blobs: 60 images 8x8x1, 3 classes", "4 steps of 6", f"runs/{model}/"):
        assert text in printed
    assert "steps/s" in printed and "d_loss" in printed and "4/4" in printed
    assert "--logdir runs" in printed and "gan_tf.generate --run_dir" in printed
    assert ("--label" in printed) == (model == "acgan")

    config = json.loads((folder / "config.json").read_text())
    assert set(config["config"]) == set(RULES)
    assert config["config"]["steps"] == 4 and "auto" not in config["config"].values()
    assert {"tensorflow", "keras", "numpy", "python", "gan_tf"} == set(
        config["versions"]
    )
    assert Run(folder).checkpoints.steps() == [2, 4]
    assert [entry["step"] for entry in metrics(folder)] == [2, 4]
    for name in ("real", "00000002", "00000004"):
        sheet = images.read_png(folder / "samples" / f"{name}.png")
        rows = 3 if model == "acgan" else 10
        assert sheet.shape == (10 * rows - 2, 10 * 10 - 2, 3)
    assert len(list(folder.glob("events.out.tfevents.*"))) == 1
    networks = {file.stem for file in (folder / "networks").iterdir()}
    assert networks == {"generator", "discriminator", "stacked"}


def test_the_sheet_has_a_class_a_row_and_a_z_a_column(command):
    folder = command("--model=acgan") / "runs" / "acgan"
    sheet = images.read_png(folder / "samples" / "00000004.png")
    sampler = gan_tf.load(folder)
    for label in range(3):
        made = sampler.generate(label=label, num=10, seed=0)
        for column in (0, 9):
            y, x = 10 * label, 10 * column
            tile = sheet[y : y + 8, x : x + 8, 0]
            np.testing.assert_array_equal(tile, made[column, ..., 0])


@pytest.mark.parametrize("model", ["gan", "acgan"])
def test_an_unfinished_run_continues_as_if_undisturbed(
    command, model, monkeypatch, capsys
):
    undisturbed = command(f"--model={model}", "--run_dir=a") / "a"

    # The second run dies after its first checkpoint, while it is logging.
    original = Run.log

    def dying_log(run, values, step):
        original(run, values, step)
        if step == 4:
            raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Run, "log", dying_log)
        with pytest.raises(MemoryError):
            command(f"--model={model}", "--run_dir=b")
    killed = undisturbed.parent / "b"
    assert Run(killed).checkpoints.steps() == [2]
    with open(killed / "metrics.jsonl", "a") as file:
        file.write('{"step": 5, "half a li')
    capsys.readouterr()
    command(f"--model={model}", "--run_dir=b")
    assert "continues from step 2" in capsys.readouterr().out
    assert without_speed(metrics(killed)) == without_speed(metrics(undisturbed))
    for step in (2, 4):
        pair = [
            gan_tf.load(f, step).generator.get_weights() for f in (undisturbed, killed)
        ]
        for one, other in zip(*pair):
            np.testing.assert_array_equal(one, other)
    assert event_steps(killed) == event_steps(undisturbed)


def event_steps(folder):
    """{tag: [steps]} of all events in a run."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    return {
        tag: [e.step for e in reader.Tensors(tag)] for tag in reader.Tags()["tensors"]
    }


def test_a_finished_run_says_so_and_is_extended_by_more_steps(command, capsys):
    folder = command("--model=gan") / "runs" / "gan"
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("*") if f.name != "lock"}
    capsys.readouterr()
    command("--model=gan")
    assert "is finished: 4 steps are done" in capsys.readouterr().out
    assert before == {f: f.stat().st_mtime_ns for f in before}
    command("--model=gan", "--steps=6")
    assert Run(folder).checkpoints.steps() == [2, 4, 6]
    assert [entry["step"] for entry in metrics(folder)] == [2, 4, 6]
    assert Run(folder).config.steps == 6


def test_a_changed_setting_is_refused_with_every_difference(command):
    command("--model=gan")
    with pytest.raises(InputError) as error:
        command("--model=gan", "--batch_size=7", "--beta_1=0.25")
    assert "batch_size=6 (now 7)" in str(error.value)
    assert "beta_1=0.5 (now 0.25)" in str(error.value)
    with pytest.raises(InputError, match=r"steps .3. must be at least the run's 4"):
        command("--model=gan", "--steps=3")
    with pytest.raises(InputError, match="model=gan .now acgan."):
        command("--model=acgan", "--run_dir=runs/gan")


def test_changed_data_are_refused(command, tmp_path, blob_file):
    command("--model=gan")
    arrays = dict(np.load(blob_file))
    arrays["x_train"][0, 0, 0, 0] ^= 1
    copy = tmp_path / "blobs2.npz"
    np.savez(copy, **arrays)
    with pytest.raises(InputError, match="data=.*blobs2.npz"):
        command("--model=gan", data=copy)


def test_a_setting_that_is_left_out_is_the_runs_own(command, tmp_path, blob_file):
    command("--model=gan", "--seed=7")
    # --preset and --seed are left out here, --steps is larger.
    train_command.main(["train", "--model=gan", "--steps=6"])
    config = Run(tmp_path / "runs" / "gan").config
    assert (config.seed, config.steps, config.batch_size) == (7, 6, 6)


def test_preset_and_model_name_the_run(command):
    folder = command("--preset=gan-classic")
    assert Run(folder / "runs" / "gan-classic").config.network == "classic"
    for flags, message in [
        (["--model=gan", "--preset=acgan"], "model .gan. contradicts preset .acgan."),
        ([], "model is missing: add --model gan or --model acgan, or a --preset"),
    ]:
        with pytest.raises(InputError, match=message):
            command(*flags)


def test_the_python_api_says_the_same(tmp_path, blob_file, capsys):
    config = Config.from_preset("acgan", data=str(blob_file), **TINY)
    sampler = gan_tf.train(config, run_dir=tmp_path / "r")
    made = sampler.generate(label=2, num=3, seed=1)
    assert made.dtype == np.uint8 and made.shape == (3, 8, 8, 1)
    again = gan_tf.load(tmp_path / "r").generate(label=2, num=3, seed=1)
    np.testing.assert_array_equal(made, again)
    raw = gan_tf.load(tmp_path / "r", weights="raw").generate(label=2, num=3, seed=1)
    assert not np.array_equal(made, raw)


@pytest.mark.parametrize("name", RULES)
def test_every_setting_refuses_a_wrong_value_in_one_line(name, command, tmp_path):
    rule = RULES[name]
    wrong = {int: "-1", float: "nan", bool: "maybe"}.get(rule.kind, "no such thing")
    with pytest.raises(InputError) as error:
        command("--preset=gan", f"--{name}={wrong}", data="mnist")
    text = str(error.value)
    assert name in text and wrong in text and "\n" not in text
    assert not (tmp_path / "runs").exists()


def run_in_shell(*flags, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "gan_tf.train", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--model=gan", "--steps=many"], "flag --steps=many: must be a whole number"),
        (["--model=gan", "--stepz=3"], "Unknown command line flag 'stepz'"),
        (["--model=gan", "--gpu=7"], "gpu (7)"),
        (["--model=gan", "extra"], "unexpected argument 'extra'"),
        (["--model=gan", "--data=nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_status_2(flags, message, tmp_path):
    process = run_in_shell(*flags, cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2 and out == ""
    assert err.startswith("error: ") and message in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_is_there_at_once(tmp_path):
    start = time.monotonic()
    process = run_in_shell("--help", cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    for name in [*RULES, "preset", "run_dir", "gpu"]:
        assert f"--{name}" in out
    assert max(map(len, out.splitlines())) <= 100
    assert time.monotonic() - start < 5  # TensorFlow alone takes most of that


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_says_how_to_continue(number, tmp_path, blob_file):
    flags = [*FLAGS, f"--data={blob_file}", "--model=gan", "--steps=1000000"]
    flags.append("--save_every=1000000")
    process = run_in_shell(*flags, cwd=tmp_path)
    folder = tmp_path / "runs" / "gan"
    deadline = time.monotonic() + 60
    while not (folder / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err == ""
    assert "repeat the command to continue" in out
    (step,) = Run(folder).checkpoints.steps()
    assert f"saved at step {step:,}" in out


def test_two_trainings_of_one_run_are_refused(tmp_path, blob_file, command):
    command("--model=gan")
    run = Run(tmp_path / "runs" / "gan")
    with locked(run.path):
        process = run_in_shell("--model=gan", "--steps=6", cwd=tmp_path)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "is being trained by another process" in err


def test_a_refused_training_changes_nothing(tmp_path, command):
    command("--model=gan")
    run = Run(tmp_path / "runs" / "gan")
    with locked(run.path):
        with pytest.raises(InputError, match="is being trained"):
            command("--model=gan", "--steps=8")
    assert Run(run.path).config.steps == 4
