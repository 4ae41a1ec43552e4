"""The export command, and each format in its own runtime."""

import dataclasses
import importlib.util
import json
import re
import shlex
import shutil
import zipfile
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan_tf
from gan_tf import cli, export, train
from gan_tf.config import Config
from gan_tf.data import IN_MEMORY
from gan_tf.errors import InputError
from gan_tf.exporting import hub_folder, keras_file
from gan_tf.exporting.hub_folder import training_command
from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import plain_keras
from gan_tf.run_dir import evaluations
from gan_tf.run_dir.run import Run
from gan_tf.sampling.image_io import read_png, to_uint8

MODELS = ("acgan", "gan")


@pytest.fixture(scope="module")
def runs(tmp_path_factory, blob_file, copy_run):
    folder = tmp_path_factory.mktemp("export")
    data = shutil.copy(blob_file, folder / "mnist.npz")  # named like MNIST, but other data
    for model in MODELS:
        copy_run(model, folder / model, data=str(data), noise="uniform")
    return folder


@pytest.fixture
def command(runs, tmp_path):
    def run(model, form, out, *flags):
        path = tmp_path / out
        words = [f"--run_dir={runs / model}", f"--format={form}", f"--out={path}", *flags]
        export.main(["export", *words])
        return path

    return run


def _keras(path):
    return keras.saving.load_model(path, custom_objects={})


def _saved_model(path):
    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(tf.nest.map_structure(tf.constant, inputs))


def _onnx(path):
    session = pytest.importorskip("onnxruntime").InferenceSession(str(path))
    names = [tensor.name for tensor in session.get_inputs()]
    return lambda inputs: session.run(None, dict(zip(names, tf.nest.flatten(inputs))))[0]


def _litert(path):
    module = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = module.Interpreter(model_path=str(path))

    def run(inputs):
        inputs = dict(zip(("z", "labels"), tf.nest.flatten(inputs)))
        runner = interpreter.get_signature_runner(f"batch_{len(inputs['z'])}")
        return runner(**inputs)["images"]

    return run


RUNTIMES = {
    "keras": ("digits.keras", _keras, (1, 5)),
    "saved_model": ("digits", _saved_model, (1, 5)),
    "onnx": ("digits.onnx", _onnx, (1, 5)),
    "litert": ("digits.tflite", _litert, (1, 16)),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", RUNTIMES)
def test_the_exports_images_are_pythons(command, runs, capsys, model, form):
    for package in export.FORMATS[form].packages:
        pytest.importorskip(package)
    name, load, batches = RUNTIMES[form]
    path = command(model, form, name, "--checkpoint=2", "--weights=raw")
    assert "verified: 100 images, largest difference of a pixel" in capsys.readouterr().out
    sampler = gan_tf.load(runs / model, checkpoint=2, weights="raw")
    runtime, label = load(path), 1 if model == "acgan" else None
    for num in batches:
        z = sampler.z(7, num)
        inputs = [z, np.full(num, label, np.int32)] if model == "acgan" else z
        images = to_uint8(np.array(runtime(inputs)), *sampler.image_range)
        expected = sampler.generate(label, num, seed=7)
        assert np.abs(images.astype(int) - expected).max() <= 1


def test_model_json_describes_all_files_beside_it(command, tmp_path):
    file = tmp_path / "model.json"

    def refuse(*arguments, message):
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(InputError, match=message):
            command(*arguments)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

    command("gan", "keras", "digits.keras")
    refuse("acgan", "keras", "other.keras", message="describes step 4 of gan")
    command("acgan", "keras", "digits.keras")  # replaces both
    assert json.loads(file.read_text())["model"] == "acgan"
    (tmp_path / "digits.keras").unlink()  # model.json then describes nothing
    command("gan", "keras", "digits.keras")
    # A later version of a package does not make another model.
    info = json.loads(file.read_text())
    assert info["model"] == "gan"
    file.write_text(json.dumps({**info, "versions": {**info["versions"], "numpy": "1.0"}}))
    command("gan", "keras", "more.keras")
    assert json.loads(file.read_text()) == info
    arguments = "gan", "keras", "digits.keras", "--checkpoint=2"
    refuse(*arguments, message=f"describes step {info['step']} of gan")
    file.write_text(json.dumps({**info, "weights_crc32": 1}))  # of another seed
    refuse("gan", "keras", "third.keras", message="describes step . of gan")
    file.write_text("[1]")
    refuse("gan", "keras", "third.keras", message="something else")
    for name in ("more.keras", "digits.keras"):
        (tmp_path / name).unlink()
    file.write_text('{"format": "layers-model"}')  # of TensorFlow.js
    (tmp_path / "index.html").write_text("mine")
    refuse("gan", "html", "index.html", message="something else")


def test_what_is_wrong_with_the_run_is_not_taken_for_the_file(
    command, runs, copy_run, monkeypatch, tmp_path
):
    copy_run("gan", tmp_path / "r")
    log = tmp_path / "r" / "metrics.jsonl"
    log.unlink()
    log.mkdir()
    with pytest.raises(InputError, match="metrics.jsonl cannot be read .*: mend or remove"):
        command("gan", "html", "new/page.html", f"--run_dir={tmp_path / 'r'}")
    log.rmdir()
    (grid,) = (tmp_path / "r" / "samples").glob("*4.png")
    grid.write_bytes(grid.read_bytes()[:40])
    with pytest.raises(InputError, match="00000004.png cannot be read .*: mend or remove"):
        command("gan", "html", "new/page.html", f"--run_dir={tmp_path / 'r'}")
    with pytest.raises(InputError, match="cannot be written below .*00000004.png"):
        command("gan", "keras", f"r/samples/{grid.name}/x.keras")

    def fail(*_):
        raise tf.errors.InvalidArgumentError(None, None, "Incompatible shapes")

    monkeypatch.setattr(keras_file, "largest_difference", fail)
    with pytest.raises(tf.errors.InvalidArgumentError):  # a bug keeps its traceback
        command("gan", "keras", "digits.keras")


def test_an_export_does_not_go_into_the_training_data(command, copy_run, tmp_path):
    copy_run("gan", tmp_path / "r")
    file = tmp_path / "r" / "config.json"
    record = json.loads(file.read_text())
    record["config"]["data"] = str(tmp_path / "pets")
    file.write_text(json.dumps(record))
    (tmp_path / "pets").mkdir()
    with pytest.raises(InputError, match="out .*hub. is in the training data"):
        command("gan", "hub", "pets/hub", f"--run_dir={tmp_path / 'r'}")
    assert not list((tmp_path / "pets").iterdir())


def test_the_card_of_a_run_without_ema_states_none(runs):
    run = Run(runs / "gan")
    for decay, text in ((0.999, "the EMA of the"), (0.0, "the trained weights, without")):
        run.config = dataclasses.replace(run.config, ema_decay=decay)
        info = ModelInfo(run, 4, "ema", run.sampler())
        assert text in hub_folder._card(info)
        assert info.as_dict()["weights"] == ("ema" if decay else "raw")


def test_the_card_states_that_the_run_it_started_from_is_not_there(runs):
    run = Run(runs / "gan")
    for start, named in (("none", False), ("elsewhere/gan", True)):
        run.config = dataclasses.replace(run.config, init_from=start)
        card = hub_folder._card(ModelInfo(run, 4, "ema", run.sampler()))
        assert ("The run that `--init_from` names is not in this" in card) == named


@pytest.mark.parametrize("form, out", [("saved_model", "d"), ("keras", "d.keras")])
def test_a_full_disk_is_one_line(command, full_disk, form, out):
    message = r"out \(.*d(\.keras)?\) cannot be written \(File too large\): correct that"
    with full_disk(), pytest.raises(InputError, match=message):
        command("gan", form, out)


def test_litert_in_a_folder_whose_name_is_a_pattern(command):
    assert command("gan", "litert", "a[1]/g.tflite").exists()


def test_a_saved_model_in_a_folder_whose_name_is_a_pattern_is_refused(
    command, runs, monkeypatch, tmp_path
):
    (tmp_path / "a[1]").mkdir()
    monkeypatch.chdir(tmp_path / "a[1]")
    with pytest.raises(InputError, match=r"out \(.*a\[1\].digits\) has a \[ or a"):
        command("gan", "saved_model", "unused", "--out=digits")


def test_an_empty_folder_is_replaced_and_a_tilde_expanded(command, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "digits").mkdir()
    command("gan", "saved_model", "unused", "--out=~/digits")
    assert (tmp_path / "digits" / "model.json").exists()


def test_a_wrong_export_is_removed_and_the_old_file_stays(command, monkeypatch):
    path = command("gan", "keras", "digits.keras")
    before = path.read_bytes()

    def with_other_weights(network):
        return keras.models.clone_model(plain_keras(network))

    monkeypatch.setattr(keras_file, "plain_keras", with_other_weights)
    with pytest.raises(InputError, match=r"differ from Python's by \d+ grey levels"):
        command("gan", "keras", "digits.keras")
    with pytest.raises(InputError, match="differ from Python's"):
        command("gan", "keras", "new.keras")
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == ["digits.keras", "model.json"] and path.read_bytes() == before


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_a_missing_package_is_one_line_with_its_extra(command, monkeypatch, form):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        command("gan", form, RUNTIMES[form][0])
    assert f"pip install 'gan_tf[{form}]'" in str(error.value)


@pytest.mark.parametrize("model", MODELS)
def test_a_hub_folder_can_be_published_and_states_what_a_user_must_know(
    command, runs, monkeypatch, model
):
    record = {"step": 4, "weights": "ema", "num": 60}
    record["metrics"] = {"frechet_ratio": 1.25, "score": 9.5, "kid": None}
    record["crc32"] = Run(runs / model).data["crc32"]
    evaluations.write(runs / model, record)
    folder = command(model, "hub", "digits")
    names = "LICENSE README.md config.json discriminator.keras generator.keras model.json"
    found = sorted(file.name for file in folder.iterdir())
    assert found == [*names.split(), "samples.png"]
    info = json.loads((folder / "model.json").read_text())
    assert info["labels"] == (["0", "1", "2"] if model == "acgan" else [])
    assert (info["step"], info["weights"]) == (4, "ema")
    assert (info["z"]["length"], info["z"]["distribution"]) == (5, "uniform")
    assert info["images"]["shape"] == [8, 8, 1] and info["images"]["range"] == [-1, 1]
    _, front, card = (folder / "README.md").read_text().split("---\n", 2)
    facts = dict(line.split(": ", 1) for line in front.splitlines())
    facts = {name: json.loads(value) for name, value in facts.items()}
    assert facts["license"] == "mit" and facts["library_name"] == "keras"
    assert "datasets" not in facts and "ylecun" not in front and "LeCun" not in card
    (result,) = facts["model-index"][0]["results"]
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert values == {"frechet_ratio": 1.25, "score": 9.5}
    assert "| frechet_ratio | 1.25 | lower |" in card
    assert "- 60 images against as many real ones." in card
    rows = [line for line in card.splitlines() if line.startswith("|")]
    assert all(len(re.split(r"(?<!\\)\|", row)) == 6 for row in rows) and len(rows) == 4
    assert (folder / "LICENSE").read_text().startswith("MIT License")
    grid = read_png(folder / "samples.png")
    assert grid.shape[:2] == ((28, 98) if model == "acgan" else (98, 98))
    assert str(runs) not in card + json.dumps(info) + (folder / "config.json").read_text()

    if model == "acgan":  # as JSON, because names may hold commas and Markdown
        names = card.split("```json\n")[1].split("```")[0]
        assert json.loads(names) == ["0", "1", "2"]
    python, shell = (
        card.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "sh")
    )
    monkeypatch.chdir(folder)
    namespace = {}
    exec(python, namespace)
    assert namespace["images"].shape == (16, 8, 8, 1)
    settings = cli.parse(shlex.split(shell)[2:], train.USAGE, train.flags(Config()))
    run = Run(runs / model)
    trained = {**run.config.as_dict(), "data": "mnist.npz"}
    assert train.preset_config(settings).as_dict() == trained
    assert "`mnist.npz` is the training data, which are not in this folder." in card

    discriminator = keras.saving.load_model(folder / "discriminator.keras")
    ours = run.model(4).discriminator
    for theirs, outputs in zip(
        tf.nest.flatten(discriminator(namespace["images"])),
        tf.nest.flatten(ours(namespace["images"], training=False)),
    ):
        np.testing.assert_allclose(theirs, outputs, atol=1e-5)


def test_the_hub_card_has_scores_of_the_runs_own_data_alone(tmp_path):
    run = SimpleNamespace(path=tmp_path, data={"crc32": "1"})
    of = SimpleNamespace(step=4, weights="ema", run=run)
    record = {"step": 4, "weights": "ema", "num": 60, "metrics": {"frechet_ratio": 1.25}}
    record["notes"] = ["no test images: some are held out"]
    lines = ["60 images against as many real ones.", *record["notes"]]
    evaluations.write(tmp_path, {**record, "crc32": "2"})
    assert hub_folder._metrics(of) == ({}, [])
    few = {**record, "metrics": {"frechet_ratio": 9.0}, "num": 30}
    for one in (record, few):
        evaluations.write(tmp_path, {**one, "crc32": "1"})
        assert hub_folder._metrics(of) == ({"frechet_ratio": 1.25}, lines)
    record["metrics"] |= {"kid": 1.23456e-7}
    evaluations.write(tmp_path, {**record, "crc32": "1"})
    run.data["name"] = "\N{CAT FACE}"
    run.config = Config(data="cats")
    front = hub_folder._front_matter(of, hub_folder._metrics(of)[0])
    assert '"value": 1.235e-07}' in front and '"\N{CAT FACE}"' in front
    record["metrics"]["kid"] = "low"
    (tmp_path / "metrics.json").write_text(json.dumps({"evaluations": [record]}))
    with pytest.raises(InputError, match="metrics.json is damaged .*: remove it"):
        hub_folder._metrics(of)


def test_the_training_command_can_be_pasted():
    settings = {"data": "my 'pets'", "skip_bad": True, "minutes": 5.0, "steps": 70}
    settings |= {"lr_decay_start": 0.5}
    settings |= {"background": "#000", "resample_z": False}
    config = Config(preset="gan-classic", **settings)
    run = SimpleNamespace(config=config, data={"name": "my 'pets'"})
    moved = dataclasses.replace(config, data=IN_MEMORY, init_from="/home/me/runs/a")
    command = training_command(SimpleNamespace(config=moved, data=run.data))
    assert "--data=my_data" in command and "--init_from=a" in command
    moved = dataclasses.replace(config, data="/home/me/mnist")  # not the bundled one
    assert "--data=./mnist" in training_command(SimpleNamespace(config=moved, data={}))
    for path, name in ((r"C:\Users\me\pets", "pets"), (".", "here"), ("..", "here")):
        moved = dataclasses.replace(config, data=path)
        command = training_command(SimpleNamespace(config=moved, data={"name": "here"}))
        assert f"--data={name}" in shlex.split(command)
    words = shlex.split(training_command(run))
    assert words[:3] == ["python", "-m", "gan_tf.train"]
    values = cli.parse(words[2:], train.USAGE, train.flags(Config()))
    assert train.preset_config(values) == dataclasses.replace(config, minutes=0.0)


# The arguments of layers, initializers and operations that Keras 3.6 has loaded.
KERAS_3_6 = """
    activation activity_regularizer axes axis batch_shape beta_constraint beta_initializer
    beta_regularizer bias_constraint bias_initializer bias_regularizer center data_format
    dilation_rate distribution dtype embeddings_constraint embeddings_initializer
    embeddings_regularizer epsilon filters gamma_constraint gamma_initializer
    gamma_regularizer groups initial input_dim input_layers interpolation keepdims
    keras_history kernel_constraint kernel_initializer kernel_regularizer kernel_size layers
    mask_zero max_value maxval minval mode momentum moving_mean_initializer
    moving_variance_initializer name negative_slope noise_shape offset output_dim
    output_layers output_padding padding rate scale seed shape size sparse strides
    synchronized target_shape threshold trainable units use_bias
""".split()


def arguments_in(config):
    """Yields (class name, names of arguments) of each object in a .keras file's config."""
    if isinstance(config, dict):
        if isinstance(config.get("config"), dict):
            yield config["class_name"], config["config"].keys()
        config = list(config.values())
    for value in config if isinstance(config, list) else []:
        yield from arguments_in(value)


@pytest.mark.parametrize("model", MODELS)
def test_networks_have_arguments_of_keras_3_6_alone(runs, command, model):
    files = list((runs / model / "networks").glob("*.keras"))
    files.append(command(model, "keras", "x.keras"))
    for file in files:
        with zipfile.ZipFile(file) as archive:
            found = list(arguments_in(json.loads(archive.read("config.json"))))
        assert {"Functional", "InputLayer", "Dense"} <= {kind for kind, _ in found}
        assert {name for _, names in found for name in names} <= set(KERAS_3_6)
        operations = [names for kind, names in found if kind in ("Max", "Cumsum")]
        assert not any("name" in names for names in operations)  # since Keras 3.11
    assert len(files) == 3


def test_training_writes_plain_networks(runs):
    for model in MODELS:
        sampler = gan_tf.load(runs / model)
        for name, ours in (
            ("generator", sampler.generator),
            ("discriminator", Run(runs / model).model(4).discriminator),
        ):
            file = runs / model / "networks" / f"{name}.keras"
            network = keras.saving.load_model(file, custom_objects={})
            kinds = {type(layer).__module__.partition(".")[0] for layer in network.layers}
            assert kinds == {"keras"}
            for left, right in zip(network.get_weights(), ours.get_weights()):
                np.testing.assert_array_equal(left, right)
