"""Run directories that are damaged, half written, of another version or another model."""

import json
import os
import pickle
import shutil
import zipfile
from unittest import mock

import keras
import pytest
from bad_input_helpers import COMMANDS, Spell, files_in

from gan_tf.errors import InputError


@pytest.fixture
def refuse_run(refuse, home):
    """Checks that the commands refuse a run."""
    flags = {
        "train": ["--model=gan", f"--data={home / 'blobs.npz'}"],
        "export": ["--format=keras", "--out=new.keras"],
    }

    def refused(run, *expected, commands=COMMANDS):
        expected = [f"run_dir ({run})", *expected]
        for command in commands:
            refuse(command, *flags.get(command, []), f"--run_dir={run}", expected=expected)

    return refused


@pytest.fixture
def changed_run(copy_of):
    """Makes a run with another value, or none (...), in its config.json."""

    def changed(part, name, value):
        run = copy_of("gan")
        content = json.loads((run / "config.json").read_text())
        content[part][name] = value
        if value is ...:
            del content[part][name]
        (run / "config.json").write_text(json.dumps(content))
        return run

    return changed


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
    *(("data", name, ...) for name in ("name", "num_images", "crc32")),
]


@pytest.mark.parametrize("part, name, value", CHANGES, ids=lambda value: repr(value)[:30])
def test_a_config_with_a_bad_value_is_refused(refuse_run, changed_run, part, name, value):
    refuse_run(changed_run(part, name, value), "config.json is damaged", name)


@pytest.mark.parametrize("name, value", [("model", "vae"), ("architecture", "unet")])
def test_a_model_of_another_version_is_refused(refuse, changed_run, name, value):
    run, expected = changed_run("config", name, value), [f"{name} ({value})", "must be one"]
    for command in ("generate", "evaluate"):
        refuse(command, f"--run_dir={run}", expected=expected)


@pytest.mark.parametrize("field, value", [("crc32", 1), ("num_images", 61), ("more", 1)])
def test_other_data_are_refused(refuse_run, changed_run, field, value):
    run = changed_run("data", field, value)
    refuse_run(run, "are not those that", commands=["train"])


def rewrite(name, change):
    """A function of the folder of checkpoints that changes the bytes of a file."""
    return lambda folder: [
        file.write_bytes(change(file.read_bytes())) for file in folder.glob(name)
    ]


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
    refuse_run(run, "is of other networks", commands=["generate", "evaluate"])


ONE = '{"evaluations": [%s]}'
WHOLE = ONE % '{"step": %s, "num": %s, "weights": "ema", "metrics": {"frechet_ratio": %s}}'
EVALUATIONS = [
    *('{"evaluations": [', "[]", "null", '{"evaluations": 3}', ONE % '{"num": 2}'),
    *("[" * 100_000, b"\xff\xfe", ONE % '{"step": 2, "weights": "ema", "metrics": 3}'),
    *(WHOLE % values for values in [("Infinity", 9, 1), ('"2"', 9, 1), (2, "[9]", 1)]),
    *(WHOLE % (2, 9, ratio) for ratio in ('"good"', "9" * 400, '1, "kid": "good"')),
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


@pytest.mark.parametrize("name", ["loop", "file", "file/run", "a" * 300, "nowhere"])
def test_what_is_no_run_is_refused(refuse_run, tmp_path, name):
    (tmp_path / "file").write_text("x")
    os.symlink("loop", tmp_path / "loop")
    new = ["train"] if name == "nowhere" else []
    refuse_run(tmp_path / name, commands=[c for c in COMMANDS if c not in new])
    assert len(os.listdir(tmp_path)) == 2


def test_no_run_is_found_where_all_are_damaged(tmp_path, copy_of, monkeypatch):
    run = copy_of("gan")
    os.symlink("..", run / "up")
    os.symlink("here", run / "here")
    CHECKPOINTS["other digits"](run / "checkpoints")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gan").rename(tmp_path / "runs")
    for words, kind in [
        (["generate", "--out=new.png"], "trained model"),
        (["generate", "--out=new.png", "--label=1"], "model that takes labels"),
        (["evaluate"], "trained model"),
    ]:
        with pytest.raises(InputError, match=f"under runs/ of this folder holds a {kind}"):
            COMMANDS[words[0]](words)


class Accepted(Exception):
    """Raised in place of a training or an evaluation."""


def test_a_good_run_is_used_and_nothing_in_it_is_executed(
    run_command, copy_of, tmp_path, monkeypatch
):
    """A run is data: pickles, Lambda layers and modules beside them are not loaded."""
    for name in ("training.train_loop.Trainer", "evaluate.Evaluator"):
        monkeypatch.setattr(f"gan_tf.{name}", mock.Mock(side_effect=Accepted))
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
    for line in (
        f"evaluate --run_dir={run}",
        f"train --model=gan --run_dir={run} --steps=4",
        "evaluate --images=set.npz --data=blobs.npz --num=50",
    ):
        with pytest.raises(Accepted):
            run_command(*line.split())
    assert files_in(tmp_path) == before
    assert not os.path.exists(Spell.path)  # in the working directory
