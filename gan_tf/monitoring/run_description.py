"""What a run shows of its data, networks and settings; it is written once."""

import io
import json
import math
import subprocess
from pathlib import Path
from typing import Any

import keras

from gan_tf.data import Dataset
from gan_tf.data.report import GRID_COLUMNS, class_grid, summary_lines
from gan_tf.errors import InputError
from gan_tf.models.base import GAN
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling import image_io

_DOT_SECONDS = 20  # it takes 0.3 s for each network here


def write_description(
    model: GAN,
    dataset: Dataset,
    run: Run,
    writer: Summaries,
    device: str,
    num_steps: float,
) -> None:
    """Writes a grid of real images, plots of the networks, the settings and the graph."""
    real = image_io.grid(class_grid(dataset, model.conditional), GRID_COLUMNS)
    image_io.write_image(run.path / "samples" / "real.png", real)
    writer.image("samples/real", real, 0, "training images")
    folder = run.path / "networks"
    plots = plot_networks(model, folder)
    for name, file in plots.items():
        if file.suffix == ".png":
            writer.image(f"networks/{name}", image_io.read_png(file), 0)
    settings = run.config.as_dict()
    if math.isinf(num_steps):  # not known yet: `Recorder.set_num_steps` writes them
        del settings["steps"]
    writer.text("run/config", table(settings), 0)
    writer.text("run/versions", table({**versions(), "device": device}), 0)
    writer.text("run/data", "\n\n".join(summary_lines(dataset, run.config.balance)), 0)
    writer.graph_and_settings(model, settings)


def plot_networks(model: GAN, folder: Path) -> dict[str, Path]:
    """Draws the layers and shapes of both networks and of the two stacked into `folder`.

    Returns:
        {"generator" | "discriminator" | "stacked": the file written}: a .png of
        graphviz's `dot`, or where that fails the same drawing as text, a .dot.
    """
    fake = model.generator(model.generator.inputs)
    logits = model.discriminator(fake)
    stacked = keras.Model(model.generator.inputs, logits, name="stacked")
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
        ["dot", "-Tpng"], input=graph, capture_output=True, check=True, timeout=_DOT_SECONDS
    )
    try:
        image_io.read_png(io.BytesIO(dot.stdout))
    except InputError:  # which would name the stream
        raise InputError("its output is no PNG file, or too large a one") from None
    return dot.stdout


def table(values: dict[str, Any]) -> str:
    """Returns {name: value} as a table in Markdown."""
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
