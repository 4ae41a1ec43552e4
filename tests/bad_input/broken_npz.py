"""Builds .npz files that are broken, and pickles that would do harm."""

import io
import pickle
import struct
import zipfile

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


def write_bomb(path):
    """Writes an .npz of 1 MB whose arrays unpack to 276 MB of valid images each."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x_train", "images"):
            with archive.open(f"{name}.npy", "w") as file:
                file.write(npy_bytes(HEADER % ("|u1", (270_000, 32, 32))))
                for _ in range(270):
                    file.write(bytes(1_024_000))


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
        "bzip2": (zip_bytes(x, stored, zipfile.ZIP_BZIP2), "NumPy does not write"),
        "LZMA": (zip_bytes(x, stored, zipfile.ZIP_LZMA), "NumPy does not write"),
        "an empty zip": (npz_bytes(), f"has the arrays (none) but no {x}"),
        "other names": (npz_bytes(pictures=X), f"has the arrays pictures but no {x}"),
        "names of paths": (zip_bytes(f"../{x}", stored), f"but no {x}"),
    }
