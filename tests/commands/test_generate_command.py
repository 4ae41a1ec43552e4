import numpy as np
import PIL.Image
import pytest
from tiny import TINY

import gan_tf
from gan_tf import generate as generate_command
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.generate import parse_labels
from gan_tf.sampling import image_io as images

DIGITS = [str(i) for i in range(10)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, blob_file):
    """A folder with runs/acgan and, newer, runs/gan."""
    folder = tmp_path_factory.mktemp("generate")
    for model in ("acgan", "gan"):
        config = Config.from_preset(model, data=str(blob_file), **TINY)
        gan_tf.fit(config, folder / "runs" / model)
    return folder


@pytest.fixture
def command(runs, monkeypatch, tmp_path):
    monkeypatch.chdir(runs)

    def run(*flags, out):
        generate_command.main(["generate", *flags, f"--out={tmp_path / out}"])
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
    ],
)
def test_labels_are_read(text, names, labels):
    assert parse_labels(text, names) == labels


@pytest.mark.parametrize(
    "text, names",
    [
        ("10", DIGITS),
        ("-1", DIGITS),
        ("", DIGITS),
        ("1,,2", DIGITS),
        ("5-12", DIGITS),
        ("9-0", DIGITS),
        ("1-999999", DIGITS),
        ("seven", DIGITS),
        ("٣", DIGITS),
        ("3", ["2", "5", "7"]),
        ("7", []),
    ],
)
def test_labels_that_are_not_there_are_refused_with_what_there_is(text, names):
    with pytest.raises(InputError) as error:
        parse_labels(text, names)
    assert "\n" not in str(error.value) and "label" in str(error.value)


def test_png_is_a_grid_with_rows_in_label_order(command, runs):
    file = command("--label=2,0", "--num=4", "--seed=5", out="a.png")
    grid = images.read_png(file)[..., 0]
    assert grid.shape == (18, 38)
    sampler = gan_tf.load(runs / "runs" / "acgan")
    for row, label in enumerate((2, 0)):
        made = sampler.generate(label=label, num=4, seed=5)
        np.testing.assert_array_equal(
            grid[10 * row : 10 * row + 8, :8], made[0, ..., 0]
        )


def test_npz_holds_images_and_labels(command, runs):
    arrays = np.load(command("--label=0-2", "--num=3", out="a.npz"))
    assert arrays["images"].dtype == np.uint8 and arrays["images"].shape == (9, 8, 8)
    assert arrays["labels"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert np.issubdtype(arrays["labels"].dtype, np.integer)


def test_pixels_do_not_depend_on_num_or_on_the_other_labels(command):
    few = np.load(command("--label=1", "--num=2", out="few.npz"))["images"]
    many = np.load(command("--label=2,1", "--num=70", out="many.npz"))["images"]
    np.testing.assert_array_equal(few, many[70:72])


def test_a_label_that_is_listed_twice_gets_other_images(command):
    made = np.load(command("--label=1,1", "--num=2", out="a.npz"))["images"]
    assert len(np.unique(made, axis=0)) == 4


def test_digits_are_one_strip(command):
    strip = images.read_png(command("--digits=2012", out="a.png"))[..., 0]
    assert strip.shape == (8, 38)
    tiles = [strip[:, x : x + 8] for x in (0, 10, 20, 30)]
    assert not np.array_equal(tiles[0], tiles[3])  # two handwritings of one digit


def test_gif_is_a_walk_that_starts_at_the_png(command):
    png = images.read_png(command("--label=0,2", "--num=1", out="a.png"))[..., 0]
    with PIL.Image.open(command("--label=0,2", "--num=3", out="a.gif")) as gif:
        assert gif.n_frames == 36 and gif.size == (18 * 4, 8 * 4)
        gif.seek(0)
        first = np.array(gif.convert("L"))[::4, ::4]
        gif.seek(18)
        middle = np.array(gif.convert("L"))[::4, ::4]
    np.testing.assert_array_equal(first[:, :8], png[:8])
    np.testing.assert_array_equal(first[:, 10:], png[10:])
    assert not np.array_equal(first, middle)


def test_folder_gets_a_png_an_image_in_a_folder_a_label(command):
    folder = command("--label=0,2", "--num=2", out="made")
    files = sorted(str(f.relative_to(folder)) for f in folder.rglob("*.png"))
    assert files == ["0/00000.png", "0/00001.png", "2/00000.png", "2/00001.png"]
    with pytest.raises(InputError, match="not empty"):
        command("--label=0,2", "--num=2", out="made")


def test_the_newest_run_that_can_do_it_is_taken(command, capsys):
    command("--label=1", out="a.png")
    assert "runs/acgan" in capsys.readouterr().out
    command("--num=2", out="b.png")
    assert "runs/gan" in capsys.readouterr().out


def test_checkpoint_and_weights_are_chosen(command, runs):
    def made(*flags):
        return np.load(
            command("--run_dir=runs/acgan", "--label=1", *flags, out="a.npz")
        )["images"]

    newest = made()
    np.testing.assert_array_equal(newest, made("--checkpoint=4", "--weights=ema"))
    assert not np.array_equal(newest, made("--checkpoint=2"))
    assert not np.array_equal(newest, made("--weights=raw"))


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            ["--run_dir=runs/gan", "--label=7"],
            "label .7. cannot be asked.*unconditional",
        ),
        (["--run_dir=runs/acgan", "--label=7"], "label .7. must be one of 0, 1, 2"),
        (["--run_dir=runs/acgan"], "label is missing: add --label with one of 0, 1, 2"),
        (["--run_dir=nowhere", "--label=1"], "run_dir .nowhere. is not a run"),
        (["--checkpoint=3", "--label=1"], "checkpoint .3. must be one of 2, 4"),
        (["--checkpoint=best", "--label=1"], "checkpoint .best. is not known: none"),
        (["--checkpoint=-1", "--label=1"], "checkpoint .-1. must be a step, or best"),
        (["--weights=best", "--label=1"], "must be one of ema, raw"),
        (["--num=0", "--label=1"], "must be a whole number from 1"),
        (["--seed=-1", "--label=1"], "must be a whole number from 0"),
        (["--seed=x", "--label=1"], "flag --seed=x"),
        (["--label=1", "--digits=12"], "label and digits exclude one another"),
        (["--digits=12", "--num=3"], "num does not go with digits"),
        (["--digits=19"], "digits .9. must be one of"),
        (["--label="], "label"),
        (["--run_dir="], "flag --run_dir="),
    ],
)
def test_bad_input_is_refused_in_one_line(command, flags, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        command(*flags, out="a.png")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_of_file_is_refused_before_anything_is_made(command, tmp_path):
    with pytest.raises(InputError, match="must end in .png, .gif or .npz"):
        command("--label=1", out="a.jpg")
    assert not list(tmp_path.iterdir())


def test_no_run_at_all_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no run under runs/ holds a model that takes"):
        generate_command.main(["generate", "--label=1"])
