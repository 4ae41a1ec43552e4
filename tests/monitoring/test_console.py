import io
import os
import re

import pytest
from tiny import blobs, tiny_config

from gan_tf.models import model_class
from gan_tf.monitoring import console
from gan_tf.monitoring.console import print_cost, safe_stdout
from gan_tf.training.trainer import Trainer


def test_what_the_terminal_cannot_show_is_escaped(monkeypatch):
    file = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(file, "ascii"))
    with safe_stdout():
        print("runs/\u732b", flush=True)
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


def test_the_cost_of_large_images(tmp_path, monkeypatch, capsys, model_name):
    config = tiny_config(model_name)
    images, labels = blobs()
    model = model_class(model_name)(config, images.shape[1:], 3)
    print_cost(model, config)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(console, "_LARGE", 63)
    print_cost(model, config)
    note = capsys.readouterr().out
    assert note.startswith("note      images of 8x8x1 are large: a step costs about 0")
    Trainer(model, images, labels, config).checkpoint.write(str(tmp_path / "step"))
    (file,) = tmp_path.glob("*.data*")
    (megabytes,) = re.findall(r"a checkpoint takes ([0-9]+) MB, and 5 are kept", note)
    assert abs(int(megabytes) - file.stat().st_size / 1e6) < 1
    assert note.count("\n") == 1
