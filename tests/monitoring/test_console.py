import io
import os
import shlex
import sys
import types

import pytest

from gan_tf import cli, generate
from gan_tf.data import IN_MEMORY
from gan_tf.data.progress import progress
from gan_tf.monitoring.console import print_next_commands, safe_stdout
from gan_tf.sampling.label_list import parse_labels


@pytest.mark.parametrize("run", [cli.run, safe_stdout()(lambda main: main([]))])
def test_what_the_terminal_cannot_show_is_escaped(run, monkeypatch):
    file = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(file, "ascii"))
    run(lambda argv: print("runs/\u732b", flush=True))
    assert file.getvalue() == b"runs/\\u732b\n"


@pytest.mark.parametrize("buffering", [1, -1])
def test_a_reader_that_has_ended_does_not_end_the_program(buffering, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering) as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with safe_stdout():
            print("lost")
            print("lost, too", flush=True)
        monkeypatch.undo()


def test_a_terminal_that_was_closed_from_the_start_does_not_end_the_program(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    with safe_stdout():
        print("lost", flush=True)
        assert list(progress([1, 2], "numbers")) == [1, 2]
        assert sys.stdout.isatty() is False
    assert sys.stdout is None


@pytest.mark.skipif(os.name == "nt", reason="the shell's rules are POSIX's")
@pytest.mark.parametrize("label", ["7", "a cat, 'tabby'", "-1", "$HOME", "caf\u00e9"])
def test_the_next_commands_can_be_pasted(label, tmp_path, capsys):
    path = tmp_path / "my runs" / "a'b"
    config = types.SimpleNamespace(data="mnist", eval_every=0)
    run = types.SimpleNamespace(path=path, sample_grids=dict, config=config)
    print_next_commands(run, label)
    _, view, score, command = capsys.readouterr().out.splitlines()
    words = shlex.split(command.removeprefix("generate"))
    assert words[1:3] == ["-m", "gan_tf.generate"]
    values = cli.parse(["generate", *words[3:]], generate.USAGE, generate.FLAGS)
    assert values["run_dir"] == str(path) and values["num"] == 16
    assert parse_labels(values["label"], ["other", label]) == [1]
    assert shlex.split(view)[-1] == str(path.parent)
    program, *flags = shlex.split(score.removeprefix("evaluate"))[2:]
    assert program == "gan_tf.evaluate" and flags == ["--run_dir", str(path)]
    config.data = IN_MEMORY
    print_next_commands(run, label)
    score = capsys.readouterr().out.splitlines()[2]
    assert shlex.split(score)[-2:] == ["--data", "THE_SAME_IMAGES"]
