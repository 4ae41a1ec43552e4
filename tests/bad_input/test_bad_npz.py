"""Broken archives, images that do not fit, and paths that hold no data."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from bad_input_helpers import Spell
from tiny import little_memory, random_images

from gan_tf import data
from gan_tf.data import validation
from gan_tf.errors import InputError
from gan_tf.evaluation.image_set import read_images

X, Y = random_images(12, 8, 8), np.arange(12) % 3
HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n"


def npz_bytes(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def zip_bytes(name, content, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy_bytes(header, body=b"", version=1, claimed=None):
    size = struct.pack("<H" if version == 1 else "<I", claimed or len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + body


def broken_files(x):
    """{name: (bytes, what the error contains)} of .npz files whose array `x` is broken."""
    good, stored = npz_bytes(**{x: X}), npy_bytes(HEADER % ("|u1", X.shape), X.tobytes())
    flipped, encrypted = bytearray(good), bytearray(good)
    flipped[good.index(b".npy") + 60] ^= 0x55
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        encrypted[good.index(mark) + place] |= 1
    unreadable = {
        "flipped bits": bytes(flipped),
        "encrypted": bytes(encrypted),
        "no zip": b"no zip at all",
        "a pickle inside": zip_bytes(x, pickle.dumps(Spell())),
        "an empty member": zip_bytes(x, b""),
        "version 9": zip_bytes(x, stored[:6] + b"\x09\x00" + stored[8:]),
        "an endless header": zip_bytes(x, npy_bytes("{", bytes(2 * 10**7), 2, 2 * 10**7)),
        **{f"cut to {k}/12": good[: len(good) * k // 12] for k in range(12)},
    }
    headers = {
        "code": ("__import__('os').mkdir('spell-was-cast')\n", "cannot be read as .npz"),
        "deep": ("(" * 3000 + ")" * 3000, "cannot be read as .npz"),
        "no end": ("{'descr': ", "cannot be read as .npz"),
        "nothing": ("", "cannot be read as .npz"),
        "no dtype": (HEADER % ("nonsense", (1, 8, 8)), "cannot be read as .npz"),
        "a fraction": (HEADER % ("|u1", (1.5, 8, 8)), "cannot be read as .npz"),
        "objects": (HEADER % ("|O", (8,)), "holds Python objects"),
        "9 GiB": (HEADER % ("|u1", (9 * 2**20, 32, 32)), "8,589,934,592 (8 GiB)"),
        "2 ** 90": (HEADER % ("|u1", (2**30,) * 3), "sides must be 4 to 256"),
        "negative": (HEADER % ("|u1", (-8, 8, -8)), "8 pixels high and -8 wide"),
        "long": (HEADER % ("|u1", (1000, 100, 100)), "promises 10,000,000 bytes and 64"),
        "short": (HEADER % ("|u1", (2, 4, 4)), "promises 32 bytes and 64 follow"),
    }
    return {
        **{name: (content, "cannot be read as") for name, content in unreadable.items()},
        **{
            f"header: {name}": (zip_bytes(x, npy_bytes(header, bytes(64))), expected)
            for name, (header, expected) in headers.items()
        },
        "objects": (npz_bytes(**{x: np.array([Spell()] * 12)}), f"{x}: holds Python"),
        "a pickle": (pickle.dumps(Spell()), "it is a pickle, which is never read"),
        "a picture": (b"\x89PNG\r\n" + bytes(90), "it is a picture: give the folder"),
        "HDF5": (b"\x89HDF\r\n" + bytes(90), "it is an HDF5 file"),
        "bzip2": (zip_bytes(x, stored, zipfile.ZIP_BZIP2), "NumPy does not write"),
        "LZMA": (zip_bytes(x, stored, zipfile.ZIP_LZMA), "NumPy does not write"),
        "an empty zip": (npz_bytes(), f"has the arrays (none) but no {x}"),
        "other names": (npz_bytes(pictures=X), f"has the arrays pictures but no {x}"),
        "names of paths": (zip_bytes(f"../{x}", stored), f"but no {x}"),
    }


FILES = [
    pytest.param(read, flag, *case, id=f"{flag}-{name}")
    for read, flag, array in [
        (data.load, "data", "x_train"),
        (read_images, "images", "images"),
    ]
    for name, case in broken_files(array).items()
]


@pytest.mark.parametrize("read, flag, content, expected", FILES)
def test_a_broken_npz_is_refused(tmp_path, monkeypatch, read, flag, content, expected):
    monkeypatch.chdir(tmp_path)  # where a `Spell` would be cast
    (tmp_path / "d.npz").write_bytes(content)
    with little_memory(), pytest.raises(InputError) as error:
        read("d.npz")
    line = str(error.value)
    assert line.startswith(f"{flag} (d.npz): ") and expected in line and line.isprintable()
    assert os.listdir() == ["d.npz"]


def test_a_bomb_is_refused_before_it_is_unpacked(refuse, tmp_path, monkeypatch):
    """Two arrays of 5 MB of valid images each, in an .npz of 10 KB; 4 MB are allowed."""
    monkeypatch.setattr(validation, "_BOMB_BYTES", 2**22)  # a real bomb takes seconds
    path, blank = tmp_path / "bomb.npz", np.zeros((5_000, 32, 32), np.uint8)
    np.savez_compressed(path, x_train=blank, images=blank)
    message = "more than 250 times as many, as only a zip bomb"
    for read in (data.load, read_images):
        with little_memory(), pytest.raises(InputError, match=message):
            read(str(path))
    refuse("evaluate", f"--images={path}", expected=[f"images ({path}): images: would"])


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
        (dict(images=X[:9], labels=Y[:9]), "images (9) must be 10 or more"),
        (dict(images=X[:, :7]), "images (shape (7, 8, 1)) must be (8, 8, 1)"),
        (dict(images=random_images(12, 8, 8, 3)), "must be (8, 8, 1)"),
        (dict(images=X, labels=Y + 1), "labels (3) must be below"),
        (dict(images=X, labels=np.full(12, 2**64 - 1, "u8")), "labels (-1)"),
        (dict(images=X, labels=Y[:11]), "labels (int64 (11,)) must be 12 integers"),
        (dict(images=X, labels=Y / 1), "labels: is float64"),
    ],
)
def test_images_that_do_not_fit_the_data_are_refused(refuse, tmp_path, arrays, expected):
    np.savez(tmp_path / "d.npz", **arrays)
    flags = [f"--images={tmp_path / 'd.npz'}", "--data=blobs.npz"]
    refuse("evaluate", *flags, expected=[expected])
