"""python -m gan_tf.data: what it prints, what it writes, what it refuses."""

import numpy as np
import pytest
from tiny import blobs

from gan_tf.data import __main__ as command
from gan_tf.data import load
from gan_tf.data.progress import Progress
from gan_tf.errors import InputError
from gan_tf.sampling import image_io


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images, labels = blobs(150)
    image_io.write_class_folders(tmp_path / "d", images, [f"k{k}" for k in labels])
    return load("d")


def test_it_prints_what_was_understood_and_writes_the_grid(source, capsys):
    command.main(["data", "d", "--size", "8x12", "--fit=pad", "--out", "out/x.png"])
    assert capsys.readouterr().out.splitlines() == [
        "data      d: 150 images 12x8x1, 3 classes",
        "size      8 wide, 12 high",
        "classes   k0 50, k1 50, k2 50",
        "labels    0 = k0, 1 = k1, 2 = k2",
        "note      images of 8x8 are resized to 8x12 (--fit pad)",
        "wrote     out/x.png",
    ]
    grid = image_io.read_png("out/x.png")[..., 0]
    assert grid.shape == (3 * 14 - 2, 10 * 10 - 2)
    padded = load("d", size="8x12", fit="pad")
    np.testing.assert_array_equal(grid[:12, :8], padded.x_train[0, ..., 0])
    third = padded.x_train[padded.y_train == 2][1, ..., 0]
    np.testing.assert_array_equal(grid[28:, 10:18], third)


@pytest.mark.parametrize(
    "arguments, part",
    [
        ([], "PATH is missing"),
        (["d", "e"], "unexpected argument 'e'"),
        (["d", "--out=d/x.png"], "out (d/x.png) is in the training data (d)"),
        (["d", "--out=/dev/null/x.png"], "out (/dev/null/x.png) cannot be written"),
        (["d", "--size=3"], "size ('3') must be own, a side such as 32"),
        (["d", "--out=x.jpg"], "must end in .png"),
        (["nowhere"], "data (nowhere): is not mnist"),
    ],
)
def test_what_is_refused(source, tmp_path, arguments, part):
    with pytest.raises(InputError) as caught:
        command.main(["data", *arguments])
    assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_progress_begins_after_a_second(monkeypatch, capsys):
    times = iter([0, 0.9, 1.1, 1.2, 5, 11.3, 12])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    progress = Progress(12_000, "pictures")
    for _ in range(3):
        progress.add(1000)
    assert capsys.readouterr().out == "reading   2,000 of 12,000 pictures\n"
