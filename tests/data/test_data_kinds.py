"""Every kind of source gives the same images and labels, and says what it took them for."""

import gzip
import io
import json
import struct
import zipfile
import zlib
from functools import partial

import numpy as np
import PIL.Image
import pytest
from data_helpers import error_of, idx_bytes, idx_header, png, save, write
from tiny import little_memory, random_images

from gan_tf import data
from gan_tf.data import pixels, roles, sniff, validation
from gan_tf.data.fingerprint import describe
from gan_tf.data.report import class_grid, summary_lines
from gan_tf.errors import InputError

X = random_images(24, 8, 8)
X[:, 0, 0] = 0  # a corner is blank, as of most images, and unlike a label
Y = np.arange(24) % 3
COLOUR = random_images(6, 8, 8, 3)


def write_zip(folder, files):
    with zipfile.ZipFile(folder / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder / "d.zip"


def npy(array, save=np.save):
    file = io.BytesIO()
    save(file, array)
    return file.getvalue()


def npz(array):
    return npy(array, np.savez)


def csv(rows, header="", separator=","):
    lines = [header] * bool(header) + [separator.join(map(str, row)) for row in rows]
    return "\r\n".join(lines).encode("utf-8-sig")


def write_csv(folder, content, name="d.csv"):
    return write(folder, {name: content}) / name


def write_images(folder, kind, images):
    """Writes images as an array or as pictures, and returns where."""
    if kind == "array":
        return save(folder, x_train=images)
    return write(folder, {f"{i}.png": png(x) for i, x in enumerate(images)})


def pngs(form="{y}/{i}.png"):
    """{name: picture} of X, named by its label and its number."""
    return {form.format(y=y, i=i): png(X[i]) for i, y in enumerate(Y)}


ROWS = np.column_stack([Y, X.reshape(24, -1)])
HEADER = "label," + ",".join(f"pixel{i}" for i in range(64))
NUMBERS = ",".join(map(str, range(64)))
IDX = {"images-idx3": idx_bytes(X), "labels-idx1": idx_bytes(Y)}
# Of the eight columns of QMNIST's labels, the first one is the digit.
QMNIST = np.column_stack([Y, np.full((24, 7), 9)]).astype(">i4").tobytes()
PNGS = pngs()
FORMS = ("PPM", "TIFF", "GIF", "BMP", "PCX", "SGI", "JPEG2000")
JSON = json.dumps({"labels": [[f"{k}.png", int(y)] for k, y in enumerate(Y)]})
ARRAYS = {
    "rows of pixels": dict(x_train=X.reshape(24, 64), y_train=Y),
    "int64": dict(x_train=X.astype(np.int64), y_train=Y[:, None]),
    "uint16": dict(x_train=X.astype(np.uint16) * 257, y_train=Y),
    "[0, 1]": dict(x_train=(X / 255).astype("f4"), y_train=Y / 1),
    "[-1, 1]": dict(x_train=X / 127.5 - 1, y_train=Y),
    "channels first": dict(x=X[:, None], y=Y),
    "grey RGB": dict(trainX=np.repeat(X[..., None], 3, 3), trainY=Y),
    "one-hot": dict(x_train=X, y_train=np.eye(3)[Y]),
    "Hugging Face": dict(pixel_values=X, labels=Y),
    "as generated": dict(images=X, labels=Y),
    "opaque RGBA": dict(x_train=np.stack([X, X, X, X * 0 + 255], 3), y_train=Y),
}
TABLES = {
    "CSV": csv(ROWS, HEADER),
    "CSV in Cyrillic": csv(ROWS, HEADER.replace("pixel", "пиксель")),
    "CSV after a blank line": b"\n\r\n" + csv(ROWS, HEADER)[3:],
    "CSV with numbered columns": csv(ROWS, f"label,{NUMBERS}"),
    "CSV with numbers alone": csv(ROWS, f"{NUMBERS},64"),
    "CSV with numbers, last": csv(np.roll(ROWS, -1, 1), f"{NUMBERS},label"),
    "CSV without header": csv(ROWS),
    "CSV of tabs": csv(ROWS, HEADER.replace(",", "\t"), "\t"),
    "CSV, last": csv(np.roll(ROWS, -1, 1)),
    "CSV in gzip": gzip.compress(csv(ROWS, HEADER)),
    "CSV with an index": csv(np.c_[range(24), ROWS], f"Unnamed: 0,{HEADER}"),
}
FOLDERS = {
    "folder of CSV": {"my_train.csv": csv(ROWS, HEADER)},
    "folder of .npy": {"x.npy": npy(X), "y.npy": npy(Y)},
    "KMNIST": {"k49-train-imgs.npz": npz(X), "k49-train-labels.npz": npz(Y)},
    "IDX with hidden copies": {
        f"{start}train-{k}-ubyte": b for start in ("", "._") for k, b in IDX.items()
    },
    "unpacked IDX.gz": {
        "train-images.gz": idx_bytes(X), "train-labels.gz": gzip.compress(idx_bytes(Y))
    },
    "QMNIST": {
        "qmnist-train-images-idx3-ubyte": idx_bytes(X),
        "qmnist-train-labels-idx2-int": idx_header(24, 8, magic=0xC02) + QMNIST,
    },
    "class folders": PNGS,
    "no endings": pngs("{y}/{i}"),
    "other formats": {
        f"{y}/{i}.{FORMS[i % 7]}": png(X[i], FORMS[i % 7]) for i, y in enumerate(Y)
    },
    "false endings": {
        f"{y}/{i}.jpg": png(X[i], "WEBP", lossless=True) for i, y in enumerate(Y)
    },
    "deeper": pngs("{y}/more/{i}.png"),
    "one level up": pngs("all/{y}/{i}.png"),
}  # fmt: skip
ZIPS = {
    "ZIP": {"__MACOSX/._a.png": b"x", ".cache/dataset.json": b"x", **PNGS},
    "ZIP of ./": {"./": b"", **pngs("./{y}/{i}.png")},
    "ZIP of paths outside": pngs("/../a/{y}/{i}.png"),
    "StyleGAN's ZIP": {**pngs("{i}.png"), "dataset.json": JSON},
    "StyleGAN's ZIP, one level up": {**pngs("all/{i}.png"), "all/dataset.json": JSON},
}
SOURCES = {
    **{name: partial(save, **arrays) for name, arrays in ARRAYS.items()},
    **{name: partial(write_csv, content=b, name="t") for name, b in TABLES.items()},
    **{name: partial(write, files=files) for name, files in FOLDERS.items()},
    **{name: partial(write_zip, files=files) for name, files in ZIPS.items()},
    **{
        f"{x}.idx beside {y}.idx": lambda p, x=f"{x}.idx", y=f"{y}.idx": (
            write(p, {x: idx_bytes(X), y: idx_bytes(Y)}) / x
        )
        for x, y in (("x_train", "y_train"), ("images-train", "labels-train"))
    },
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_all_kinds_of_source_have_one_checksum(tmp_path, make):
    loaded = data.load(str(make(tmp_path)))
    np.testing.assert_array_equal(loaded.y_train, Y)
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    assert describe(loaded)["crc32"] == describe(data.load((X, Y)))["crc32"]
    assert loaded.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    "labels, names",
    [
        (Y + 1, ("1", "2", "3")),
        (Y * 5, ("0", "5", "10")),
        (np.array(["10", "9", "a, b"])[Y], ("9", "10", "a, b")),
        (np.array([b"cat", b"dog", b"eel"])[Y], ("cat", "dog", "eel")),
    ],
)
def test_labels_become_classes(tmp_path, labels, names):
    arrays = dict(x_train=X, y_train=labels, x_test=X[:2], y_test=labels[:2])
    loaded = data.load(str(save(tmp_path, **arrays)))
    assert loaded.class_names == names
    given = [loaded.class_names[k] for k in loaded.y_train]
    assert given == [s.decode() if labels.dtype.kind == "S" else str(s) for s in labels]
    np.testing.assert_array_equal(loaded.y_test, loaded.y_train[:2])
    mapping = f"labels    0 = {names[0]}, 1 = {names[1]}, 2 = {names[2]}"
    assert mapping in summary_lines(loaded)


def test_a_name_may_have_any_number_of_digits():
    names = "9" * 5000, "a"
    assert data.load((X, np.array(names * 12))).class_names == names


@pytest.mark.parametrize("splits, num", [("train val test", 24 + 6), ("train val", 24)])
@pytest.mark.parametrize("form", ["npz", "folder", "zip"])
def test_splits(tmp_path, form, splits, num):
    sizes = dict(zip(splits.split(), (24, 6, 6)))
    if form == "npz":
        arrays = {f"{s}_images": X[:n] for s, n in sizes.items()}
        arrays |= {f"{s}_labels": Y[:n, None] for s, n in sizes.items()}
        source = save(tmp_path, **arrays)
    else:
        files = {f"{s}/{k}": b for s, n in sizes.items() for k, b in list(PNGS.items())[:n]}
        source = (write if form == "folder" else write_zip)(tmp_path, files)
    loaded = data.load(str(source))
    assert (len(loaded.x_train), len(loaded.x_test)) == (num, 6)
    np.testing.assert_array_equal(loaded.y_test, Y[:6])
    assert any("validation images are" in note for note in loaded.notes)
    if "test" in sizes:
        notes = data.load(str(source), subset=9).notes
        assert "the validation images are training images here" in notes


@pytest.mark.parametrize("line", ["label code", "0 1114112", "0 -1", f"0 {'9' * 30}"])
def test_emnist_is_upright_and_has_the_characters_of_its_mapping(tmp_path, line):
    turned = gzip.compress(idx_bytes(X.transpose(0, 2, 1)))
    files = {
        "emnist-letters-train-images-idx3-ubyte.gz": turned,
        "emnist-letters-train-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(Y + 1)),
        "emnist-letters-mapping.txt": f"{line}\n1 65\n".encode(),
    }
    message = error_of(write(tmp_path, files))
    assert f"emnist-letters-mapping.txt: has the line '{line}', but a line is" in message
    text = "\ufeff1 65 97\n\n2 66 98\n3 67 99\n".encode()
    loaded = data.load(str(write(tmp_path, {"emnist-letters-mapping.txt": text})))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    assert loaded.class_names == ("A", "B", "C")


@pytest.mark.parametrize(
    "coarse, name_file", [(b"", "batches.meta.txt"), (b"\x09", "fine_label_names.txt")]
)
def test_cifar_binary(tmp_path, coarse, name_file):
    x = random_images(4, 32, 32, 3)
    rows = [
        coarse + bytes([k % 2]) + image.transpose(2, 0, 1).tobytes()
        for k, image in enumerate(x)
    ]
    files = {"train.bin": b"".join(rows[:3]), "test.bin": rows[3]}
    loaded = data.load(str(write(tmp_path, {**files, name_file: b"cat\ndog\n\n"})))
    np.testing.assert_array_equal(loaded.x_train, x[:3])
    np.testing.assert_array_equal(loaded.x_test, x[3:])
    assert loaded.class_names == ("cat", "dog") and loaded.y_test.tolist() == [1]


@pytest.mark.parametrize(
    "names",
    [
        *(["dog", "cat"], "abxy", "xyz", "0x", ["train", "car"], ["valid", "bad"]),
        ["strain1_images", "strain2_images"],
    ],
)
def test_one_array_file_per_class(tmp_path, names):
    sizes = {name: i + 2 for i, name in enumerate(names)}
    shape = (-1, 8, 8) if len(names) > 2 else (-1, 64)  # images, and rows of pixels
    files = {f"{name}.npy": npy(X[:n].reshape(shape)) for name, n in sizes.items()}
    loaded = data.load(write(tmp_path, files))
    assert loaded.class_names == tuple(sorted(names))
    found = [loaded.class_names[k] for k in loaded.y_train]
    assert found == [name for name in sorted(names) for _ in range(sizes[name])]


@pytest.mark.parametrize(
    "names, part",
    [
        (["x_train", "x_test", "x_extra"], "is there out of the folder: x_extra.npy"),
        (["x_train", "cat"], "is there out of the folder: cat.npy"),
        (["train-images", "test-images", "test-images2"], "could be x_test, test-images"),
        (["train_images_cat", "train_images_dog"], "of one class, name it by that alone"),
        (["cat", "dog", "test"], "test.npy: is of a split by its name, so that not every "
         "file is a class: name the training images x_train.npy, or move this file out"),
        (["x_test", "y_test"], "name the training images x_train.npy"),
        (["train_cat", "train_dog", "test_cat"], "or rename it, if it is one"),
    ],
)  # fmt: skip
def test_array_files_of_splits_are_no_classes(tmp_path, names, part):
    folder = write(tmp_path, {f"{name}.npy": npy(X[k:]) for k, name in enumerate(names)})
    assert part in error_of(folder)
    if "x_train" in names:  # the advice works
        (folder / f"{names[-1]}.npy").unlink()
        loaded = data.load(folder)
        assert len(loaded.x_train) == 24 and loaded.y_train is None
        assert "x_test" not in names or len(loaded.x_test) == 23


def test_array_files_called_train_and_test_are_splits(tmp_path):
    files = {"train.npy": npy(X), "Test.npy": npy(X[:5]), "val.npz": npz(X[:2])}
    loaded = data.load(write(tmp_path, files))
    assert (len(loaded.x_train), len(loaded.x_test)) == (24 + 2, 5)
    assert loaded.y_train is None


@pytest.mark.parametrize("labels", [Y, Y[:, None], np.eye(3)[Y]], ids=["N", "N1", "rows"])
def test_names_of_single_images_are_no_classes(tmp_path, labels):
    names = np.array([f"img{i}.png" for i in range(24)])
    arrays = {"x_train": X, "y_train": labels, "names": names}
    loaded = data.load(save(tmp_path, **arrays))
    assert loaded.class_names == ("0", "1", "2")
    assert "left out names, which has one name per image" in loaded.notes
    folder = write(tmp_path, {f"{name}.npy": npy(array) for name, array in arrays.items()})
    assert data.load(folder).class_names == ("0", "1", "2")
    arrays["class_names"] = arrays.pop("names")
    assert data.load(save(tmp_path, **arrays)).class_names == tuple(names[:3])


@pytest.mark.parametrize("ends", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("is_whole", ["train", "test"])
def test_csv_files_of_one_range_are_scaled_alike(tmp_path, is_whole, ends):
    whole = np.where(X > 99, ends[1], ends[0]).reshape(24, 64)
    floats = {"train": X.reshape(24, 64) / 255, "test": whole * 0.75} | {is_whole: whole}
    floats["train" if is_whole == "test" else "test"][0] = ends * 32
    rows = {s: np.char.mod("%.6g", np.c_[Y, x]) for s, x in floats.items()}
    folder = write(tmp_path, {f"{split}.csv": csv(r, HEADER) for split, r in rows.items()})
    loaded = data.load(folder)
    found = loaded.x_train if is_whole == "train" else loaded.x_test
    np.testing.assert_array_equal(found[..., 0], np.where(X > 99, 255, 0))


def test_csv_files_of_two_ranges_are_scaled_apart(tmp_path):
    rows = np.column_stack([Y, np.round(X.reshape(24, 64) / 255, 6)])
    files = {"train.csv": csv(ROWS, HEADER), "test.csv": csv(rows, HEADER)}
    loaded = data.load(write(tmp_path, files))
    np.testing.assert_array_equal(loaded.x_train, loaded.x_test)


@pytest.mark.parametrize("make", [write, write_zip])
@pytest.mark.parametrize("root", ["", "all/"])
def test_splits_inside_class_folders(tmp_path, make, root):
    files = pngs(root + "{y}/train/{i}.png")
    tests = {f"{root}{y}/Test/{y}.png": png(X[y]) for y in range(3)}
    loaded = data.load(make(tmp_path, {**files, **tests, f"{root}0/notes.txt": b"x"}))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    np.testing.assert_array_equal(loaded.y_train, Y)
    np.testing.assert_array_equal(loaded.x_test[..., 0], X[:3])
    assert loaded.y_test.tolist() == [0, 1, 2]
    assert "the folders Test, train are taken as splits, not as classes" in loaded.notes


def test_folders_of_splits_in_some_classes_are_no_splits(tmp_path):
    files = {"cat/train/0.png": png(X[0]), "cat/test/1.png": png(X[1])}
    loaded = data.load(write(tmp_path, {**files, "dog/2.png": png(X[2])}))
    assert len(loaded.x_train) == 3 and loaded.x_test is None


def test_cifar_10_beside_cifar_100_is_refused(tmp_path):
    files = {"data_batch_1.bin": bytes(3073), "train.bin": bytes(3074)}
    message = error_of(write(tmp_path, files))
    assert "of CIFAR-10, such as data_batch_1.bin, and of CIFAR-100, such as" in message
    (tmp_path / "d" / "train.bin").rename(tmp_path / "d" / "test.bin")
    assert "move those of one out of the folder" in error_of(tmp_path / "d")


def test_cifar_in_a_subfolder_leads_there(tmp_path):
    name = "cifar-10-batches-bin/data_batch_1.bin"
    page = {"cifar-10-batches-bin/readme.html": b"<html></html>"}
    folder = write(tmp_path, {name: bytes(3072) + b"\x09", **page})
    message = error_of(folder)
    assert message.endswith("binary version: give its folder, cifar-10-batches-bin")
    assert len(data.load(folder / "cifar-10-batches-bin").x_train) == 1


def test_two_tables_of_one_split_are_both_named(tmp_path):
    table = csv(ROWS, HEADER)
    names = ["Dig-MNIST.csv", "test.csv", "train.csv"]
    folder = write(tmp_path, dict.fromkeys(names, table))
    message = error_of(folder)
    assert "could be of train, Dig-MNIST.csv and train.csv: give one of them" in message
    (folder / "Dig-MNIST.csv").unlink()
    assert len(data.load(folder).x_test) == len(ROWS)


@pytest.mark.parametrize(
    "files, part",
    [
        ({"t.csv": csv(ROWS, HEADER), "a/b.txt": b"x"}, "but t.csv: give such a file"),
        ({"a/x.npy": npy(X)}, "no pictures; a/x.npy is a NumPy array: give its folder, a"),
        ({"a/x.npz": npz(X)}, "no pictures; a/x.npz is a ZIP archive: give its path"),
    ],
)
def test_data_in_a_subfolder_are_named(tmp_path, files, part):
    folder = write(tmp_path, files)
    assert part in error_of(folder)
    if "x.npz" not in part:
        assert len(data.load(folder / list(files)[0]).x_train) == 24


@pytest.mark.parametrize(
    "files, advice",
    [
        ({"x.npy": npy(X)}, "save fewer or smaller images as .npz, such as x[:N]"),
        ({"train-images-idx3-ubyte": idx_bytes(X)}, "save fewer or smaller images as .npz"),
        ({"train.bin": bytes(3073)}, "save fewer or smaller images as .npz"),
        ({"t.csv": csv(ROWS)}, "keep fewer lines, or smaller images"),
        (PNGS, "use fewer or smaller images (--subset, --size)"),
    ],
    ids=["npy", "IDX", "CIFAR", "CSV", "pictures"],
)
@pytest.mark.parametrize("free", [None, 999])
def test_too_many_bytes_get_the_sources_advice(tmp_path, monkeypatch, files, advice, free):
    monkeypatch.setattr(validation, "free_memory", lambda: free)
    monkeypatch.setattr(validation, "MAX_BYTES", 10**6 if free else 999)
    message = error_of(write(tmp_path, files), size=8)
    assert message.endswith(f": {advice}") or f": {advice}, such" in message
    if files is PNGS:
        assert "the pictures: would need 1,536 bytes" in message
        assert len(data.load(tmp_path / "d", size=8, subset=9).x_train) == 9


@pytest.mark.parametrize("kind", ["array", "pictures"])
@pytest.mark.parametrize("shape", [(4, 200), (200, 4)])
def test_a_thin_image_is_not_lost_by_padding(tmp_path, kind, shape):
    images = random_images(2, *shape) // 2
    source = write_images(tmp_path, kind, images)
    padded = data.load(source, size=16, fit="pad").x_train[0, ..., 0]
    thin = (16, 1) if shape[0] == 4 else (1, 16)
    line = PIL.Image.fromarray(images[0]).resize(thin, PIL.Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(padded[padded < 255], np.array(line).ravel())


@pytest.mark.parametrize("background, value", [("white", 255), ("#000", 0)])
@pytest.mark.parametrize("kind", ["LA", "RGBA", "array", "opaque RGBA"])
def test_transparent_images_are_laid_on_the_background(tmp_path, kind, background, value):
    ink, alpha = np.full_like(X, 100), X
    if kind == "opaque RGBA":
        ink, alpha = X, np.full_like(X, 255)
    images = np.stack([ink, alpha] if kind == "LA" else [ink, ink, ink, alpha], 3)
    loaded = data.load(str(write_images(tmp_path, kind, images)), background=background)
    expected = (1.0 * ink * alpha + value * (255.0 - alpha)) / 255
    np.testing.assert_allclose(loaded.x_train[..., 0], expected, atol=0.51)
    notes = [note[:25] for note in loaded.notes if "transparent" in note]
    assert notes == ["24 images are transparent"] * (kind != "opaque RGBA")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(tmp_path, form):
    upright = np.full((32, 16, 3), 255, np.uint8)
    upright[:8] = 200, 0, 0
    upright[:16, :8] = 0, 0, 200
    # The stored picture of each orientation, as the standard (EXIF 2.32, 4.6.4) defines it.
    turn = [
        *(lambda x: x, lambda x: x[:, ::-1], lambda x: x[::-1, ::-1], lambda x: x[::-1]),
        lambda x: x.transpose(1, 0, 2),
        lambda x: x[:, ::-1].transpose(1, 0, 2),
        lambda x: x[::-1, ::-1].transpose(1, 0, 2),
        lambda x: x[::-1].transpose(1, 0, 2),
    ]
    # Some cameras write 9 or 65535, which means nothing.
    numbers = [*enumerate(turn, 1), (9, turn[0])]
    for number, function in numbers:
        tags = PIL.Image.Exif()
        tags[0x0112] = number
        stored = png(np.ascontiguousarray(function(upright)), form, exif=tags, quality=95)
        write(tmp_path, {f"{number}": stored})
    loaded = data.load(str(tmp_path / "d"))
    assert loaded.x_train.shape == (9, 32, 16, 3)
    corners = loaded.x_train[:, [3, 12, 28], [12, 3, 12]].astype(int)
    expected = [(200, 0, 0), (0, 0, 200), (255, 255, 255)]
    np.testing.assert_allclose(corners, np.tile(expected, (9, 1, 1)), atol=40)
    assert "7 pictures are turned upright" in loaded.notes[0]


def test_an_orientation_in_xmp_alone_is_applied(tmp_path):
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF>'
        "</x:xmpmeta>"
    )
    wide = random_images(1, 8, 16)[0]
    source = write(tmp_path, {"a.webp": png(wide, "WEBP", xmp=xmp.encode(), lossless=True)})
    loaded = data.load(str(source))
    np.testing.assert_array_equal(loaded.x_train[0, ..., 0], np.rot90(wide, -1))
    assert "1 picture is turned upright" in loaded.notes[0]


def test_pictures_of_16_bits_are_scaled_by_the_range_of_the_set(tmp_path):
    source = write_images(tmp_path, "pictures", X.astype(np.uint16) * 200 + 1000)
    loaded = data.load(str(source))
    low, high = X.min() / 1, X.max() / 1
    expected = np.rint((X - low) * (255 / (high - low)))
    np.testing.assert_array_equal(loaded.x_train[..., 0], expected)
    assert f"{int(200 * low + 1000):,} (black)" in loaded.notes[0]
    padded = data.load(str(source), size="16x8", fit="pad", background="grey")
    np.testing.assert_array_equal(padded.x_train[:, :, 4:12], loaded.x_train)
    np.testing.assert_array_equal(padded.x_train[:, :, [0, 15]], 128)


def test_splits_of_16_bits_have_one_range(tmp_path):
    deep = np.full((2, 8, 8), 1000, np.uint16)
    deep[0, 0], deep[1, 0] = 3000, 2000
    files = {f"{s}/{s}.png": png(x) for s, x in zip(("train", "test"), deep)}
    loaded = data.load(str(write(tmp_path, files)))
    assert [int(x.max()) for x in (loaded.x_train, loaded.x_test)] == [255, 128]
    notes = data.load(str(tmp_path / "d"), size=6).notes
    assert sum("are resized" in note for note in notes) == 1
    files = {"train/train.png": png(X[0])}
    assert "has 16 bits per pixel, but train" in error_of(write(tmp_path, files))


def test_grey_and_colour_pictures_become_colour_and_one_grey_set_is_grey(tmp_path):
    files = {"a.png": png(X[0]), "b.png": png(np.repeat(X[1][..., None], 3, 2))}
    assert data.load(str(write(tmp_path, files))).image_shape == (8, 8, 1)
    loaded = data.load(str(write(tmp_path, {"c.png": png(COLOUR[0])})))
    np.testing.assert_array_equal(loaded.x_train[0], np.repeat(X[0][..., None], 3, 2))
    np.testing.assert_array_equal(loaded.x_train[2], COLOUR[0])
    assert "2 grey and 1 colour pictures: all become colour" in loaded.notes
    grey = data.load(str(tmp_path / "d"), channels=1)
    luminance = COLOUR[0] @ [0.299, 0.587, 0.114]  # ITU-R BT.601
    np.testing.assert_allclose(grey.x_train[2, ..., 0], luminance, atol=0.51)
    assert data.load((X, Y), channels=3).image_shape == (8, 8, 3)


@pytest.mark.parametrize("where", ["test", "last image"])
def test_arrays_with_one_image_in_colour_keep_three_channels(monkeypatch, where):
    monkeypatch.setattr(pixels, "_BLOCK_BYTES", 1)  # an image at a time
    train = np.repeat(X[..., None], 3, axis=3)
    test = train[:4].copy()
    assert data.load(((train, Y), (test, Y[:4]))).image_shape == (8, 8, 1)
    (test if where == "test" else train)[-1] = COLOUR[0]
    assert data.load(((train, Y), (test, Y[:4]))).image_shape == (8, 8, 3)


@pytest.mark.parametrize("kind", ["array", "pictures"])
@pytest.mark.parametrize(
    "fit, top, left", [("crop", 200, 200), ("pad", 255, 0), ("stretch", 200, 0)]
)
def test_size_and_fit(tmp_path, kind, fit, top, left):
    """A wide image, black at both ends and 200 between, becomes a high one."""
    images = np.full((2, 20, 60, 3), 200, np.uint8)
    images[:, :, :10] = images[:, :, -10:] = 0
    images[1, 10, 30] = 0
    loaded = data.load(str(write_images(tmp_path, kind, images)), size="16x24", fit=fit)
    assert loaded.x_train.shape == (2, 24, 16, 1)
    first = loaded.x_train[0, ..., 0]
    assert (first[12, 8], first[0, 8], first[12, 0]) == (200, top, left)
    assert f"images of 60x20 are resized to 16x24 (--fit {fit})" in loaded.notes


def test_pictures_of_other_sizes_are_read_with_size(tmp_path):
    files = {"a.png": png(X[0]), "b.png": png(random_images(300, 400))}
    assert data.load(str(write(tmp_path, files)), size=12).image_shape == (12, 12, 1)


def test_the_memory_of_resized_arrays_is_that_of_their_channels(monkeypatch):
    num = 24 * 16 * 16
    monkeypatch.setattr(validation, "MAX_BYTES", num)
    assert data.load(X, size=16).image_shape == (16, 16, 1)
    monkeypatch.setattr(validation, "MAX_BYTES", num - 1)
    with pytest.raises(InputError, match="the resized images: would need 6,144 bytes"):
        data.load(X, size=16)
    with pytest.raises(InputError, match="the resized images: would need 18,432 bytes"):
        data.load(X, size=16, fit="pad", background="red")


@pytest.mark.parametrize("make", [write, write_zip])
def test_bad_files_are_named_at_once_and_skipped_by_request(tmp_path, make):
    bad = {f"0/bad{i}.png": PNGS["0/0.png"][: 40 + i] for i in range(11)}
    source = make(tmp_path, {**PNGS, **bad})
    message = error_of(source)
    assert message.count("cannot be read as a picture") == 10
    assert "; and 1 more files" in message and "--skip_bad" in message
    loaded = data.load(str(source), skip_bad=True)
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    assert loaded.notes[0].startswith("skipped 11 bad files (--skip_bad): 0/bad0.png")


def test_bad_lines_of_a_csv(tmp_path):
    lines = csv(ROWS, HEADER).splitlines()
    lines[3], lines[5] = b"1,2,3", lines[5].replace(b",", b",x", 1)
    file = write_csv(tmp_path, b"\n".join(lines))
    assert "line 4: has 3 values; line 6: could not" in error_of(file)
    loaded = data.load(str(file), skip_bad=True)
    np.testing.assert_array_equal(loaded.y_train, np.delete(Y, [2, 4]))


def test_a_bomb_of_many_files_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    # Three files are above the limit together; each is more than `little_memory` allows.
    monkeypatch.setattr(validation, "_BOMB_BYTES", 2**22)
    path = write_zip(tmp_path, {f"{i}.png": bytes(2**21) for i in range(3)})
    with little_memory():
        message = error_of(path)
    assert "the archive: would unpack" in message and "as only a zip bomb does" in message


NO_LABELS = b'{"labels": [["b.png", 0]]}'
# {name: (content, that of a ZIP as a dict, and a part of the error)}
OTHER_KINDS = {
    "csv": ({"a.csv": b"1,2"}, "give such a file itself, and unpack it first"),
    "pkl": ({"a.pkl": b"\x80\x02}q"}, "a.pkl is a pickle, which is never read, because"),
    "no label": ({"dataset.json": NO_LABELS, **PNGS}, "has no label of 24"),
    "a label of inf": (
        {"dataset.json": b'{"labels": [["a.png", 1e999]]}', **PNGS},
        "dataset.json: is not StyleGAN's",
    ),
    "deep json": ({"dataset.json": b"[" * 9999, **PNGS}, "dataset.json: is not StyleGAN's"),
    "pickle.gz": (gzip.compress(b"\x80\x02}q"), "a pickle, which is never read, because"),
    "npy": ({"x.npy": npy(X), **PNGS}, "has both pictures and .npy arrays: unpack the"),
    "picture": (png(X[0]), "a picture: give the folder that holds the pictures"),
    "tar": (bytes(257) + b"ustar\0", "a tar archive: unpack it"),
    "hdf5": (b"\x89HDF\r\n", "an HDF5 file"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "fetch it with git lfs pull"),
    "text": (b"id,name\n1,a\n", "text, but no lines of label,pixel0"),
    "columns": (b"id,name,age,sex\n1,a,3,f\n", "are no pixels: write a line label,"),
    "IDX labels": (struct.pack(">2I", 0x801, 3) + b"abc", "but one with 1: give one of 3"),
    "cut IDX": (struct.pack(">2I", 0x803, 2), "its header is cut: download it again"),
    "npy.gz": (gzip.compress(npy(X)), "is compressed with gzip, which NumPy"),
    "npz.gz": (gzip.compress(npz(X)), "is compressed with gzip, which NumPy"),
}


@pytest.mark.parametrize("content, part", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_files_and_archives_of_other_kinds_are_named(tmp_path, content, part):
    make = write_zip if isinstance(content, dict) else partial(write_csv, name="file")
    assert part in error_of(make(tmp_path, content))


def test_a_stylegan_zip_without_labels_has_no_classes(tmp_path):
    files = {f"0000{i % 2}/img{i}.png": png(x) for i, x in enumerate(X)}
    loaded = data.load(write_zip(tmp_path, {**files, "dataset.json": b'{"labels": null}'}))
    assert len(loaded.x_train) == 24 and loaded.y_train is None
    assert "dataset.json has no labels, so the folders are not classes" in loaded.notes


def test_splits_of_stylegan_without_labels_are_splits(tmp_path):
    table = {f"{split}/dataset.json": b'{"labels": null}' for split in ("train", "test")}
    files = {f"train/00000/{i}.png": png(x) for i, x in enumerate(X)}
    loaded = data.load(write(tmp_path, {**files, "test/00000/a.png": png(X[0]), **table}))
    assert len(loaded.x_train) == 24 and len(loaded.x_test) == 1
    assert loaded.y_train is loaded.y_test is None


def test_a_damaged_table_of_a_zip_is_one_line(tmp_path):
    path = write_zip(tmp_path, {"dataset.json": JSON, **PNGS})
    content = bytearray(path.read_bytes())
    content[content.index(b"dataset.json") + 30] ^= 255
    path.write_bytes(content)
    assert "cannot be read as .npz or ZIP" in error_of(path)


def test_a_table_beside_tables_of_images_is_left_out(tmp_path):
    files = {"train.csv": csv(ROWS), "test.csv": csv(ROWS), "meta.csv": b"id,a,b,c\n1,2,3"}
    loaded = data.load(write(tmp_path, files))
    assert len(loaded.x_train) == len(loaded.x_test) == 24
    assert "left out what else is there: meta.csv" in loaded.notes


def test_a_folder_beside_splits_may_have_their_names_inside(tmp_path):
    files = {f"train/{name}": content for name, content in PNGS.items()}
    files |= {"test/0/a.png": png(X[0]), "annotations/train/x.txt": b"x"}
    loaded = data.load(write(tmp_path, files))
    assert len(loaded.x_train) == 24 and len(loaded.x_test) == 1


def test_metadata_are_no_images_and_names_need_no_names(tmp_path):
    names = {"labels": np.array(["cat", "dog", "eel"])[Y], "class_names": ["bird", "cat"]}
    loaded = data.load(save(tmp_path, images=X, metadata=X, **names))
    assert loaded.class_names == ("cat", "dog", "eel")
    assert "left out the other arrays: metadata" in loaded.notes
    assert not any("left out as classes" in note for note in loaded.notes)


def test_images_that_are_too_large_for_size_are_not_sent_there():
    error = r"sides must be 1 to 20,000: give smaller images"
    with pytest.raises(InputError, match=error):
        data.load(np.zeros([2, 4, 20_001], np.uint8), size=32)


def test_subset_has_each_class_in_proportion(tmp_path):
    labels = np.repeat([0, 1, 2], [16, 7, 1])
    for source in (save(tmp_path, x_train=X, y_train=labels), write(tmp_path, PNGS)):
        loaded = data.load(str(source), subset=12)
        whole = data.load(str(source))
        counts = np.bincount(loaded.y_train)
        np.testing.assert_allclose(counts, np.bincount(whole.y_train) / 2, atol=1)
        rows = [bytes(x) for x in whole.x_train]
        places = [rows.index(bytes(x)) for x in loaded.x_train]
        assert places == sorted(places) and len(set(places)) == 12
        np.testing.assert_array_equal(loaded.y_train, whole.y_train[places])


def test_the_range_of_a_subset_is_that_of_all_images():
    dark = np.tile(X // 4, (4, 1, 1))
    for dtype, scale in (("u2", 257), ("f4", 1)):
        x = dark.astype(dtype) * scale
        x[-1, 4, 4] = 255 * scale
        whole, part = (data.load(x, subset=num).x_train for num in (0, 8))
        assert len(part) == 8 and part.max() < 128
        assert {bytes(image) for image in part} <= {bytes(image) for image in whole}


def test_arrays_beside_pictures_are_refused(tmp_path):
    folder = write(tmp_path, {**PNGS, "features.npy": npy(X)})
    message = error_of(folder)
    assert "has both pictures" in message
    assert "and arrays (features.npy): move one of them out" in message
    (folder / "features.npy").rename(tmp_path / "features.npy")
    assert len(data.load(str(folder)).x_train) == len(PNGS)


IMAGES = {"train-images-idx3-ubyte": idx_bytes(X)}
CIFAR = {"data_batch_1.bin": bytes(3073), "data_batch_2.bin": bytes([0] + 3072 * [9])}
TEXTS = {"README": b"read", "notes": b"note"}


@pytest.mark.parametrize(
    "files, others, named",
    [
        (IMAGES, TEXTS, "README, notes"),
        ({"images.npy": npy(X), "labels.npy": npy(Y)}, TEXTS, "README, notes"),
        (CIFAR, TEXTS, "README, notes"),
        ({"train.csv": csv(ROWS)}, TEXTS, "README, notes"),
        (IMAGES, {"preview.png": png(X[0])}, "preview.png"),
        ({"images.npy": npy(X)}, {"sub/._a.png": b"of macOS"}, "sub/"),
    ],
    ids=["IDX", "arrays", "CIFAR", "CSV", "IDX and a picture", "array and a system's file"],
)
def test_what_else_a_folder_has_is_left_out_and_named(tmp_path, files, others, named):
    folder = write(tmp_path, {**files, **others})
    assert f"left out what else is there: {named}" in data.load(str(folder)).notes


@pytest.mark.parametrize("code, dtype", [(9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4")])
def test_idx_of_every_type(tmp_path, code, dtype):
    # Within the range of each type.
    x = (X / 255 if dtype == ">f4" else X // 2).astype(dtype)
    images = idx_header(*X.shape, magic=code << 8 | 3) + x.tobytes()
    labels = idx_header(24, magic=code << 8 | 1) + Y.astype(dtype).tobytes()
    folder = write(tmp_path, {"train-images.idx": images, "train-labels.idx": labels})
    loaded = data.load(str(folder))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X if dtype == ">f4" else X // 2)
    np.testing.assert_array_equal(loaded.y_train, Y)


@pytest.mark.parametrize(
    "short, long",
    [("", "emnist-letters-"), ("emnist-", "emnist-b-"), ("emnist-x1-", "emnist-data22-")],
)
def test_one_of_several_idx_datasets_is_chosen_by_a_file(tmp_path, short, long):
    files = {}
    for name, x in ((long, X), (short, 255 - X)):
        files[f"{name}train-images-idx3-ubyte"] = idx_bytes(x)
        files[f"{name}train-labels-idx1-ubyte"] = idx_bytes(Y)
    folder = write(tmp_path, files)
    message = error_of(folder)
    advice = message.rpartition("such as ")[2]
    assert "several datasets" in message and advice.startswith(str(folder))
    chosen = data.load(advice)
    upright = (255 - X).transpose(0, 2, 1) if short else 255 - X
    np.testing.assert_array_equal(chosen.x_train[..., 0], upright)
    np.testing.assert_array_equal(chosen.y_train, Y)
    loaded = data.load(folder / f"{long}train-labels-idx1-ubyte")
    np.testing.assert_array_equal(loaded.x_train[..., 0], X.transpose(0, 2, 1))


@pytest.mark.parametrize("colour_type, channels", [(2, 3), (6, 4), (4, 2)])
def test_16_bits_per_channel_are_said_to_lose_half(tmp_path, colour_type, channels):
    def chunk(kind, content):
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    values = np.full((8, 8, channels), 0xFFFF, ">u2")
    values[:4, :, 0] = 0x4080
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", 8, 8, 16, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)
    loaded = data.load(str(write(tmp_path, {"a.png": content, "b.png": content})))
    assert "2 pictures have 16 bits per channel: the upper 8 are used" in loaded.notes
    assert loaded.x_train[0, 0, 0, 0] == 0x40


def test_only_channels_of_16_bits_are_said_to_lose_half(tmp_path):
    deep = np.full((8, 8, 3), 0x4080, ">u2")
    deep[:4] = 0xFFFF
    files = {
        "a.ppm": b"P6 8 8 65535\n" + deep.tobytes(),
        "b.sgi": struct.pack(">hBBHHHH500x", 474, 0, 2, 3, 8, 8, 3)
        + np.ascontiguousarray(deep[::-1].transpose(2, 0, 1)).tobytes(),
        # 5, 6 and 5 bits of blue, green and red.
        "c.bmp": struct.pack("<2sI4xI", b"BM", 194, 66)
        + struct.pack("<IiiHHII16xIII", 40, 8, 8, 1, 16, 3, 128, 0xF800, 0x7E0, 0x1F)
        + bytes(64) + b"\xff" * 64,
        "d.ppm": b"P6 8 8 255\n" + bytes(96) + b"\xff" * 96,
    }  # fmt: skip
    loaded = data.load(write(tmp_path, files))
    assert "2 pictures have 16 bits per channel: the upper 8 are used" in loaded.notes
    assert (loaded.x_train[:, 0, 0, 0] == 255).sum() == 3
    assert loaded.x_train[0, 7, 0, 0] == loaded.x_train[1, 7, 0, 0] == 0x40


def test_a_set_made_for_training_is_read(tmp_path):
    soft = np.eye(3, dtype=np.float32)[Y]
    path = save(tmp_path, images=X, labels=Y, soft_labels=soft, z_factor=np.float32(1.5))
    loaded = data.load(str(path))
    np.testing.assert_array_equal(loaded.y_train, Y)
    assert loaded.notes == ("left out the other arrays: soft_labels, z_factor",)


@pytest.mark.parametrize(
    "x, y, part",
    [
        (X > 99, Y, "largest pixel value is 1"),
        (X // 16, Y, "largest pixel value is 15, so the images are nearly black: if 15 is "
         'white, convert them with (x * (255 / 15)).round().astype("uint8")'),
        (X, Y * 0, "there is one class only"),
        (X, np.repeat([0, 1], [20, 4]), "from 4 to 20 images: train with --balance"),
        (X, Y, "3 classes have fewer than 50 images: 0 8, 1 8, 2 8"),
        (X * (np.arange(24) != 4)[:, None, None], Y, "1 image is blank"),
    ],
)  # fmt: skip
def test_what_looks_odd_is_a_warning(x, y, part):
    lines = summary_lines(data.load((np.uint8(x), y)))
    assert sum(line.startswith("warning") and part in line for line in lines) == 1, lines


def test_advice_of_a_dark_set_can_be_followed():
    x = X % 17
    with pytest.raises(InputError, match="if 16 is white, with ") as error:
        data.load((x.astype(float), Y))
    (warning,) = (w for w in summary_lines(data.load((x, Y))) if "is white" in w)
    for text in (str(error.value), warning):
        made = eval(text[text.index("(x * ") :], {"x": x})
        assert data.load((made, Y)).x_train.max() == 255


def test_uneven_classes_are_no_warning_where_they_are_balanced():
    loaded = data.load((X, np.repeat([0, 1], [20, 4])))
    for balance, num in (("none", 1), ("sqrt", 0), ("equal", 0)):
        lines = summary_lines(loaded, balance)
        assert sum("train with --balance" in line for line in lines) == num


def test_many_classes_are_capped():
    loaded = data.load((random_images(1500, 4, 4), np.arange(1500)))
    assert max(map(len, summary_lines(loaded))) < 300
    assert class_grid(loaded).shape == (10 * 50, 4, 4, 1)
    np.testing.assert_array_equal(class_grid(loaded)[10 * 7], loaded.x_train[7])
    assert not class_grid(loaded)[71].any()


def test_notes_of_many_names_say_how_many_there_are(tmp_path):
    def note_of(source, part):
        (note,) = (note for note in data.load(source).notes if part in note)
        return note

    others = {f"extra{i:02d}": Y for i in range(12)}
    note = note_of(save(tmp_path, x_train=X, y_train=Y, **others), "left out")
    assert note.endswith("extra08, extra09, ... (12 in all)") and "extra10" not in note
    names = [f"name{i:02d}" for i in range(14)]
    file = save(tmp_path, x_train=X, y_train=Y, class_names=names)
    part = "name11, name12, ... (11 in all): left out as classes"
    assert part in note_of(file, "no image of")
    header = ",".join(["label", *(f"pixel{i}" for i in range(16)), *"abcdefghijkl"])
    file = write_csv(tmp_path, csv([range(29)] * 3, header))
    part = "the columns a, b, c, d, e, f, g, h, i, j, ... (12 in all)"
    assert note_of(file, "columns").endswith(part)


def test_notes_of_names_that_are_no_plain_text_are_plain(tmp_path):
    folder = write(tmp_path, {"x_train.npy": npy(X), "a\udcff\x1b\nb.txt": b"x"})
    notes = data.load(folder).notes
    assert "left out what else is there: a\ufffd\ufffd b.txt" in notes


def test_names_are_those_of_the_labels_from_0_or_as_many_from_1(tmp_path):
    arrays = {"x_train": X, "filenames": np.array(["f.png"] * 24)}
    file = save(tmp_path, y_train=Y * 2, class_names=list("abcde"), **arrays)
    assert data.load(file).class_names == ("a", "c", "e")
    dataset = data.load(save(tmp_path, y_train=Y + 1, class_names=list("abc"), **arrays))
    assert dataset.class_names == ("a", "b", "c")
    assert any("names of the classes are those of the labels" in n for n in dataset.notes)
    assert "left out the other arrays: filenames" in dataset.notes
    save(tmp_path, y_train=Y + 1, class_names=list("ab"), **arrays)
    assert "has the labels 1 to 3, but 2 classes have names" in error_of(file)


def test_a_label_that_may_be_first_or_last_is_not_guessed(tmp_path):
    x = random_images(180, 5, 5).reshape(180, 25)
    labels = np.random.default_rng(0).integers(0, 3, 180)
    for rows in (np.c_[x, labels], np.c_[np.sort(labels), x]):  # the second as photographs
        file = write_csv(tmp_path, csv(rows))
        assert "the label could be the first or the last value" in error_of(file)
    header = ",".join(["label", *(f"pixel{i}" for i in range(25))])
    for content in (csv(rows, header), csv(np.c_[labels, x])):
        assert data.load(write_csv(tmp_path, content)).num_classes == 3
    write_csv(tmp_path, csv(np.c_[x, np.array(["cat", "dog", "eel"])[labels]]))
    assert data.load(file).class_names == ("cat", "dog", "eel")


def test_a_label_in_quotes_has_a_comma(tmp_path):
    names = '"cat"', '"bag, ""blue"""'
    rows = [[names[min(y, 1)], *row[1:]] for y, row in zip(Y, ROWS)]
    quoted = ",".join(f'"{name}"' for name in HEADER.split(","))
    loaded = data.load(write_csv(tmp_path, csv(rows, quoted)))
    assert loaded.class_names == ('bag, "blue"', "cat")
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)


def test_a_column_without_a_name_is_left_out(tmp_path):
    file = write_csv(tmp_path, csv(np.c_[range(24), ROWS], f",{HEADER}"))
    assert "d.csv: left out the columns without a name" in data.load(file).notes


def test_names_in_a_zip_are_utf_8_with_or_without_the_flag(tmp_path):
    class Info(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):  # as macOS writes it
            return self.filename.encode(), 0

    for name in ("K\xe4tzchen", "\u732b"):
        with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
            for i in range(3):
                archive.writestr(Info(f"{name}/{i}.png"), png(X[i]))
                archive.writestr(f"dog/{i}.png", png(X[i]))
        assert set(data.load(tmp_path / "d.zip").class_names) == {name, "dog"}


def test_names_that_look_alike_are_one_class_or_are_refused(tmp_path):
    composed, decomposed = "caf\xe9", "cafe\u0301"
    pairs = (X, np.array([composed, "b"] * 12)), (X, np.array([decomposed, "b"] * 12))
    assert data.load(pairs).class_names == ("b", composed)
    for names in ((composed, decomposed), ("cat", "cat ")):
        files = {f"{name}/{i}.png": png(X[i]) for name in names for i in range(3)}
        (tmp_path / names[0]).mkdir()
        for make in (write, write_zip):
            assert "has two classes called" in error_of(make(tmp_path / names[0], files))
    y = np.arange(len(X)) % 2
    np.savez(tmp_path / "d.npz", x_train=X, y_train=y, class_names=["cat", "cat "])
    assert "has two classes called cat" in error_of(tmp_path / "d.npz")


def test_arrays_whose_last_axis_is_that_of_the_images_are_not_guessed(tmp_path):
    np.save(tmp_path / "x.npy", np.resize(X, (300, 8, 8)).transpose(1, 2, 0))
    for settings in ({}, {"size": "8"}):
        message = error_of(tmp_path / "x.npy", **settings)
        assert "these are 300 images, transpose them with x.transpose(2, 0, 1)" in message
    np.save(tmp_path / "x.npy", X.transpose(1, 2, 0))
    (note,) = (n for n in data.load(tmp_path / "x.npy").notes if "transpose" in n)
    assert "is taken as 8 images 8 high and 24 wide; if it is 24 images" in note


def test_what_cannot_be_read_is_one_line(tmp_path, monkeypatch):
    packed = bytearray(gzip.compress(csv(ROWS)))
    packed[900:964] = bytes(64)
    file = write_csv(tmp_path, bytes(packed), "d.csv.gz")
    assert "d.csv.gz: cannot be read" in error_of(file)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(data.sniff, "unpacked_head", refuse)
    assert "check who may read it" in error_of(file)


def test_pictures_that_are_all_bad_are_named(tmp_path):
    folder = write(tmp_path, {f"a/{i}.png": png(X[i])[:60] for i in range(3)})
    assert "a/0.png" in error_of(folder, skip_bad=True)
    assert "no picture can be read; replace them" in error_of(folder)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("classes", ["", "0/"])
def test_pictures_that_are_all_bad_in_one_split_are_named(tmp_path, split, classes):
    files = {f"{s}/{classes}{i}.png": png(X[i]) for s in ("train", "test") for i in (1, 2)}
    bad = {name: x[:-30] for name, x in files.items() if name.startswith(split)}
    folder = write(tmp_path, files | bad)
    for skip_bad in (False, True):
        message = error_of(folder, skip_bad=skip_bad)
        assert all(f"{name}: cannot be read as a picture" in message for name in bad)
        assert message.endswith(f": no picture of {split} can be read; replace them")


@pytest.mark.parametrize(
    "head, kind",
    [("µ;é\n" * 9, "text"), ("пиксель,1\n" * 9, "text"), ("\x01\x90\x02ab" * 9, "unknown")],
)
def test_text_is_utf_8_or_latin_1_without_control_characters(head, kind):
    encodings = ["utf-8"] if "п" in head else ["utf-8", "latin-1"]
    assert {sniff.kind_of(head.encode(name)) for name in encodings} == {kind}


NAMES = {
    "train": "train imagestrain train_images_te devanagari trainval latest contest_images "
    "medieval x_terrain pixel_values intervals device_images developer_images xtr",
    "val": "labelsval MNISTVal cifarval xval validation_images dev x_va",
    "test": "test x_test XTest xte t10k-images-idx3-ubyte testX y_te emnist-letters-test "
    "evaluation_images imagestest mnisttest MNISTTest latest_test T10K-IMAGES",
}


@pytest.mark.parametrize("split, name", [(s, n) for s in NAMES for n in NAMES[s].split()])
def test_split_of_a_name(name, split):
    assert roles.split_of(name) == split
