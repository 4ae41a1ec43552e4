"""The files of a ZIP archive, which are read without unpacking it to the disk."""

import contextlib
import functools
import io
import zipfile
from pathlib import Path

from gan_tf.data.source_files import File
from gan_tf.data.validation import check_compression
from gan_tf.errors import InputError

# NumPy's too. The readers of the other methods unpack more than is requested.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_FILE_BYTES = 2**28
_IS_UTF8 = 0x800  # a flag of a file's name


def list_archive(archive: zipfile.ZipFile) -> list[File]:
    """Returns the files of an open archive, and its folders, whose names end in "/".

    Raises:
        InputError: it is a zip bomb, or compressed by a method that is not read.
    """
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    check_compression("the archive", size, Path(str(archive.filename)).stat().st_size)
    for member in members:
        if member.compress_type not in METHODS:
            raise InputError(
                f"{member.filename}: has a compression other than deflate: pack the "
                "folder again as an ordinary ZIP"
            )
        if member.flag_bits & 1:
            raise InputError(
                f"{member.filename}: is encrypted: unpack the archive and give the folder"
            )
        check_compression(member.filename, member.file_size, member.compress_size)
    files = [File(_name(m), functools.partial(_open, archive, m)) for m in members]
    return [file for file in files if file.name.strip("/")]


def _open(archive, member):
    if member.file_size > _MAX_FILE_BYTES:
        raise OSError(f"{member.file_size:,} bytes are too many for a picture")
    with archive.open(member) as opened:
        return io.BytesIO(opened.read(_MAX_FILE_BYTES + 1))


def _name(member):
    """Returns the path below the root: nothing is unpacked, so ".." means nothing."""
    name = member.filename
    if not member.flag_bits & _IS_UTF8:  # macOS writes UTF-8 without this flag
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")  # Python decodes it as cp437
    parts = name.replace("\\", "/").split("/")
    kept = [part for part in parts if part not in ("", ".", "..")]
    return "/".join(kept) + "/" * (not parts[-1])
