"""What a run shows of its data, networks and settings; it is written once."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np

from gan_tf.data import Dataset
from gan_tf.models.base import GAN
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling import image_io

GRID_COLUMNS = 10
GRID_ROWS = 10  # where there are no classes


def write_description(
    model: GAN, dataset: Dataset, run: Run, writer: Summaries, device: str
) -> None:
    """Writes a grid of real images, plots of the networks, the settings and the graph."""
    real = image_io.grid(dataset.x_train[_rows_shown(model, dataset)], GRID_COLUMNS)
    image_io.write_png(run.path / "samples" / "real.png", real)
    writer.image("samples/real", real, 0, "training images")
    folder = run.path / "networks"
    plots = plot_networks(model, folder)
    for name, file in plots.items():
        if file.suffix == ".png":
            writer.image(f"networks/{name}", image_io.read_png(file), 0)
    if any(file.suffix != ".png" for file in plots.values()):
        print(
            f"note      the networks are drawn as text, {folder}/*.dot: for PNG files "
            "install graphviz (apt install graphviz, or brew install graphviz)"
        )
    settings = run.config.as_dict()
    writer.text("run/config", _table(settings), 0)
    writer.text("run/versions", _table({**versions(), "device": device}), 0)
    writer.text("run/data", dataset.summary(), 0)
    writer.start(model, run.path.name, settings)


def plot_networks(model: GAN, folder: Path) -> dict[str, Path]:
    """Draws the layers and shapes of both networks and of the two stacked into `folder`.

    Returns:
        {"generator" | "discriminator" | "stacked": the file written}: a .png where
        graphviz's `dot` is installed, and otherwise the same drawing as text, a .dot.
    """
    fake = model.generator(model.generator.inputs)
    logits = model.discriminator(fake)
    stacked = keras.Model(model.generator.inputs, logits, name="stacked")
    with writing(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for network in (model.generator, model.discriminator, stacked):
        graph = keras.utils.model_to_dot(
            network, show_shapes=True, expand_nested=True, dpi=96
        )
        file = folder / f"{network.name}.png"
        try:
            drawing = graph.create_png()
        except FileNotFoundError:  # `dot` is not installed
            file = file.with_suffix(".dot")
            drawing = graph.to_string().encode()
        with writing(folder.parent):
            file.write_bytes(drawing)
        files[network.name] = file
    return files


def _rows_shown(model, dataset):
    """Ten images of each class; the first images without classes."""
    if not model.conditional:
        return np.resize(np.arange(len(dataset.x_train)), GRID_COLUMNS * GRID_ROWS)
    by_class = (np.flatnonzero(dataset.y_train == k) for k in range(dataset.num_classes))
    return np.concatenate([np.resize(rows, GRID_COLUMNS) for rows in by_class])


def _table(values):
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
