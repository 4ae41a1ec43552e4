"""Folders of pictures, good and damaged."""

import io
import os
import struct
import tracemalloc
import zlib

import numpy as np
import PIL.Image
import pytest
from data_helpers import error_of, random_images

from gan_tf import data
from gan_tf.data import validation as checks


def write_picture(path, mode="L", size=(5, 6), value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.new(mode, size, value).save(path)


def test_class_folders(tmp_path):
    for value, name in [(1, "1"), (10, "10"), (2, "2")]:
        write_picture(tmp_path / "shapes" / name / "b.png", value=value)
        write_picture(tmp_path / "shapes" / name / "a.BMP", value=value + 100)
    loaded = data.load(str(tmp_path / "shapes"))
    assert loaded.name == "shapes"
    assert loaded.class_names == ("1", "2", "10")
    assert loaded.y_train.tolist() == [0, 0, 1, 1, 2, 2]
    assert loaded.y_train.dtype == np.int32
    assert loaded.x_train.shape == (6, 6, 5, 1)  # 5 wide, 6 high
    assert loaded.x_train[:, 3, 3, 0].tolist() == [101, 1, 102, 2, 110, 10]
    assert loaded.x_test is None and loaded.y_test is None


def test_pictures_directly_inside_have_no_labels(tmp_path):
    for number in (10, 9, 1):
        write_picture(tmp_path / f"{number}.png", value=number)
    loaded = data.load(str(tmp_path))
    assert loaded.y_train is None and loaded.num_classes == 0
    assert loaded.x_train[:, 0, 0, 0].tolist() == [1, 9, 10]


@pytest.mark.parametrize(
    ("mode", "ending", "channels"),
    [
        ("L", "png", 1),
        ("1", "png", 1),
        ("LA", "png", 1),
        ("L", "jpg", 1),
        ("RGB", "jpeg", 3),
        ("RGBA", "png", 3),
        ("P", "png", 3),
        ("P", "gif", 3),
        ("CMYK", "jpg", 3),
        ("RGB", "bmp", 3),
    ],
)
def test_picture_modes(tmp_path, mode, ending, channels):
    picture = PIL.Image.new("RGB", (8, 8), (255, 0, 51)).convert(mode)
    picture.save(tmp_path / f"a.{ending}")
    loaded = data.load(str(tmp_path))
    assert loaded.image_shape == (8, 8, channels)
    if channels == 3:
        np.testing.assert_allclose(loaded.x_train[0, 4, 4], (255, 0, 51), atol=8)


def test_palette_with_transparency_is_no_warning(tmp_path):
    picture = PIL.Image.new("P", (8, 8))
    picture.putpalette(bytes(range(256)) * 3)
    picture.save(tmp_path / "a.png", transparency=bytes(range(256)))
    assert data.load(str(tmp_path)).image_shape == (8, 8, 3)


def test_hidden_and_other_files_are_ignored(tmp_path):
    write_picture(tmp_path / "cat" / "a.png")
    write_picture(tmp_path / ".cache" / "a.png", size=(9, 9))
    (tmp_path / "cat" / "._a.png").write_bytes(b"resource fork")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "README.txt").write_bytes(b"x")
    loaded = data.load(str(tmp_path))
    assert loaded.class_names == ("cat",) and len(loaded.x_train) == 1


def test_pictures_of_two_sizes(tmp_path):
    write_picture(tmp_path / "a" / "1.png", size=(5, 6))
    write_picture(tmp_path / "b" / "2.png", size=(6, 5))
    message = error_of(tmp_path)
    assert message.startswith(f"data ({tmp_path}): b/2.png: ")
    assert "is 6x5 grey, but" in message and "1.png is 5x6 grey" in message


def test_pictures_grey_and_colour(tmp_path):
    write_picture(tmp_path / "a" / "1.png")
    write_picture(tmp_path / "a" / "2.png", mode="RGB")
    write_picture(tmp_path / "a" / "3.png", mode="RGB")
    message = error_of(tmp_path)
    assert message.startswith(f"data ({tmp_path}): a/2.png: ")
    assert "5x6 colour" in message and "5x6 grey" in message


def test_pictures_and_sub_folders_together(tmp_path):
    write_picture(tmp_path / "a.png")
    write_picture(tmp_path / "cat" / "a.png")
    assert "both pictures and sub-folders" in error_of(tmp_path)


@pytest.mark.parametrize("names", [[], ["notes.txt"], [".hidden.png"]])
def test_folder_without_pictures(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    message = error_of(tmp_path)
    assert str(tmp_path) in message and ".png" in message


def test_class_folder_without_pictures(tmp_path):
    write_picture(tmp_path / "cat" / "a.png")
    write_picture(tmp_path / "dog" / "deeper" / "a.png")
    message = error_of(tmp_path)
    assert message.startswith(f"data ({tmp_path}): dog: has no pictures")


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"0" * 50]
)
def test_unreadable_picture_is_named(tmp_path, content):
    write_picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(content)
    message = error_of(tmp_path)
    assert message.startswith(f"data ({tmp_path}): b.png: cannot be read")


def test_picture_cut_short(tmp_path):
    file = io.BytesIO()
    PIL.Image.fromarray(random_images(64, 64)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue()[:2000])
    assert "a.png: cannot be read" in error_of(tmp_path)


@pytest.mark.parametrize("size", [(3, 8), (8, 3), (257, 8), (8, 257)])
def test_picture_sides(tmp_path, size):
    write_picture(tmp_path / "a.png", size=size)
    message = error_of(tmp_path)
    assert "a.png" in message and "4 to 256" in message


def test_picture_of_16_bits(tmp_path):
    PIL.Image.fromarray(np.full((8, 8), 40000, np.uint16)).save(tmp_path / "a.png")
    assert "a.png: has more than 8 bits" in error_of(tmp_path)


@pytest.mark.parametrize("side", [5_000, 10_000, 60_000])
def test_picture_bomb(tmp_path, side):
    """Above Pillow's limits for a warning and for an error, and below both."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body))
        )

    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
    tracemalloc.start()
    message = error_of(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "a.png" in message
    assert "4 to 256" in message or "decompression bomb" in message
    assert peak < 2e6


def test_pictures_over_the_limit(tmp_path, monkeypatch):
    for name in "ab":
        write_picture(tmp_path / f"{name}.png", size=(8, 8))
    monkeypatch.setattr(checks, "MAX_BYTES", 127)
    assert "would need 128 bytes" in error_of(tmp_path)
    monkeypatch.setattr(checks, "MAX_BYTES", 128)
    assert len(data.load(str(tmp_path)).x_train) == 2


def test_a_line_break_in_a_name_stays_out_of_the_message(tmp_path):
    (tmp_path / "a\nb.png").write_bytes(b"x")
    assert "a b.png" in error_of(tmp_path)


def test_symlink_to_itself(tmp_path):
    write_picture(tmp_path / "cat" / "a.png")
    os.symlink("loop", tmp_path / "loop")
    assert "cannot be listed" in error_of(tmp_path)


def test_symlink_to_the_parent_is_not_followed_twice(tmp_path):
    write_picture(tmp_path / "cat" / "a.png")
    os.symlink("..", tmp_path / "cat" / "up")
    assert len(data.load(str(tmp_path)).x_train) == 1
    os.symlink(".", tmp_path / "here")
    assert "here: has no pictures" in error_of(tmp_path)


def test_broken_symlink_and_pipe_are_unreadable_pictures(tmp_path):
    os.symlink("gone.png", tmp_path / "a.png")
    assert "a.png: cannot be read" in error_of(tmp_path)
    os.remove(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    assert "b.png: cannot be read" in error_of(tmp_path)
