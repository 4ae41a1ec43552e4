"""Data and files of images that cannot be used, given to the commands that read them."""

import os
import tracemalloc
import zipfile

import broken_data
import numpy as np
import pytest
from broken_data import X, Y, npz_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

DATA_NPZ = broken_data.data_npz_files()
IMAGES_NPZ = broken_data.npz_files("images", "labels")
IDX = broken_data.idx_files()
PICTURES = broken_data.picture_folders()
# Where another reason would do by accident.
SAYS = {
    "a bomb": "more than 250 times as many, as no images do",
    "a bomb behind good data": "promises 768 bytes of data",
    "2 GB in 20 bytes": "promises 2,000,000,000 bytes of data",
    "images: objects": "holds Python objects",
    "bzip2": "packed in a way of its own",
    "LZMA": "packed in a way of its own",
    "a class an image": "10,001 classes, but the limit is 10,000",
}
MOST_MEMORY = 40e6  # a bomb or a false claim would take hundreds of MB


@pytest.fixture
def refuse_data(refuse, tmp_path):
    """Tries a path as the data of a training and of an evaluation."""

    def tried(area, path, given, text=""):
        before = os.listdir(tmp_path)
        tracemalloc.start()
        for line in ["train --model=gan --run_dir=new", "evaluate --images=set.npz"]:
            says = [f"data ({path}): ", text]
            refuse(area, *line.split(), f"--data={path}", says=says, given=given)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MOST_MEMORY
        assert os.listdir(tmp_path) == before

    return tried


@pytest.mark.parametrize("name", DATA_NPZ)
def test_a_bad_npz_is_refused(refuse_data, refuse, tmp_path, name):
    file = tmp_path / "d.npz"
    file.write_bytes(DATA_NPZ[name])
    refuse_data("data", file, DATA_NPZ[name], SAYS.get(name, ""))
    assert file.read_bytes() == DATA_NPZ[name]
    assert not (refuse.home / broken_data.Spell.path).exists()


@pytest.mark.parametrize("name", IMAGES_NPZ)
def test_a_bad_file_of_images_is_refused(refuse, tmp_path, name):
    file, content = tmp_path / "d.npz", IMAGES_NPZ[name]
    file.write_bytes(content)
    tracemalloc.start()
    flags = [f"--images={file}", "--data=blobs.npz"]
    says = [f"images ({file}): ", SAYS.get(name, "")]
    refuse("images", "evaluate", *flags, says=says, given=content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert file.read_bytes() == content
    assert not (refuse.home / broken_data.Spell.path).exists()


@pytest.mark.parametrize(
    "name, arrays, says",
    [
        ("9 images", dict(images=X[:9], labels=Y[:9]), "num (9) must be from 10"),
        ("7x8", dict(images=X[:, :7]), "images (shape (7, 8, 1)) must be (8, 8, 1)"),
        ("colour", dict(images=np.zeros([12, 8, 8, 3], "u1")), "must be (8, 8, 1)"),
        ("label 3", dict(images=X, labels=Y + 1), "labels (3) must be below"),
        ("no class 2", dict(images=X, labels=Y % 2), "must name every class"),
        ("huge", dict(images=X, labels=np.full(12, 2**64 - 1, "u8")), "labels (-1)"),
    ],
)
def test_images_that_do_not_fit_the_data_are_refused(
    refuse, tmp_path, name, arrays, says
):
    np.savez(tmp_path / "d.npz", **arrays)
    flags = [f"--images={tmp_path / 'd.npz'}", "--data=blobs.npz"]
    refuse("images", "evaluate", *flags, says=[says], given=name)


@pytest.mark.parametrize("name", IDX)
def test_a_bad_folder_of_idx_files_is_refused(refuse_data, tmp_path, name):
    folder = broken_data.write_folder(tmp_path / "d", IDX[name])
    refuse_data("data", folder, IDX[name], SAYS.get(name, ""))


@pytest.mark.parametrize("name", PICTURES)
def test_a_bad_folder_of_pictures_is_refused(refuse_data, tmp_path, name):
    folder = broken_data.write_folder(tmp_path / "d", PICTURES[name])
    refuse_data("data", folder, PICTURES[name])


@pytest.mark.parametrize("flag", ["data", "images"])
def test_what_is_no_file_is_refused(refuse, tmp_path, flag):
    os.mkfifo(tmp_path / "pipe.npz")
    os.symlink("loop.npz", tmp_path / "loop.npz")
    for path in (
        "/dev/zero",
        "/dev/null",
        tmp_path / "pipe.npz",
        tmp_path / "loop.npz",
    ):
        base = ["evaluate"] if flag == "images" else ["train", "--model=gan"]
        refuse("data", *base, f"--{flag}={path}", says=[f"{flag} ({path})"])


def test_an_encrypted_file_is_refused(refuse_data, tmp_path):
    content = bytearray(npz_bytes(x_train=X))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + place] |= 1
    (tmp_path / "d.npz").write_bytes(content)
    refuse_data("data", tmp_path / "d.npz", "encrypted")


def test_a_bomb_is_what_it_says():
    """Else the tests of bombs would pass for another reason."""
    file = broken_data.io.BytesIO(broken_data.bomb("x_train"))
    with zipfile.ZipFile(file) as archive, archive.open("x_train.npy") as member:
        read = iter(lambda: member.read(2**16), b"")
        assert next(read).startswith(b"\x93NUMPY")
        assert sum(len(next(read)) for _ in range(100)) == 100 * 2**16
        assert archive.getinfo("x_train.npy").file_size > 2e9
    assert len(file.getvalue()) < 3e6


# --- drawn by hypothesis -------------------------------------------------------------

SIDES = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 257])
SHAPES = st.lists(SIDES, max_size=5).map(tuple).filter(lambda s: np.prod(s) < 1e5)
TYPES = st.sampled_from(
    ["u1", "u1", "u1", "i1", "u2", "i8", "f4", "f8", "?", "U1", "c8"]
)


def is_bad_image_array(dtype, shape):
    """The rules of docs/data.md, written once more."""
    if dtype != "u1" or len(shape) not in (3, 4):
        return True
    num, *sides, channels = shape if len(shape) == 4 else (*shape, 1)
    return num < 1 or channels not in (1, 3) or not all(4 <= s <= 256 for s in sides)


def is_bad_label_array(labels, num):
    if labels.dtype.kind not in "iu" or labels.shape not in ((num,), (num, 1)):
        return True
    return set(labels.ravel().tolist()) != set(range(labels.max() + 1))


@settings(derandomize=True, max_examples=250, deadline=None, database=None)
@given(TYPES, SHAPES)
def test_arrays_of_any_type_and_shape(refuse, tmp_path_factory, dtype, shape):
    if is_bad_image_array(dtype, shape):
        file = tmp_path_factory.getbasetemp() / "drawn.npz"
        np.savez(file, x_train=np.zeros(shape, dtype))
        flags = ["--model=gan", "--run_dir=new", f"--data={file}"]
        refuse("data, drawn", "train", *flags, says=["x_train"], given=(dtype, shape))


@settings(derandomize=True, max_examples=250, deadline=None, database=None)
@given(
    arrays.arrays(
        st.sampled_from(["i1", "i4", "u1", "u8", "f4", "?"]),
        st.sampled_from([(6,), (6,), (6,), (6, 1), (5,), (7,), (0,), (2, 3), ()]),
        elements=dict(min_value=0, max_value=4),
    )
)
def test_labels_of_any_type_and_shape(refuse, tmp_path_factory, labels):
    if is_bad_label_array(labels, 6):
        file = tmp_path_factory.getbasetemp() / "drawn.npz"
        np.savez(file, x_train=X[:6], y_train=labels)
        flags = ["--model=acgan", "--run_dir=new", f"--data={file}"]
        given = labels.dtype, labels.shape, labels.tolist()
        refuse("data, drawn", "train", *flags, says=["y_train"], given=given)


@settings(derandomize=True, max_examples=150, deadline=None, database=None)
@given(st.binary(max_size=60), st.booleans())
def test_bytes_of_any_kind(refuse, tmp_path_factory, content, is_idx):
    folder = tmp_path_factory.getbasetemp() / "drawn"
    folder.mkdir(exist_ok=True)
    file = folder / "train-images-idx3-ubyte"
    file.write_bytes(b"\0\0\x08\x03" + content if is_idx else content)
    path = folder if is_idx else file
    flags = ["--model=gan", "--run_dir=new", f"--data={path}"]
    # No image has fewer than 16 pixels: of 60 bytes, 12 say the size and 48 may remain.
    sizes = np.frombuffer(content[:12].ljust(12, b"\0"), ">u4").astype(object)
    if not is_idx or np.prod(sizes) != len(content) - 12 or min(sizes[1:]) < 4:
        refuse("data, drawn", "train", *flags, says=[f"data ({path})"], given=content)
