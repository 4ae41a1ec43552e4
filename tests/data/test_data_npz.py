""".npz files, good and damaged."""

import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from data_helpers import X, error_of, random_images, save

from gan_tf import data
from gan_tf.data import validation as checks


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
@pytest.mark.parametrize("label_shape", [(6,), (6, 1)])
def test_npz_round_trip(tmp_path, channels, label_shape):
    x_train, x_test = (
        random_images(6, 4, 5, *channels),
        random_images(2, 4, 5, *channels),
    )
    y_train = np.array([0, 1, 2, 2, 1, 0]).reshape(label_shape)
    path = save(
        tmp_path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=[2, 0]
    )
    loaded = data.load(str(path))
    assert loaded.name == "d"
    assert loaded.image_shape == (4, 5, *(channels or (1,)))
    np.testing.assert_array_equal(loaded.x_train.reshape(x_train.shape), x_train)
    np.testing.assert_array_equal(loaded.x_test.reshape(x_test.shape), x_test)
    np.testing.assert_array_equal(loaded.y_train, [0, 1, 2, 2, 1, 0])
    np.testing.assert_array_equal(loaded.y_test, [2, 0])
    assert loaded.y_train.dtype == loaded.y_test.dtype == np.int32
    assert loaded.class_names == ("0", "1", "2")


def test_npz_with_nothing_but_images(tmp_path):
    loaded = data.load(str(save(tmp_path, x_train=random_images(3, 4, 4), other=[1])))
    assert loaded.y_train is None and loaded.x_test is None and loaded.y_test is None
    assert loaded.num_classes == 0 and loaded.class_names == ()
    assert loaded.summary() == "d: 3 images 4x4x1, no labels"


def test_npz_test_images_may_lack_labels(tmp_path):
    x = random_images(2, 4, 4)
    loaded = data.load(str(save(tmp_path, x_train=x, y_train=[0, 1], x_test=x)))
    assert loaded.x_test is not None and loaded.y_test is None


def test_npz_arrays_are_c_contiguous(tmp_path):
    images = np.asfortranarray(random_images(3, 4, 5))
    loaded = data.load(str(save(tmp_path, x_train=images)))
    assert loaded.x_train.flags.c_contiguous
    np.testing.assert_array_equal(loaded.x_train[..., 0], images)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(40)])
def test_npz_that_is_none(tmp_path, content):
    (tmp_path / "d.npz").write_bytes(content)
    assert "cannot be read as .npz" in error_of(tmp_path / "d.npz")


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_npz_cut_short(tmp_path, keep):
    path = save(tmp_path, x_train=random_images(20, 8, 8))
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    assert "cannot be read as .npz" in error_of(path)


def test_npz_with_a_flipped_bit(tmp_path):
    np.savez(tmp_path / "d.npz", x_train=random_images(20, 8, 8))
    content = bytearray((tmp_path / "d.npz").read_bytes())
    content[700] ^= 1
    (tmp_path / "d.npz").write_bytes(content)
    assert "cannot be read as .npz" in error_of(tmp_path / "d.npz")


def npz_member(path, header, body=b"", version=1, length=None):
    """Writes an .npz whose x_train has the given .npy header text."""
    text = header.encode()
    head = b"\x93NUMPY" + bytes([version, 0])
    length = len(text) if length is None else length
    head += struct.pack("<H" if version == 1 else "<I", length)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", head + text + body)
    return path


HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (HEADER % ("|u1", (10**6, 100, 100)), "limit is 8,589,934,592 (8 GiB)"),
        (HEADER % ("|u1", (1000, 100, 100)), "promises 10,000,000 bytes and 64 follow"),
        (HEADER % ("|u1", (2, 4, 4)), "promises 32 bytes and 64 follow"),
        (HEADER % ("|O", (8,)), "Python objects"),
        (HEADER % ("|u1", (-8, 8, -8)), "8 pixels high and -8 wide"),
        (HEADER % ("nonsense", (8, 8)), "cannot be read"),
        ("{'descr': ", "cannot be read"),
    ],
)
def test_npz_with_a_lying_header(tmp_path, header, part):
    path = npz_member(tmp_path / "d.npz", header, body=bytes(64))
    tracemalloc.start()
    message = error_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert part in message
    assert peak < 2e6


def test_npz_header_longer_than_any_real_one_is_not_unpacked(tmp_path):
    body = bytes(20_000_000)
    path = npz_member(tmp_path / "d.npz", "{", body, version=2, length=len(body) + 1)
    del body
    tracemalloc.start()
    message = error_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "cannot be read" in message
    assert peak < 2e6


def test_npz_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = save(tmp_path, x_train=np.zeros((20_000, 32, 32), np.uint8))
    monkeypatch.setattr(checks, "MAX_BYTES", 20_000 * 32 * 32 - 1)
    tracemalloc.start()
    message = error_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "20,480,000 bytes" in message
    assert peak < 2e6


def test_npz_at_the_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "MAX_BYTES", 64)
    assert len(data.load(str(save(tmp_path, x_train=X))).x_train) == 4
