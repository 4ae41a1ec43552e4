import dataclasses
import importlib
import logging
import os
import subprocess
import sys
import types

import pytest

import gan_tf
from gan_tf import cli, data, evaluate, generate, train
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.errors import InputError

BAD_KERAS = [
    ("KERAS_BACKEND", "jax", "KERAS_BACKEND (jax) must be tensorflow"),
    ("KERAS_BACKEND", "torch", "KERAS_BACKEND (torch) must be tensorflow"),
    ("TF_USE_LEGACY_KERAS", "1", "needs the package tf_keras"),
]


def shell(*arguments, **variables):
    command, env = [sys.executable, *arguments], {**os.environ, **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_help_shows_the_values_of_the_preset(capsys):
    def help_of(*flags):
        with pytest.raises(SystemExit) as end:
            train.main(["train", *flags])
        assert end.value.code == 0
        return capsys.readouterr().out

    plain = help_of("-h")
    assert plain == help_of("--help") == help_of("--preset=acgan", "--help")
    assert "--steps [7000]" in plain and "--ema_decay [0.9995]" in plain
    assert plain.count("--preset\n") == 1
    gan = help_of("--model=gan", "--help")
    assert "--steps [24000]" in gan and "--resample_z [false]" in gan
    classic = help_of("--help", "--preset=gan-classic")
    assert "--architecture [classic]" in classic and "--resample_z [true]" in classic
    assert "--steps [5]" in help_of("--model=gan", "--steps=5", "-h")


@pytest.mark.parametrize(
    "command, table",
    [
        ("train", train.flags(Config())),
        ("generate", generate.FLAGS),
        ("evaluate", evaluate.FLAGS),
    ],
)
def test_help_lists_every_flag_and_needs_no_tensorflow(command, table):
    process = shell(
        "-c",
        "import sys; sys.modules.update(tensorflow=None, keras=None, matplotlib=None); "
        f"from gan_tf import {command}; {command}.main(['{command}', '--help'])",
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert all(f"--{flag.name}" in process.stdout for flag in table)
    assert max(map(len, process.stdout.splitlines())) <= 100


@pytest.mark.parametrize("name, value, message", BAD_KERAS)
def test_keras_that_does_not_compute_with_tensorflow_is_refused(name, value, message):
    commands = {"train": ["--model=gan"], "generate": ["--label=1"], "evaluate": []}
    for command, flags in commands.items():
        process = shell("-m", f"gan_tf.{command}", *flags, **{name: value})
        assert process.returncode == 2 and process.stdout == ""
        assert process.stderr.startswith("error: ") and message in process.stderr
        assert process.stderr.count("\n") == 1


def test_the_python_api_and_an_imported_keras_are_refused_too(monkeypatch):
    import keras

    cli.check_keras()
    with monkeypatch.context() as patch:
        name, value, message = BAD_KERAS[-1]
        patch.setenv(name, value)
        for call in (lambda: gan_tf.fit(Config()), lambda: gan_tf.load("runs/acgan")):
            with pytest.raises(InputError, match=message):
                call()
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(InputError, match=r"KERAS_BACKEND \(jax\)"):
        cli.check_keras()


@pytest.mark.slow
def test_a_gpu_that_tensorflow_does_not_find_is_one_line_with_the_cure(tmp_path):
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    code = "from gan_tf import cli; cli.import_tensorflow(); "
    code += "from gan_tf.training import devices; devices.select_gpus()"
    for devices, level, is_shown in (("0", "", False), ("-1", "", False), ("0", "0", True)):
        added = {"CUDA_VISIBLE_DEVICES": devices, "PATH": path}
        environment = {**os.environ, **added, "TF_CPP_MIN_LOG_LEVEL": level}
        if not level:
            del environment["TF_CPP_MIN_LOG_LEVEL"]
        process = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True
        )
        assert process.returncode == 0
        assert bool(process.stderr) == is_shown, process.stderr
        assert process.stdout.count("\n") == (devices == "0")
        assert devices == "-1" or "pip install 'tensorflow[and-cuda]'" in process.stdout


@pytest.mark.slow
def test_a_backend_of_matplotlib_that_is_missing_is_ignored():
    code = "import gan_tf, keras, matplotlib as m; print(m.rcParams._get('backend'))"
    for backend, used in (("pdf", "pdf"), ("nonsense", "<object object")):
        process = shell("-c", code, MPLBACKEND=backend)
        assert process.stdout.startswith(used), process.stderr


def test_retracing_is_warned_of_only_in_functions_of_the_user(caplog):
    caplog.set_level(logging.WARNING, "tensorflow")
    log = logging.getLogger("tensorflow")
    message = "%d out of the last 5 calls to f triggered tf.function retracing."
    in_package = types.ModuleType("gan_tf.models.new")
    exec("def warn(log, message): log.warning(message, 3)", in_package.__dict__)
    in_package.warn(log, message)
    in_package.warn(log, "another %d")
    log.warning(message, 4)
    shown = [record.getMessage()[:9] for record in caplog.records]
    assert shown == ["another 3", "4 out of "]


@pytest.mark.parametrize(
    "command, flag, used",
    [
        ("train", "--epochs=3", "--steps; an epoch is images / batch_size steps"),
        ("train", "--n-epochs", "--steps;"),
        ("train", "--lr=0.1", "--g_learning_rate and --d_learning_rate"),
        ("train", "--Batch", "--batch_size"),
        ("train", "--num_steps=3", "--steps "),
        ("train", "--output=x", "--run_dir"),
        ("generate", "--output=x", "--out "),
        ("evaluate", "-o", "--run_dir"),
        ("generate", "--labels=1", "--label "),
    ],
)
def test_flags_of_other_programs_lead_to_ours(command, flag, used):
    name = flag.strip("-").split("=")[0]
    with pytest.raises(InputError, match=f"flag '{name}': use {used}"):
        importlib.import_module(f"gan_tf.{command}").main([command, flag])


def test_flags_of_other_programs_are_no_flags_of_ours():
    names = {flag.name for flag in (*train.flags(Config()), *generate.FLAGS)}
    other = cli._OTHER_NAMES
    assert not names & set(other)
    assert {n for groups in other.values() for group in groups for n in group} <= names


@pytest.mark.slow
def test_keras_json_does_not_choose_the_backend(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    code = "from gan_tf import cli; cli.import_tensorflow(); import keras; "
    code += "assert keras.config.backend() == 'tensorflow'"
    process = shell("-c", code, KERAS_HOME=str(tmp_path))
    assert process.returncode == 0, process.stderr


def test_flags_left_out_have_the_values_of_the_run(tmp_path, blob_file):
    from gan_tf.run_dir.run import Run

    config = Config.from_preset("gan-classic", batch_size=6, data=str(blob_file))
    config = config.resolved({"jit_compile": "off", "mixed_precision": "off"})
    run_dir = str(tmp_path / "run")
    Run.create(tmp_path / "run", config, describe(data.load(config.data)), "CPU")
    for values in ({"model": "gan"}, {"preset": "gan-classic"}):
        assert train.config_and_run_dir({**values, "run_dir": run_dir})[0] == config
    # A preset stands for what it changes of the run's preset.
    longer, path = train.config_and_run_dir({"preset": "gan-50k", "run_dir": run_dir})
    changed = {"preset": "gan-50k", "steps": 50_000, "save_every": 5_000}
    assert longer == dataclasses.replace(config, **changed, batch_size=256)
    assert str(path) == run_dir
    other, _ = train.config_and_run_dir({"model": "acgan", "run_dir": run_dir})
    assert other == dataclasses.replace(config, model="acgan", preset="acgan")


def test_the_default_run_directory_is_named_after_the_preset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for flag, name in (("model", "gan"), ("preset", "gan-classic")):
        config, path = train.config_and_run_dir({flag: name})
        assert str(path) == os.path.join("runs", name) and config.preset == name
