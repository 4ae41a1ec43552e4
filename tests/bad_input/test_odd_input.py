"""Data that are odd, and good: they are read, trained on and asked for."""

import numpy as np
import PIL.Image
import pytest
from refusals import Outcome
from tiny import TINY, blobs

import gan_tf
from gan_tf import data
from gan_tf import train as train_command
from gan_tf.cli import parse
from gan_tf.config import SETTINGS
from gan_tf.errors import InputError

FLAGS = [f"--{name}={value}" for name, value in {**TINY, "steps": 1}.items()]


def write(tmp_path, **arrays):
    np.savez(tmp_path / "d.npz", **arrays)
    return tmp_path / "d.npz"


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Trains a step of a model on data; returns the sampler."""
    monkeypatch.chdir(tmp_path)

    def trained(model, path):
        flags = [*FLAGS, f"--model={model}", f"--data={path}", "--run_dir=r"]
        outcome = Outcome("train", flags)
        assert (outcome.status, outcome.err) == (0, "")
        return gan_tf.load(tmp_path / "r")

    return trained


@pytest.mark.parametrize(
    "model, label, shape", [("gan", None, (28, 27, 3)), ("acgan", 0, (4, 5, 1))]
)
def test_one_image_of_odd_sides_of_the_only_class(train, tmp_path, model, label, shape):
    """Fewer images than a batch, too: each is used more than once in a step."""
    images = np.full((1, *shape), 200, np.uint8)
    sampler = train(model, write(tmp_path, x_train=images, y_train=[0]))
    assert sampler.generate(label, num=3).shape == (3, *shape)


def test_grey_pictures_of_mixed_modes_are_one_set(tmp_path):
    for mode, value in (("1", 1), ("L", 200), ("LA", (100, 7))):
        PIL.Image.new(mode, (9, 5), value).save(tmp_path / f"{mode}.png")
    loaded = data.load(str(tmp_path))
    assert loaded.image_shape == (5, 9, 1)
    assert loaded.x_train[:, 0, 0, 0].tolist() == [255, 200, 100]


def test_colour_pictures_of_mixed_modes_are_one_set(tmp_path):
    picture = PIL.Image.new("RGB", (8, 8), (255, 0, 0))
    for mode, ending in (("RGB", "png"), ("RGBA", "png"), ("P", "gif"), ("RGB", "bmp")):
        picture.convert(mode).save(tmp_path / f"{mode}.{ending}")
    loaded = data.load(str(tmp_path))
    assert loaded.image_shape == (8, 8, 3)
    assert (loaded.x_train == (255, 0, 0)).all()


@pytest.mark.parametrize(
    "name", ["Ä é 猫", "a%sb", "x{}y", "--model", "~", "it's", "#1"]
)
def test_names_of_other_alphabets_and_odd_names(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    images, labels = blobs(12)
    folder = tmp_path / "d" / name
    folder.mkdir(parents=True)
    PIL.Image.fromarray(images[0, ..., 0]).save(folder / f"{name}.png")
    assert data.load("d").class_names == (name,)
    np.savez(tmp_path / f"{name}.npz", x_train=images, y_train=labels)
    assert len(data.load(f"./{name}.npz").x_train) == 12


def test_a_class_named_like_a_path_stays_in_the_folder_of_generated_images(tmp_path):
    from gan_tf.sampling.image_io import write_class_folders

    names = ["../../evil", "/etc/evil", "..", "a\\..\\b", "con", "x" * 200]
    images = np.zeros([len(names), 4, 4, 1], np.uint8)
    write_class_folders(tmp_path / "deep" / "out", images, names)
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert len(list((tmp_path / "deep" / "out").glob("*/00000.png"))) == len(names)


def test_real_images_that_shrink_a_lot_are_no_bomb(tmp_path):
    blank = np.zeros((2000, 64, 64), np.uint8)
    np.savez_compressed(tmp_path / "d.npz", x_train=blank)
    assert (tmp_path / "d.npz").stat().st_size < blank.size / 500
    assert len(data.load(str(tmp_path / "d.npz")).x_train) == 2000


@pytest.mark.parametrize("labels", [np.arange(12) % 3, (np.arange(12) % 3)[:, None]])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u8", ">i4"])
def test_labels_of_any_whole_type(tmp_path, labels, dtype):
    images, _ = blobs(12)
    path = write(tmp_path, x_train=images, y_train=labels.astype(dtype))
    loaded = data.load(str(path))
    assert loaded.y_train.dtype == np.int32
    assert loaded.y_train.tolist() == (np.arange(12) % 3).tolist()


def test_images_in_fortran_order(tmp_path):
    images = np.asfortranarray(blobs(12)[0])
    loaded = data.load(str(write(tmp_path, x_train=images)))
    np.testing.assert_array_equal(loaded.x_train, images)
    assert loaded.x_train.flags.c_contiguous


@pytest.mark.parametrize(
    "text, steps", [("4", 4), (" 4 ", 4), ("+4", 4), ("1_000", 1000), ("٣", 3)]
)
def test_numbers_are_read_as_python_reads_them(text, steps):
    assert gan_tf.Config(steps=text).steps == steps


def test_numbers_of_numpy_and_paths_are_settings_too(tmp_path):
    config = gan_tf.Config(steps=np.int32(4), beta_1=np.float32(0.5), data=tmp_path)
    assert (config.steps, config.beta_1, config.data) == (4, 0.5, str(tmp_path))
    assert type(config.steps) is int and type(config.beta_1) is float


def test_the_last_of_two_equal_flags_counts():
    table = [train_command.flag_of(setting) for setting in SETTINGS]
    values = parse(["train", "--steps=3", "--seed=1", "--steps=2"], "", table)
    assert values == {"steps": 2, "seed": 1}


@pytest.mark.parametrize("name", ["steps", "beta_1"])
@pytest.mark.parametrize("value", [True, False, None, [], np.float32(1.5), "1j"])
def test_what_is_no_number_is_no_setting(name, value):
    """Python would count with True, and round 1.5."""
    with pytest.raises(InputError, match=f"{name} .* must be"):
        gan_tf.Config(**{name: value})
