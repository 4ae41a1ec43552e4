"""Files of generated images, and the labels and checkpoints that flags choose."""

import re
from unittest import mock

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
from tiny import random_images, tiny_config

import gan_tf
from gan_tf import generate as generate_command
from gan_tf.data import progress
from gan_tf.errors import InputError
from gan_tf.evaluation.classifier import Classifier
from gan_tf.sampling import image_io, request
from gan_tf.sampling.label_list import parse_labels
from gan_tf.sampling.sampler import Sampler
from gan_tf.training.train_loop import train_and_evaluate

DIGITS = [str(i) for i in range(10)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, copy_run):
    """A folder with runs/acgan and, newer, runs/gan."""
    folder = tmp_path_factory.mktemp("generate")
    for model in ("acgan", "gan"):
        copy_run(model, folder / "runs" / model)
    return folder


@pytest.fixture
def command(runs, monkeypatch, tmp_path):
    monkeypatch.chdir(runs)

    def run(*flags, out):
        generate_command.main(["generate", f"--out={tmp_path / out}", *flags])
        return tmp_path / out

    return run


@pytest.mark.parametrize(
    "text, names, labels",
    [
        ("7", DIGITS, [7]),
        ("0-9", DIGITS, list(range(10))),
        ("2,2,7", DIGITS, [2, 2, 7]),
        ("3-5, 1", DIGITS, [3, 4, 5, 1]),
        ("2,7", ["2", "5", "7"], [0, 2]),
        ("cat,1", ["dog", "cat"], [1, 1]),
        ("0-1", ["dog", "cat"], [0, 1]),
        ("T-shirt", ["T-shirt", "Bag"], [0]),
        ("001-003,002", ["001", "002", "003"], [0, 1, 2, 1]),
        ("a, b,c", ["c", "a, b", "a"], [1, 0]),  # a name with a comma and a blank
        ("e\u0301t\u00e9", ["\u00e9te\u0301", "x"], [0]),  # two forms of each letter
    ],
)
def test_labels_are_read(text, names, labels):
    assert parse_labels(text, names) == labels


UNKNOWN = ["10", "-1", "", "1,,2", "5-12", "9-0", "1-999999", "seven", "٣"]


@pytest.mark.parametrize(
    "text, names", [*((text, DIGITS) for text in UNKNOWN), ("1", ["2", "5"]), ("7", [])]
)
def test_labels_that_do_not_exist_are_refused(text, names):
    with pytest.raises(InputError) as error:
        parse_labels(text, names)
    assert "\n" not in str(error.value) and "label" in str(error.value)


def test_the_advice_about_a_descending_range_works():
    names = ["001", "002", "003"]
    with pytest.raises(InputError, match="must be an ascending range: 001-003$"):
        parse_labels("003-001", names)
    assert parse_labels("001-003", names) == [0, 1, 2]


def test_png_is_a_grid_in_label_order_whose_rows_have_one_label(command, runs):
    file = command("--label=2,0", "--num=20", "--seed=5", out="a.png")
    grid = image_io.read_png(file)[..., 0]
    assert grid.shape == (38, 158)
    sampler = gan_tf.load(runs / "runs" / "acgan")
    for top, label in ((0, 2), (20, 0)):
        images = sampler.generate(label, num=20, seed=5)[..., 0]
        np.testing.assert_array_equal(grid[top : top + 8, :8], images[0])
        np.testing.assert_array_equal(grid[top + 10 : top + 18, 30:38], images[19])
        assert not grid[top + 10 : top + 18, 40:48].any()


def test_a_model_of_one_class_needs_no_label():
    sampler = mock.Mock(class_names=("all",))
    assert request.labels({}, sampler) == [0]
    for name in ("verify", "for_training"):  # a classifier of one class is always sure
        with pytest.raises(InputError, match=f"{name} needs a model of two classes"):
            request.labels({name: 0.9, "label": "all"}, sampler)


def test_digits_are_names_and_no_indices():
    sampler = mock.Mock(class_names=tuple("abcdefghij"))
    with pytest.raises(InputError, match="needs the classes 1, 2, and this run has a"):
        request.labels({"digits": "212"}, sampler)


def test_npz_holds_images_and_labels(command):
    arrays = np.load(command("--label=0-2", "--num=3", out="a.npz"))
    assert arrays["images"].dtype == np.uint8 and arrays["images"].shape == (9, 8, 8)
    assert arrays["labels"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert np.issubdtype(arrays["labels"].dtype, np.integer)


def test_digits_are_one_row_of_a_gif_too(command):
    with PIL.Image.open(command(f"--digits={'0122' * 5}", out="a.gif")) as gif:
        assert gif.size == (4 * (20 * 10 - 2), 4 * 8)


def test_digits_are_one_row(command, runs):
    row = image_io.read_png(command("--digits=2012", "--seed=5", out="a.png"))[..., 0]
    assert row.shape == (8, 38)
    sampler = gan_tf.load(runs / "runs" / "acgan")
    zero, one = (sampler.generate(digit, num=1, seed=5)[0] for digit in (0, 1))
    twos = sampler.generate(2, num=2, seed=5)  # two z of one digit
    tiles = [tile[..., 0] for tile in (twos[0], zero, one, twos[1])]
    assert len({tile.tobytes() for tile in tiles}) == 4
    for x, tile in zip((0, 10, 20, 30), tiles):
        np.testing.assert_array_equal(row[:, x : x + 8], tile)


def test_gif_is_a_walk_that_starts_at_the_png(command):
    png = image_io.read_png(command("--label=0,2", "--num=1", out="a.png"))[..., 0]
    with PIL.Image.open(command("--label=0,2", "--num=3", out="a.gif")) as gif:
        assert gif.n_frames == 36 and gif.size == (18 * 4, 8 * 4)
        frames = PIL.ImageSequence.all_frames(gif, lambda frame: frame.convert("L"))
    first, middle = (np.array(frames[index])[::4, ::4] for index in (0, 18))
    np.testing.assert_array_equal(first[:, :8], png[:8])
    np.testing.assert_array_equal(first[:, 10:], png[10:])
    # A label that is listed twice has one z.
    with PIL.Image.open(command("--label=2,2", "--num=2", out="a.gif")) as gif:
        both = np.array(gif.convert("L"))[::4, ::4]
    np.testing.assert_array_equal(both[:, :8], both[:, 10:])
    assert not np.array_equal(first, middle)


def test_folder_gets_one_png_per_image_and_one_folder_per_label(command):
    folder = command("--label=0,2", "--num=2", out="made")
    files = sorted(str(f.relative_to(folder)) for f in folder.rglob("*.png"))
    assert files == ["0/00000.png", "0/00001.png", "2/00000.png", "2/00001.png"]


def test_a_folder_with_a_dot_is_added_to_and_suffixes_are_of_any_case(command, tmp_path):
    for out in ("v1.2/", "v1.2"):  # new, and existing
        command("--label=2", "--num=2", f"--out={tmp_path}/{out}", out="unused")
    assert len(list((tmp_path / "v1.2" / "2").iterdir())) == 4
    for name, form in (("a.PNG", "PNG"), ("a.JPG", "JPEG"), ("a.jpeg", "JPEG")):
        with PIL.Image.open(command("--label=2", "--num=2", out=name)) as picture:
            assert picture.format == form and picture.size == (18, 8)


@pytest.fixture
def classifier(monkeypatch):
    """An untrained evaluation classifier, which is thus unsure."""
    classifier = Classifier("default", (8, 8, 1), 3, seed=0)
    monkeypatch.setattr("gan_tf.evaluation.load_classifier", lambda x, y: classifier)
    return classifier


@pytest.mark.parametrize(
    "out, rule",
    [
        ("file", "cannot be written where .*file is: name another path"),
        ("mine", "is not empty and has more in it than folders of .png files"),
        ("/dev/null", "must end in .png"),
        ("-", "must end in .png"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_made(
    command, tmp_path, monkeypatch, out, rule
):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    monkeypatch.setattr("gan_tf.startup.import_tensorflow", None)
    flags = ["--label=0", "--out=-"] if out == "-" else ["--label=0"]
    with pytest.raises(InputError, match=rule):
        command(*flags, out=out)


def test_verified_images_have_their_probability(command, classifier, capsys):
    flags = ["--label=0,2", "--num=3", "--run_dir=runs/acgan"]
    with pytest.raises(InputError, match=r"data \(gone.npz\): is not mnist"):
        command(*flags, "--verify", "--data=gone.npz", out="a.npz")
    arrays = np.load(command(*flags, "--verify", "0.34", out="a.npz"))
    text = capsys.readouterr().out
    (drawn,) = re.findall(r"verified  6 images, (\d+) drawn", text)
    assert arrays["num_drawn"] == int(drawn) >= 6
    own = classifier.outputs(arrays["images"]).probabilities[np.arange(6), arrays["labels"]]
    np.testing.assert_allclose(arrays["probabilities"], own, atol=1e-4)
    below = int((arrays["probabilities"] < 0.34).sum())
    assert (f"warning   {below} of them" in text) == bool(below)


@pytest.mark.parametrize(
    "flags, line",
    [
        (["--label=0,2", "--num=65"], "generated 65 of 130 images"),
        (["--label=0", "--num=65", "--verify=0.34"], "drawn     64 images"),
        (["--for_training", "--num=65", "--verify=0.01"], "drawn     64 images"),
    ],
)
def test_what_takes_long_is_shown(command, classifier, monkeypatch, capsys, flags, line):
    monkeypatch.setattr(progress, "_SECONDS", 0)
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0)
    command(*flags, "--run_dir=runs/acgan", out="a.npz")
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_a_set_for_training_is_of_all_classes(command, classifier, monkeypatch, capsys):
    load = gan_tf.data.load

    def unequal(*args, **settings):
        return load(*args, **settings)._replace(y_train=np.repeat([0, 1, 2], [30, 25, 5]))

    monkeypatch.setattr(gan_tf.data, "load", unequal)
    for flags, counts in (["--num=4"], [4, 4, 4]), ([], [30, 25, 5]):
        made = np.load(command("--for_training", "--verify=0.3", *flags, out="a.npz"))
        num = sum(counts)
        drawn, dropped = re.search(
            rf"verified  {num} images, ([0-9,]+) drawn, ([0-9,]+) of them dropped",
            capsys.readouterr().out,
        ).groups()
        assert int(drawn.replace(",", "")) - num == int(dropped.replace(",", ""))
        assert made["images"].shape == (num, 8, 8) and made["z_factor"] == 1.5
        assert np.bincount(made["labels"]).tolist() == counts
        soft = classifier.outputs(made["images"]).probabilities
        np.testing.assert_allclose(made["soft_labels"], soft, atol=1e-4)
        own = made["soft_labels"][np.arange(num), made["labels"]]
        np.testing.assert_array_equal(made["probabilities"], own)
    again = np.load(command("--for_training=1.5", "--verify=0.3", out="b.npz"))
    for name in made.files:
        np.testing.assert_array_equal(made[name], again[name])
    plain = np.load(command("--for_training=1", "--verify=0.3", out="b.npz"))
    other = np.load(command("--for_training", "--verify=0.3", "--seed=1", out="b.npz"))
    for arrays in plain, other:
        assert not np.array_equal(arrays["images"], made["images"])


def test_a_set_for_training_that_cannot_fit_into_memory_is_refused(command, monkeypatch):
    # Less than 16 of each class, the usual num, would take. An image has 8x8 pixels, 5
    # numbers of z and 3 probabilities.
    monkeypatch.setattr(request, "_MAX_BYTES", 47 * (64 + 8 * 5 + 4 * 3))
    name = r"for_training without num \(60 images\) would take 6,960 bytes"
    with pytest.raises(InputError, match=name):
        command("--for_training", out="a.npz")
    with pytest.raises(InputError, match=r"num \(20\) of 3 labels would take 6,960 bytes"):
        command("--for_training", "--num=20", out="a.npz")
    command("--label=1", "--num=52", out="a.npz")  # without probabilities
    with pytest.raises(InputError, match=r"num \(53\) of 1 labels would take 5,512 bytes"):
        command("--label=1", "--num=53", out="a.npz")


def test_a_jpeg_that_is_too_large_is_refused_before_anything_is_made(command, monkeypatch):
    monkeypatch.setitem(image_io._MAX_SIDES, "JPEG", 158)  # 16 images of 8 pixels
    command("--label=0-2,0-2,0,1", "--num=20", out="a.jpg")
    command(f"--digits={'0122' * 4}", out="a.jpg")
    monkeypatch.setattr(Sampler, "generate_from_z", None)
    for flags in (["--label=0-2,0-2,0-2", "--num=20"], [f"--digits=0{'0122' * 4}"]):
        with pytest.raises(InputError, match=r"out \(\S+\): a JPEG has at most 158 pixels"):
            command(*flags, out="b.jpg")


@pytest.mark.slow
def test_data_are_verified_as_the_run_reads_them(tmp_path, blob_file, capsys):
    config = tiny_config("acgan", data=str(blob_file), steps=1, size="9", channels="3")
    train_and_evaluate(config, tmp_path / "r")
    flags = [f"--run_dir={tmp_path / 'r'}", f"--out={tmp_path / 'a.npz'}", "--verify=0.01"]
    with pytest.MonkeyPatch.context() as patch:
        large = Classifier("default", (9, 9, 3), 3, seed=0)
        patch.setattr("gan_tf.evaluation.load_classifier", lambda x, y: large)
        generate_command.main(["generate", "--label=1", "--num=2", *flags])
        assert np.load(tmp_path / "a.npz")["images"].shape == (2, 9, 9, 3)
        assert "note      these are" not in capsys.readouterr().out
        arrays = dict(np.load(blob_file))
        arrays["x_train"][0, 0, 0] ^= 1
        np.savez(tmp_path / "other.npz", **arrays)
        flags.append(f"--data={tmp_path / 'other.npz'}")
        generate_command.main(["generate", "--label=1", "--num=2", *flags])
    assert "note      these are not the run's training images" in capsys.readouterr().out


def test_a_morph_is_a_gif(command):
    with PIL.Image.open(command("--morph=0,2,1", out="a.gif")) as gif:
        assert 36 < gif.n_frames <= 72  # Pillow joins equal frames
        assert gif.size == (32, 32)


def test_the_newest_suitable_run_is_used(command, capsys):
    command("--label=1", out="a.png")
    assert "runs/acgan" in capsys.readouterr().out
    command("--num=2", out="b.png")
    assert "runs/gan" in capsys.readouterr().out


def test_checkpoint_and_weights_are_chosen(command, runs):
    flags = ["--run_dir=runs/acgan", "--label=1"]
    newest = np.load(command(*flags, out="a.npz"))["images"]
    for choice, is_same in [
        (["--checkpoint=4", "--weights=ema"], True),
        (["--checkpoint=2"], False),
        (["--weights=raw"], False),
    ]:
        made = np.load(command(*flags, *choice, out="a.npz"))["images"]
        assert np.array_equal(made, newest) == is_same


@pytest.mark.parametrize(
    "model, label, shape",
    [
        ("gan", None, (28, 27, 3)),
        pytest.param("acgan", 0, (4, 5, 1), marks=pytest.mark.slow),
    ],
)
def test_one_image_of_odd_sides_of_the_only_class(tmp_path, model, label, shape):
    """Fewer images than a batch, too: each is used more than once per step."""
    np.savez(tmp_path / "d.npz", x_train=random_images(1, *shape), y_train=[0])
    config = tiny_config(model, data=str(tmp_path / "d.npz"), steps=1)
    train_and_evaluate(config, tmp_path / "r")
    assert gan_tf.load(tmp_path / "r").generate(label, num=3).shape == (3, *shape)
