"""Folders with IDX files, good and damaged."""

import gzip
import zlib

import numpy as np
import pytest
from data_helpers import X, error_of, idx_bytes, idx_header, write
from tiny import little_memory, random_images

from gan_tf import data

IMAGES = "train-images-idx3-ubyte"
GZIP = f"{IMAGES}.gz"


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("ending, pack", [("", bytes), (".gz", gzip.compress)])
def test_idx_round_trip(tmp_path, separator, ending, pack):
    x_train, x_test = random_images(5, 6, 7), random_images(2, 6, 7, seed=1)
    y_train, y_test = np.array([0, 1, 0, 1, 2]), np.array([2, 1])
    files = {"train-images": x_train, "train-labels": y_train}
    files |= {"t10k-images": x_test, "t10k-labels": y_test}
    for name, array in files.items():
        path = f"{name}{separator}idx{array.ndim}-ubyte{ending}"
        write(tmp_path, {path: pack(idx_bytes(array))})
    loaded = data.load(str(tmp_path / "d"))
    np.testing.assert_array_equal(loaded.x_train[..., 0], x_train)
    np.testing.assert_array_equal(loaded.x_test[..., 0], x_test)
    np.testing.assert_array_equal(loaded.y_train, y_train)
    np.testing.assert_array_equal(loaded.y_test, y_test)
    assert loaded.summary() == "d: 5 images 6x7x1, 3 classes, 2 test images"


def test_idx_of_nothing_but_images_that_gzip_compresses_a_lot(tmp_path):
    blank = np.zeros((500, 64, 64), np.uint8)
    blank[0, 0, 0] = 255
    content = gzip.compress(idx_bytes(blank))
    assert len(content) < blank.size / 500
    loaded = data.load(str(write(tmp_path, {GZIP: content})))
    assert loaded.x_train.shape == (500, 64, 64, 1)
    assert loaded.num_classes == 0 and loaded.x_test is None


def gzip_bomb(start, num_zeros):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [squeeze.compress(start), squeeze.flush(zlib.Z_FULL_FLUSH)]
    block = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return b"".join([*parts, block * (num_zeros // 2**20), squeeze.flush()])


GOOD = idx_bytes(X)
IDX_ERRORS = {
    "empty": (b"", "begins with nothing"),
    "short header": (GOOD[:15], "not an IDX file"),
    "text": (b"no IDX file at all, but as long as a header", "not an IDX file"),
    "labels' magic": (idx_header(4, 4, 4, magic=0x801) + bytes(64), "with 00000801"),
    "no type's magic": (idx_header(4, 4, 4, magic=0xA03) + bytes(64), "with 00000a03"),
    "short floats": (idx_header(4, 4, 4, magic=0xD03) + bytes(64), "promises 256 bytes"),
    "2 axes": (idx_bytes(X[0]), "an IDX file with 3 dimension(s)"),
    "one byte short": (GOOD[:-1], "promises 64 bytes"),
    "one byte long": (GOOD + b"0", "promises 64 bytes"),
    "2 GB in 20 bytes": (idx_header(2000, 1000, 1000, 0), "promises 2,000,000,000 bytes"),
    "over the limit": (idx_header(2**20, 128, 128), "8 GiB"),
    "absurd": (idx_header(*[2**32 - 1] * 3), "8 GiB"),
    "no images": (idx_header(0, *[2**32 - 1] * 2), "promises 0 bytes"),
}
PACKED = gzip.compress(GOOD)
BOMB = gzip_bomb(idx_header(300_000, 32, 32), 300_000 * 1024)
GZIP_ERRORS = {
    "plain": (b"plain", "it is text"),
    **{f"cut after {n}": (PACKED[:n], "") for n in range(0, len(PACKED), 9)},
    "checksum": (PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:], "CRC"),
    "a bomb": (BOMB, "more than 250 times as many, as only a zip bomb does"),
    "a bomb behind good data": (gzip_bomb(GOOD, 2**30), "promises 64 bytes of data"),
}
DAMAGED = {
    **{case: (IMAGES, *error) for case, error in IDX_ERRORS.items()},
    **{f"{c}, gzip": (GZIP, gzip.compress(b), p) for c, (b, p) in IDX_ERRORS.items()},
    **{f"gzip: {case}": (GZIP, *error) for case, error in GZIP_ERRORS.items()},
}


@pytest.mark.parametrize("name, content, part", DAMAGED.values(), ids=DAMAGED)
def test_idx_damaged(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    with little_memory():
        message = error_of(tmp_path)
    assert message.startswith(f"data ({tmp_path}): {name}: ") and part in message


@pytest.mark.parametrize(
    "files",
    [{"t10k-images-idx3-ubyte": GOOD}, {"train-labels-idx1-ubyte": idx_bytes(X[0, 0])}],
)
def test_a_folder_without_training_images(tmp_path, files):
    assert "no train-images-idx3-ubyte" in error_of(write(tmp_path, files))
