"""What a run shows of its data, networks and settings; it is written once."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import keras
import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError
from gan_tf.models.base import GAN
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling import image_io

GRID_COLUMNS = 10
_UNCONDITIONAL_ROWS = 10
_DOT_SECONDS = 20  # it takes 0.3 s for each network here


def write_description(
    model: GAN, dataset: Dataset, run: Run, writer: Summaries, device: str
) -> None:
    """Writes a grid of real images, plots of the networks, the settings and the graph.

    Args:
        model: the GAN.
        dataset: the run's data.
        run: the run.
        writer: of the run's events.
        device: name of the device.
    """
    real = image_io.grid(dataset.x_train[_rows_shown(model, dataset)], GRID_COLUMNS)
    image_io.write_png(run.path / "samples" / "real.png", real)
    writer.image("samples/real", real, 0, "training images")
    folder = run.path / "networks"
    plots = plot_networks(model, folder)
    for name, file in plots.items():
        if file.suffix == ".png":
            writer.image(f"networks/{name}", image_io.read_png(file), 0)
    settings = run.config.as_dict()
    texts = {
        "run/config": _table(settings),
        "run/versions": _table({**versions(), "device": device}),
        "run/data": dataset.summary(),
    }
    writer.start(model, run.path.name, settings, texts)


def plot_networks(model: GAN, folder: Path) -> dict[str, Path]:
    """Draws the layers and shapes of both networks and of the two stacked.

    Args:
        model: the GAN.
        folder: of a run; it is made where it is missing.

    Returns:
        {"generator" | "discriminator" | "stacked": the file written}: a .png of
        graphviz's `dot`, or where that fails the same drawing as text, a .dot.
    """
    fake = model.generator(model.generator.inputs)
    stacked = keras.Model(
        model.generator.inputs, model.discriminator(fake), name="stacked"
    )
    with writing(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    failure: Exception | None = None
    for network in (model.generator, model.discriminator, stacked):
        graph = keras.utils.model_to_dot(
            network, show_shapes=True, expand_nested=True, dpi=96
        )
        file, drawing = folder / f"{network.name}.dot", graph.to_string().encode()
        if not failure:
            try:
                drawing, file = _png(drawing), file.with_suffix(".png")
            except (OSError, subprocess.SubprocessError, InputError) as error:
                failure = error
        with writing(folder.parent):
            file.write_bytes(drawing)
        files[network.name] = file
    if failure:
        reason = f"graphviz failed: {failure}"
        if isinstance(failure, FileNotFoundError):
            reason = "for PNG files install graphviz (apt or brew install graphviz)"
        print(f"note      the networks are drawn as text, {folder}/*.dot: {reason}")
    return files


def _png(graph: bytes) -> bytes:
    """Returns the PNG file that graphviz makes of `graph`, in the language of `dot`.

    Raises:
        OSError: it is not installed or cannot be executed.
        subprocess.SubprocessError: it failed or took too long.
        InputError: what it made is no PNG file, or too large a picture.
    """
    dot = subprocess.run(
        ["dot", "-Tpng"],
        input=graph,
        capture_output=True,
        check=True,
        timeout=_DOT_SECONDS,
    )
    image_io.read_png(io.BytesIO(dot.stdout))
    return dot.stdout


def _rows_shown(model, dataset):
    """Ten images of each class; the first images without classes."""
    if not model.conditional:
        num = GRID_COLUMNS * _UNCONDITIONAL_ROWS
        return np.resize(np.arange(len(dataset.x_train)), num)
    by_class = (
        np.flatnonzero(dataset.y_train == k) for k in range(dataset.num_classes)
    )
    return np.concatenate([np.resize(rows, GRID_COLUMNS) for rows in by_class])


def _table(values):
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
