"""What a run shows of its data, networks and settings; it is written once."""

from __future__ import annotations

import json
from pathlib import Path

import keras

from gan_tf.data import Dataset
from gan_tf.data.report import GRID_COLUMNS, class_grid, summary_lines
from gan_tf.models.base import GAN
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling import image_io


def write_description(
    model: GAN, dataset: Dataset, run: Run, writer: Summaries, device: str
) -> None:
    """Writes a grid of real images, plots of the networks, the settings and the graph."""
    real = image_io.grid(class_grid(dataset, model.conditional), GRID_COLUMNS)
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
    texts = {
        "run/config": _table(settings),
        "run/versions": _table({**versions(), "device": device}),
        "run/data": "\n\n".join(summary_lines(dataset)),
    }
    writer.start(model, run.path.name, settings, texts)


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


def _table(values):
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
