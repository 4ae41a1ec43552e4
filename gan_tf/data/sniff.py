"""What a file holds by its first bytes, whatever its name says."""

import contextlib
import gzip
import re
import zlib
from pathlib import Path

HEAD_BYTES = 512
_SAVE = "save its arrays with np.savez_compressed"
_UNPACK = "unpack it and give the folder, or pack the folder as a ZIP"
# {kind: (regular expression of the first bytes, what it is, what to do)}.
_KINDS: dict[str, tuple[bytes, str, str]] = {
    "zip": (rb"PK(\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive", "give its path"),
    "gzip": (rb"\x1f\x8b", "a gzip file", "unpack it"),
    "npy": (rb"\x93NUMPY", "a NumPy array", "give its path"),
    "idx": (rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]", "an IDX file", "give its folder"),
    "pickle": (
        rb"\x80[\x02-\x05]",
        "a pickle, which is never read, because reading a pickle can run any code",
        f"{_SAVE}, or, of CIFAR, use the binary version",
    ),
    "picture": (
        rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*|P[1-6]\s"
        rb"|\0\0\0\x0cjP  |....ftypavi[fs]",
        "a picture",
        "give the folder that holds the pictures",
    ),
    "heic": (
        rb"....ftyp(hei|mif|msf)",
        "a HEIC picture, which Pillow cannot read",
        "convert it to PNG or JPEG",
    ),
    "html": (
        rb"\s*(?i:<!doctype|<html)",
        "a web page, not data",
        "download the file itself",
    ),
    "utf-16": (rb"\xff\xfe|\xfe\xff", "UTF-16 text", "save it as CSV UTF-8"),
    "svg": (rb"\s*(<\?xml|<svg)", "an SVG or XML text, not pixels", "convert it to PNG"),
    "hdf5": (rb"\x89HDF", "an HDF5 file", _SAVE),
    "matlab": (rb"MATLAB [57]\.", "a MATLAB file", _SAVE),
    "parquet": (rb"PAR1", "a Parquet file", "write its pictures into class folders"),
    "tar": (rb"[\s\S]{257}ustar", "a tar archive", _UNPACK),
    "archive": (
        rb"7z\xbc\xaf|Rar!|\xfd7zXZ|BZh[1-9]|\x28\xb5\x2f\xfd",
        "an archive of another kind (7z, RAR, xz, bzip2 or Zstandard)",
        _UNPACK,
    ),
    "lfs": (
        rb"version https://git-lfs",
        "a pointer of Git LFS, not the file itself",
        "fetch it with git lfs pull",
    ),
    "pdf": (rb"%PDF", "a PDF file", "export its pictures as PNG files"),
}


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed by gzip."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def unpacked_head(path: Path) -> bytes:
    """Returns the first bytes of a file, of a gzip file those of its content."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    if kind_of(head) == "gzip":
        with contextlib.suppress(OSError, EOFError, zlib.error), gzip.open(path) as file:
            return file.read(HEAD_BYTES)
    return head


def kind_of(head: bytes) -> str:
    """Returns a key of the table above, "text", "empty" or "unknown"."""
    for kind, (pattern, _, _) in _KINDS.items():
        if re.match(pattern, head, re.DOTALL):
            return kind
    if not head:
        return "empty"
    # Of bytes that are not UTF-8, the letters of Latin-1 are text, too.
    text = head.decode("utf-8", "surrogateescape")
    controls = re.findall(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udc9f]", text)
    return "text" if len(controls) < 0.05 * len(text) and b"\0" not in head else "unknown"


def describe(head: bytes) -> str:
    """Returns what a file that begins with `head` is, and what to do with it."""
    kind = kind_of(head)
    if kind in _KINDS:
        return "is {1}: {2}".format(*_KINDS[kind])
    names = {"empty": "is empty", "text": "is text, but no lines of label,pixel0,..."}
    return names.get(kind) or f"is of an unknown kind (begins with {head[:4].hex()})"
