"""Data and files of images that cannot be used, and the commands that read them."""

import io
import os
import tracemalloc
import zipfile

import broken_data
import numpy as np
import pytest
from broken_data import X, Y
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gan_tf import data
from gan_tf.errors import InputError
from gan_tf.evaluation.image_set import read_images

DATA_NPZ = broken_data.npz_files("x_train")
IMAGES_NPZ = broken_data.npz_files("images")
IDX = broken_data.idx_folders()
PICTURES = broken_data.picture_folders()
MAX_MEMORY = 40e6  # a bomb or a false claim would take hundreds of MB


@pytest.fixture
def refuses(tmp_path, monkeypatch):
    """Checks that a reader refuses a path in one line, cheaply, and writes nothing."""
    monkeypatch.chdir(tmp_path)  # where a `Spell` would be cast

    def refused(read, path, flag, says):
        before = os.listdir(tmp_path)
        tracemalloc.start()
        with pytest.raises(InputError) as error:
            read(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        line = str(error.value)
        assert line.startswith(f"{flag} ({path}): ") and says in line, line
        assert line.isprintable() and peak < MAX_MEMORY
        assert os.listdir(tmp_path) == before

    return refused


@pytest.mark.parametrize("name", DATA_NPZ)
def test_a_broken_npz_is_refused(refuses, tmp_path, name):
    content, says = DATA_NPZ[name]
    (tmp_path / "d.npz").write_bytes(content)
    refuses(data.load, str(tmp_path / "d.npz"), "data", says)


@pytest.mark.parametrize("name", IMAGES_NPZ)
def test_a_broken_file_of_images_is_refused(refuses, tmp_path, name):
    content, says = IMAGES_NPZ[name]
    (tmp_path / "d.npz").write_bytes(content)
    refuses(read_images, tmp_path / "d.npz", "images", says)


@pytest.mark.parametrize("name", IDX)
def test_a_broken_folder_of_idx_files_is_refused(refuses, tmp_path, name):
    contents, says = IDX[name]
    folder = broken_data.write_folder(tmp_path / "d", contents)
    refuses(data.load, str(folder), "data", says)


@pytest.mark.parametrize("name", PICTURES)
def test_a_broken_folder_of_pictures_is_refused(refuses, tmp_path, name):
    contents, says = PICTURES[name]
    folder = broken_data.write_folder(tmp_path / "d", contents)
    refuses(data.load, str(folder), "data", says)


def test_a_bomb_is_what_it_says():
    """Else the tests of bombs would pass for another reason."""
    content = broken_data.npz_bomb("x_train")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        with archive.open("x_train.npy") as member:
            assert member.read(2**16).startswith(b"\x93NUMPY")
            assert sum(len(member.read(2**16)) for _ in range(100)) == 100 * 2**16
        assert archive.getinfo("x_train.npy").file_size > 2e9
    assert len(content) < 3e6


# --- through the commands ------------------------------------------------------------


@pytest.mark.parametrize("flag", ["data", "images"])
@pytest.mark.parametrize("kind", ["/dev/zero", "/dev/null", "pipe", "loop", "npz", "folder"])
def test_commands_refuse_what_they_cannot_read(refuse, tmp_path, flag, kind):
    path = kind if kind.startswith("/dev") else tmp_path / f"{kind}.npz"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        os.symlink("loop.npz", path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "npz":
        path.write_bytes(b"PK\3\4")
    flags = {"data": ["--run_dir=runs/gan"], "images": ["--data=blobs.npz"]}[flag]
    refuse("evaluate", *flags, f"--{flag}={path}", says=[f"{flag} ({path}): "])
    if flag == "data":
        flags = ["--model=gan", "--run_dir=new", f"--data={path}"]
        refuse("train", *flags, says=[f"data ({path}): "])


@pytest.mark.parametrize(
    "arrays, says",
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
def test_images_that_do_not_fit_the_data_are_refused(refuse, tmp_path, arrays, says):
    np.savez(tmp_path / "d.npz", **arrays)
    flags = [f"--images={tmp_path / 'd.npz'}", "--data=blobs.npz"]
    refuse("evaluate", *flags, says=[says])


# --- drawn by hypothesis -------------------------------------------------------------

drawn = settings(derandomize=True, max_examples=250, deadline=None, database=None)
SIDES = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 257])
SHAPES = st.lists(SIDES, max_size=5).map(tuple).filter(lambda s: np.prod(s) < 1e5)
TYPES = st.sampled_from(
    [*("u1", "u1", "u1", "i1", "u2", "i8", "f2", "f4", "f8"), *("?", "U1", "c8", "M8[s]")]
)


def load_or_none(folder, **arrays):
    np.savez(folder / "drawn.npz", **arrays)
    try:
        return data.load(str(folder / "drawn.npz"))
    except InputError as error:
        assert str(error).isprintable() and "_train: " in str(error)


@drawn
@given(TYPES, SHAPES)
def test_loaded_images_obey_every_rule(tmp_path_factory, dtype, shape):
    images = np.zeros(shape, dtype)
    loaded = load_or_none(tmp_path_factory.getbasetemp(), x_train=images)
    if loaded:
        num, height, width, channels = loaded.x_train.shape
        assert images.dtype == np.uint8 and images.size == loaded.x_train.size
        assert num >= 1 and channels in (1, 3)
        assert 4 <= height <= 256 and 4 <= width <= 256
        assert shape in ((num, height, width), loaded.x_train.shape)


@drawn
@given(
    arrays.arrays(
        st.sampled_from(["i1", "i4", "u1", "u8", "f4", "?"]),
        st.sampled_from([(6,), (6,), (6,), (6, 1), (5,), (7,), (0,), (2, 3), ()]),
        elements=dict(min_value=0, max_value=4),
    )
)
def test_loaded_labels_obey_every_rule(tmp_path_factory, labels):
    folder = tmp_path_factory.getbasetemp()
    loaded = load_or_none(folder, x_train=X[:6], y_train=labels)
    if loaded:
        assert labels.dtype.kind in "iu" and loaded.y_train.shape == (6,)
        assert loaded.y_train.tolist() == labels.ravel().tolist()
        assert set(loaded.y_train.tolist()) == set(range(loaded.num_classes))


@drawn
@given(st.binary(max_size=60), st.booleans())
def test_bytes_of_any_kind_are_refused(tmp_path_factory, content, is_idx):
    folder = tmp_path_factory.getbasetemp() / "drawn"
    folder.mkdir(exist_ok=True)
    file = folder / broken_data.IMAGES
    file.write_bytes(b"\0\0\x08\x03" + content if is_idx else content)
    # A good file of at most 60 bytes has 12 of shape and 16 or more per image.
    assume(not is_idx or content[:3] != bytes(3))
    with pytest.raises(InputError):
        data.load(str(folder if is_idx else file))
