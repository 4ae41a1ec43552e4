"""Builds .npz files that are broken, and pickles that would do harm."""

import io
import pickle
import struct
import zipfile
import zlib

import numpy as np

X = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n"


class Spell:
    """What a pickle can do: write a file when it is read."""

    path = "spell-was-cast"

    def __reduce__(self):
        return open, (self.path, "w")


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


def npz_bomb(array):
    """An .npz of a few MB that unpacks to 2 GB of valid images, made without them."""
    header = npy_bytes(HEADER % ("|u1", (2_000_000, 32, 32)))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A block of zeros is the same wherever it stands after a full flush.
    start = squeeze.compress(header) + squeeze.flush(zlib.Z_FULL_FLUSH)
    block = bytes(2**20)
    middle = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    count, rest = divmod(2_000_000 * 1024, len(block))
    packed = start + middle * count + squeeze.compress(bytes(rest)) + squeeze.flush()
    name = f"{array}.npy".encode()
    sizes = struct.pack("<3I", 0, len(packed), len(header) + 2_000_000 * 1024)
    fields = struct.pack("<5H", 20, 0, 8, 0, 33) + sizes + struct.pack("<H", len(name))
    local = b"PK\3\4" + fields + bytes(2) + name + packed
    entry = b"PK\1\2" + bytes([20, 0]) + fields + bytes(16) + name
    tail = struct.pack("<4H2IH", 0, 0, 1, 1, len(entry), len(local), 0)
    return local + entry + b"PK\5\6" + tail


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
        "an .npy": stored,
        "a pickle": pickle.dumps(Spell()),
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
        "objects": (npz_bytes(**{x: np.array([Spell()] * 12)}), "holds Python objects"),
        "a bomb": (npz_bomb(x), "more than 250 times as many, as only a zip bomb does"),
        "bzip2": (zip_bytes(x, stored, zipfile.ZIP_BZIP2), "NumPy does not write"),
        "LZMA": (zip_bytes(x, stored, zipfile.ZIP_LZMA), "NumPy does not write"),
        "an empty zip": (npz_bytes(), f"has the arrays (none) but no {x}"),
        "other names": (npz_bytes(pictures=X), f"has the arrays pictures but no {x}"),
        "names of paths": (zip_bytes(f"../{x}", stored), f"but no {x}"),
    }
