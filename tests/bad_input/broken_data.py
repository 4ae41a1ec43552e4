"""Data that no model can learn, a builder each: of an .npz, an IDX or a picture folder."""

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


def bomb(array):
    """An .npz of a few MB that unpacks to 2 GB of valid images, made without them."""
    header = npy_bytes(HEADER % ("|u1", (2_000_000, 32, 32)))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A block of zeros is the same wherever it stands after a full flush.
    start = squeeze.compress(header) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = bytes(2**20)
    middle = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    count, rest = divmod(2_000_000 * 1024, len(block))
    end = squeeze.compress(bytes(rest)) + squeeze.flush()
    packed = start + middle * count + end
    name = f"{array}.npy".encode()
    sizes = struct.pack("<3I", 0, len(packed), len(header) + 2_000_000 * 1024)
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


def npz_files(x, y):
    """{name: bytes} of .npz files whose arrays `x` and `y` are wrong."""
    good = npz_bytes(**{x: X, y: Y})
    odd = {
        "float": X / 255,
        "float16": X.astype(np.float16),
        "int64": X.astype(int),
        "bool": X > 9,
        "complex": X * 1j,
        "text": np.full((12, 8, 8), "x"),
        "dates": X.astype("M8[s]"),
        "records": np.zeros((12, 8, 8), "u1,u1"),
        "objects": np.array([Spell()] * 12),
        "nan": np.full((12, 8, 8), np.nan),
        "scalar": np.uint8(3),
        "flat": X.ravel(),
        "one image without N": X[0],
        "1x1": X[:, :1, :1],
        "3x8": X[:, :3],
        "8x3": X[:, :, :3],
        "8x257": np.zeros((1, 8, 257), np.uint8),
        "0x8": X[:, :0],
        "no images": X[:0],
        "2 channels": np.zeros((12, 8, 8, 2), np.uint8),
        "4 channels": np.zeros((12, 8, 8, 4), np.uint8),
        "channels first": np.zeros((12, 3, 8, 8), np.uint8),
        "5 axes": np.zeros((12, 8, 8, 1, 1), np.uint8),
    }
    files = {f"images: {name}": npz_bytes(**{x: array}) for name, array in odd.items()}
    labels = {
        "11 for 12": Y[:11],
        "13 for 12": np.arange(13) % 3,
        "none": Y[:0],
        "float": Y / 1,
        "nan": np.full(12, np.nan),
        "text": np.array(list("aabbccaabbcc")),
        "objects": np.array([Spell()] * 12),
        "one-hot": np.eye(3, dtype=int)[Y],
        "negative": Y - 1,
        "two axes": Y.reshape(2, 6),
    }
    files |= {f"labels: {k}": npz_bytes(**{x: X, y: a}) for k, a in labels.items()}
    for size in range(0, len(good), max(1, len(good) // 25)):
        files[f"cut after {size}"] = good[:size]
    start = good.index(b".npy") + 40
    for place in range(start, start + 200, 20):
        flipped = bytearray(good)
        flipped[place] ^= 0x55
        files[f"flipped at {place}"] = bytes(flipped)
    claims = {
        "2 GB in 0 bytes": HEADER % ("|u1", (2000, 1000, 1000)),
        "2 GB of labels": HEADER % ("<i8", (2**28,)),
        "9 GiB": HEADER % ("|u1", (9 * 2**20, 32, 32)),
        "2 ** 90": HEADER % ("|u1", (2**30, 2**30, 2**30)),
        "negative": HEADER % ("|u1", (-1, 8, 8)),
        "fractions": HEADER % ("|u1", (1.5, 8, 8)),
        "no dtype": HEADER % ("nonsense", (1, 8, 8)),
        "objects": HEADER % ("|O", (1, 8, 8)),
        "code": "__import__('os').mkdir('spell-was-cast')\n",
        "deep": "(" * 3000 + ")" * 3000,
        "no end": "{'descr': ",
        "nothing": "",
    }
    files |= {f"claims {k}": zip_bytes(**{x: npy_bytes(h)}) for k, h in claims.items()}
    member = npy_bytes(HEADER % ("|u1", X.shape), X.tobytes())
    files |= {
        "a bomb": bomb(x),
        "no zip": b"no zip at all",
        "an .npy": member,
        "a pickle": pickle.dumps(Spell()),
        "a pickle inside": zip_bytes(**{x: pickle.dumps(Spell())}),
        "an empty zip": zip_bytes(),
        "an empty member": zip_bytes(**{x: b""}),
        "version 9": zip_bytes(**{x: member[:6] + b"\x09\x00" + member[8:]}),
        "bzip2": zip_bytes(zipfile.ZIP_BZIP2, **{x: member}),
        "LZMA": zip_bytes(zipfile.ZIP_LZMA, **{x: member}),
        "trailing": zip_bytes(**{x: member + b"x"}),
        "short": zip_bytes(**{x: member[:-1]}),
        "other names": npz_bytes(pictures=X, classes=Y),
        "names of paths": zip_bytes(**{f"../{x}": member}),
    }
    return files


def data_npz_files():
    """{name: bytes} of bad .npz files for --data."""
    rules = {
        "a class is missing": dict(x_train=X, y_train=Y * 2),
        "labels from 1": dict(x_train=X, y_train=Y + 1),
        "a label beyond": dict(x_train=X, y_train=np.where(Y > 1, 2**62, Y)),
        "labels of 8 bytes": dict(x_train=X, y_train=np.full(12, 2**64 - 1, "u8")),
        "a class an image": dict(
            x_train=np.zeros((10_001, 4, 4), np.uint8), y_train=np.arange(10_001)
        ),
        "test float": dict(x_train=X, x_test=X / 2),
        "test of another size": dict(x_train=X, x_test=X[:, :7]),
        "test of other classes": dict(x_train=X, y_train=Y * 0, x_test=X, y_test=Y),
        "test labels alone": dict(x_train=X, y_train=Y, y_test=Y),
        "test labels without training ones": dict(x_train=X, x_test=X, y_test=Y),
        "test alone": dict(x_test=X, y_test=Y),
        "too few test labels": dict(x_train=X, y_train=Y, x_test=X, y_test=Y[:3]),
    }
    return npz_files("x_train", "y_train") | {
        name: npz_bytes(**arrays) for name, arrays in rules.items()
    }


def idx_files():
    """{name: {file: bytes}} of bad folders of IDX files."""
    image, label = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
    good = idx_bytes(X)
    contents = {f"cut after {size}": good[:size] for size in range(0, len(good), 16)}
    contents |= {
        "long": good + b"x",
        "floats": idx_bytes(X, kind=13),
        "of 2 axes": idx_bytes(X[0]),
        "3x8": idx_bytes(X[:, :3]),
        "no images": idx_bytes(X[:0]),
        "no IDX": b"no IDX file at all, but as long as a header",
        "2 GB in 20 bytes": struct.pack(">5I", 0x803, 2000, 1000, 1000, 0),
        "9 GiB": struct.pack(">4I", 0x803, 9 * 2**20, 32, 32),
        "2 ** 96": struct.pack(">4I", 0x803, *[2**32 - 1] * 3),
    }
    folders = {name: {image: content} for name, content in contents.items()}
    packed = {k: v for k, v in contents.items() if not k.startswith("cut")}
    folders |= {
        f"{k}, .gz": {f"{image}.gz": gzip.compress(v)} for k, v in packed.items()
    }
    squeezed = gzip.compress(good)
    for size in range(0, len(squeezed), 40):
        folders[f"gzip cut after {size}"] = {f"{image}.gz": squeezed[:size]}
    header = struct.pack(">4I", 0x803, 300_000, 32, 32)
    folders["a bomb"] = {f"{image}.gz": gzip_bomb(header, 300_000 * 1024)}
    folders["a bomb behind good data"] = {f"{image}.gz": gzip_bomb(good, 2**30)}
    labels = {
        "11 labels": idx_bytes(Y[:11]),
        "labels from 1": idx_bytes(Y + 1),
        "a class is missing": idx_bytes(Y * 2),
        "images for labels": good,
        "empty labels": b"",
    }
    folders |= {name: {image: good, label: content} for name, content in labels.items()}
    folders["labels alone"] = {label: idx_bytes(Y)}
    folders["test alone"] = {"t10k-images-idx3-ubyte": good}
    return folders


def gzip_bomb(start, zeros):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [squeeze.compress(start), squeeze.flush(zlib.Z_FULL_FLUSH)]
    middle = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return b"".join([*parts, middle * (zeros // 2**20), squeeze.flush()])


def picture_bytes(mode="L", size=(8, 8), form="PNG"):
    file = io.BytesIO()
    PIL.Image.new(mode, size).save(file, form)
    return file.getvalue()


def noise_bytes(form):
    """A picture that does not shrink, so that it can be cut."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def picture_folders():
    """{name: {path: bytes, or the target of a link}} of bad folders of pictures."""
    grey, colour = picture_bytes(), picture_bytes("RGB")
    chunk = struct.pack(">2I5B", 60_000, 60_000, 8, 0, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + chunk
    huge += struct.pack(">I", zlib.crc32(b"IHDR" + chunk))
    folders = {
        "nothing": {},
        "other files": {"a.txt": b"x", "b.tiff": b"x"},
        "hidden pictures": {".a.png": grey},
        "an empty class": {"cat/a.png": grey, "dog/notes.txt": b"x"},
        "two levels": {"train/cat/a.png": grey},
        "pictures beside classes": {"a.png": grey, "cat/b.png": grey},
        "two sizes": {"a.png": grey, "b.png": picture_bytes(size=(8, 9))},
        "grey and colour": {"a.png": grey, "b.png": colour},
        "grey and palette": {"a.png": grey, "b.gif": picture_bytes("P", form="GIF")},
        "a class of another mode": {"cat/a.png": grey, "dog/b.png": colour},
        "1x1": {"a.png": picture_bytes(size=(1, 1))},
        "257x8": {"a.png": picture_bytes(size=(257, 8))},
        "16 bits": {"a.png": picture_bytes("I;16")},
        "60000x60000": {"a.png": huge},
        "a loop": {"cat/a.png": grey, "loop": "loop"},
        "two loops": {"cat/a.png": grey, "x": "y", "y": "x"},
        "a loop of pictures": {"a.png": "b.png", "b.png": "a.png"},
        "a loop upwards": {"cat/a.png": grey, "up": "."},
        "a link to nothing": {"a.png": "gone.png"},
        "a link out": {"a.png": "/etc/hostname"},
        "a link to a device": {"a.png": "/dev/zero"},
        "a class of another encoding": {"cat\udcff/a.png": grey},
        "a class with a line break": {"cat\ndog/a.png": grey},
        "a class that commands": {"\x1b[2J/a.png": grey},
        "a blank class": {" /a.png": grey},
    }
    for form in ("PNG", "JPEG", "BMP", "GIF"):
        whole = noise_bytes(form)
        for part in range(8):
            name = f"a.{form.lower()}"
            folders[f"{name} cut to {part}/8"] = {name: whole[: len(whole) * part // 8]}
    for text in (b"", b"<svg/>", b"GIF89a", b"\xff\xd8\xff", b"BM", b"%PDF", bytes(99)):
        folders[f"{text!r} for a picture"] = {"a.png": text}
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
