"""Chooses the module that reads a source, by what its files hold."""

import contextlib
import io
import itertools
import os
import zipfile
import zlib
from pathlib import Path

from gan_tf import startup
from gan_tf.data import (
    arrays,
    cifar,
    csv_file,
    idx,
    image_folder,
    in_memory,
    pictures,
    sniff,
    zip_archive,
)
from gan_tf.data.image_folder import is_hidden
from gan_tf.data.settings import DataSettings
from gan_tf.data.validation import Raw
from gan_tf.errors import InputError, listed

_FASHION_MNIST_CLASSES = tuple(
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
)
# What reading a damaged ZIP raises.
_DAMAGED = (
    OSError, EOFError, ValueError, NotImplementedError, zipfile.BadZipFile, zlib.error
)


def read_fashion_mnist() -> Raw:
    """Reads Fashion-MNIST from Keras's cache, into which it is downloaded if need be."""
    startup.import_tensorflow()  # it chooses the backend of Keras
    import keras

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # hides the download progress
            pairs = keras.datasets.fashion_mnist.load_data()
    except Exception as error:  # Keras raises plain Exception when a download fails
        raise InputError(
            f"is not in Keras's cache and cannot be downloaded ({error}): put "
            "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
            "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into "
            "~/.keras/datasets/fashion-mnist, or give a folder with them"
        ) from error
    names = dict(enumerate(_FASHION_MNIST_CLASSES))
    return in_memory.read(pairs)._replace(label_names=names)


def read_folder(folder: Path, how: DataSettings) -> Raw:
    """Reads a folder by what it holds."""
    try:
        inside = sorted(path for path in folder.iterdir() if not is_hidden(path.name))
    except OSError as error:
        raise InputError(f"the folder: cannot be listed ({error}): check it") from error
    files = [path for path in inside if os.path.isfile(path)]
    if idx_files := idx.find(folder):
        raw, used = idx.read(idx_files), list(idx_files.values())
    elif used := cifar.find(folder):
        raw = cifar.read(used)
    elif used := [path for path in files if path.suffix.lower() in (".npz", ".npy")]:
        _check_no_pictures(inside, used[0].name)
        raw = arrays.read_folder(used, how)
    elif used := _tables(inside, files):
        raw = csv_file.read(used, how)
    else:
        return image_folder.read(image_folder.list_folder(folder), how)
    return raw._replace(notes=(*raw.notes, *_left_out(inside, used)))


def _tables(inside: list[Path], files: list[Path]) -> list[Path]:
    """Returns the CSV files of a folder without pictures, which has no subfolders."""
    # Before thousands of files are opened.
    if any(path.suffix.lower() in pictures.SUFFIXES for path in files):
        return []
    if any(map(os.path.isdir, inside)):
        return []
    heads = map(sniff.unpacked_head, files)
    return [f for f, head in zip(files, heads) if len(csv_file.first_fields(head)) >= 10]


def _check_no_pictures(inside: list[Path], arrays_name: str) -> None:
    """Refuses pictures beside arrays, such as features of them: either may be meant."""
    below = (path for folder in inside for path in folder.rglob("*"))
    for path in itertools.chain(inside, below):
        name = path.relative_to(inside[0].parent).as_posix()
        if path.suffix.lower() in pictures.SUFFIXES and not is_hidden(name):
            raise InputError(
                f"has both pictures ({name}) and arrays ({arrays_name}): move one of "
                "them out of the folder"
            )


def _left_out(inside: list[Path], used: list[Path]) -> list[str]:
    """Returns a note about what else a folder has beside the files that are read."""
    others = [path for path in inside if path not in used]
    names = [f"{path.name}/" if os.path.isdir(path) else path.name for path in others]
    read = ("mapping.txt", *cifar.NAME_FILES)  # names of classes
    names = [name for name in names if not name.endswith(read)]
    return [f"left out what else is there: {listed(names)}"] if names else []


def read_file(path: Path, how: DataSettings) -> Raw:
    """Reads a file by its first bytes."""
    head = sniff.unpacked_head(path)
    kind = sniff.kind_of(head)
    if kind in ("zip", "npy") and sniff.is_gzip(path):
        raise InputError("is compressed with gzip, which NumPy does not read: unpack it")
    if kind == "zip":
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                suffixes = {os.path.splitext(name)[1].lower() for name in names}
                npy_names = [n for n in names if n.lower().endswith(".npy")]
                if npy_names and suffixes & pictures.SUFFIXES:
                    raise InputError(
                        "has both pictures and .npy arrays: unpack the archive and move "
                        "one of them out of the folder"
                    )
                if npy_names and all("/" in name.lstrip("./") for name in npy_names):
                    raise InputError(
                        "has arrays in a folder: unpack the archive and give that folder"
                    )
                if npy_names or not names:
                    return arrays.read_npz(path, how)
                return image_folder.read(
                    zip_archive.list_archive(archive), how, is_archive=True
                )
        except InputError:
            raise
        except _DAMAGED as error:
            raise InputError(
                f"cannot be read as .npz or ZIP ({error}): write it again"
            ) from error
    if kind == "npy":
        return arrays.read_folder([path], how)
    if idx.base_name(path) and (files := idx.find(path.parent, path)):
        return idx.read(files)
    if kind == "idx":
        return idx.read({"x_train": path})
    if len(csv_file.first_fields(head)) >= 4:
        return csv_file.read([path], how)
    raise InputError(f"cannot be read as data: it {sniff.describe(head)}")
