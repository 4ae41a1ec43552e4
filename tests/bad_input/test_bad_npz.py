"""Broken archives, images that do not fit, and paths that hold no data."""

import os
import tracemalloc

import broken_npz
import numpy as np
import pytest
from broken_npz import X

from gan_tf import data
from gan_tf.errors import InputError
from gan_tf.evaluation.image_set import read_images

Y = np.arange(12) % 3
FILES = [
    (read, flag, name, *case)
    for read, flag, array in [
        (data.load, "data", "x_train"),
        (read_images, "images", "images"),
    ]
    for name, case in broken_npz.broken_files(array).items()
]


@pytest.mark.parametrize(
    "read, flag, content, expected",
    [pytest.param(*case[:2], *case[3:], id=f"{case[1]}-{case[2]}") for case in FILES],
)
def test_a_broken_npz_is_refused(tmp_path, monkeypatch, read, flag, content, expected):
    monkeypatch.chdir(tmp_path)  # where a `Spell` would be cast
    (tmp_path / "d.npz").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(InputError) as error:
        read("d.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    line = str(error.value)
    assert line.startswith(f"{flag} (d.npz): ") and expected in line and line.isprintable()
    assert peak < 2e6
    assert os.listdir() == ["d.npz"]


@pytest.mark.parametrize("read", [data.load, read_images])
def test_a_bomb_is_refused_before_it_is_unpacked(bomb, read):
    tracemalloc.start()
    with pytest.raises(InputError, match="more than 250 times as many, as only a zip bo"):
        read(str(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6


@pytest.mark.parametrize(
    "line", ["train --model=gan --run_dir=new", "evaluate --run_dir=runs/gan", "evaluate"]
)
@pytest.mark.parametrize(
    "name", ["/dev/zero", "/dev/null", "pipe.npz", "loop.npz", "cut.npz", "folder"]
)
def test_commands_refuse_what_they_cannot_read(refuse, tmp_path, line, name):
    os.mkfifo(tmp_path / "pipe.npz")
    os.symlink("loop.npz", tmp_path / "loop.npz")
    (tmp_path / "cut.npz").write_bytes(b"PK\3\4")
    (tmp_path / "folder").mkdir()
    flag, path = "data" if "run_dir" in line else "images", tmp_path / name
    refuse(*line.split(), f"--{flag}={path}", expected=[f"{flag} ({path}): "])


@pytest.mark.parametrize(
    "arrays, expected",
    [
        (dict(images=X[:9], labels=Y[:9]), "num (9) must be from 10"),
        (dict(images=X[:, :7]), "images (shape (7, 8, 1)) must be (8, 8, 1)"),
        (dict(images=np.zeros([12, 8, 8, 3], "u1")), "must be (8, 8, 1)"),
        (dict(images=X, labels=Y + 1), "labels (3) must be below"),
        (dict(images=X, labels=Y % 2), "must name every class"),
        (dict(images=X, labels=np.full(12, 2**64 - 1, "u8")), "labels (-1)"),
        (dict(images=X, labels=Y[:11]), "labels: has 11 labels for 12 images"),
        (dict(images=X, labels=Y / 1), "labels: is float64"),
    ],
)
def test_images_that_do_not_fit_the_data_are_refused(refuse, tmp_path, arrays, expected):
    np.savez(tmp_path / "d.npz", **arrays)
    flags = [f"--images={tmp_path / 'd.npz'}", "--data=blobs.npz"]
    refuse("evaluate", *flags, expected=[expected])
