"""Folders with IDX files, good and damaged."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from data_helpers import X, error_of, idx_bytes, random_images

from gan_tf import data


def write_idx(folder, joint="-", ending="", **arrays):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        content = idx_bytes(np.asarray(array))
        name = name.replace("_", "-")
        path = folder / f"{name}{joint}idx{np.ndim(array)}-ubyte{ending}"
        path.write_bytes(gzip.compress(content) if ending else content)
    return folder


@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_round_trip(tmp_path, joint, ending):
    x_train, x_test = random_images(5, 6, 7), random_images(2, 6, 7, seed=1)
    folder = write_idx(
        tmp_path / "digits",
        joint,
        ending,
        train_images=x_train,
        train_labels=[0, 1, 0, 1, 2],
        t10k_images=x_test,
        t10k_labels=[2, 1],
    )
    loaded = data.load(str(folder))
    assert loaded.name == "digits"
    np.testing.assert_array_equal(loaded.x_train[..., 0], x_train)
    np.testing.assert_array_equal(loaded.x_test[..., 0], x_test)
    np.testing.assert_array_equal(loaded.y_train, [0, 1, 0, 1, 2])
    np.testing.assert_array_equal(loaded.y_test, [2, 1])
    assert loaded.summary() == "digits: 5 images 6x7x1, 3 classes, 2 test images"


def test_idx_that_gzip_shrinks_a_lot(tmp_path):
    blank = np.zeros((500, 64, 64), np.uint8)
    folder = write_idx(tmp_path / "d", ending=".gz", train_images=blank)
    assert (folder / "train-images-idx3-ubyte.gz").stat().st_size < blank.size / 500
    assert data.load(str(folder)).x_train.shape == (500, 64, 64, 1)


def test_idx_labels_and_test_pair_are_optional(tmp_path):
    loaded = data.load(str(write_idx(tmp_path / "d", train_images=X)))
    assert loaded.num_classes == 0 and loaded.x_test is None


def test_idx_without_training_images(tmp_path):
    folder = write_idx(tmp_path / "d", t10k_images=X)
    assert "no train-images-idx3-ubyte" in error_of(folder)


def test_idx_with_too_few_labels(tmp_path):
    folder = write_idx(tmp_path / "d", train_images=X, train_labels=[0, 1, 2])
    message = error_of(folder)
    assert "train-labels-idx1-ubyte: has 3 labels for 4 images" in message


IDX_ERRORS = {
    "empty": (b"", "begins with nothing"),
    "short header": (idx_bytes(X)[:15], "not an IDX file"),
    "labels' magic": (struct.pack(">4I", 0x801, 4, 4, 4) + bytes(64), "with 00000801"),
    "float's magic": (struct.pack(">4I", 0xD03, 4, 4, 4) + bytes(64), "with 00000d03"),
    "one byte short": (idx_bytes(X)[:-1], "promises 64 bytes"),
    "one byte long": (idx_bytes(X) + b"0", "promises 64 bytes"),
    "2 GB in 20 bytes": (
        struct.pack(">5I", 0x803, 2000, 1000, 1000, 0),
        "promises 2,000,000,000 bytes",
    ),
    "over the limit": (struct.pack(">4I", 0x803, 2**20, 128, 128), "8 GiB"),
    "absurd": (struct.pack(">4I", 0x803, *[2**32 - 1] * 3), "8 GiB"),
    "no images": (struct.pack(">4I", 0x803, 0, *[2**32 - 1] * 2), "promises 0 bytes"),
}


@pytest.mark.parametrize("is_gzip", [False, True])
@pytest.mark.parametrize("case", IDX_ERRORS)
def test_idx_damaged(tmp_path, case, is_gzip):
    content, part = IDX_ERRORS[case]
    path = tmp_path / ("train-images-idx3-ubyte" + ".gz" * is_gzip)
    path.write_bytes(gzip.compress(content) if is_gzip else content)
    tracemalloc.start()
    message = error_of(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert message.startswith(f"data ({tmp_path}): {path.name}: ") and part in message
    assert peak < 2e6


def test_idx_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(X) + bytes(20_000_000)))
    tracemalloc.start()
    message = error_of(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "promises 64 bytes" in message
    assert peak < 2e6


@pytest.mark.parametrize("content", [b"", b"plain", gzip.compress(idx_bytes(X))[:-9]])
def test_idx_damaged_gzip(tmp_path, content):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    message = error_of(tmp_path)
    assert "train-images-idx3-ubyte.gz: " in message


def test_idx_gzip_with_a_wrong_checksum(tmp_path):
    content = bytearray(gzip.compress(idx_bytes(X)))
    content[-6] ^= 1
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    assert "CRC" in error_of(tmp_path)
