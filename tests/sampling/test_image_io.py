"""Grids, conversion, PNG, GIF and .npz files and class folders."""

import os
from functools import partial

import numpy as np
import PIL.Image
import pytest
from tiny import random_images

from gan_tf import data
from gan_tf.errors import InputError
from gan_tf.sampling import image_io


def read(path):
    with PIL.Image.open(path) as picture:
        return np.asarray(picture)


def test_to_uint8_rounds_and_clips_and_does_not_hide_nan():
    x = np.array([-2, -1, -0.999, 0, 0.999, 1, 1.001, 9, np.inf, -np.inf])
    expected = [0, 0, 0, 128, 255, 255, 255, 255, 255, 0]
    result = image_io.to_uint8(x, -1, 1)
    assert result.dtype == np.uint8
    assert result.tolist() == expected
    assert image_io.to_uint8(np.float32([0, 0.5019, 1]), 0, 1).tolist() == [0, 128, 255]
    # Halves become even, as with Uint8ClampedArray of the exported page.
    halves = np.array([0.5, 1.5, 2.5, 254.5], np.float32)
    assert image_io.to_uint8(halves, 0, 255).tolist() == [0, 2, 2, 254]
    with pytest.raises(InputError, match="NaN"):
        image_io.to_uint8(np.array([0, np.nan]), 0, 1)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255)])
def test_to_uint8_inverts_scaling(low, high):
    every = np.arange(256, dtype=np.uint8)
    scaled = (every / 255 * (high - low) + low).astype(np.float32)
    np.testing.assert_array_equal(image_io.to_uint8(scaled, low, high), every)


def test_grid_places_tiles_row_by_row():
    tiles = random_images(5, 4, 6, 3)
    picture = image_io.grid(tiles, 3)
    assert picture.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 3) and picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[:4, :6], tiles[0])
    np.testing.assert_array_equal(picture[:4, 8:14], tiles[1])
    np.testing.assert_array_equal(picture[6:, 8:14], tiles[4])
    assert (picture[6:, 16:] == 0).all()  # the unused place
    separators = picture[4:6], picture[:, 6:8], picture[:, 14:16]
    values = {int(value) for part in separators for value in np.unique(part)}
    assert len(values) == 1 and 0 < values.pop() < 255
    for columns, shape in {1: (28, 6, 3), 5: (4, 38, 3), 7: (4, 54, 3)}.items():
        assert image_io.grid(tiles, columns).shape == shape
    with pytest.raises(InputError, match=r"num_columns \(0\)"):
        image_io.grid(tiles, 0)


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 8, 8, 2), (0, 8, 8, 1)])
def test_other_shapes_and_types_are_refused(tmp_path, shape):
    bad = random_images(*shape)
    to_png = partial(image_io.write_image, tmp_path / "a.png")
    to_gif = partial(image_io.write_gif, tmp_path / "a.gif")
    for images in (bad, random_images(4, 8, 8, 1) / 255):
        for function in (partial(image_io.grid, num_columns=2), to_png, to_gif):
            with pytest.raises(InputError, match="must be uint8"):
                function(images)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trip(tmp_path, channels):
    image = random_images(7, 9, channels)
    path = tmp_path / "new" / "folder" / "a.png"
    image_io.write_image(path, image)
    np.testing.assert_array_equal(read(path).reshape(image.shape), image)
    image_io.write_image(str(path), 255 - image)  # replaced
    np.testing.assert_array_equal(read(path).reshape(image.shape), 255 - image)
    assert os.listdir(path.parent) == ["a.png"]
    result = image_io.read_png(str(path))
    assert result.dtype == np.uint8 and result.shape == (7, 9, 3)
    np.testing.assert_array_equal(result, np.broadcast_to(255 - image, (7, 9, 3)))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_is_close_to_the_image(tmp_path, channels):
    rows = np.arange(16, dtype=np.uint8)[:, np.newaxis, np.newaxis]
    image = np.broadcast_to(16 * rows, (16, 16, channels))
    image_io.write_image(tmp_path / "a.jpg", image, "JPEG")
    with PIL.Image.open(tmp_path / "a.jpg") as picture:
        assert picture.format == "JPEG" and picture.mode == {1: "L", 3: "RGB"}[channels]
    made = read(tmp_path / "a.jpg").reshape(image.shape)
    np.testing.assert_allclose(made.astype(int), image, atol=4)


def test_a_jpeg_or_gif_of_too_many_pixels_names_their_limit(tmp_path):
    with pytest.raises(InputError, match="a GIF has at most 65,535 pixels per side"):
        image_io.write_gif(tmp_path / "a.gif", np.zeros([1, 1, 65_536, 1], np.uint8))
    image_io.write_image(tmp_path / "a.jpg", np.zeros([65_500, 1, 1], np.uint8), "JPEG")
    image_io.check_grid(tmp_path / "b.jpg", "JPEG", 5_954, 1, (9, 9, 1))
    with pytest.raises(InputError, match="at most 65,500 .* would have 9x65,503: gen"):
        image_io.check_grid(tmp_path / "b.jpg", "JPEG", 5_955, 1, (9, 9, 1))
    with pytest.raises(InputError, match="at most 65,500 pixels per side"):
        image_io.write_image(tmp_path / "b.jpg", np.zeros([65_501, 1, 1], np.uint8), "JPEG")


@pytest.mark.parametrize("num, channels", [(3, 1), (3, 3), (1, 1)])
def test_gif_round_trip(tmp_path, num, channels):
    frames = np.zeros((num, 16, 16, channels), np.uint8)
    frames[:] = np.array([10, 120, 250])[:num].reshape(num, 1, 1, 1)
    frames[:, :8] = 0
    image_io.write_gif(tmp_path / "a.gif", frames, seconds_per_frame=0.25)
    with PIL.Image.open(tmp_path / "a.gif") as picture:
        assert picture.n_frames == num
        assert picture.info["loop"] == 0
        for index, frame in enumerate(frames):
            picture.seek(index)
            assert picture.info["duration"] == 250
            shown = np.asarray(picture.convert("RGB")).astype(int)
            np.testing.assert_allclose(shown, frame + np.zeros(3, int), atol=2)
    assert os.listdir(tmp_path) == ["a.gif"]


@pytest.mark.parametrize(
    "write, shape",
    [
        (image_io.write_image, (40, 40, 1)),
        (image_io.write_gif, (2, 40, 40, 1)),
        (lambda path, x: image_io.write_npz(path, images=x), (2, 40, 40, 1)),
    ],
)
def test_a_failure_keeps_what_is_there(tmp_path, full_disk, write, shape):
    path, images = tmp_path / "a", random_images(*shape)
    write(path, images)
    before = path.read_bytes()
    (tmp_path / "folder").mkdir()
    for bad in (tmp_path / "folder", path / "a.png"):
        with pytest.raises(InputError) as caught:
            write(bad, images)
        assert str(caught.value).startswith(f"{bad}: cannot be written")
    with full_disk(), pytest.raises(InputError, match="File too large"):
        write(path, images)
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a", "folder"]


@pytest.mark.parametrize("mode", ["1", "LA", "P", "RGBA"])
def test_read_png_of_other_modes(tmp_path, mode):
    PIL.Image.new("RGB", (9, 7), "white").convert(mode).save(tmp_path / "a.png")
    result = image_io.read_png(tmp_path / "a.png")
    assert result.dtype == np.uint8 and result.shape == (7, 9, 3)
    assert (result == 255).all()


def test_read_png_of_a_bad_file(tmp_path):
    path = tmp_path / "a.png"
    image_io.write_image(path, random_images(64, 64, 1))
    for content in (path.read_bytes()[:2000], b"", b"no picture", b"GIF89a"):
        path.write_bytes(content)
        for bad in (path, tmp_path / "missing.png"):
            with pytest.raises(InputError) as caught:
                image_io.read_png(bad)
            assert str(caught.value).startswith(f"{bad}: cannot be read as PNG")


@pytest.mark.parametrize("name", ["a.npz", "a", "a.png"])
def test_npz_is_a_compressed_dataset_under_the_exact_name(tmp_path, name):
    path = tmp_path / "new" / "folder" / name
    images = np.zeros((100, 28, 28, 1), np.uint8)
    images[0] = random_images(28, 28, 1)
    arrays = {"images": images, "path": np.arange(4)}
    image_io.write_npz(path, labels=np.ones(2))
    image_io.write_npz(str(path), **arrays)  # replaced
    assert os.listdir(path.parent) == [name]
    assert path.stat().st_size < images.size / 50
    np.testing.assert_array_equal(data.load(path).x_train, images)
    with np.load(path) as loaded:
        assert sorted(loaded) == ["images", "path"]
        for key, array in arrays.items():
            assert loaded[key].dtype == array.dtype
            np.testing.assert_array_equal(loaded[key], array)


def test_class_folders_round_trip(tmp_path):
    tiles = random_images(7, 8, 8, 3)
    names = ["10", "2", "2", "10", "2", "T-shirt/top", "Ankle boot"]
    image_io.write_class_folders(tmp_path / "out", tiles, names)
    expected = ["10", "2", "Ankle boot", "T-shirt_top"]
    assert sorted(os.listdir(tmp_path / "out")) == expected
    files = sorted(os.listdir(tmp_path / "out" / "2"))
    assert files == ["00000.png", "00001.png", "00002.png"]
    loaded = data.load(str(tmp_path / "out"))
    assert loaded.class_names == ("2", "10", "Ankle boot", "T-shirt_top")
    np.testing.assert_array_equal(loaded.x_train, tiles[[1, 0, 6, 5, 2, 3, 4]])


def test_two_processes_share_a_folder(tmp_path, monkeypatch):
    """Another one has written since the numbers in the folder were read."""
    tiles = random_images(4, 8, 8, 1)
    image_io.write_class_folders(tmp_path, tiles[:2], ["a", "a"])
    with monkeypatch.context() as patch:
        patch.setattr(image_io, "_next_number", lambda folder: 0)
        image_io.write_class_folders(tmp_path, tiles[2:], ["a", "a"])
    np.testing.assert_array_equal(data.load(str(tmp_path)).x_train, tiles)


def test_class_folder_names_stay_inside_and_apart(tmp_path):
    names = [
        *("../x", "a/b", "a\\b", "a_b", "A_B", "..", ".hidden", "", "x\0", "/etc", ".c"),
        *("/C", "ok.", "../../evil", "/etc/evil", "a\\..\\b", "con", "x" * 200),
    ]
    tiles = random_images(len(names), 8, 8, 1)
    image_io.write_class_folders(tmp_path / "deep" / "out", tiles, names)
    assert os.listdir(tmp_path) == ["deep"] and os.listdir(tmp_path / "deep") == ["out"]
    folders = os.listdir(tmp_path / "deep" / "out")
    assert len({name.casefold() for name in folders}) == len(names)
    assert not any(name.startswith(".") or name.endswith(".") for name in folders)
    for folder in folders:
        assert os.listdir(tmp_path / "deep" / "out" / folder) == ["00000.png"]


def test_class_folders_take_an_empty_folder_and_one_name_per_image(tmp_path):
    tiles = random_images(1, 8, 8, 1)
    with pytest.raises(InputError, match="1 images have 2 label names"):
        image_io.write_class_folders(tmp_path / "out", tiles, ["a", "b"])
    assert os.listdir(tmp_path) == []
    image_io.write_class_folders(tmp_path, tiles, ["a"])
    # What systems put there, and killed processes left, does not matter.
    for name in (".DS_Store", "a/Thumbs.db", "a/00001.png.4711.tmp"):
        (tmp_path / name).touch()
    image_io.write_class_folders(tmp_path, 255 - tiles, ["a"])
    loaded = data.load(str(tmp_path))
    np.testing.assert_array_equal(loaded.x_train, np.concatenate([tiles, 255 - tiles]))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        image_io.write_class_folders(tmp_path, tiles, ["a"])
    files = ["00000.png", "00001.png", "00001.png.4711.tmp", "Thumbs.db"]
    assert sorted(os.listdir(tmp_path / "a")) == files
    with pytest.raises(InputError, match="cannot be written"):
        image_io.write_class_folders(tmp_path / "a" / "00000.png", tiles, ["a"])


def test_labels_that_are_added_later_have_folders_of_their_own(tmp_path):
    tiles = random_images(2, 8, 8, 1)
    for label in ("a/b", "a_b", "a/b"):
        image_io.write_class_folders(tmp_path, tiles, [label] * 2, ["a/b", "a_b"])
    assert sorted(len(os.listdir(folder)) for folder in tmp_path.iterdir()) == [2, 4]
