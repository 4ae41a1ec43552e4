import json
import re
import shutil
import sys
import time

import numpy as np
import pytest
from evaluation_helpers import tags_and_steps, toy_evaluations
from tiny import blobs, random_images, tiny_config

import gan_tf
from gan_tf import evaluate as evaluate_command
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.evaluation import Evaluator, evaluator
from gan_tf.evaluation.cache import load_classifier
from gan_tf.monitoring import diagnostics
from gan_tf.monitoring.progress import ProgressBar
from gan_tf.monitoring.recorder import Recorder
from gan_tf.run_dir import event_files
from gan_tf.run_dir.run import Run
from gan_tf.sampling import image_io
from gan_tf.training import train_loop
from gan_tf.training.train_loop import train_and_evaluate


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with toy_evaluations(tmp_path_factory.mktemp("home")) as folder:
        yield folder


@pytest.fixture(scope="module")
def data_file(home):
    train, test = blobs(200), blobs(60, seed=1)
    file = home / "blobs.npz"
    np.savez(file, x_train=train[0], y_train=train[1], x_test=test[0], y_test=test[1])
    small = random_images(60, 5, 5, 1)
    np.savez(home / "5x5.npz", x_train=small, y_train=np.arange(60) % 3, images=small)
    images, labels = blobs(30)
    np.savez(home / "11.npz", images=images[:11], labels=labels[:11])
    np.savez(home / "x.npz", images=images)
    np.savez(home / "zeros.npz", images=images, labels=labels * 0)
    np.savez(home / "few.npz", x_train=images, y_train=labels)
    np.savez(home / "float.npz", images=images - 300.0)
    np.savez(home / "flat.npz", images=images[..., 0, 0])
    image_io.write_class_folders(home / "dog", images, ["dog", "1"] * 15)
    return file


@pytest.fixture(scope="module")
def evaluated(home, data_file, copy_run):
    """A run of which checkpoint 4 has been evaluated."""
    run = copy_run("acgan", home / "evaluated", data=str(data_file))
    evaluate_command.main(["evaluate", f"--run_dir={run}"])
    return run


@pytest.fixture
def folder(home, evaluated):
    """A folder with runs/acgan, a copy of that run."""
    shutil.rmtree(home / "runs", ignore_errors=True)
    shutil.copytree(evaluated, home / "runs" / "acgan")
    return home


@pytest.fixture
def command(folder, monkeypatch, capsys):
    """Runs the command; returns what it printed."""
    monkeypatch.chdir(folder)
    capsys.readouterr()

    def run(*flags):
        evaluate_command.main(["evaluate", *flags])
        return capsys.readouterr().out

    return run


@pytest.fixture
def change_evaluations(monkeypatch):
    """Lets a function of (evaluator, evaluation) change each evaluation of a sampler."""
    score = Evaluator.score_sampler

    def change_by(change):
        def scored(self, sampler):
            return change(self, score(self, sampler))

        monkeypatch.setattr(Evaluator, "score_sampler", scored)

    return change_by


def records(folder, weights):
    text = (folder / "runs/acgan/metrics.json").read_text()
    return [r for r in json.loads(text)["evaluations"] if r["weights"] == weights]


def test_what_is_killed_before_tensorboard_has_it_is_evaluated_again(
    command, folder, monkeypatch
):
    def kill(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(event_files, "write_evaluation", kill)
    with pytest.raises(KeyboardInterrupt):
        command("--checkpoint=2")
    assert [record["step"] for record in records(folder, "ema")] == [4]


def event_steps(folder):
    (file,) = (folder / "runs/acgan/evaluation").glob("events.*.evaluation")
    return tags_and_steps(file.parent)


def scores(folder, num, **checkpoint):
    """The metrics of a checkpoint, without the command."""
    again = Evaluator(gan_tf.data.load(str(folder / "blobs.npz")), num)
    sampler = gan_tf.load(folder / "runs" / "acgan", **checkpoint)
    return pytest.approx(again.score_sampler(sampler).metrics, rel=1e-6, abs=1e-6)


def test_the_confusion_matrix_of_very_many_classes_is_left_out(
    command, folder, monkeypatch
):
    for most, has_confusion in ((2, False), (3, True)):
        monkeypatch.setattr("gan_tf.evaluation.records._MAX_CLASSES", most)
        shutil.rmtree(folder / "runs/acgan/evaluation", ignore_errors=True)
        command("--checkpoint=2")
        (record,) = (one for one in records(folder, "ema") if one["step"] == 2)
        assert (record["confusion"] is not None) == has_confusion
        assert ("evaluation/confusion" in event_steps(folder)) == has_confusion


def test_metrics_json_holds_what_was_measured_and_how(folder):
    (record,) = records(folder, "ema")
    assert (record["step"], record["num"]) == (4, 60) and not records(folder, "raw")
    assert record["data"] == "blobs" and record["class_names"] == ["0", "1", "2"]
    assert record["classifier"]["name"] == "toy"
    assert record["classifier"]["test_accuracy"] > 0.9
    assert {"gan_tf", "python", "tensorflow", "keras", "numpy"} == set(record["versions"])
    parts = {"classifier", "real images", "generate", "metrics", "data copying"}
    assert parts == set(record["seconds"])
    assert "data_copying_ct" in record["metrics"] and "data_copying_ct" in record["real"]
    assert all(seconds >= 0 for seconds in record["seconds"].values())
    again = Evaluator(gan_tf.data.load(str(folder / "blobs.npz")))
    expected = again.score_sampler(gan_tf.load(folder / "runs" / "acgan"))
    assert record["metrics"] == pytest.approx(expected.metrics, rel=1e-6, abs=1e-6)
    assert record["real"] == again.real
    assert record["confusion"] == expected.confusion.tolist()
    assert not list((folder / "runs" / "acgan").glob("*.tmp"))


def test_a_checkpoint_has_one_name_in_python_and_in_the_commands(folder):
    run = folder / "runs" / "acgan"  # whose checkpoint 4 alone has been evaluated
    images = [gan_tf.load(run, checkpoint).generate(0) for checkpoint in ("best", "4", 4)]
    assert all(np.array_equal(images[0], one) for one in images)
    assert not np.array_equal(gan_tf.load(run, "2").generate(0), images[0])
    with pytest.raises(InputError, match=r"checkpoint \(last\) must be a step, or best"):
        gan_tf.load(run, "last")


def test_other_images_than_those_of_the_training_are_noted(command, folder, tmp_path):
    arrays = dict(np.load(folder / "blobs.npz"))
    arrays["x_train"][0, 0, 0] ^= 1
    np.savez(tmp_path / "blobs.npz", **arrays)
    line = "note      these are not the run's training images"
    assert line not in command("--run_dir=runs/acgan", "--num=20")
    changed = f"--data={tmp_path / 'blobs.npz'}"
    assert line in command("--run_dir=runs/acgan", "--num=20", changed)


def test_all_checkpoints_have_one_row_each(command, folder):
    began = time.monotonic()
    printed = command("--run_dir=runs/acgan", "--checkpoint=all")
    elapsed = time.monotonic() - began
    rows = [line.split() for line in printed.splitlines() if line]
    start = next(i for i, row in enumerate(rows) if row[0] == "step")
    assert [row[0] for row in rows[start + 1 : start + 4]] == ["2", "4", "real"]
    assert rows[start + 2][-1] == "s" and 0 <= float(rows[start + 2][-2]) <= elapsed + 0.5
    found = records(folder, "ema")
    assert [record["step"] for record in found] == [2, 4]
    assert found[0]["metrics"] == scores(folder, 60, checkpoint=2)
    assert found[1]["metrics"] == scores(folder, 60) != found[0]["metrics"]
    assert rows[start + 2][1] == f"{found[1]['metrics']['frechet_ratio']:.4f}"
    steps = event_steps(folder)
    assert {"evaluation/confusion", "evaluation/nearest"} <= set(steps)
    assert {f"evaluation/{name}" for name in found[0]["metrics"]} <= set(steps)
    assert set(map(tuple, steps.values())) == {(2, 4)}


def test_the_slow_metrics_of_all_checkpoints_are_printed_and_kept(
    command, folder, change_evaluations
):
    change_evaluations(lambda _, e: e._replace(metrics=e.metrics | {"cas": 0.75}))
    printed = command("--run_dir=runs/acgan", "--checkpoint=all")
    assert len(re.findall(r"  cas 0\.7500  \d+ s\n", printed)) == 2
    change_evaluations(lambda _, e: e)
    assert "cas" not in command("--run_dir=runs/acgan", "--checkpoint=4")
    assert [record["metrics"]["cas"] for record in records(folder, "ema")] == [0.75, 0.75]
    assert event_steps(folder)["evaluation/cas"] == [2, 4]


def test_a_checkpoint_deleted_meanwhile_is_left_out(command, folder, monkeypatch):
    run = folder / "runs" / "acgan"
    (run / "metrics.json").unlink()
    sampler, steps = Run.sampler, []

    def deleted(run, step, weights):
        steps.append(step)
        if step == 2:
            for file in (run.path / "checkpoints").glob("step-2.*"):
                file.unlink()
        return sampler(run, step, weights)

    monkeypatch.setattr(Run, "sampler", deleted)
    command(f"--run_dir={run}", "--checkpoint=all", "--num=20")
    assert steps == [4, 2, 4]
    found = json.loads((run / "metrics.json").read_text())["evaluations"]
    assert [record["step"] for record in found] == [4]


@pytest.mark.parametrize("damaged, scored", [(2, 4), (4, 2)])
def test_a_damaged_checkpoint_is_left_out(command, folder, damaged, scored):
    run = folder / "runs" / "acgan"
    (run / "metrics.json").unlink()
    (file,) = run.glob(f"checkpoints/step-{damaged}.data*")
    file.write_bytes(file.read_bytes()[:-100])
    printed = command(f"--run_dir={run}", "--checkpoint=all", "--num=20")
    assert f"note      left out: checkpoint ({damaged})" in printed
    found = json.loads((run / "metrics.json").read_text())["evaluations"]
    assert [record["step"] for record in found] == [scored]


def test_undefined_metrics_are_null(command, folder, change_evaluations):
    undefined = {"frechet_ratio": np.nan, "precision": np.inf}
    change_evaluations(lambda _, e: e._replace(metrics=e.metrics | undefined))
    printed = command("--checkpoint=4", "--weights=raw")
    metrics = records(folder, "raw")[0]["metrics"]
    assert metrics["precision"] is None and metrics["frechet_ratio"] is None
    assert "NaN" not in (folder / "runs/acgan/metrics.json").read_text()
    assert printed.count("n/a") == 2
    assert "evaluation_raw/kid" in event_steps(folder)
    assert "evaluation_raw/precision" not in event_steps(folder)
    assert Run(folder / "runs/acgan").best_step() in (2, 4)


def test_raw_weights_are_an_evaluation_of_their_own(command, folder):
    before = records(folder, "ema")
    printed = command("--checkpoint=4", "--weights=raw", "--num=50")
    assert "runs/acgan, raw weights" in printed and "step 4" in printed
    raw = records(folder, "raw")
    assert records(folder, "ema") == before
    assert [(r["step"], r["num"]) for r in raw] == [(4, 50)]
    assert event_steps(folder)["evaluation_raw/kid"] == [4]
    assert raw[0]["metrics"] == scores(folder, 50, checkpoint=4, weights="raw")
    assert raw[0]["metrics"] != scores(folder, 50, checkpoint=4)


def test_the_printed_lines(command):
    printed = command()
    for text in (
        "data      blobs: 200 images 8x8x1, 3 classes, 60 test images",
        "of the classifier on the test images",
        "compares  60 generated with as many test images",
        "real images  better",
        "most confused with",
        "note      60 images are few",
        "cost      generate",
        "metrics.json",
    ):
        assert text in printed
    assert max(map(len, printed.splitlines())) <= 120


def test_any_set_of_images_is_scored_and_nothing_is_written(command, folder, tmp_path):
    images, labels = blobs(80, seed=9)
    np.savez(tmp_path / "set.npz", images=images[..., 0], labels=labels)
    before = {f: f.stat().st_mtime_ns for f in folder.rglob("*.json")}
    printed = command(f"--images={tmp_path / 'set.npz'}", "--data=blobs.npz", "--num=60")
    after = {f: f.stat().st_mtime_ns for f in folder.rglob("*.json")}
    assert before == after and [f.name for f in tmp_path.iterdir()] == ["set.npz"]
    evaluation = Evaluator(gan_tf.data.load("blobs.npz"), 60).score_images(images, labels)
    lines = {line.split()[0]: line.split() for line in printed.splitlines() if line}
    for name in ("frechet", "coverage", "label_accuracy"):
        assert lines[name][1] == f"{evaluation.metrics[name]:.4f}"
    assert "set.npz" in printed
    assert "11 images are few" in command("--images=11.npz", "--data=blobs.npz")


def test_a_set_for_training_has_no_plain_cas(command, tmp_path, monkeypatch):
    name = "gan_tf.evaluation.evaluator.classification_accuracy_score"
    monkeypatch.setattr(name, lambda *_, **__: 0.75)
    images, labels = blobs(80, seed=9)
    arrays = {"images": images, "labels": labels}
    np.savez(tmp_path / "plain.npz", **arrays)
    np.savez(tmp_path / "made.npz", **arrays, z_factor=np.float32(1.5))
    for file, metric in ("plain.npz", "cas"), ("made.npz", "cas_for_training"):
        flags = f"--images={tmp_path / file}", "--data=blobs.npz", "--slow_metrics"
        lines = [line.split() for line in command(*flags).splitlines() if line]
        found = [words for words in lines if words[0].startswith("cas")]
        assert found == [[metric, "0.7500", "0.7500", "higher"]]
        assert (["note", file, "is"] in [words[:3] for words in lines]) == (file[0] == "m")


def test_a_verified_set_is_noted(command, tmp_path):
    images, labels = blobs(40, seed=9)
    np.savez(tmp_path / "sure.npz", images=images, labels=labels, num_drawn=np.int64(90))
    printed = command(f"--images={tmp_path / 'sure.npz'}", "--data=blobs.npz")
    assert "note      sure.npz is made by gan_tf.generate --verify: images whose" in printed


def test_notes_of_the_data_are_printed(command, tmp_path):
    images, labels = blobs(200)
    np.savez(tmp_path / "d.npz", x_train=images / 255, y_train=labels, extra=labels)
    for flags in (["--images=x.npz"], ["--run_dir=runs/acgan"]):
        printed = command(*flags, f"--data={tmp_path / 'd.npz'}")
        assert "note      left out the other arrays: extra" in printed


def test_without_labels_what_needs_them_is_left_out(command):
    for file, has_labels in [("x.npz", False), ("zeros.npz", True)]:
        printed = command(f"--images={file}", "--data=blobs.npz")
        assert ("label_accuracy" in printed) == has_labels and "class_tv" in printed


def test_a_folder_is_scored_like_its_images(command, folder):
    images, labels = blobs(40, seed=9)
    write = image_io.write_class_folders
    write(folder / "made", images, list(map(str, labels)))
    write(folder / "plain", images, ["images"] * 40)
    order = np.argsort(labels, kind="stable")
    np.savez(folder / "made.npz", images=images[order], labels=labels[order])
    np.savez(folder / "plain.npz", images=images)

    wide = np.pad(images, [(0, 0), (0, 0), (4, 4), (0, 0)])
    write(folder / "wide", np.repeat(wide, 3, axis=-1), list(map(str, labels)))

    def table(name, *flags):
        printed = command(f"--images={name}", "--data=blobs.npz", *flags)
        printed = printed.replace(".npz", "").replace("wide", "made")
        rows = [line.split() for line in printed.splitlines() if "cost" not in line]
        # These depend on the order of the images, the progress on the machine.
        left_out = "kid", "data_copying_ct", "nn_distance_ratio", "reading"
        return [row for row in rows if row[:1] not in [[name] for name in left_out]]

    assert table("made") == table("made.npz") and table("plain") == table("plain.npz")
    assert ["1", "13", "1.000"] in table("made")
    notes, rows = (
        [row for row in table("wide", "--size=8") if (row[:2] == ["note", "images:"]) == k]
        for k in (True, False)
    )
    assert rows == table("made") and "resized" in notes[0] and "grey:" in notes[1]


@pytest.mark.parametrize("labels", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_model_of_data_without_classes_is_scored(labels, tmp_path, monkeypatch, capsys):
    one = dict(y_train=np.zeros(60, int)) if labels else {}
    np.savez(tmp_path / "d.npz", x_train=blobs(60)[0], **one)
    monkeypatch.chdir(tmp_path)
    model = "acgan" if labels else "gan"
    config = tiny_config(model, data="d.npz", steps=2, eval_every=2, size="10x6")
    train_and_evaluate(config, f"runs/{model}")
    evaluate_command.main(["evaluate"])
    text = (tmp_path / f"runs/{model}/metrics.json").read_text()
    (record,) = json.loads(text)["evaluations"]
    assert record["num"] == 10 and record["confusion"] is None
    assert record["classifier"] == {"name": "untrained", "seed": 0, "test_accuracy": None}
    assert record["metrics"].keys() == record["real"].keys() >= {"frechet", "coverage"}
    assert "label_accuracy" not in record["metrics"]
    printed = capsys.readouterr().out
    assert "d has fewer than two classes, so the metrics of classes are left out" in printed
    assert "\naccuracy  " not in printed and "most confused" not in printed
    assert tags_and_steps(tmp_path / f"runs/{model}/evaluation")["evaluation/kid"] == [2]


@pytest.mark.slow
def test_the_classifier_of_new_data_is_trained_and_cached(command, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluator, "load_classifier", load_classifier)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    printed = command("--images=x.npz", "--data=blobs.npz")
    assert "No cached classifier for this dataset: training one" in printed
    assert "epoch 20: held-out accuracy" in printed
    assert len(list(tmp_path.glob("gan_tf/classifiers/default-seed0-*.npz"))) == 1


@pytest.mark.parametrize(
    "flags, message",
    [
        ("--checkpoint=last", "checkpoint .last. must be a step, best, or all"),
        ("--num=9", "flag --num=9: must be a whole number from 10"),
        ("--images=gs://a/x.npz", "images .gs://a/x.npz. must be a path of this machine"),
        ("--images=dog --data=blobs.npz", "images .dog.: the folder dog is not named"),
        ("--images=float.npz", "images: is float64 from .*, but images are 0 to 255"),
        ("--images=flat.npz", "images: has the shape"),
        ("--images=5x5.npz --data=5x5.npz --slow_metrics",
         "slow_metrics needs images of at least 6x6"),
        ("--images=11.npz --data=blobs.npz --slow_metrics",
         "images .11.npz. has 11 images, .* needs 12: give more"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_first(command, folder, monkeypatch, flags, message):
    """Before the classifier is loaded; tests/bad_input has many more cases."""
    monkeypatch.setattr(evaluator, "load_classifier", None)
    before = (folder / "runs/acgan/metrics.json").read_text()
    with pytest.raises(InputError, match=message) as error:
        command(*flags.split())
    assert "\n" not in str(error.value)
    assert (folder / "runs/acgan/metrics.json").read_text() == before


@pytest.mark.slow
def test_a_resumed_training_leaves_the_earlier_evaluations(folder):
    run, before = Run(folder / "runs" / "acgan"), event_steps(folder)["evaluation/kid"]
    assert 4 in before
    train_and_evaluate(Config.from_dict({**run.config.as_dict(), "steps": 6}), run.path)
    assert Run(run.path).checkpoints.steps() == [2, 4, 6]
    assert event_steps(folder)["evaluation/kid"] == before


@pytest.mark.slow
def test_eval_every_scores_while_training_and_keeps_the_best(
    data_file, tmp_path, monkeypatch, capsys, change_evaluations
):
    settings = {"steps": 8, "save_every": 8, "eval_every": 2, "keep_checkpoints": 2}
    monkeypatch.chdir(tmp_path)
    # The first checkpoint shall be the best: what follows would have taken its place.
    ratios = iter([1.0, 3.0, 2.0, 4.0, 5.0])
    change_evaluations(
        lambda _, e: e._replace(metrics=e.metrics | {"frechet_ratio": next(ratios)})
    )
    paused = []
    monkeypatch.setattr(ProgressBar, "pause", lambda _, seconds: paused.append(seconds))
    train_and_evaluate(tiny_config("acgan", data=str(data_file), **settings), "runs/acgan")
    assert len(paused) == 4 and min(paused) > 0
    lines = [s for s in capsys.readouterr().out.splitlines() if s.startswith("evaluate ")]
    assert [line.split()[1] for line in lines] == ["step", "2", "4", "6", "8"]
    assert [line.endswith("the best so far") for line in lines[1:]] == [1, 0, 0, 0]
    run = Run("runs/acgan")
    assert run.checkpoints.steps() == [2, 6, 8] and run.best_step() == 2
    assert [r["step"] for r in records(tmp_path, "ema")] == [2, 4, 6, 8]

    evaluate_command.main(["evaluate", "--checkpoint=best", "--weights=raw"])
    assert [r["step"] for r in records(tmp_path, "raw")] == [2]


def test_a_checkpoint_deleted_meanwhile_is_scored(command, folder, monkeypatch):
    run = folder / "runs" / "acgan"
    init, newest = Evaluator.__init__, Run(run).checkpoints.steps()[-1]

    def slow(evaluator, *args, **kwargs):
        init(evaluator, *args, **kwargs)
        for file in (run / "checkpoints").glob(f"step-{newest}.*"):
            file.rename(file.with_name(file.name.replace(f"-{newest}.", "-99.")))

    monkeypatch.setattr(Evaluator, "__init__", slow)
    assert f"step {newest}" in command(f"--run_dir={run}")


@pytest.mark.slow
def test_an_evaluation_prevented_by_a_kill_is_made_up_for(
    data_file, tmp_path, monkeypatch, capsys
):
    config = tiny_config("gan", data=str(data_file), eval_every=2)

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Recorder, "evaluate", killed)
        train_and_evaluate(config, tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.checkpoints.steps() == [2] and not run.is_evaluated(2)
    train_and_evaluate(config, tmp_path / "run")
    assert run.is_evaluated(2) and run.is_evaluated(4)
    (tmp_path / "run" / "metrics.json").unlink()
    capsys.readouterr()
    train_and_evaluate(config, tmp_path / "run")
    said = capsys.readouterr().out
    assert f"4 was not evaluated: {sys.executable} -m gan_tf.evaluate --run_dir" in said


def test_the_training_of_a_classifier_is_none_of_the_minutes(
    data_file, tmp_path, monkeypatch
):
    def slow(_):
        time.sleep(1)

    def budget(config, step, started):
        raise SystemExit(time.perf_counter() - started)

    monkeypatch.setattr(train_loop, "Evaluator", slow)
    monkeypatch.setattr(train_loop, "StepBudget", budget)
    config = tiny_config("gan", data=str(data_file), eval_every=2, minutes=5)
    before = time.perf_counter()
    with pytest.raises(SystemExit) as ended:
        train_and_evaluate(config, tmp_path / "run")
    assert 0 < ended.value.code < time.perf_counter() - before - 1


def test_missing_classes_warn(data_file, tmp_path, monkeypatch, capsys, change_evaluations):
    change_evaluations(lambda self, e: e._replace(predicted=np.minimum(self.labels, 1)))
    monkeypatch.setattr(diagnostics, "_MIN_STEPS", 2)
    config = tiny_config("gan", data=str(data_file), steps=6, eval_every=2)
    train_and_evaluate(config, tmp_path / "run")
    out = capsys.readouterr().out
    assert out.count("warning   since step 2: the generator leaves classes out") == 1


@pytest.mark.slow
def test_evaluating_changes_no_bit_of_a_training(data_file, tmp_path):
    plain, evaluated = (
        train_and_evaluate(tiny_config("acgan", data=str(data_file), **changes), path)
        for path, changes in ((tmp_path / "a", {}), (tmp_path / "b", {"eval_every": 2}))
    )
    np.testing.assert_array_equal(evaluated.generate(0, 4), plain.generate(0, 4))


def test_data_that_cannot_be_evaluated_are_refused_before_a_run_is_made(folder, tmp_path):
    config = tiny_config("gan", data=str(folder / "few.npz"), eval_every=2)
    with pytest.raises(InputError, match="give 12 of each class"):
        train_and_evaluate(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()
