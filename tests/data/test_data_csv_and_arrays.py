"""Layouts of CSV files and arrays as other programs write them: Excel, EMNIST, MATLAB."""

import gzip

import numpy as np
import pytest
from data_helpers import error_of, save, write
from tiny import random_images

from gan_tf import data
from gan_tf.data import sniff
from gan_tf.errors import InputError

X = random_images(24, 8, 8)
X[:, 0, 0] = 0  # a corner is blank, as of most images, and unlike a label
X[:, -1, -1] = 0
Y = np.arange(24) % 3
NAMES = np.array(["Brötchen", "Käse", "Köse"])
HEADER = "label," + ",".join(f"pixel{i}" for i in range(64))


def text(labels=Y, x=X, separator=",", header=HEADER):
    """The text of a CSV file, the label first."""
    rows = [[label, *image] for label, image in zip(labels, x.reshape(len(x), -1))]
    lines = [header.replace(",", separator)] * bool(header)
    return "\r\n".join(lines + [separator.join(map(str, row)) for row in rows])


def write_csv(folder, content, name="t.csv"):
    return write(folder, {name: content}) / name


# --- labels that are not UTF-8 -----------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_excels_labels_keep_their_accents_and_its_header_can_be_printed(tmp_path, pack):
    header, *lines = text(NAMES[Y]).split("\r\n")
    lines = [f"{header},Größe", *(f"{line},1" for line in lines)]
    loaded = data.load(write_csv(tmp_path, pack("\r\n".join(lines).encode("cp1252"))))
    assert loaded.class_names == tuple(NAMES)
    np.testing.assert_array_equal(loaded.y_train, Y)
    note = "t.csv: the labels: are not UTF-8, so they are read as Windows-1252"
    assert note in loaded.notes and "".join(loaded.notes).isprintable()


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_labels_that_are_neither_utf_8_nor_windows_1252_are_refused(tmp_path, form):
    labels = np.array(["a", "\x81\xff", "c"])[Y]
    if form == "npz":
        encoded = np.char.encode(labels, "latin-1")
        source, start = save(tmp_path, x_train=X, y_train=encoded), "y_train: "
    else:
        source = write_csv(tmp_path, text(labels).encode("latin-1"))
        start = "t.csv: the labels: "
    assert f"{start}are neither UTF-8 nor Windows-1252: save" in error_of(source)


@pytest.mark.parametrize("name", ["y_train", "class_names"])
def test_the_bytes_of_an_npz_keep_their_accents(tmp_path, name):
    encoded = np.char.encode(NAMES, "cp1252")
    arrays = {"y_train": Y, name: encoded[Y] if name == "y_train" else encoded}
    loaded = data.load(save(tmp_path, x_train=X, **arrays))
    assert loaded.class_names == tuple(NAMES)
    note = f"{name}: are not UTF-8, so they are read as Windows-1252"
    assert note in loaded.notes


# --- EMNIST as CSV -----------------------------------------------------------------------


def test_emnists_csv_is_turned_upright_and_has_its_characters(tmp_path):
    turned = text(Y + 1, X.transpose(0, 2, 1), header="").encode()
    files = {f"emnist-letters-{split}.csv": turned for split in ("train", "test")}
    files["emnist-letters-mapping.txt"] = b"1 65 97\n2 66 98\n3 67 99\n"
    folder = write(tmp_path, files)
    for source in (folder, folder / "emnist-letters-train.csv"):
        loaded = data.load(source)
        np.testing.assert_array_equal(loaded.x_train[..., 0], X)
        assert loaded.class_names == ("A", "B", "C")
        note = "emnist-letters-train.csv: EMNIST's images are turned upright (transposed)"
        assert note in loaded.notes
    np.testing.assert_array_equal(data.load(folder).x_test[..., 0], X)
    tests = data.load(folder / "emnist-letters-test.csv")
    assert tests.class_names == ("A", "B", "C")
    other = data.load(write_csv(tmp_path, turned, "my-emnist.csv"))
    np.testing.assert_array_equal(other.x_train[..., 0], X.transpose(0, 2, 1))


# --- arrays ------------------------------------------------------------------------------


@pytest.mark.parametrize("images", [X.transpose(1, 2, 0), X[:, :6].transpose(1, 2, 0)])
def test_images_along_the_last_axis_are_refused_with_advice(tmp_path, images):
    message = error_of(save(tmp_path, x_train=images, y_train=Y))
    assert f"24 labels for {len(images)} images" in message
    assert message.endswith("transpose them with x.transpose(2, 0, 1)")
    turned = images.transpose(2, 0, 1)
    np.testing.assert_array_equal(data.load((turned, Y)).x_train[..., 0], turned)
    # Other wrong numbers of labels are refused without that advice.
    message = error_of(save(tmp_path, x_train=X, y_train=Y[:8]))
    assert message.endswith("has 8 labels for 24 images: give one per image")


@pytest.mark.parametrize("labels", [Y, Y[:, None]])
@pytest.mark.parametrize("name", ["olivetti_faces_target", "persons", "y"])
def test_labels_in_a_folder_without_named_images(tmp_path, name, labels):
    folder = write(tmp_path, {})
    np.save(folder / "olivetti_faces.npy", X)
    np.save(folder / f"{name}.npy", labels)
    message = error_of(folder)
    assert f"{name}.npy: is int64 {labels.shape}, which is no array of images" in message
    assert "name the images x_train.npy, and, if these are their labels, " in message
    assert message.endswith("this file y_train.npy")
    (folder / "olivetti_faces.npy").rename(folder / "x_train.npy")
    (folder / f"{name}.npy").rename(folder / "y_train.npy")
    np.testing.assert_array_equal(data.load(folder).y_train, Y)


@pytest.mark.parametrize(
    "labels",
    [
        *(Y, Y.astype(np.uint8)[:, None], Y / 1, np.eye(3)[Y]),
        *(np.array(["0", "1", "2"])[Y], np.array([b"0", b"1", b"2"])[Y]),
    ],
)
def test_the_second_of_two_arrays_without_names_is_of_labels(tmp_path, labels):
    np.savez(tmp_path / "d.npz", X, labels)
    loaded = data.load(tmp_path / "d.npz")
    np.testing.assert_array_equal(loaded.y_train, Y)
    assert "arr_1, one label per image, is taken as the labels" in loaded.notes
    assert not any("left out" in note for note in loaded.notes)


@pytest.mark.parametrize(
    "other", [X, Y[:5], Y / 2, Y - 1, np.arange(24), np.array([{}] * 24)]
)
def test_the_second_of_two_arrays_without_names_that_is_not_of_labels(tmp_path, other):
    np.savez(tmp_path / "d.npz", X, other)
    loaded = data.load(tmp_path / "d.npz")
    assert loaded.y_train is None
    assert "left out the other arrays: arr_1" in loaded.notes
    assert "arr_1 is not taken as labels: if it is, name the arrays x and y" in loaded.notes
    if other.ndim > 1:  # as of images, labels in this order are not mistaken for others
        np.savez(tmp_path / "d.npz", x_train=X, arr_1=Y)
        assert data.load(tmp_path / "d.npz").y_train is None


def test_a_bad_file_in_a_folder_of_arrays_is_named_once(tmp_path):
    def npz(*arrays):
        np.savez(tmp_path / "a.npz", *arrays)
        return (tmp_path / "a.npz").read_bytes()

    one, two, labels, cut = npz(X), npz(X, X), npz(Y), "cannot be read as .npz or .npy ("
    folder = write(tmp_path, {})
    np.save(folder / "cat.npy", X)
    for name, content, part in (
        ("cut.npz", one[:99], cut),
        ("page.npz", b"<html>", "is no .npz file, it is a web page"),
        ("damaged.npz", one.replace(b"(24, ", b"(25, "), cut),
        ("two.npz", two, "has 2 arrays, but in a folder each file has one"),
        ("labels.npz", labels, "arr_0: is int64 (24,), which is no array of images"),
        ("cut.npy", b"\x93NUMPY\1", cut),
        ("short.npy", one[one.index(b"\x93") :][:128], "is damaged: its header promises"),
    ):
        write(tmp_path, {name: content})
        message = error_of(folder)
        assert message.startswith(f"data ({folder}): {name}: {part}")
        assert message.count(name) == 1
        (folder / name).rename(tmp_path / name)
    message = error_of(tmp_path / "damaged.npz")
    assert f"): {cut}" in message


# --- Excel -------------------------------------------------------------------------------


def decimals(x=X, comma=","):
    texts = np.char.replace(np.char.mod("%.3f", x / 255), ".", comma)
    return np.where(x == 0, "0", texts)


@pytest.mark.parametrize("header", [HEADER, ""])
@pytest.mark.parametrize("skip_bad", [False, True])
def test_decimal_commas_are_named(tmp_path, header, skip_bad):
    content = text(x=decimals(np.maximum(X, 1)), separator=";", header=header).encode()
    message = error_of(write_csv(tmp_path, content), skip_bad=skip_bad)
    assert "these are decimal commas: save the numbers with points" in message
    assert "--skip_bad" not in message
    loaded = data.load(write_csv(tmp_path, content.replace(b",", b".")))
    np.testing.assert_array_equal(loaded.y_train, Y)


def test_decimal_commas_without_labels_are_named(tmp_path):
    rows = decimals(np.maximum(X, 1)).reshape(24, 64)
    content = "\n".join(map(";".join, rows)).encode()
    assert "these are decimal commas" in error_of(write_csv(tmp_path, content))


def test_skipping_bad_lines_is_not_advised_where_none_is_good(tmp_path):
    content = text(x=np.char.add("x", X.astype(str))).encode()
    for skip_bad in (False, True):
        message = error_of(write_csv(tmp_path, content), skip_bad=skip_bad)
        assert message.endswith("; the first line has 65: repair the file")


@pytest.mark.parametrize("hint", ["sep=;", '"sep=;"', "SEP=;\r", "\ufeffsep=;"])
@pytest.mark.parametrize("header", [HEADER, ""])
def test_excels_line_of_the_separator_is_skipped(tmp_path, hint, header):
    content = f"{hint}\n{text(separator=';', header=header)}".encode()
    loaded = data.load(write_csv(tmp_path, content))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    np.testing.assert_array_equal(loaded.y_train, Y)


# --- other kinds of file -----------------------------------------------------------------


@pytest.mark.parametrize("value, part", [("inf", "inf, but labels"), ("1e19", "1e+19")])
def test_a_label_that_no_integer_holds_is_named(tmp_path, value, part):
    message = error_of(write_csv(tmp_path, text([value, *Y[1:]]).encode()))
    assert "the labels: " in message and part in message


def test_pixels_that_no_integer_holds_are_of_a_wrong_range(tmp_path):
    x = X.astype(float)
    x[3, 2, 2] = 2**40
    assert "1.09951e+12" in error_of(write_csv(tmp_path, text(x=x).encode()))


def test_arrays_may_have_endings_of_upper_case(tmp_path):
    for name, array in (("X_TRAIN.NPY", X), ("Y_TRAIN.NPY", Y)):
        with open(tmp_path / name, "wb") as file:
            np.save(file, array)
    loaded = data.load(tmp_path)
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    np.testing.assert_array_equal(loaded.y_train, Y)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path, codec):
    file = write_csv(tmp_path, f"\ufeff{text()}".encode(codec))
    assert "it is UTF-16 text: save it as CSV UTF-8" in error_of(file)
    file.write_bytes(text().encode("utf-8-sig"))
    np.testing.assert_array_equal(data.load(file).y_train, Y)


@pytest.mark.parametrize("version", ["5.0", "7.3"])
def test_matlab_files_are_named(version):
    head = f"MATLAB {version} MAT-file, Platform: GLNXA64".encode() + bytes(2)
    assert sniff.describe(head).startswith("is a MATLAB file: save its arrays")


def test_the_column_character_is_the_label_where_none_is_called_label(tmp_path):
    header = ",".join([*HEADER.split(",")[1:], "character"])
    names = [f"character_{k:02}_ka" for k in range(3)]
    lines = [",".join([*map(str, x.ravel()), names[y]]) for x, y in zip(X, Y)]
    loaded = data.load(write_csv(tmp_path, "\n".join([header, *lines]).encode()))
    assert loaded.class_names == tuple(names)
    np.testing.assert_array_equal(loaded.y_train, Y)
    lines = [f"label,{header}", *(f"{i % 2},{line}" for i, line in enumerate(lines))]
    loaded = data.load(write_csv(tmp_path, "\n".join(lines).encode()))
    assert loaded.class_names == ("0", "1")
    assert any("left out the columns character" in note for note in loaded.notes)


# --- tables that are not of images, or not only -------------------------------------------


@pytest.mark.parametrize("field, fault", [(0, "has no label"), (9, "has NaN or infinity")])
def test_a_line_without_a_label_or_a_pixel_is_named_and_can_be_skipped(
    tmp_path, field, fault
):
    lines = text(NAMES[Y]).split("\r\n")
    fields = lines[5].split(",")
    fields[field] = "" if field == 0 else "nan"
    lines[5] = ",".join(fields)
    source = write_csv(tmp_path, "\r\n".join(lines).encode())
    assert f"line 6: {fault}" in error_of(source)
    loaded = data.load(str(source), skip_bad=True)
    np.testing.assert_array_equal(loaded.x_train[..., 0], np.delete(X, 4, axis=0))
    assert loaded.class_names == tuple(sorted(NAMES))


def test_a_bad_line_has_its_number_after_the_first_lines_too(tmp_path):
    lines = text(np.tile(Y, 3), np.tile(X, (3, 1, 1))).split("\r\n")
    lines[53] = "1,2,3"
    source = write_csv(tmp_path, "\n".join(lines).encode())
    assert "t.csv: line 54: has 3 values" in error_of(source)
    loaded = data.load(source, skip_bad=True)
    assert "t.csv: skipped 1 bad line: line 54: has 3 values" in loaded.notes


@pytest.mark.parametrize("row", [0, 7])
def test_an_empty_pixel_of_a_line_is_a_fault_of_that_line(tmp_path, row):
    lines = text(header="").split("\r\n")
    fields = lines[row].split(",")
    fields[9] = ""
    lines[row] = ",".join(fields)
    source = write_csv(tmp_path, "\n".join(lines).encode())
    assert f"t.csv: line {row + 1}: could not convert" in error_of(source)
    loaded = data.load(source, skip_bad=True)
    np.testing.assert_array_equal(loaded.x_train[..., 0], np.delete(X, row, axis=0))
    np.testing.assert_array_equal(loaded.y_train, np.delete(Y, row))


def test_labels_of_a_sorted_file_without_names_are_never_blank_corners(tmp_path):
    rows = np.c_[np.repeat(X, 10, 0).reshape(240, 64), np.repeat([0, 1, 2, 3], 60)]
    source = write_csv(tmp_path, "\n".join(",".join(map(str, r)) for r in rows).encode())
    assert "could be the first or the last value of a line" in error_of(source)
    names = np.array(["ant", "bee", "cat", "dog"])[rows[:, -1]]
    lines = [",".join([n, *map(str, r[:-1])]) for n, r in zip(names, 255 - rows[::-1])]
    lines = [line[:-3] + str(i % 256) for i, line in enumerate(lines)]  # no blank corner
    loaded = data.load(write_csv(tmp_path, "\n".join(lines).encode()))
    assert loaded.class_names == ("ant", "bee", "cat", "dog")
    assert loaded.y_train.tolist() == np.repeat([0, 1, 2, 3], 60).tolist()


def test_a_line_without_its_label_whose_text_has_a_comma_is_named(tmp_path):
    header = ",".join([*HEADER.split(",")[1:], "caption", "label"])
    lines = [",".join([*map(str, x.ravel()), "a", str(y)]) for x, y in zip(X, Y)]
    lines[5] = lines[5].replace(",a,", ',"a, b",').rpartition(",")[0]
    source = write_csv(tmp_path, "\n".join([header, *lines]).encode())
    assert "t.csv: line 7: has 65 values; the first line has 66" in error_of(source)
    loaded = data.load(source, skip_bad=True)
    np.testing.assert_array_equal(loaded.y_train, np.delete(Y, 5))


def test_columns_that_are_no_square_are_counted(tmp_path):
    header = ",label," + ",".join(map(str, range(65)))  # an index, and one more pixel
    rows = [[i, y, *x.ravel(), 0] for i, (y, x) in enumerate(zip(Y, X))]
    content = "\n".join([header, *(",".join(map(str, row)) for row in rows)])
    message = error_of(write_csv(tmp_path, content.encode()))
    assert "has 65 pixels per line (the column 'label' is the label)" in message


def test_pixels_may_be_named_by_numbers_of_row_and_column(tmp_path):
    header = "label," + ",".join(f"{i}.{j}" for i in range(8) for j in range(8))
    loaded = data.load(write_csv(tmp_path, text(header=header).encode()))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)


@pytest.mark.parametrize("value, labels", [("0", "7,"), ("255", "7,"), ("-1.0", "")])
def test_the_names_that_pandas_gives_a_file_without_names_are_no_image(
    tmp_path, value, labels
):
    first = labels + ",".join([value, *(f"{value}.{i}" for i in range(1, 64))])
    rows = text(header="").split("\r\n")
    rows = rows if labels else [row.partition(",")[2] for row in rows]
    content = "\n".join([first, *rows])
    message = error_of(write_csv(tmp_path, content.encode()))
    assert "is how pandas names the columns" in message


def test_the_header_of_savetxt_names_the_labels(tmp_path):
    rows = np.column_stack([Y, X.reshape(24, -1)])
    np.savetxt(tmp_path / "t.csv", rows, "%d", ",", header=HEADER)
    loaded = data.load(tmp_path / "t.csv")
    np.testing.assert_array_equal(loaded.y_train, Y)
    assert loaded.image_shape == (8, 8, 1)


def test_labels_named_class_are_labels_and_classes_are_names(tmp_path):
    np.savez(tmp_path / "a.npz", **{"images": X, "class": Y})
    np.testing.assert_array_equal(data.load(tmp_path / "a.npz").y_train, Y)
    np.savez(tmp_path / "b.npz", images=X, classes=Y)
    with pytest.raises(InputError, match="if these are the labels, name the array"):
        data.load(tmp_path / "b.npz")


def test_images_of_one_value_out_of_range_are_refused_without_a_formula(tmp_path):
    np.save(tmp_path / "images.npy", np.full((4, 8, 8), 300.0))
    with pytest.raises(InputError, match="every value is the same, so save it again"):
        data.load(tmp_path / "images.npy")
