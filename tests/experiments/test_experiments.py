"""The experiments run on tiny settings, and the baselines are what they claim to be."""

import collections
import importlib
import io
import itertools
import json
import re
import shutil
import sys
import tarfile
import types
from pathlib import Path

import ablation
import cas
import few_images
import gan_50k
import mutants
import numpy as np
import openmoji
import plots
import pytest
import quality
import records
import sizes
import speed
import tables
import train_classifier
from baselines import multiply_adds, training_rows
from baselines.keras_acgan import ClassicACGAN
from baselines.timing import Worker, compared
from tiny import blobs, tiny_config
from tutorials import steps_in

import gan_tf
from gan_tf.config import Config
from gan_tf.data import load
from gan_tf.models import model_class
from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.sampling import image_io
from gan_tf.training import devices
from gan_tf.training.train_loop import train_and_evaluate

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
TUTORIALS = ("gan_classic", "gan_50k", "gan_deep", "gan_100k", "acgan_classic")


@pytest.fixture(scope="module", autouse=True)
def environment(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # speed.py sets it for itself; here it is reset at the end.
        patch.setenv("CUDA_VISIBLE_DEVICES", "-1")
        # A classifier of the user's cache would not be of the present code.
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def model_of(preset):
    config = Config(preset=preset)
    return model_class(config.model)(config, (28, 28, 1), 10), config


def read(folder, name):
    file = folder / "experiments" / "results" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_runs_once_and_is_printed(name, tmp_path, capsys, monkeypatch):
    script, preset = importlib.import_module(name), name.replace("_", "-")
    script.main(["--quick", f"--out={tmp_path}"])
    training_rows.trainer.cache_clear()
    record = read(tmp_path, f"experiments-{name}")
    assert record["command"] == f"python experiments/{name}.py --quick"
    run = record["runs"][preset]["0"]
    assert run["steps"] == 20 and run["seconds"] > 0
    assert run["curve"]["step"] == [10, 20] and len(run["curve"]["losses/d_loss"]) == 2
    assert sum(run["class_fractions"]) == pytest.approx(1)
    assert run["metrics"]["frechet_ratio"] > record["real"]["frechet_ratio"]
    assert run["hardware"]["cores"] > 0 and "tensorflow" in run["versions"]
    default = "acgan" if name == "acgan_classic" else "gan"
    assert record["runs"][f"{default}, equal time"]["0"]["metrics"]
    assert "skipped" in record["against"] or record["against"]["steps"] == 20
    pictures = tmp_path / "docs" / "images" / "experiments"
    for kind in ("losses.png", "images.png"):
        assert (pictures / f"{name}-{kind}").stat().st_size > 5_000
    if name in ("gan_classic", "gan_100k"):
        run = tmp_path / "runs" / "experiments" / name / f"{preset}-0"
        grids = [image_io.read_png(file) for file in sorted(run.glob("grids/*.png"))]
        assert [grid.shape for grid in grids] == [(118, 118, 3)] * 3
        assert abs(float(grids[0][:28, :28].mean()) - 127) < 30  # untrained
        samples = image_io.read_png(run / "samples" / "00000020.png")
        np.testing.assert_array_equal(grids[2][:28, :28], samples[:28, :28])
        assert (run / "training.gif").exists() == (name == "gan_100k")
    capsys.readouterr()
    tables.main([name, f"--results={tmp_path / 'experiments' / 'results'}"])
    printed = capsys.readouterr().out
    assert f"| {preset}{', 2 seeds' if name == 'gan_classic' else ''} | 20 | " in printed
    assert "| real images | " in printed and "Its own loop" in printed
    monkeypatch.setattr(gan_tf, "fit", None)  # nothing is trained again
    script.main(["--quick", f"--out={tmp_path}"])
    assert read(tmp_path, f"experiments-{name}") == record


def test_medians_seconds_steps_and_complete_runs(tmp_path):
    assert tables.over_seeds([4.0, None, 2.0, 9.0], "{:.1f}") == "4.0 (2.0 - 9.0)"
    assert tables.over_seeds([4.0], "{:.1f}") == "4.0"
    assert tables.over_seeds([None], "") == ""
    rows = [(10, 5.0), (20, 10.0), (25, 2.5)]
    rows = [{"step": s, "speed/steps_per_second": v} for s, v in rows]
    assert records.seconds_at(rows) == {10: 2, 20: 2 + 1, 25: 2 + 1 + 2}
    # 200 steps in 4 seconds with the start-up, then 100 steps/s, then a slow last row.
    rows = [(200, 50.0), (400, 100.0), (600, 100.0), (800, 30.0)]
    rows = [{"step": s, "speed/steps_per_second": v} for s, v in rows]
    assert steps_in(10.0, rows) == 200 + 6 * 100 and steps_in(1.0, rows) == 200
    assert not records.is_complete(tmp_path, 20)
    (tmp_path / "checkpoints").mkdir()
    Checkpoints(tmp_path).index(10).touch()
    assert not records.is_complete(tmp_path, 20)  # interrupted
    Checkpoints(tmp_path).index(20).touch()
    assert records.is_complete(tmp_path, 20)
    # A quick run does not replace a result.
    assert records.parse(records.parser(""), ["--quick"]).out == ROOT / "runs" / "quick"
    assert records.parse(records.parser(""), []).out == ROOT
    for flags in (["--quick"], []):
        with pytest.raises(SystemExit):
            quick = tmp_path / ("full" if flags else "quick")
            records.write(quick / records.RESULTS / "a.json", {})
            if not flags:
                (quick / ".quick").touch()
            records.parse(records.parser(""), [*flags, f"--out={quick}"])


def test_rows_of_other_processes_are_kept(tmp_path):
    file = tmp_path / "new" / "rows.json"
    assert not records.has_row(file, {"name": "a"})
    records.append_row(file, {"name": "a", "seed": 0}, steps=2, real={"x": 1})
    records.write(file, {**(other := records.read(file, {})), "mine": 3})
    records.append_row(file, {"name": "b", "seed": 1}, steps=2, real={"y": 2})
    record = records.read(file, {})
    assert [row["name"] for row in record["rows"]] == ["a", "b"]
    assert record["rows"][0] == other["rows"][0] and record["rows"][0]["hardware"]
    assert (record["steps"], record["real"], record["mine"]) == (2, {"x": 1, "y": 2}, 3)
    assert records.has_row(file, {"name": "a", "seed": 0})
    assert not records.has_row(file, {"name": "a", "seed": 1})


def test_the_forms_of_the_loss_agree_until_the_first_overflows():
    logits = np.linspace(-4, 4, 33, dtype=np.float32)
    exact = np.log1p(np.exp(-logits.astype(np.float64)))
    for real, fake in gan_50k.loss_forms(logits):
        np.testing.assert_allclose(real, exact, rtol=1e-5)
        np.testing.assert_allclose(fake, exact + logits, rtol=1e-5)
    below, above = gan_50k.overflows()
    # sigmoid(l) is 1 where e^-l is below half of float32's step: l = 24 ln 2 or 25 ln 2.
    assert 24 * np.log(2) - 0.01 < above < 25 * np.log(2) + 0.01
    # e^l is 0 below the least normal number, 2^-126, or the least of all, 2^-149.
    assert -150 * np.log(2) < below < -125.9 * np.log(2)
    for which, logit in ((1, above), (0, below)):
        nearer = logit - np.sign(logit) * 2e-4
        first, second = (form[which] for form in gan_50k.loss_forms([logit, nearer]))
        assert np.isinf(first[0]) and np.isfinite(first[1])
        assert second[0] == pytest.approx(abs(logit), rel=1e-6)
    assert gan_50k.largest_difference(4) < 1e-5 < gan_50k.largest_difference(16)


def test_cas_of_sets_for_training(tmp_path, monkeypatch):
    images, labels = blobs(240)
    arrays = dict(x_train=images, y_train=labels, x_test=images, y_test=labels)
    np.savez(tmp_path / "d.npz", **arrays)
    train_and_evaluate(tiny_config("acgan", data=str(tmp_path / "d.npz")), tmp_path / "r")
    names = ["plain", "1.5, dropped, distilled"]
    flags = ["--quick", f"--out={tmp_path}", f"--run_dir={tmp_path / 'r'}", "--rows"]
    cas.main([*flags, *names])
    record = read(tmp_path, "cas")
    assert [row["name"] for row in record["rows"]] == names
    for row in record["rows"]:
        # All of the few training images are held out, and they are the test images.
        assert row["held_out"] == row["test"] and 0 <= row["test"] <= 1
        assert row["settings"] == cas.ROWS[row["name"]]._asdict()
    monkeypatch.setattr(cas, "train", None)  # nothing is measured again
    cas.main([*flags, *names])
    assert read(tmp_path, "cas") == record


def test_the_classifier_of_cas_learns_from_each_epoch():
    images, labels = blobs(240)
    targets = np.eye(3, dtype=np.float32)[labels]
    test, test_labels = blobs(60, seed=1)
    black = images.copy()
    black[:-20] = 0  # of the first epoch only the held-out images can be learnt from
    for order in (1, -1):
        ordered = targets[:, ::order]
        later = itertools.repeat((images, ordered))
        model = cas.train(itertools.chain([(black, ordered)], later), 8, seed=0)
        assert cas.accuracy_of(model, test, np.eye(3)[test_labels][:, ::order]) > 0.9


def test_a_classifier_is_trained_of_data_without_test_images(blob_file, tmp_path, capsys):
    file = tmp_path / "classifier.npz"
    train_classifier.main([f"--data={blob_file}", "--epochs=1", f"--out={file}"])
    assert file.exists()
    assert re.search(r"test accuracy [01]\.\d{4}\n", capsys.readouterr().out)


def test_tiles_are_the_images_of_a_sample_grid(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), dtype=np.uint8)
    image_io.write_image(tmp_path / "grid.png", image_io.grid(images, 10))
    np.testing.assert_array_equal(plots.tiles(tmp_path / "grid.png"), images)


def test_quality_adds_only_what_is_missing(tmp_path):
    flags = ["--quick", "--preset=gan-classic", "--seeds=0", f"--out={tmp_path}"]
    quality.main([*flags, "--curve"])
    (first,) = read(tmp_path, "quality-gan-classic")["seeds"]
    assert [point["step"] for point in first["curve"]] == [2, 4]
    assert first["curve"][-1]["seconds"] == pytest.approx(first["seconds"])
    assert set(first["classifiers"]) == {"default"} and first["steps"] == 4
    assert (tmp_path / "docs" / "images" / "quality.png").stat().st_size > 5_000
    quality.main([*flags, "--slow_metrics"])
    (second,) = read(tmp_path, "quality-gan-classic")["seeds"]
    assert "data_copying_ct" in second["classifiers"]["default"]["metrics"]
    assert second["seconds"] == first["seconds"]  # of the same training
    args = types.SimpleNamespace(slow_metrics=False, audit=True)
    result = {"classifiers": {"default": {"metrics": {"kid": 0.1}}}}
    assert quality.missing(result, args) == [("default, seed 1", False), ("audit", False)]
    args.slow_metrics = True
    assert quality.missing(result, args)[0] == ("default", True)


@pytest.fixture(scope="module")
def some_digits(tmp_path_factory):
    """A file of 600 training and 600 test images of MNIST, with names of the classes."""
    mnist, file = load("mnist"), tmp_path_factory.mktemp("data") / "own.npz"
    keys = "x_train", "y_train", "x_test", "y_test"
    arrays = {key: getattr(mnist, key)[:600] for key in keys}
    np.savez(file, **arrays, class_names=[f"digit {k}" for k in range(10)])
    return file


def test_quality_of_before_a_setting_is_of_its_default(tmp_path, capsys):
    config = Config(preset="acgan-best").as_dict()
    del config["z_scale"]
    file = tmp_path / records.RESULTS / "quality-acgan-best.json"
    records.write(file, {"seeds": [], "config": config})
    with pytest.raises(SystemExit):
        quality.main(["--out", str(tmp_path), "--preset", "acgan-best", "--seeds", "0"])
    assert "has results of other settings (z_scale)" in capsys.readouterr().err


def test_quality_evaluates_other_data_against_their_own_test_images(
    tmp_path, some_digits
):
    file = some_digits
    flags = ["--quick", "--preset=gan-classic", "--seeds=0", f"--out={tmp_path}"]
    quality.main([*flags, f"--data={file}"])
    (result,) = read(tmp_path, "quality-gan-classic-own")["seeds"]
    assert result["command"].endswith(f"--seed 0 --data {file}")
    # Of a classifier of 600 images; that of all of MNIST has .996.
    assert 0.5 < result["classifiers"]["default"]["test_accuracy"] < 0.99
    assert not (tmp_path / "docs").exists()


def test_the_ablation_holds_out_images_and_changes_what_it_names(tmp_path):
    file = tmp_path / "new" / "held_out.npz"
    ablation.hold_out(file, num=100)
    mnist, held = load("mnist"), load(str(file))
    images = np.concatenate([held.x_test, held.x_train])
    labels = np.concatenate([held.y_test, held.y_train])
    assert len(held.x_test) == 100
    both = zip(map(bytes, images), labels)
    assert sorted(both) == sorted(zip(map(bytes, mnist.x_train), mnist.y_train))
    assert held.x_test.tobytes() not in mnist.x_train.tobytes()  # a random choice
    for preset, rows in ablation.ROWS.items():
        for name, settings in rows.items():
            own = Config(preset=preset, steps=ablation.STEPS[preset]).as_dict()
            changed = {k for k, v in settings.items() if own.get(k) != v}
            assert changed == set(settings) and bool(settings) == (name != "unchanged")


def test_few_images_trains_on_a_subset_and_compares_with_all(tmp_path, some_digits):
    flags = ["--quick", f"--out={tmp_path}", f"--data={some_digits}", "--per_class=20"]
    few_images.main([*flags, "--rows", "plain"])
    (row,) = read(tmp_path, "few_images")["rows"]
    assert row["per_class"] == 20 and row["settings"]["steps"] == 2
    subset = load(str(next(tmp_path.glob("runs/few_images/own-20.npz"))))
    assert np.bincount(subset.y_train).tolist() == [20] * 10
    assert subset.class_names == load(str(some_digits)).class_names
    assert len(subset.x_test) == 600 and "data_copying_ct" in row["metrics"]


def test_few_images_refuses_a_row_that_it_does_not_have(capsys):
    for flags, row in (["plain", "LeCam 0.1"], "LeCam 0.1"), (["plain"], "plain"):
        start = ["--init_from=runs/acgan"] * (len(flags) == 1)
        with pytest.raises(SystemExit):
            few_images.main(["--rows", *flags, *start])
        assert f"--rows ({row}) must be of " in capsys.readouterr().err
    # A row of --init_from would otherwise be taken for the one without it.
    assert not few_images.ROWS.keys() & few_images.TRANSFER.keys()


def test_speed_measures_the_rows_of_the_command(tmp_path):
    speed.main(["--quick", "--rows", *"13458", f"--out={tmp_path}"])
    training_rows.trainer.cache_clear()
    record = read(tmp_path, "speed")
    assert record["command"] == "python experiments/speed.py --quick --rows 1 3 4 5 8"
    num = 3 * (1 + devices.multiplies_bfloat16())
    assert [row["row"] for row in record["rows"]] == [1, *[3] * num, 4, 4, 5, 8]
    for row in record["rows"]:
        if "skipped" not in row:
            assert row["ours"] in row["rounds"] and row["against"] in row["rounds"]
            assert 0 < row["ratio_least"] <= row["ratio_greatest"]
    # A row compares with the best of the others.
    values = {"a": [6.0, 9.0, 6.0], "b": [3.0, 3.0, 1.0], "c": [2.0, 2.0, 2.0]}
    row = compared("speed", "steps/s", values)
    assert (row["ours"], row["against"], row["ratio"]) == ("a", "b", 2.0)
    assert (row["ratio_least"], row["ratio_greatest"]) == (2.0, 6.0)
    row = compared("time", "s", values)
    assert (row["against"], row["ratio"]) == ("c", 3.0)


def test_a_baseline_has_the_kernels_that_tensorflow_chooses(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")  # as the import of gan_tf sets it
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho ready ${TF_ENABLE_ONEDNN_OPTS-unset}\n")
    python.chmod(0o700)
    with Worker(str(python), "any", []) as worker:
        assert worker.version == "unset"


def test_the_row_of_the_gpu_is_measured_on_any_device_and_alone(tmp_path, capsys):
    with pytest.raises(SystemExit):
        speed.main(["--quick", "--rows", "1", "gpu"])
    assert "must be measured alone" in capsys.readouterr().err
    speed.main(["--quick", "--rows", "gpu", f"--out={tmp_path}"])
    training_rows.trainer.cache_clear()
    rows = read(tmp_path, "speed-gpu")["rows"]
    assert len(rows) == 4 and all(row["medians"]["defaults"] > 0 for row in rows)
    assert all((row["busy"] is None) == (not shutil.which("nvidia-smi")) for row in rows)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux only")
def test_sizes_compares_what_a_training_predicts_with_what_it_takes(tmp_path):
    sizes.main(["--quick", "--rows", "28x28x1", f"--out={tmp_path}"])
    record = read(tmp_path, "sizes")
    (row,) = record["rows"]
    # A pair of images in place of 64, of 5.3 billion multiply-adds.
    assert row["multiply_adds"] == pytest.approx(5.28e9 / 32, rel=0.02)
    assert 1 / 1.5 < row["measured_gigabytes"] / row["predicted_gigabytes"] < 1.5
    assert record["refused"].startswith("error: batch_size (65536) with images of 128x")


def test_the_classic_program_trains_both_networks_of_the_preset():
    def learnt(network):
        names = ("kernel", "bias", "gamma", "beta", "embeddings")
        return [v.numpy() for v in network.weights if v.name in names]

    images = np.random.default_rng(0).integers(0, 256, (256, 28, 28, 1), np.uint8)
    classic = ClassicACGAN(images, np.arange(256) % 10, 16)
    networks = classic.discriminator, classic.generator
    for _ in range(2):  # in a later step as in the first
        before = [learnt(network) for network in networks]
        classic.step()
        for old, network in zip(before, networks):
            assert all(np.any(a != b) for a, b in zip(learnt(network), old, strict=True))
    # The update of G leaves D as it is.
    before = classic.discriminator.get_weights()
    z, labels = np.zeros((16, 100), np.float32), np.zeros((16, 1), np.int32)
    classic.combined.train_on_batch([z, labels], [np.ones((16, 1), np.float32), labels])
    for a, b in zip(classic.discriminator.get_weights(), before):
        np.testing.assert_array_equal(a, b)
    model, _ = model_of("acgan-classic")
    for theirs, ours in zip(networks, (model.discriminator, model.generator)):
        shapes = [sorted(tuple(v.shape) for v in n.weights) for n in (theirs, ours)]
        assert shapes[0] == shapes[1]
    z = np.random.default_rng(0).standard_normal((3, 100)).astype(np.float32)
    images = classic.generator([z, np.full((3, 1), 7, np.int32)], training=False)
    images = image_io.to_uint8(np.array(images), -1, 1).astype(int)
    assert np.abs(classic.sampler().generate_from_z(z, 7) - images).max() <= 1  # rounded


def test_multiply_adds_are_those_counted_by_hand():
    # Output pixels x taps x channels in x channels out; 4 taps where a kernel is folded.
    model, config = model_of("acgan-classic")
    g = [100 * 6272, 14**2 * 4 * 128 * 128, 28**2 * 4 * 128 * 64, 28**2 * 9 * 64]
    d = [14**2 * 9 * 16, 7**2 * 9 * 16 * 32, 4**2 * 9 * 32 * 64, 4**2 * 9 * 64 * 128]
    d += [2048, 20480]
    assert multiply_adds.of_network(model.generator) == g
    assert multiply_adds.of_network(model.discriminator) == d
    # G: forward, gradients of weights and of inputs. D: all three for real and fake,
    # without the images' gradient; then forward and the gradient of inputs.
    work = 3 * sum(g) + 8 * sum(d) - 2 * d[0]
    assert multiply_adds.of_step(model, config) == 128 * work
    model, config = model_of("gan-classic")
    g, d = [100 * 128, 128 * 784], [784 * 128, 128]
    # G runs twice, on a z of its own for each update, and no z needs a gradient.
    work = (4 * sum(g) - g[0]) + (8 * sum(d) - 2 * d[0])
    assert multiply_adds.of_step(model, config) == 128 * work
    with pytest.raises(ValueError, match="without R1"):
        multiply_adds.of_step(*model_of("gan"))


def test_a_mutant_is_killed_by_a_test_of_its_line(tmp_path):
    source = (
        '"""Text: 1 + 1."""\n'
        "def add(a: int = 1, *, known=True):\n"
        '    if not known: raise ValueError(f"{a + 1}")\n'
        "    return a + 2\n"
    )
    test = "from gan_tf.toy import sums\ndef test(): assert sums.add(1) == 3\n"
    for folder, name, text in (
        ("gan_tf", "__init__.py", ""),
        ("gan_tf/toy", "sums.py", source),
        ("gan_tf/toy", "free.py", "def free(a):\n    return a > 5\n"),
        ("tests/toy", "test_sums.py", test),
    ):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    flags = [f"--root={tmp_path}", "--num=6", "--jobs=1"]
    mutants.main(flags)
    found = read(tmp_path, "mutants")["mutants"]
    assert len(found) == 4  # one per line that has any
    killed_by = {(Path(m["file"]).stem, m["line"]): m["killed_by"] for m in found}
    assert killed_by["sums", 4].startswith("own: tests/toy/test_sums.py")
    assert killed_by["free", 2] == "survived"
    mutants.main(flags)  # all are known
    assert read(tmp_path, "mutants")["mutants"] == found
    (tmp_path / "gan_tf/toy/free.py").write_text("def free(a):\n    return a < 5\n")
    mutants.main(flags)  # those of a line that has changed are measured again
    found = read(tmp_path, "mutants")["mutants"]
    assert [m["before"] for m in found if "free" in m["file"]] == ["return a < 5"]


def test_openmoji_holds_out_a_fifth_of_each_group_and_evaluates(tmp_path, monkeypatch):
    package = tmp_path / "openmoji.tgz"
    emoji = [
        {"group": group, "hexcode": f"{group}-{index}", "skintone": tone}
        for group in (*openmoji.GROUPS, "extras-openmoji")
        for tone in ("", "1F3FB")
        for index in range(15)
    ]
    with tarfile.open(package, "w:gz") as archive:
        files = {f"color/svg/{one['hexcode']}.svg": one["group"] for one in emoji}
        for name, text in {**files, "data/openmoji.json": json.dumps(emoji)}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))

    rng = np.random.default_rng(0)

    def svg_to_bytes(svg_string, width, height):
        value = 25 * openmoji.GROUPS.index(svg_string)
        noise = rng.integers(0, 50, (height, width, 3))
        picture = io.BytesIO()
        image_io.to_pil((noise + value).astype(np.uint8)).save(picture, "PNG")
        return picture.getvalue()

    drawn = types.SimpleNamespace(svg_to_bytes=svg_to_bytes)
    monkeypatch.setitem(sys.modules, "resvg_py", drawn)
    monkeypatch.setattr(openmoji, "SIZE", 16)
    command = ["--quick", f"--package={package}", f"--out={tmp_path}"]
    pictures = tmp_path / "runs" / "openmoji" / "pictures"
    (pictures / "train").mkdir(parents=True)  # left by an interrupted command
    openmoji.main(command)
    for split, count in {"train": 12, "test": 3}.items():
        files = [file.parent.name for file in (pictures / split).glob("*/*.png")]
        assert collections.Counter(files) == dict.fromkeys(openmoji.GROUPS, count)
    (row,) = read(tmp_path, "openmoji")["rows"]
    assert row["steps"] == 2 and 0 <= row["metrics"]["coverage"] <= 1
    assert image_io.read_png(tmp_path / "docs/images/openmoji.png").shape[1] == 10 * 18 - 2
    openmoji.main(command)  # a row that is there is not measured again
    assert len(read(tmp_path, "openmoji")["rows"]) == 1
