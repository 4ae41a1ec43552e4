"""Folders of pictures, good and damaged."""

import gzip
import json
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from data_helpers import encoded, error_of, idx_bytes, png, write
from tiny import little_memory, random_images

from gan_tf import data
from gan_tf.data import validation
from gan_tf.data.report import summary_lines


def picture(mode="L", size=(5, 6), value=0, form="PNG", **options):
    return encoded(PIL.Image.new(mode, size, value), form, **options)


def test_class_folders(tmp_path):
    files = {}
    for value, name in [(1, "1"), (10, "10"), (2, "2")]:
        files[f"{name}/b.png"] = picture(value=value)
        files[f"{name}/a.BMP"] = picture(value=value + 100, form="BMP")
    loaded = data.load(write(tmp_path, files))
    assert loaded.name == "d" and loaded.class_names == ("1", "2", "10")
    # Numbered files keep their order, whatever folder they are in.
    assert loaded.y_train.tolist() == [0, 1, 2, 0, 1, 2]
    assert loaded.y_train.dtype == np.int32
    assert loaded.x_train.shape == (6, 6, 5, 1)  # 5 wide, 6 high
    assert loaded.x_train[:, 3, 3, 0].tolist() == [101, 102, 110, 1, 2, 10]
    assert loaded.x_test is None and loaded.y_test is None


def test_grey_pictures_of_mixed_modes_are_one_dataset_without_labels(tmp_path):
    files = {"10.png": picture("1", value=1), "9.png": picture(value=200)}
    files["2.png"] = picture("LA", value=(100, 255))
    files["1.jpg"] = picture(value=50, form="JPEG")
    loaded = data.load(write(tmp_path, files))
    assert loaded.image_shape == (6, 5, 1)
    assert loaded.y_train is None and loaded.num_classes == 0
    assert loaded.x_train[:, 0, 0, 0].tolist() == [50, 100, 200, 255]


def test_colour_pictures_of_mixed_modes_are_one_dataset(tmp_path):
    red = PIL.Image.new("RGB", (8, 8), (255, 0, 51))
    for name in ("RGB.jpeg", "RGBA.png", "P.png", "P.gif", "CMYK.jpg", "RGB.bmp"):
        red.convert(name.split(".")[0]).save(tmp_path / name)
    black = PIL.Image.new("RGB", (8, 8))
    red.save(tmp_path / "film.gif", save_all=True, append_images=[black])
    loaded = data.load(str(tmp_path))
    assert loaded.x_train.shape == (7, 8, 8, 3)
    np.testing.assert_allclose(loaded.x_train - np.full(3, (255, 0, 51)), 0, atol=8)
    assert "1 picture has several frames: the first one is used" in loaded.notes
    assert "1 picture of the colours CMYK: converted to RGB" in loaded.notes


def test_palette_with_transparency_is_no_warning(tmp_path):
    palette = PIL.Image.new("P", (8, 8))
    palette.putpalette(bytes(range(256)) * 3)
    palette.putpixel((0, 0), 9)
    palette.save(tmp_path / "a.png", transparency=bytes(range(256)))
    assert data.load(str(tmp_path)).image_shape == (8, 8, 1)


def test_hidden_files_other_files_and_a_link_to_the_parent_are_ignored(tmp_path):
    files = {"cat/up": ".."}
    files |= dict.fromkeys(["cat/._a.png", "cat/Thumbs.db", "README.txt"], b"x")
    files |= {"cat/a.png": GREY, ".cache/a.png": picture(size=(9, 9))}
    loaded = data.load(write(tmp_path, files))
    assert loaded.class_names == ("cat",) and len(loaded.x_train) == 1
    assert loaded.notes == ("left out files that are no pictures: 1 .txt, 3 hidden",)


@pytest.mark.parametrize("link", ["test/cat", "A", "test"])
def test_a_link_to_a_folder_beside_it_is_read(tmp_path, link):
    files = {"train/cat/a.png": GREY, "train/dog/a.png": GREY, "test/dog/b.png": GREY}
    target = {"test/cat": "../train/cat", "A": "train", "test": "train"}[link]
    if link != "test/cat":
        del files["test/dog/b.png"]
    loaded = data.load(write(tmp_path, files | {link: target}))
    if link == "A":  # a class, as is the folder train
        assert loaded.class_names == ("A", "train") and len(loaded.x_train) == 4
    else:
        assert loaded.class_names == ("cat", "dog")
        assert loaded.y_test.tolist() == [0, 1]


def test_a_table_in_a_folder_beside_pictures_is_named(tmp_path):
    columns = ["label", *(f"pixel{i}" for i in range(64))]
    table = "\n".join([",".join(columns), ",".join(["0"] * 65)]).encode()
    files = {"signs.png": GREY, "sign_train/sign_train.csv": table}
    message = error_of(write(tmp_path, files))
    assert "tables (sign_train/sign_train.csv)" in message


GREY = png(random_images(6, 5))
NOISE = random_images(64, 64)  # does not compress: it can be cut


def bomb(side):
    """A PNG that claims to be of that size."""
    header = b"IHDR" + struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)
    return GREY[:12] + header + struct.pack(">I", zlib.crc32(header)) + GREY[33:]


ERRORS = [
    ({}, "has no pictures, IDX files, .npz, .npy or .csv files: it holds nothing"),
    (
        {"a/1.png": GREY, "b/2.png": picture(size=(6, 5))},
        "b/2.png: is 6x5, but a/1.png is 5x6, and all images must have one size (2 sizes, "
        "most often 5x6): choose one with --size",
    ),
    ({"a.png": GREY, "cat/a.png": GREY}, "has both pictures and subfolders"),
    ({"notes.txt": b"x" * 9}, "it holds 1 .txt"),
    ({".a.png": GREY}, "it holds 1 hidden"),
    ({"cat/a.png": GREY, "dog/deeper/notes.txt": b"x"}, "dog: has no pictures"),
    ({"cat/a.png": GREY, "dog/notes.txt": b"x"}, "dog: has no pictures"),
    ({"cat/a.png": GREY, "dog/a.jpg": b"\0\0\0\x18ftypheic"}, "dog/a.jpg: cannot be read"),
    ({"train/a.png": GREY, "test/dog/a.png": GREY, "test/b.png": GREY}, "has both"),
    ({"train/cat/a.png": GREY, "test/dog/a.png": GREY}, "has the label dog, but the"),
    *(({f"{k}/a.png": GREY}, "not plain text") for k in ("a\udcff", "a\nb", "\x1b", " ")),
    *(({"a.png": picture(size=(n, 8))}, "a.png: is 8 pixels high and") for n in (3, 257)),
    *(({"a.png": picture(size=(8, n))}, "8 wide, but sides") for n in (3, 257)),
    *(({"a.png": picture("I;16"), "b.png": picture(m)}, "a.png: has 16 bits per pixel, but "
       "b.png has 8, or is in colour: save all of them alike") for m in ("L", "RGB")),
    ({"a.tiff": picture("F", form="TIFF")}, "a.tiff: has 32-bit floats"),
    ({"a.png": picture(value=3), "b.png": picture(value=3)}, "every image is 3: there is"),
    ({"a\nb.png": b"x"}, "a b.png"),
    # Below and above the sizes at which Pillow warns and raises.
    *(({"a.png": bomb(n)}, "a.png: ") for n in (5_000, 10_000, 60_000)),
    ({"cat/a.png": GREY, "loop": "loop"}, "cannot be listed"),
    ({"cat/a.png": GREY, "x": "y", "y": "x"}, "cannot be listed"),
    ({"a.png": "b.png", "b.png": "a.png"}, "cannot be listed"),
    ({"cat/a.png": GREY, "here": "."}, "here: has no pictures"),
    *(
        ({"a.png": target}, "a.png: cannot be read")
        for target in ("gone.png", "/etc/hostname", "/dev/zero")
    ),
    *(
        ({"a.png": GREY, "b.png": content}, f"b.png: cannot be read as a picture ({why}")
        for content, why in {
            **{b"": "is empty", b"x": "is text", b"GIF89a": "damaged"},
            **{b"\x89PNG\r\n\x1a\n" + b"0" * 50: "", b"<svg/>": "is an SVG"},
            **{b"<!DOCTYPE html>": "is a web page", b"\x80\x04x": "is a pickle"},
            b"\0\0\0\x18ftypheic": "is a HEIC picture, which Pillow cannot read",
        }.items()
    ),
    *(
        ({f"a.{form}": content[: len(content) * part // 8]}, f"a.{form}: cannot be")
        for form in ("png", "jpeg", "bmp", "gif")
        for content in [png(NOISE, form)]
        for part in (0, 1, 4, 7)
    ),
]


@pytest.mark.parametrize(
    "files, part", ERRORS, ids=[f"{i}-{part}" for i, (_, part) in enumerate(ERRORS)]
)
def test_folders_that_are_refused(tmp_path, files, part):
    folder = write(tmp_path, files)
    with little_memory():
        message = error_of(folder)
    assert message.startswith(f"data ({folder}): ") and part in message


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "b.png")
    assert "b.png: cannot be read" in error_of(tmp_path)


def pack(folder, name="packed.zip"):
    """Writes a ZIP of what is in `folder`, beside it, and returns that."""
    path = folder.parent / name
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def of_names(*names):
    """Returns {name: a picture}."""
    return dict.fromkeys(names, GREY)


def classes_in(*folders):
    return [f"{folder}/{c}/{folder[-3:]}{k}.png" for folder in folders
            for c in ("cat", "dog") for k in range(2)]  # fmt: skip


# {name: (pictures, folders of training and of test, of the test's split, others)}
SPLIT_LIKE = {
    "Intel": (
        [*classes_in("seg_train/seg_train", "seg_test/seg_test"), "seg_pred/more/1.png"],
        ("seg_train", "seg_test", "test", ["seg_pred"]),
    ),
    "ASL": (
        [*classes_in("asl_alphabet_train/asl_alphabet_train"),
         "asl_alphabet_test/asl_alphabet_test/A_test.png"],
        ("asl_alphabet_train", "asl_alphabet_test", "test", []),
    ),
    "MNIST": (
        [*classes_in("trainingSet/trainingSet"), "testSet/testSet/1.png",
         "trainingSample/trainingSample/1/2.png"],
        ("trainingSet", "testSet", "test", ["trainingSample"]),
    ),
    "cats and dogs": (
        classes_in("training_set/training_set", "test_set/test_set"),
        ("training_set", "test_set", "test", []),
    ),
    "images": (
        ["train_images/1.png", "test_images/2.png"],
        ("train_images", "test_images", "test", []),
    ),
    "numbered": (["train/1.png", "test1/2.png"], ("train", "test1", "test", [])),
    "GTSRB": (
        [*classes_in("Train"), "Test/1.png", "Meta/1.png"],
        ("Train", "Test", "test", ["Meta"]),
    ),
    "validation": (classes_in("train2017", "val2017"), ("train2017", "val2017", "val", [])),
}  # fmt: skip


@pytest.mark.parametrize("root", ["", "all/"])
@pytest.mark.parametrize("names, parts", SPLIT_LIKE.values(), ids=SPLIT_LIKE)
def test_folders_that_look_like_splits_are_no_classes(tmp_path, names, parts, root):
    folder = write(tmp_path, of_names(*(root + name for name in names)))
    train, test, split, others = parts
    message = error_of(folder)
    more = " and move the others out" * bool(others)
    assert f"{train} and {test} look like splits: give {root}{train} itself, or" in message
    assert message.endswith(f"or rename the two to train and {split}{more}")
    advice = f"splits: unpack the archive and give {root}{train} itself"
    assert advice in error_of(pack(folder))
    # Both pieces of advice work.
    num_train = sum(name.startswith(f"{train}/") for name in names)
    given = data.load(folder / root / train)
    for name in others:
        shutil.rmtree(folder / root / name)
    for old, new in ((train, "train"), (test, split)):  # Train is train on some disks
        (folder / root / old).rename(folder / root / "new").rename(folder / root / new)
    renamed = data.load(folder)
    for loaded in (given, renamed):
        assert len(loaded.x_train) == num_train
        assert (loaded.y_train is None) == (num_train == 1)
        assert loaded.class_names == (("cat", "dog") if num_train > 1 else ())
    assert len(renamed.x_test) == sum(name.startswith(f"{test}/") for name in names)


def test_the_folder_in_a_split_of_its_name_is_said(tmp_path):
    names = classes_in("train/Training", "test/seg_test")
    loaded = data.load(write(tmp_path, of_names(*names)))
    assert loaded.class_names == ("cat", "dog") and loaded.y_test.tolist() == [0, 1, 0, 1]
    note = "the folders test/seg_test, train/Training are taken as those around them"
    assert note in loaded.notes


@pytest.mark.parametrize("inner", [("cat/", "dog/"), ("", "")])
def test_splits_one_level_up_are_not_said_to_be_classes(tmp_path, inner):
    splits = "train", "test"
    names = [f"all/{s}/{c}{s}{i}.png" for s in splits for i, c in enumerate(inner)]
    folder = write(tmp_path, of_names(*names))
    for source in (folder, pack(folder)):
        note = "the folders test, train are taken as splits, not as classes"
        assert data.load(source).notes == (note,)
    names = [f"all/{c}/{s}/{c}{s}.png" for s in splits for c in ("cat", "dog")]
    (tmp_path / "other").mkdir()
    loaded = data.load(write(tmp_path / "other", of_names(*names)))
    assert "the classes are the folders in all" in loaded.notes


def test_a_class_in_a_class_is_refused(tmp_path):
    names = ["ill/1.png", "well/2.png", "cells/ill/1.png", "cells/well/2.png"]
    folder = write(tmp_path, of_names(*names))
    assert "cells/ill: has the name of the class ill, but" in error_of(folder)
    assert data.load(folder / "cells").class_names == ("ill", "well")
    shutil.move(folder / "cells", tmp_path)
    assert len(data.load(folder).x_train) == 2


@pytest.mark.parametrize("split", ["", "train/"])
def test_subfolders_of_a_class_are_said_to_be_no_classes(tmp_path, split):
    names = ["fold1/a/1.png", "fold1/b/2.png", "fold2/a/3.png", "fold2/b/c/4.png"]
    folder = write(tmp_path, of_names(*(split + name for name in names)))
    if split:
        write(tmp_path, of_names("test/fold1/9.png"))
    note = "pictures in subfolders, such as fold1/a, belong to the class fold1"
    advice = ": give fold1 itself if its subfolders are the classes"
    assert note + advice * (not split) in data.load(folder).notes
    if not split:
        unpack = advice.replace("give", "unpack the archive and give")
        assert note + unpack in data.load(pack(folder)).notes
        assert data.load(folder / "fold1").class_names == ("a", "b")


def test_one_subfolder_of_a_class_is_no_note(tmp_path):
    folder = write(tmp_path, of_names("cat/more/1.png", "cat/2.png", "dog/more/3.png"))
    assert data.load(folder).notes == ()


@pytest.mark.parametrize(
    "names",
    [("annotations", "images"), ("images", "masks"), ("JPEGImages", "SegmentationClass")],
)
def test_pictures_and_their_masks_are_a_warning(tmp_path, names):
    folder = write(tmp_path, of_names(*(f"{name}/1.png" for name in names)))
    text = "names of classes look like pictures and their masks"
    assert any(text in line for line in summary_lines(data.load(folder)))
    write(tmp_path, of_names("cat/1.png"))
    assert not any(text in line for line in summary_lines(data.load(folder)))


@pytest.mark.parametrize(
    "names",
    [
        [f"{name}/1.png" for name in ("train", "bus", "test tubes")],
        [f"{n}/1.png" for n in ("train_station", "valley", "contest", "developer")],
        [f"{label}/{writer}/1.png" for label in "012" for writer in "012"],
    ],
)
def test_names_that_only_resemble_splits_or_classes_are_classes(tmp_path, names):
    loaded = data.load(write(tmp_path, of_names(*names)))
    assert set(loaded.class_names) == {name.split("/")[0] for name in names}


@pytest.mark.parametrize(
    "header, names, classes",
    [
        ([f"mfcc{i}_mean" for i in range(20)], ["pop/1.png", "ska/1.png"], ("pop", "ska")),
        (["image_id", "5_o_clock", *(chr(97 + k) * 3 for k in range(20))], ["a.png"], ()),
    ],
    ids=["features", "attributes"],
)
def test_a_table_about_pictures_is_none_of_images(tmp_path, header, names, classes):
    text = ",".join(header) + "\n" + ",".join("1" * len(header))
    loaded = data.load(write(tmp_path, {"a.csv": text.encode(), **of_names(*names)}))
    assert len(loaded.x_train) == len(names) and loaded.class_names == classes
    assert any("a.csv is not read" in note for note in loaded.notes) == (not classes)


@pytest.mark.parametrize(
    "stems, is_same",
    [
        (["cat", "dog"], True),
        ("12", False),
        ("ab", False),
        (["img_1", "img_2"], False),
        (["a pet", "a pet (1)"], False),
    ],
)
def test_classes_of_the_same_files_are_a_note(tmp_path, stems, is_same):
    names = [f"{c}/{stem}.png" for c in ("16x16", "32x32") for stem in stems]
    notes = data.load(write(tmp_path, of_names(*names))).notes
    text = "the classes 16x16 and 32x32 have files of the same names"
    assert is_same == any(text in note for note in notes)


@pytest.mark.parametrize(
    "files, named",
    [
        (["metadata.csv"], "metadata.csv is"),
        (["train/_classes.csv", "test/_classes.csv"], "test/_classes.csv, train/_classes"),
        (["metadata.jsonl"], "metadata.jsonl is"),
    ],
)
@pytest.mark.parametrize("folder", ["train/", "images/"])
def test_tables_beside_pictures_without_labels_are_named(tmp_path, files, named, folder):
    source = write(tmp_path, of_names(f"{folder}1.png", f"{folder}2.png"))
    if folder == "train/":
        write(tmp_path, of_names("test/3.png"))
    elif "/" in files[0]:
        files, named = ["images/labels.csv"], "images/labels.csv is"
    write(tmp_path, dict.fromkeys(files, b"file_name,label\n1.png,3\n"))
    (note,) = [n for n in data.load(source).notes if "not read" in n]
    assert note.startswith(named)
    assert note.endswith("not read: labels come from class folders (or dataset.json)")


def table():
    """Returns a CSV file of four images."""
    rows = [["label", *(f"pixel{i}" for i in range(16))]]
    rows += [[k % 2, *range(k, k + 16)] for k in range(4)]
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


@pytest.mark.parametrize("name", ["a.png", "more/a.png"])
@pytest.mark.parametrize("make", [bytes, gzip.compress])
def test_pictures_beside_tables_of_images_are_refused(tmp_path, name, make):
    ending = ".csv.gz" if make is gzip.compress else ".csv"
    tables = {f"sign_{s}{ending}": make(table()) for s in ("train", "test")}
    folder = write(tmp_path, {name: GREY, **tables})
    part = f"has both pictures ({name}) and tables (sign_train{ending}): "
    for source, give in ((folder, ""), (pack(folder), "unpack the archive and ")):
        message = error_of(source)
        assert f"{part}{give}give that file, or move the" in message
    assert len(data.load(folder / f"sign_train{ending}").x_train) == 4
    shutil.move(folder / name.split("/")[0], tmp_path)
    loaded = data.load(folder)
    assert len(loaded.x_train) == len(loaded.x_test) == 4


def test_idx_files_in_a_subfolder_lead_there(tmp_path):
    images = idx_bytes(random_images(4, 8, 8))
    files = {"MNIST/raw/train-images-idx3-ubyte.gz": gzip.compress(images)}
    folder = write(tmp_path, files)
    what = "train-images-idx3-ubyte.gz is an IDX file: "
    assert error_of(folder).endswith(f"{what}give its folder, MNIST/raw")
    assert len(data.load(folder / "MNIST" / "raw").x_train) == 4
    advice = "unpack the archive and give its folder, MNIST/raw"
    assert error_of(pack(folder)).endswith(what + advice)
    advice = f"{what}unpack the archive and give the folder"
    assert error_of(pack(folder / "MNIST" / "raw")).endswith(advice)
    copy = "t10k-images-idx3-ubyte/t10k-images-idx3-ubyte"
    (tmp_path / "both").mkdir()
    both = write(tmp_path / "both", {copy: images, "train-images.idx3-ubyte": images})
    assert error_of(pack(both)).endswith("unpack the archive and give the folder")
    assert len(data.load(both).x_train) == 4
    for name in "drawings", "kmnist-idx3-ubyte":
        (tmp_path / name).mkdir()
        folder = write(tmp_path / name, {name: images})
        assert error_of(folder).endswith(f"{name} is an IDX file: give its path")
        assert len(data.load(folder / name).x_train) == 4


def test_array_files_in_a_subfolder_lead_there(tmp_path):
    np.savez(tmp_path / "x.npz", random_images(4, 8, 8))
    content = (tmp_path / "x.npz").read_bytes()
    names = [f"kmnist/kmnist-{split}-imgs.npz" for split in ("test", "train")]
    folder = write(tmp_path, dict.fromkeys(names, content))
    assert error_of(folder).endswith("is a ZIP archive: give its folder, kmnist")
    advice = "unpack the archive and give its folder, kmnist"
    assert error_of(pack(folder)).endswith(advice)
    loaded = data.load(folder / "kmnist")
    assert len(loaded.x_train) == len(loaded.x_test) == 4


def test_thumbnails_are_no_pictures(tmp_path):
    raw = picture("RGB", form="TIFF", tiffinfo={254: 1})  # as Nikon's NEF begins
    names = "cat/1.png", "cat/@eaDir/1.png/SYNO_THUMB.jpg"
    folder = write(tmp_path, {**of_names(*names), "cat/1.nef": raw})
    loaded = data.load(folder)
    assert len(loaded.x_train) == 1
    assert loaded.notes == ("left out files that are no pictures: 1 .nef, 1 hidden",)
    (folder / "cat" / "1.nef").rename(folder / "cat" / "2.tif")
    assert len(data.load(folder).x_train) == 2
    (tmp_path / "raw").mkdir()
    message = error_of(write(tmp_path / "raw", {"1.nef": raw}))
    assert "1.nef cannot be read as a picture: convert it to PNG or JPEG" in message
    np.save(tmp_path / "raw" / "d" / "x.npy", random_images(4, 8, 8))
    folder = write(tmp_path / "raw", of_names("@eaDir/x.jpg", "more/@eaDir/x.jpg"))
    assert len(data.load(folder).x_train) == 4
    (tmp_path / "table").mkdir()
    files = {"train.csv": table(), "@eaDir/train.csv/SYNO_THUMB.jpg": GREY}
    assert len(data.load(write(tmp_path / "table", files)).x_train) == 4


def test_classes_of_another_split_alone_are_refused_before_pictures_are_decoded(tmp_path):
    # As tiny-imagenet-200 has them.
    names = ["train/cat/images/1.png", "train/dog/images/2.png", "val/images/val_3.png"]
    damaged = {name: png(NOISE)[:2000] for name in names}  # the headers are good
    message = error_of(write(tmp_path, damaged))
    assert "the class folders of val: has the label images, but the training" in message
    write(tmp_path, {"train/images/4.png": b"\x89PNG"})
    assert "train/images/4.png: cannot be read" in error_of(tmp_path / "d")


def test_archives_in_archives(tmp_path):
    pictures = write(tmp_path, of_names("cat/1.png", "dog/2.png"))
    (tmp_path / "outer").mkdir()
    shutil.copy(pack(pictures), tmp_path / "outer" / "train.zip")
    outer = tmp_path / "outer"
    assert "train.zip is a ZIP archive: give its path" in error_of(outer)
    advice = "train.zip is a ZIP archive: unpack the outer archive first"
    assert advice in error_of(pack(outer, "outer.zip"))
    shutil.copy(outer / "train.zip", outer / "test.zip")
    message = error_of(outer)
    assert "no pictures, but test.zip, train.zip: unpack each into a folder of" in message
    for split in ("train", "test"):
        shutil.unpack_archive(outer / f"{split}.zip", outer / split)
    assert len(data.load(outer).x_test) == 2


def test_tables_that_are_no_images_are_not_named_as_data(tmp_path):
    folder = write(tmp_path, {"fer2013.csv": b"emotion,pixels,Usage\n0,1 2 3,Training\n"})
    for source in (folder, pack(folder)):
        message = error_of(source)
        assert "it holds 1 .csv; a .csv file needs a line label,pixel0" in message
        assert "unpack" not in message and "itself" not in message
    write(tmp_path, {"more/faces.csv": table()})
    assert "has no pictures, but more/faces.csv: give such a file" in error_of(folder)
    write(tmp_path, {"more/faces.rar": b"\1\2\3" * 9})
    (folder / "more" / "faces.csv").unlink()
    assert "unpack what an archive holds" in error_of(folder)


def test_an_archive_of_the_tables_of_two_splits_is_unpacked(tmp_path):
    names = "sample_submission.csv", "test.csv", "train.csv"
    folder = write(tmp_path, dict(zip(names, (b"ImageId,Label\n1,0\n", table(), table()))))
    advice = "test.csv, train.csv: unpack it and give the folder that holds them"
    assert error_of(pack(folder)).endswith(advice)
    assert len(data.load(folder).x_test) == 4


def late_exif(orientation):
    """A PNG of 16x8 pixels whose orientation follows the pixels, as some programs do."""
    tags = PIL.Image.Exif()
    tags[0x0112] = orientation
    content = png(random_images(1, 8, 16)[0], exif=tags)
    start = content.index(b"eXIf") - 4
    end = start + 12 + struct.unpack(">I", content[start : start + 4])[0]
    last = content.index(b"IEND") - 4
    return content[:start] + content[end:last] + content[start:end] + content[last:]


def test_the_orientation_of_a_png_may_follow_the_pixels(tmp_path):
    loaded = data.load(write(tmp_path, {"1.png": late_exif(6)}))
    (turned,) = loaded.x_train
    np.testing.assert_array_equal(
        turned[..., 0], random_images(1, 8, 16)[0].reshape(8, 16)[::-1].T
    )
    assert "1 picture is turned upright" in loaded.notes[0]


P = png(random_images(1, 8, 8)[0])


@pytest.mark.parametrize(
    "names, part",
    [
        (["cat/1", "cat/dog/2", "dog/3"], "cat/dog: has the name of the class dog"),
        (["cover", "train/1", "test/2"], "cover.png is beside one"),
        (["train/1", "test/cat/2", "test/dog/3"], "has classes in the test folder"),
    ],
)
def test_a_doubtful_folder_is_refused(tmp_path, names, part):
    assert part in error_of(write(tmp_path, {f"{name}.png": P for name in names}))


def test_numbered_folders_in_numbered_classes_are_no_classes(tmp_path):
    names = ["1/2/a", "1/3/b", "2/1/c", "2/5/d"]
    loaded = data.load(write(tmp_path, {f"{name}.png": P for name in names}))
    assert loaded.class_names == ("1", "2")


def test_validation_images_are_the_test_images_where_those_have_no_labels(tmp_path):
    names = ["train/cat/1", "train/dog/2", "val/cat/3", "val/dog/4", "test/5"]
    loaded = data.load(write(tmp_path, {f"{name}.png": P for name in names}))
    assert len(loaded.x_train) == 2 and loaded.y_test.tolist() == [0, 1]
    assert "the 1 test images, without labels, are left out" in loaded.notes


def test_a_path_is_no_name_of_a_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"1.png": P}).rename(tmp_path / "mnist")
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in ("mnist", "~/mnist"):
        assert data.load(Path(path)).x_train.shape == (1, 8, 8, 1)
    assert len(data.load("mnist").x_train) == 60_000


def test_labels_of_a_table_go_with_the_folders_of_splits(tmp_path):
    files = {"train/1.png": P, "train/2.png": P, "test/3.png": P}
    table = {"labels": [[name, i % 2] for i, name in enumerate(files)]}
    loaded = data.load(
        write(tmp_path, {**files, "dataset.json": json.dumps(table).encode()})
    )
    assert loaded.y_train.tolist() == [0, 1] and loaded.y_test.tolist() == [0]
    assert "the folders test, train are taken as splits" in loaded.notes


def test_arrays_beside_pictures_two_folders_below_are_refused(tmp_path):
    folder = write(tmp_path, {"train/cat/1.png": P, "train/dog/2.png": P})
    np.save(folder / "masks.npy", random_images(4, 8, 8))
    assert "has both pictures (" in error_of(folder)


def test_a_zip_of_a_folder_of_arrays_is_refused_with_what_helps(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("x_train", "y_train"):
            archive.writestr(f"arrays/{name}.npy", b"\x93NUMPY")
    assert "unpack the archive and give that folder" in error_of(tmp_path / "a.zip")
    np.savez(tmp_path / "b.npz", x_train=random_images(2, 8, 8))
    with zipfile.ZipFile(tmp_path / "b.npz", "a") as archive:
        archive.writestr("__MACOSX/._x_train.npy", b"of macOS")
    assert len(data.load(str(tmp_path / "b.npz")).x_train) == 2


def test_all_files_of_classes_together_must_fit_into_memory(tmp_path, monkeypatch):
    for name in ("cat", "dog"):
        np.save(write(tmp_path, {}) / f"{name}.npy", random_images(4, 8, 8))
    one = (tmp_path / "d" / "cat.npy").stat().st_size
    monkeypatch.setattr(validation, "MAX_BYTES", one)
    assert "the arrays: would need 512 bytes" in error_of(tmp_path / "d")


def test_damaged_exif_is_no_reason_to_refuse_a_picture(tmp_path):
    content = png(random_images(1, 8, 8)[0], exif=b"Exif\0\0no TIFF header")
    loaded = data.load(write(tmp_path, {"1.png": content}))
    assert loaded.x_train.shape == (1, 8, 8, 1)
