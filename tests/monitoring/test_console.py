import io
import os

import pytest

from gan_tf.monitoring.console import safe_stdout


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
