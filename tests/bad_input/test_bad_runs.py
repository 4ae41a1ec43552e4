"""Run directories that are damaged, half written, of another version or another model."""

import json
import os
import pickle
import shutil
import zipfile

import pytest
from bad_input_helpers import COMMANDS, files_in
from broken_npz import Spell

from gan_tf.errors import InputError


@pytest.fixture
def refuse_run(refuse, home):
    """Checks that the commands refuse a run."""

    def refused(run, *expected, commands=COMMANDS):
        for command in commands:
            flags = ["--model=gan", f"--data={home / 'blobs.npz'}"]
            flags = flags if command == "train" else []
            expected = [f"run_dir ({run})", *expected]
            refuse(command, *flags, f"--run_dir={run}", expected=expected)

    return refused


CONFIGS = [
    *("", '{\n  "config": {\n    "model": "gan",\n    "ste', "model = gan", "null", "[]"),
    *("3", '"config"', "[" * 100_000, "1" * 100_000, '{"settings": {}}'),
    *('{"config": {}}', '{"config": {}, "data": null}', '{"config": null, "data": {}}'),
    *('{"config": [1, "model"], "data": {}}', '{"config": {}}'.encode("utf-16")),
    *(bytes(4096), pickle.dumps(Spell())),
]


@pytest.mark.parametrize("content", CONFIGS, ids=lambda content: repr(content)[:30])
def test_a_damaged_config_is_refused(refuse_run, copy_of, tmp_path, content):
    run = copy_of("gan")
    content = content.encode() if isinstance(content, str) else content
    (run / "config.json").write_bytes(content)
    refuse_run(run, "config.json is damaged or of another version")
    assert os.listdir(tmp_path) == ["gan"]


NO_SHAPES = [
    *(..., None, "88", [], [8, 8], [8, 8, 1, 1], [8, 8, 2], [0, 8, 1], [-8, 8, 1]),
    *([8.0, 8, 1], [True, 8, 1], ["8", 8, 1], [10**9, 10**9, 3], [257, 8, 1]),
]
NO_NAMES = [
    *(..., None, "012", {"0": 1}, [0, 1, 2], [None], [["a"]], ["a", "a"], [""], [" "]),
    *(["a\nb"], ["\ud800"], ["\x1b[2J"], list(map(str, range(10_001)))),
]
CHANGES = [
    *(("config", "steps", value) for value in (None, [], {"a": 1}, "", -1.5)),
    ("config", "warmth", 3),
    *(("data", "image_shape", value) for value in NO_SHAPES),
    *(("data", "class_names", value) for value in NO_NAMES),
]


@pytest.mark.parametrize("part, name, value", CHANGES, ids=lambda value: repr(value)[:30])
def test_a_config_with_a_bad_value_is_refused(refuse_run, record, part, name, value):
    run, content = record
    content[part][name] = value
    if value is ...:
        del content[part][name]
    (run / "config.json").write_text(json.dumps(content))
    refuse_run(run, "config.json is damaged", name)


@pytest.mark.parametrize("name, value", [("model", "vae"), ("architecture", "unet")])
def test_a_model_of_another_version_is_refused(refuse, record, name, value):
    run, content = record
    content["config"][name] = value
    (run / "config.json").write_text(json.dumps(content))
    for command in ("generate", "evaluate"):
        expected = [f"{name} ({value})", "must be one of"]
        refuse(command, f"--run_dir={run}", expected=expected)


@pytest.mark.parametrize(
    "field, value", [("crc32", 1), ("num_images", 61), ("name", "x"), ("more", 1)]
)
def test_other_data_are_refused(refuse_run, record, field, value):
    run, content = record
    content["data"][field] = value
    (run / "config.json").write_text(json.dumps(content))
    refuse_run(run, "are not those that", commands=["train"])


def rewrite(name, change):
    """A function of the folder of checkpoints that changes the bytes of a file."""

    def rewritten(folder):
        file = next(folder.glob(name))
        file.write_bytes(change(file.read_bytes()))

    return rewritten


def replace_index(make):
    """A function that makes something else in place of the index."""
    return lambda folder: ((folder / INDEX).unlink(), make(folder / INDEX))


DATA, INDEX = "step-2.data*", "step-2.index"
CHECKPOINTS = {
    "no checkpoints": shutil.rmtree,
    "empty": lambda folder: [file.unlink() for file in folder.iterdir()],
    "a file": lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
    "no data": lambda folder: next(folder.glob(DATA)).unlink(),
    "empty data": rewrite(DATA, lambda content: b""),
    "half the data": rewrite(DATA, lambda content: content[:1000]),
    "flipped data": rewrite(DATA, lambda content: bytes(b ^ 1 for b in content)),
    "empty index": rewrite(INDEX, lambda content: b""),
    "half the index": rewrite(INDEX, lambda content: content[:100]),
    "text for an index": rewrite(INDEX, lambda content: b"checkpoint"),
    "a folder for an index": replace_index(lambda index: index.mkdir()),
    "an index to itself": replace_index(lambda index: index.symlink_to(index.name)),
    "another name": lambda folder: (folder / INDEX).rename(folder / "step-02.index"),
    "other digits": lambda folder: (folder / INDEX).rename(folder / "step-٢.index"),
    "temporary": lambda folder: (folder / INDEX).rename(folder / "step-2.index.tmp"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_damaged_checkpoints_are_refused(refuse_run, copy_of, name):
    run = copy_of("gan")
    CHECKPOINTS[name](run / "checkpoints")
    refuse_run(run, commands=["generate", "evaluate"])


def test_checkpoints_of_another_model_are_refused(refuse_run, copy_of, home):
    run = copy_of("gan")
    shutil.rmtree(run / "checkpoints")
    shutil.copytree(home / "runs" / "acgan" / "checkpoints", run / "checkpoints")
    refuse_run(run, "cannot be read", commands=["generate", "evaluate"])


ONE = '{"evaluations": [%s]}'
RATIO = ONE % '{"metrics": {"frechet_ratio": %s}}'
EVALUATIONS = [
    *('{"evaluations": [', "[]", "null", '{"evaluations": 3}', ONE % '{"num": 2}'),
    *(RATIO % '"good"', RATIO % ("9" * 400), "[" * 100_000, b"\xff\xfe"),
    ONE % '{"step": Infinity, "weights": "ema", "metrics": {"frechet_ratio": 1}}',
]


@pytest.mark.parametrize("content", EVALUATIONS, ids=lambda content: repr(content)[:40])
def test_damaged_evaluations_are_refused(refuse, copy_of, content):
    run = copy_of("gan")
    content = content.encode() if isinstance(content, str) else content
    (run / "metrics.json").write_bytes(content)
    expected = [f"{run / 'metrics.json'} is damaged", "remove it"]
    refuse("evaluate", f"--run_dir={run}", expected=expected)
    refuse("generate", f"--run_dir={run}", "--checkpoint=best", expected=expected)
    assert (run / "metrics.json").read_bytes() == content


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["loop", "file/run", "a" * 300, "nowhere", "a\udcff"])
def test_what_is_no_run_is_refused(refuse, tmp_path, command, name):
    (tmp_path / "file").write_text("x")
    os.symlink("loop", tmp_path / "loop")
    flags = ["--model=gan", "--data=blobs.npz"] if command == "train" else []
    if not (command == "train" and name == "nowhere"):
        refuse(command, *flags, f"--run_dir={tmp_path / name}", expected=["run_dir"])
    assert len(os.listdir(tmp_path)) == 2


def test_no_run_is_found_where_all_are_damaged(tmp_path, copy_of, monkeypatch):
    run = copy_of("gan")
    os.symlink("..", run / "up")
    os.symlink("here", run / "here")
    CHECKPOINTS["other digits"](run / "checkpoints")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gan").rename(tmp_path / "runs")
    with pytest.raises(InputError, match="no run under runs/ holds a trained model"):
        COMMANDS["generate"](["generate", "--out=new.png"])


def test_nothing_in_a_run_is_executed(run_command, stop_when_accepted, copy_of, tmp_path):
    """A run is data: pickles, Lambda layers and modules beside them are not loaded."""
    import keras

    run = copy_of("gan")
    code = f"open({Spell.path!r}, 'w').close()\n"
    for name in ("config", "sitecustomize", "gan_tf", "checkpoints/__init__"):
        (run / f"{name}.py").write_text(code)
    for name in ("config.pkl", "config.json.pkl", "checkpoints/checkpoint", "lock"):
        (run / name).write_bytes(pickle.dumps(Spell()))
    layer = keras.layers.Lambda(lambda x: open(Spell.path, "w") and x, output_shape=(1,))
    keras.Sequential([keras.Input([1]), layer]).save(run / "generator.keras")
    with zipfile.ZipFile(run / "networks.npz", "w") as archive:
        archive.writestr("x_train.npy", pickle.dumps(Spell()))
    before = files_in(tmp_path)
    out = tmp_path / "samples.png"
    assert run_command("generate", f"--run_dir={run}", f"--out={out}")[0] == 0
    out.unlink()
    for command, flags in [("evaluate", []), ("train", ["--model=gan"])]:
        with pytest.raises(stop_when_accepted):
            run_command(command, f"--run_dir={run}", *flags)
    assert files_in(tmp_path) == before
    assert not os.path.exists(Spell.path)  # in the working directory
