import numpy as np
import pytest
from data_helpers import idx_bytes, png, save, write

from gan_tf import data
from gan_tf.data import idx, progress

IMAGES = np.random.default_rng(0).integers(0, 256, (3_000, 28, 28), np.uint8)
SOURCES = {
    "IDX": (
        lambda p: write(p, {"train-images-idx3-ubyte": idx_bytes(IMAGES)}),
        "reading   1 of 2 MB of train-images-idx3-ubyte",
    ),
    "npz": (lambda p: save(p, x_train=IMAGES), "reading   1 of 2 MB of "),
    "pictures": (
        lambda p: write(p, {f"{i}.png": png(IMAGES[i]) for i in range(5)}),
        "reading   4 of 5 pictures",
    ),
}


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("make, line", SOURCES.values(), ids=SOURCES)
def test_what_takes_long_shows_how_much_is_done_and_a_terminal_keeps_no_line(
    tmp_path, monkeypatch, capsys, make, line, is_terminal
):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.0)
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    monkeypatch.setattr(idx, "_BLOCK_BYTES", 2**19)
    data.load(str(make(tmp_path)))
    printed = capsys.readouterr().out
    if is_terminal:
        *shown, rest = printed.split("\r")
        assert len(shown) > 1 and not shown[-1].strip() and not rest
    else:
        assert f"\n{line}" in f"\n{printed}"


def test_a_narrow_terminal_keeps_one_line(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_SECONDS", 0.0)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for total, end in ((9, progress.Progress.close), (2, progress.Progress.add)):
        shown = progress.Progress(total, "pictures of a folder with a long name")
        shown.add()
        end(shown)
        *lines, rest = capsys.readouterr().out.split("\r")
        assert [len(line) for line in lines] == [39, 39] and rest == ""
        assert not lines[-1].strip()
    monkeypatch.setenv("TERM", "dumb")  # cannot replace a line
    progress.Progress(9, "pictures").add()
    assert capsys.readouterr().out == "reading   1 of 9 pictures\n"
