"""Folders of pictures, good and damaged."""

import os
import struct
import zlib

import numpy as np
import PIL.Image
import pytest
from data_helpers import encoded, error_of, png, write
from tiny import little_memory, random_images

from gan_tf import data
from gan_tf.data import validation


def picture(mode="L", size=(5, 6), value=0, form="PNG"):
    return encoded(PIL.Image.new(mode, size, value), form)


def test_class_folders(tmp_path):
    files = {}
    for value, name in [(1, "1"), (10, "10"), (2, "2")]:
        files[f"{name}/b.png"] = picture(value=value)
        files[f"{name}/a.BMP"] = picture(value=value + 100, form="BMP")
    loaded = data.load(write(tmp_path, files))
    assert loaded.name == "d"
    assert loaded.class_names == ("1", "2", "10")
    # Numbered files keep their order, whatever folder they are in.
    assert loaded.y_train.tolist() == [0, 1, 2, 0, 1, 2]
    assert loaded.y_train.dtype == np.int32
    assert loaded.x_train.shape == (6, 6, 5, 1)  # 5 wide, 6 high
    assert loaded.x_train[:, 3, 3, 0].tolist() == [101, 102, 110, 1, 2, 10]
    assert loaded.x_test is None and loaded.y_test is None


def test_grey_pictures_of_mixed_modes_are_one_dataset_without_labels(tmp_path):
    files = {"10.png": picture("1", value=1), "9.png": picture(value=200)}
    files["2.png"] = picture("LA", value=(100, 255))
    files["1.jpg"] = picture(value=50, form="JPEG")
    loaded = data.load(write(tmp_path, files))
    assert loaded.image_shape == (6, 5, 1)
    assert loaded.y_train is None and loaded.num_classes == 0
    assert loaded.x_train[:, 0, 0, 0].tolist() == [50, 100, 200, 255]


def test_colour_pictures_of_mixed_modes_are_one_dataset(tmp_path):
    red = PIL.Image.new("RGB", (8, 8), (255, 0, 51))
    for name in ("RGB.jpeg", "RGBA.png", "P.png", "P.gif", "CMYK.jpg", "RGB.bmp"):
        red.convert(name.split(".")[0]).save(tmp_path / name)
    loaded = data.load(str(tmp_path))
    assert loaded.x_train.shape == (6, 8, 8, 3)
    np.testing.assert_allclose(loaded.x_train - np.full(3, (255, 0, 51)), 0, atol=8)


def test_palette_with_transparency_is_no_warning(tmp_path):
    palette = PIL.Image.new("P", (8, 8))
    palette.putpalette(bytes(range(256)) * 3)
    palette.putpixel((0, 0), 9)
    palette.save(tmp_path / "a.png", transparency=bytes(range(256)))
    assert data.load(str(tmp_path)).image_shape == (8, 8, 1)


def test_hidden_files_other_files_and_a_link_to_the_parent_are_ignored(tmp_path):
    files = {"cat/up": ".."}
    files |= dict.fromkeys(["cat/._a.png", "cat/Thumbs.db", "README.txt"], b"x")
    files |= {"cat/a.png": GREY, ".cache/a.png": picture(size=(9, 9))}
    loaded = data.load(write(tmp_path, files))
    assert loaded.class_names == ("cat",) and len(loaded.x_train) == 1
    assert loaded.notes == ("left out what is no picture: 1 .txt, 3 hidden",)


def test_the_limit_of_memory(tmp_path, monkeypatch):
    folder = write(tmp_path, {f"{k}.png": picture(size=(8, 8), value=k) for k in (1, 2)})
    monkeypatch.setattr(validation, "MAX_BYTES", 127)
    assert "would need 128 bytes" in error_of(folder)
    monkeypatch.setattr(validation, "MAX_BYTES", 128)
    assert len(data.load(folder).x_train) == 2


GREY = png(random_images(6, 5))
NOISE = random_images(64, 64)  # does not compress: it can be cut


def bomb(side):
    """A PNG that claims to be of that size."""
    header = b"IHDR" + struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
    return GREY[:12] + header + struct.pack(">I", zlib.crc32(header)) + GREY[33:]


ERRORS = [
    ({}, "has no pictures, IDX files, .npz, .npy or .csv files: it holds nothing"),
    (
        {"a/1.png": GREY, "b/2.png": picture(size=(6, 5))},
        "b/2.png: is 6x5, but a/1.png is 5x6, and all images must have one size (2 sizes, "
        "most often 5x6): choose one with --size",
    ),
    ({"a.png": GREY, "cat/a.png": GREY}, "has both pictures and subfolders"),
    ({"notes.txt": b"x" * 9}, "it holds 1 .txt"),
    ({".a.png": GREY}, "it holds 1 hidden"),
    ({"cat/a.png": GREY, "dog/deeper/notes.txt": b"x"}, "dog: has no pictures"),
    ({"cat/a.png": GREY, "dog/notes.txt": b"x"}, "dog: has no pictures"),
    ({"train/a.png": GREY, "test/dog/a.png": GREY, "test/b.png": GREY}, "has both"),
    ({"train/cat/a.png": GREY, "test/dog/a.png": GREY}, "has the label dog, but the"),
    *(({f"{k}/a.png": GREY}, "not plain text") for k in ("a\udcff", "a\nb", "\x1b", " ")),
    *(({"a.png": picture(size=(n, 8))}, "a.png: is 8 pixels high and") for n in (3, 257)),
    *(({"a.png": picture(size=(8, n))}, "8 wide, but sides") for n in (3, 257)),
    ({"a.png": picture("I;16"), "b.png": picture()}, "a.png: has 16 bits per pixel, but"),
    ({"a.tiff": picture("F", form="TIFF")}, "a.tiff: has 32-bit floats"),
    ({"a.png": picture(value=3), "b.png": picture(value=3)}, "every image is 3: there is"),
    ({"a\nb.png": b"x"}, "a b.png"),
    # Below and above the sizes at which Pillow warns and raises.
    *(({"a.png": bomb(n)}, "a.png: ") for n in (5_000, 10_000, 60_000)),
    ({"cat/a.png": GREY, "loop": "loop"}, "cannot be listed"),
    ({"cat/a.png": GREY, "x": "y", "y": "x"}, "cannot be listed"),
    ({"a.png": "b.png", "b.png": "a.png"}, "cannot be listed"),
    ({"cat/a.png": GREY, "here": "."}, "here: has no pictures"),
    *(
        ({"a.png": target}, "a.png: cannot be read")
        for target in ("gone.png", "/etc/hostname", "/dev/zero")
    ),
    *(
        ({"a.png": GREY, "b.png": content}, f"b.png: cannot be read as a picture ({why}")
        for content, why in {
            **{b"": "is empty", b"x": "is text", b"GIF89a": "damaged"},
            **{b"\x89PNG\r\n\x1a\n" + b"0" * 50: "", b"<svg/>": "is an SVG"},
            **{b"<!DOCTYPE html>": "is a web page", b"\x80\x04x": "is a pickle"},
            b"\0\0\0\x18ftypheic": "is a HEIC picture, which Pillow cannot read",
        }.items()
    ),
    *(
        ({f"a.{form}": content[: len(content) * part // 8]}, f"a.{form}: cannot be")
        for form in ("png", "jpeg", "bmp", "gif")
        for content in [png(NOISE, form)]
        for part in (0, 1, 4, 7)
    ),
]


@pytest.mark.parametrize(
    "files, part", ERRORS, ids=[f"{i}-{part}" for i, (_, part) in enumerate(ERRORS)]
)
def test_folders_that_are_refused(tmp_path, files, part):
    folder = write(tmp_path, files)
    with little_memory():
        message = error_of(folder)
    assert message.startswith(f"data ({folder}): ") and part in message


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "b.png")
    assert "b.png: cannot be read" in error_of(tmp_path)
