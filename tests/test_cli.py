import dataclasses
import importlib
import os
import re
import subprocess
import sys

import pytest

from gan_tf import cli, data, evaluate, export, generate, train
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.errors import InputError
from gan_tf.run_dir.run import Run


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
        ("export", export.FLAGS),
    ],
)
def test_help_lists_every_flag_and_needs_no_tensorflow(command, table):
    code = f"""
import sys
sys.modules.update(tensorflow=None, keras=None, matplotlib=None)
import gan_tf
names = {{"data", "evaluation", "metrics", "models"}}
assert names <= set(dir(gan_tf)), dir(gan_tf)
[getattr(gan_tf, name) for name in names]
import gan_tf.sampling.image_io
from gan_tf import {command}
{command}.main(["{command}", "--help"])"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (0, "")
    listed = set(re.findall(r"^ *--(\w+)", process.stdout, re.M))
    assert listed == {flag.name for flag in table}
    assert max(map(len, process.stdout.splitlines())) <= 100


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="is of Linux")
@pytest.mark.parametrize("main", ["lambda argv: print('scores')", "evaluate.main"])
def test_an_output_that_cannot_be_written_is_one_line(main):
    code = f"from gan_tf import cli, evaluate; cli.run({main})"
    command = [sys.executable, "-c", code, "--help"]
    with open("/dev/full", "w") as full:
        process = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert process.returncode == 1
    assert process.stderr == "error: the output cannot be written: the disk is full\n"


def test_a_closed_pipe_does_not_replace_the_error():
    code = (
        "from gan_tf import cli, evaluate\n"
        "def main(argv): print('scores'); evaluate.main(['evaluate', '--nonsense'])\n"
        "cli.run(main)"
    )
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-c", code],
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # or print would raise
        text=True,
    )
    os.close(write)
    assert process.returncode == InputError.exit_status
    assert re.fullmatch("error: .*'nonsense'.*\n", process.stderr)


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
        ("generate", "--model_dir=x", "--run_dir"),
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


def test_flags_left_out_have_the_values_of_the_run(tmp_path, blob_file):
    config = Config(preset="gan-classic", batch_size=6, data=str(blob_file))
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


@pytest.mark.parametrize(
    "text, value", [("", True), ("=1", True), ("=T", True), ("=False", False), ("=0", 0)]
)
def test_a_switch_may_have_a_value_or_a_no(text, value):
    table = train.flags(Config())
    for argument, expected in ((f"--skip_bad{text}", value), ("--noskip_bad", False)):
        assert cli.parse(["train", argument], "", table) == {"skip_bad": expected}


@pytest.mark.parametrize("value", ["maybe", "", "2"])
def test_a_switch_that_is_neither_on_nor_off_is_refused_by_its_rule(value):
    with pytest.raises(InputError, match=rf"flag --skip_bad={value}: must be true or fal"):
        cli.parse(["train", f"--skip_bad={value}"], "", train.flags(Config()))
