"""Builds broken .npz, IDX and picture files."""

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib

import numpy as np
import PIL.Image

X = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
Y = np.arange(12) % 3
HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n"
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def npz_bytes(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def zip_bytes(method=zipfile.ZIP_DEFLATED, **members):
    """A ZIP archive of <name>.npy with whatever bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy_bytes(header, body=b""):
    return (
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + body
    )


def idx_bytes(array, kind=8):
    head = struct.pack(f">{1 + array.ndim}I", kind << 8 | array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def deflated_zeros(start, num_zeros, window_bits):
    """`start` and many zeros, deflated without the memory or time for the zeros."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    head = squeeze.compress(start) + squeeze.flush(zlib.Z_FULL_FLUSH)
    # After a full flush, a block of zeros is the same wherever it stands.
    block = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    count, rest = divmod(num_zeros, 2**20)
    return head + block * count + squeeze.compress(bytes(rest)) + squeeze.flush()


def npz_bomb(array):
    """An .npz of a few MB that unpacks to 2 GB of valid images."""
    header, num_zeros = npy_bytes(HEADER % ("|u1", (2_000_000, 32, 32))), 2_048_000_000
    packed = deflated_zeros(header, num_zeros, -15)
    name = f"{array}.npy".encode()
    sizes = struct.pack("<3I", 0, len(packed), len(header) + num_zeros)
    fields = struct.pack("<5H", 20, 0, 8, 0, 33) + sizes + struct.pack("<H", len(name))
    local = b"PK\3\4" + fields + bytes(2) + name + packed
    entry = b"PK\1\2" + bytes([20, 0]) + fields + bytes(16) + name
    tail = struct.pack("<4H2IH", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + b"PK\5\6" + tail


class Spell:
    """What a pickle can do: write a file when it is read."""

    path = "spell-was-cast"

    def __reduce__(self):
        return open, (self.path, "w")


def npz_files(x):
    """{name: (bytes, what the error says)} of .npz files whose array `x` is broken."""
    good = npz_bytes(**{x: X})
    flipped = bytearray(good)
    flipped[good.index(b".npy") + 60] ^= 0x55
    encrypted = bytearray(good)
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        encrypted[good.index(mark) + place] |= 1
    member = npy_bytes(HEADER % ("|u1", X.shape), X.tobytes())
    broken = {
        "flipped bits": bytes(flipped),
        "encrypted": bytes(encrypted),
        "no zip": b"no zip at all",
        "an .npy": member,
        "a pickle": pickle.dumps(Spell()),
        "a pickle inside": zip_bytes(**{x: pickle.dumps(Spell())}),
        "an empty member": zip_bytes(**{x: b""}),
        "version 9": zip_bytes(**{x: member[:6] + b"\x09\x00" + member[8:]}),
    }
    sizes = range(0, len(good), max(1, len(good) // 12))
    broken |= {f"cut after {size}": good[:size] for size in sizes}
    headers = {
        "code": "__import__('os').mkdir('spell-was-cast')\n",
        "deep": "(" * 3000 + ")" * 3000,
        "no end": "{'descr': ",
        "nothing": "",
        "no dtype": HEADER % ("nonsense", (1, 8, 8)),
    }
    broken |= {f"header: {k}": zip_bytes(**{x: npy_bytes(h)}) for k, h in headers.items()}
    claims = {
        "2 GB in 0 bytes": ((2000, 200, 250), "promises 100,000,000 bytes and 0 follow"),
        "9 GiB": ((9 * 2**20, 32, 32), "the limit is 8,589,934,592 (8 GiB)"),
        "2 ** 90": ((2**30, 2**30, 2**30), "sides must be 4 to 256"),
        "negative": ((-1, 8, 8), "bytes"),
        "fractions": ((1.5, 8, 8), "cannot be read as .npz"),
    }
    return {
        **{name: (content, "cannot be read as .npz") for name, content in broken.items()},
        **{
            f"claims {name}": (zip_bytes(**{x: npy_bytes(HEADER % ("|u1", shape))}), says)
            for name, (shape, says) in claims.items()
        },
        "objects": (npz_bytes(**{x: np.array([Spell()] * 12)}), "holds Python objects"),
        "a bomb": (npz_bomb(x), "more than 250 times as many, as only a zip bomb does"),
        "an empty zip": (zip_bytes(), "(none)"),
        "bzip2": (zip_bytes(zipfile.ZIP_BZIP2, **{x: member}), "does not write"),
        "LZMA": (zip_bytes(zipfile.ZIP_LZMA, **{x: member}), "does not write"),
        "trailing": (zip_bytes(**{x: member + b"x"}), "and 769 follow"),
        "short": (zip_bytes(**{x: member[:-1]}), "and 767 follow"),
        "other names": (npz_bytes(pictures=X, classes=Y), f"no {x}"),
        "names of paths": (zip_bytes(**{f"../{x}": member}), f"no {x}"),
    }


def idx_folders():
    """{name: ({file: bytes}, what the error says)} of broken folders of IDX files."""
    good, packed = idx_bytes(X), gzip.compress(idx_bytes(X))
    bomb_header = struct.pack(">4I", 0x803, 300_000, 32, 32)
    folders = {
        f"cut after {size}": ({IMAGES: good[:size]}, IMAGES)
        for size in range(0, len(good), 64)
    }
    folders |= {
        f"gzip cut after {size}": ({f"{IMAGES}.gz": packed[:size]}, IMAGES)
        for size in range(0, len(packed), 80)
    }
    return folders | {
        "of 2 axes": ({IMAGES: idx_bytes(X[0])}, "with 3 dimensions"),
        "3x8": ({IMAGES: idx_bytes(X[:, :3])}, "sides must be 4 to 256"),
        "a bomb": (
            {f"{IMAGES}.gz": deflated_zeros(bomb_header, 307_200_000, 31)},
            "more than 250 times as many",
        ),
        "a bomb behind good data": (
            {f"{IMAGES}.gz": deflated_zeros(good, 2**30, 31)},
            "promises 768 bytes of data",
        ),
        "labels from 1": ({IMAGES: good, LABELS: idx_bytes(Y + 1)}, "none of class 0"),
        "images for labels": ({IMAGES: good, LABELS: good}, "with 1 dimensions"),
        "labels alone": ({LABELS: idx_bytes(Y)}, "no train-images-idx3-ubyte"),
    }


def picture_bytes(mode="L", size=(8, 8), form="PNG"):
    file = io.BytesIO()
    PIL.Image.new(mode, size).save(file, form)
    return file.getvalue()


def noise_bytes(form):
    """A picture that does not compress, so that it can be cut."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def picture_folders():
    """{name: ({path: bytes or the target of a link}, what the error says)}."""
    grey, colour = picture_bytes(), picture_bytes("RGB")
    folders = {
        "other files": ({"a.txt": b"x", "b.tiff": b"x"}, "no IDX files, pictures"),
        "an empty class": ({"cat/a.png": grey, "dog/a.txt": b""}, "dog: has no pictures"),
        "two levels": ({"train/cat/a.png": grey}, "train: has no pictures"),
        "grey and palette": (
            {"a.png": grey, "b.gif": picture_bytes("P", form="GIF")},
            "b.gif: is 8x8 colour, but a.png is 8x8 grey",
        ),
        "a class of another mode": (
            {"cat/a.png": grey, "dog/b.png": colour},
            "dog/b.png: is 8x8 colour, but cat/a.png is 8x8 grey",
        ),
        "two loops": ({"cat/a.png": grey, "x": "y", "y": "x"}, "cannot be listed"),
        "a loop of pictures": ({"a.png": "b.png", "b.png": "a.png"}, "cannot be listed"),
        "a loop upwards": ({"cat/a.png": grey, "up": "."}, "up: has no pictures"),
        "a link out": ({"a.png": "/etc/hostname"}, "a.png: cannot be read"),
        "a link to a device": ({"a.png": "/dev/zero"}, "a.png: cannot be read"),
    }
    for name in ("cat\udcff", "cat\ndog", "\x1b[2J", " "):
        folders[f"a class {name!r}"] = ({f"{name}/a.png": grey}, "is not plain text")
    for form in ("PNG", "JPEG", "BMP", "GIF"):
        whole, name = noise_bytes(form), f"a.{form.lower()}"
        for part in (0, 1, 4, 7):
            content = whole[: len(whole) * part // 8]
            folders[f"{name} cut to {part}/8"] = ({name: content}, f"{name}: cannot be")
    for text in (b"<svg/>", b"GIF89a", b"\xff\xd8\xff", b"BM", b"%PDF", bytes(99)):
        folders[f"{text!r} for a picture"] = ({"a.png": text}, "a.png: cannot be read")
    return folders


def write_folder(folder, contents):
    folder.mkdir()
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            os.symlink(content, path)
        else:
            path.write_bytes(content)
    return folder
