import os
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tiny import blobs, tiny_config

from gan_tf.errors import InputError
from gan_tf.models import MODELS, model_class
from gan_tf.monitoring import run_description
from gan_tf.monitoring.summaries import Summaries
from gan_tf.ops.histogram import histogram
from gan_tf.run_dir.event_files import truncate_after
from gan_tf.sampling import image_io
from gan_tf.training.train_step import weights_of
from gan_tf.training.trainer import Trainer

IMAGES, LABELS = blobs()


@pytest.fixture(scope="module", params=MODELS)
def trained(request):
    """(trainer, what two steps returned); tests only read it."""
    config = tiny_config(request.param)
    model = model_class(request.param)(config, IMAGES.shape[1:], 3)
    trainer = Trainer(model, IMAGES, LABELS, config)
    return trainer, trainer.train(2)


def read(folder):
    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    return reader


def steps_in(folder):
    return [event.step for event in read(folder).Tensors("a/b")]


def write(folder, *steps):
    writer = Summaries(folder)
    for step in steps:
        writer.scalars({"a/b": float(step)}, {}, step)
    writer.close()


def value(reader, tag, index=0):
    return tf.make_ndarray(reader.Tensors(tag)[index].tensor_proto)


def test_histograms_are_of_every_weight_gradient_and_logit(trained, tmp_path):
    trainer, (_, snapshot) = trained
    model = trainer.train_step.model
    writer = Summaries(tmp_path)
    norms = writer.histograms(trainer.tensors(snapshot), step=7)
    writer.close()
    reader = read(tmp_path)
    weights = weights_of(model)
    names = [f"{kind}/{name}" for kind in ("weights", "gradients") for name in weights]
    assert set(reader.Tags()["tensors"]) == {*names, "logits/real", "logits/fake"}
    for name, weight in weights.items():
        buckets = value(reader, f"weights/{name}")
        np.testing.assert_allclose(buckets, histogram(weight), atol=1e-6)
    assert reader.Tensors("logits/real")[0].step == 7
    plugin = reader.SummaryMetadata("logits/real").plugin_data
    assert plugin.plugin_name == "histograms"
    for network in ("generator", "discriminator"):
        gradients = [
            g.numpy().ravel()
            for name, g in snapshot.gradients.items()
            if name.startswith(network)
        ]
        expected = pytest.approx(np.linalg.norm(np.concatenate(gradients)), rel=1e-4)
        assert norms[f"gradient_norms/{network[0]}"] == expected


def test_scalars_come_with_their_meaning(trained, tmp_path):
    trainer, (means, _) = trained
    model = trainer.train_step.model
    writer = Summaries(tmp_path)
    writer.scalars({**means, "learning_rates/d": 0.5}, model.METRICS, step=3)
    writer.scalars({**means, "learning_rates/d": 0.25}, model.METRICS, step=4)
    writer.close()
    reader = read(tmp_path)
    assert set(reader.Tags()["tensors"]) == {*model.METRICS, "learning_rates/d"}
    for tag, mean in means.items():
        assert value(reader, tag) == pytest.approx(mean)
        assert reader.SummaryMetadata(tag).summary_description == model.METRICS[tag]
    assert [value(reader, "learning_rates/d", i) for i in (0, 1)] == [0.5, 0.25]
    assert reader.SummaryMetadata("learning_rates/d").summary_description


def test_start_writes_graph_texts_and_hyperparameters(trained, tmp_path):
    model = trained[0].train_step.model
    writer = Summaries(tmp_path)
    writer.graph_and_settings(model, {"steps": 3, "noise": "normal"})
    writer.text("run/data", "words", 0)
    writer.close()
    reader = read(tmp_path)
    nodes = {node.name.split("/")[0] for node in reader.Graph().node}
    assert {"generator", "discriminator"} <= nodes
    assert value(reader, "run/data") == b"words"
    metadata = reader.SummaryMetadata("_hparams_/session_start_info")
    content = HParamsPluginData.FromString(metadata.plugin_data.content)
    # A group of its own in TensorBoard, whatever the name of the folder.
    assert not content.session_start_info.group_name


def test_truncated_events_end_at_the_step(tmp_path):
    write(tmp_path, *range(6))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])  # a kill in the middle of a record
    truncate_after(tmp_path, 3)
    assert steps_in(tmp_path) == [0, 1, 2, 3]
    truncate_after(tmp_path, 0)
    assert not list(tmp_path.iterdir())


def test_truncated_files_are_read_before_the_one_to_come_whatever_the_clock_said(tmp_path):
    for steps in ((1, 2), (3, 4)):
        write(tmp_path, *steps)
        # It was opened in the year 2286, then the clock was put back.
        (file,) = tmp_path.glob("*.v2")
        file.rename(tmp_path / f"events.out.tfevents.9999999999.{steps[0]}.v2")
        truncate_after(tmp_path, steps[1])
    write(tmp_path, 5)
    assert steps_in(tmp_path) == [1, 2, 3, 4, 5]
    truncate_after(tmp_path, 3)
    assert steps_in(tmp_path) == [1, 2, 3]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_kill_while_events_are_truncated_leaves_none_twice(tmp_path, monkeypatch, last):
    write(tmp_path, 1, 2, 3, 4)
    replace, moves = os.replace, []

    def dying_replace(source, target):
        moves.append(target)
        if len(moves) == last:
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying_replace)
        with pytest.raises(KeyboardInterrupt):
            truncate_after(tmp_path, 3)
    assert steps_in(tmp_path) == [1, 2, 3, 4]
    truncate_after(tmp_path, 3)
    assert steps_in(tmp_path) == [1, 2, 3]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_one_line(tmp_path, full_disk):
    message = r"run_dir .* cannot be written .File too large"
    with pytest.raises(InputError, match=message), full_disk():
        write(tmp_path, *range(100))
    write(tmp_path, *range(100))
    with pytest.raises(InputError, match=message), full_disk():
        truncate_after(tmp_path, 90)


DOTS = {
    "missing": (None, "install graphviz"),
    "failing": ("exit 1", "non-zero exit status 1"),
    "hanging": ("exec sleep 60", "timed out after 0.2 seconds"),
    "cut": ("printf '\\211PNG'", "its output is no PNG file, or"),
    "working": ('cat "$0.png"', ""),
}


@pytest.mark.skipif(sys.platform == "win32", reason="dot is a shell script here")
@pytest.mark.parametrize("dot", DOTS)
def test_networks_are_drawn_as_text_where_graphviz_fails(
    dot, tmp_path, monkeypatch, capsys
):
    script, reason = DOTS[dot]
    monkeypatch.setattr(run_description, "_DOT_SECONDS", 0.2 if dot == "hanging" else 20)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if script else str(tmp_path))
    program = tmp_path / "dot"
    if script:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        image_io.write_image(tmp_path / "dot.png", np.zeros([2, 3, 1], np.uint8))
    model = model_class("gan")(tiny_config("gan"), IMAGES.shape[1:], 3)
    files = run_description.plot_networks(model, tmp_path / "networks")
    assert set(files) == {"generator", "discriminator", "stacked"}
    out = capsys.readouterr().out
    if not reason:
        assert [file.suffix for file in files.values()] == [".png"] * 3 and not out
        return
    assert out.count("\n") == 1 and "drawn as text" in out and reason in out
    for file in files.values():
        assert file.suffix == ".dot" and file.read_text().startswith("digraph")
    assert "source_logit" in files["discriminator"].read_text()
    assert str(IMAGES.shape[1]) in files["stacked"].read_text()
