"""Run directories that are damaged, half written, of another version or another model."""

import json
import os
import pickle
import shutil
import zipfile

import pytest
from broken_data import Spell
from refusals import Accepted, Outcome, stopped_when_accepted

from gan_tf import generate
from gan_tf.config import RULES
from gan_tf.errors import InputError


@pytest.fixture
def refuse_run(refuse):
    """Tries a run with the three commands."""

    def tried(run, given, says=(), commands=("train", "generate", "evaluate")):
        data = refuse.home / "blobs.npz"
        for command in commands:
            flags = ["--model=gan", f"--data={data}"] if command == "train" else []
            says = [f"run_dir ({run})", *says]
            refuse("runs", command, *flags, f"--run_dir={run}", says=says, given=given)

    return tried


CONFIG_TEXTS = {
    "empty": "",
    "half": '{\n  "config": {\n    "model": "gan",\n    "ste',
    "not JSON": "model = gan",
    "null": "null",
    "a list": "[]",
    "a number": "3",
    "a text": '"config"',
    "nested without end": "[" * 100_000,
    "a number without end": "1" * 100_000,
    "other keys": '{"settings": {}}',
    "config alone": '{"config": {}}',
    "data of null": '{"config": {}, "data": null}',
    "config of null": '{"config": null, "data": {}}',
    "config of a list": '{"config": [1, "model"], "data": {}}',
    "UTF-16": '{"config": {}}'.encode("utf-16"),
    "zeros": bytes(4096),
}


@pytest.mark.parametrize("name", CONFIG_TEXTS)
def test_a_damaged_config_is_refused(refuse_run, record, name):
    run, _ = record
    text = CONFIG_TEXTS[name]
    content = text if isinstance(text, bytes) else text.encode()
    (run / "config.json").write_bytes(content)
    refuse_run(run, name, ["config.json is damaged or of another version"])


def rewritten(run, record):
    (run / "config.json").write_text(json.dumps(record))
    return run


@pytest.mark.parametrize("setting", RULES)
def test_a_setting_of_another_kind_is_refused(refuse_run, record, setting):
    run, content = record
    for value in (None, [], {"a": 1}, "", -1.5):
        content["config"][setting] = value
        refuse_run(rewritten(run, content), (setting, repr(value)), [setting])


def test_a_setting_of_another_version_is_refused(refuse_run, record):
    run, content = record
    content["config"]["warmth"] = 3
    refuse_run(rewritten(run, content), "warmth", ["warmth: no such setting"])


@pytest.mark.parametrize("setting, value", [("model", "vae"), ("network", "unet")])
def test_a_model_of_another_version_is_refused(refuse, record, setting, value):
    run, content = record
    content["config"][setting] = value
    for command in ("generate", "evaluate"):
        says = [f"{setting} ({value})", "must be one of"]
        run_dir = f"--run_dir={rewritten(run, content)}"
        refuse("runs", command, run_dir, says=says, given=(setting, value))


DESCRIPTIONS = [
    ("image_shape", value)
    for value in (
        *(None, "88", [], [8, 8], [8, 8, 1, 1], [8, 8, 2], [0, 8, 1], [-8, 8, 1]),
        *([8.0, 8, 1], [True, 8, 1], ["8", 8, 1], [10**9, 10**9, 3], [257, 8, 1]),
    )
] + [
    ("class_names", value)
    for value in (
        *(None, "012", {"0": 1}, [0, 1, 2], [None], [["a"]], ["a", "a"], [""], [" "]),
        *(["a\nb"], ["\ud800"], ["\x1b[2J"], list(map(str, range(10_001)))),
    )
]


@pytest.mark.parametrize(
    "field, value", DESCRIPTIONS, ids=lambda value: repr(value)[:30]
)
def test_data_that_cannot_be_are_refused(refuse_run, record, field, value):
    run, content = record
    content["data"][field] = value
    refuse_run(
        rewritten(run, content), (field, repr(value)), ["config.json is damaged"]
    )


@pytest.mark.parametrize("field", ["image_shape", "class_names"])
def test_data_that_are_not_described_are_refused(refuse_run, record, field):
    run, content = record
    del content["data"][field]
    refuse_run(rewritten(run, content), field, [field])


def test_other_data_are_refused(refuse_run, record):
    run, content = record
    for field, value in [("crc32", 1), ("num_images", 61), ("name", "x"), ("more", 1)]:
        changed = {**content, "data": {**content["data"], field: value}}
        says = ["are not those that"]
        refuse_run(rewritten(run, changed), (field, value), says, ["train"])


CHECKPOINTS = {
    "no checkpoints": lambda folder: shutil.rmtree(folder),
    "empty": lambda folder: [file.unlink() for file in folder.iterdir()],
    "a file": lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
    "no data": lambda folder: data_of(folder).unlink(),
    "empty data": lambda folder: data_of(folder).write_bytes(b""),
    "half the data": lambda folder: data_of(folder).write_bytes(
        data_of(folder).read_bytes()[:1000]
    ),
    "flipped data": lambda folder: data_of(folder).write_bytes(
        bytes(byte ^ 1 for byte in data_of(folder).read_bytes())
    ),
    "empty index": lambda folder: index_of(folder).write_bytes(b""),
    "half the index": lambda folder: index_of(folder).write_bytes(
        index_of(folder).read_bytes()[:100]
    ),
    "text for an index": lambda folder: index_of(folder).write_text("checkpoint"),
    "a folder for an index": lambda folder: (
        index_of(folder).unlink(),
        index_of(folder).mkdir(),
    ),
    "an index to itself": lambda folder: (
        index_of(folder).unlink(),
        index_of(folder).symlink_to("step-2.index"),
    ),
    "another name": lambda folder: index_of(folder).rename(folder / "step-02.index"),
    "other digits": lambda folder: index_of(folder).rename(folder / "step-٢.index"),
    "temporary": lambda folder: index_of(folder).rename(folder / "step-2.index.tmp"),
}


def data_of(folder):
    return next(folder.glob("step-2.data*"))


def index_of(folder):
    return folder / "step-2.index"


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_damaged_checkpoints_are_refused(refuse_run, copy_of, name):
    run = copy_of("gan")
    CHECKPOINTS[name](run / "checkpoints")
    refuse_run(run, name, commands=["generate", "evaluate"])


def test_checkpoints_of_another_model_are_refused(refuse_run, copy_of, home):
    run = copy_of("gan")
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(home / "runs" / "acgan" / "checkpoints", run / "checkpoints")
    refuse_run(run, "acgan's", ["cannot be read"], ["generate", "evaluate"])


SCORES = {
    "half": '{"evaluations": [',
    "a list": "[]",
    "null": "null",
    "another kind": '{"evaluations": 3}',
    "of another version": '{"evaluations": [{"num": 2}]}',
    "a text": '{"evaluations": [{"metrics": {"frechet_ratio": "good"}}]}',
    "a huge number": '{"evaluations": [{"metrics": {"frechet_ratio": %s}}]}'
    % ("9" * 400),
    "an endless step": '{"evaluations": [{"step": Infinity, "weights": "ema", '
    '"metrics": {"frechet_ratio": 1}}]}',
    "nested without end": "[" * 100_000,
    "bytes": b"\xff\xfe",
}


@pytest.mark.parametrize("name", SCORES)
def test_damaged_scores_are_refused(refuse, copy_of, name):
    run, text = copy_of("gan"), SCORES[name]
    content = text if isinstance(text, bytes) else text.encode()
    (run / "metrics.json").write_bytes(content)
    says = [f"{run / 'metrics.json'} is damaged", "remove it"]
    refuse("runs", "evaluate", f"--run_dir={run}", says=says, given=name)
    best = [f"--run_dir={run}", "--checkpoint=best"]
    refuse("runs", "generate", *best, says=says, given=name)
    assert (run / "metrics.json").read_bytes() == content


@pytest.mark.parametrize(
    "name", ["a loop", "nowhere", "a" * 300, "file/run", "a run\udcff"]
)
def test_what_is_no_run_is_refused(refuse, tmp_path, name):
    (tmp_path / "file").write_text("x")
    os.symlink("a loop", tmp_path / "a loop")
    for command in ("generate", "evaluate"):
        refuse("runs", command, f"--run_dir={tmp_path / name}", says=["run_dir"])
    if name in ("a loop", "file/run", "a" * 300):
        flags = ["--model=gan", "--data=blobs.npz", f"--run_dir={tmp_path / name}"]
        refuse("runs", "train", *flags, says=["run_dir", "cannot be written"])
    assert len(os.listdir(tmp_path)) == 2


def test_no_run_is_found_where_all_are_damaged(refuse, tmp_path, copy_of, monkeypatch):
    run = copy_of("gan")
    os.symlink("..", run / "up")
    os.symlink("here", run / "here")
    CHECKPOINTS["other digits"](run / "checkpoints")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gan").rename(tmp_path / "runs")
    with pytest.raises(InputError, match="no run under runs/ holds a trained model"):
        generate.main(["generate", "--out=new.png"])


def test_nothing_in_a_run_is_executed(refuse, copy_of, tmp_path, monkeypatch):
    """A run is data: pickles, Lambda layers and modules beside them stay what they are."""
    import keras

    monkeypatch.chdir(tmp_path)
    run = copy_of("gan")
    code = f"open({Spell.path!r}, 'w').close()\n"
    for name in (
        "config.py",
        "sitecustomize.py",
        "gan_tf.py",
        "checkpoints/__init__.py",
    ):
        (run / name).write_text(code)
    for name in ("config.pkl", "config.json.pkl", "checkpoints/checkpoint", "lock"):
        (run / name).write_bytes(pickle.dumps(Spell()))
    layer = keras.layers.Lambda(
        lambda x: open(Spell.path, "w") and x, output_shape=(1,)
    )
    model = keras.Sequential([keras.Input([1]), layer])
    for name in ("generator.keras", "model.keras"):
        model.save(run / name)
    with zipfile.ZipFile(run / "networks.npz", "w") as archive:
        archive.writestr("x_train.npy", pickle.dumps(Spell()))
    assert Outcome("generate", [f"--run_dir={run}"]).status == 0
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for command, flags in [("evaluate", []), ("train", ["--model=gan"])]:
        with stopped_when_accepted(), pytest.raises(Accepted):
            Outcome(command, [f"--run_dir={run}", *flags])
    after = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert after == before
    assert sorted(os.listdir(tmp_path)) == ["gan", "samples.png"]


def test_a_pickle_for_a_config_is_not_read(refuse_run, copy_of, tmp_path):
    run = copy_of("gan")
    (run / "config.json").write_bytes(pickle.dumps(Spell()))
    refuse_run(run, "a pickle")
    assert os.listdir(tmp_path) == ["gan"]
