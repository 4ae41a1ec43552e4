"""What a training leaves behind for people: entries, sheets of images, a description."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from gan_tf import images
from gan_tf.data import Dataset
from gan_tf.models.base import GAN
from gan_tf.runs import Run, versions
from gan_tf.sampling import Sampler
from gan_tf.step import Snapshot
from gan_tf.summaries import Summaries, model_pictures
from gan_tf.trainer import Trainer

_GRID_COLUMNS = 10
_UNCONDITIONAL_ROWS = 10
# What the line of losses tells; a model of one's own may have fewer of them.
_TOLD = {
    "losses/d_loss": "d_loss",
    "losses/g_loss": "g_loss",
    "probabilities/d_real": "D(x)",
    "probabilities/d_fake": "D(G(z))",
    "source_accuracy/real": "source real",
    "source_accuracy/fake": "source fake",
    "class_accuracy/real": "class real",
    "class_accuracy/fake": "class fake",
}


def log_entry(
    trainer: Trainer,
    writer: Summaries,
    run: Run,
    means: dict[str, float],
    snapshot: Snapshot,
    steps_per_second: float,
) -> None:
    """Writes one entry into TensorBoard and metrics.jsonl.

    Args:
        trainer: its step is the entry's.
        writer: of the run's events.
        run: its metrics.jsonl gets the entry.
        means: {tag: mean}, as `Trainer.train` returned them.
        snapshot: the same.
        steps_per_second: since the entry before.
    """
    config, model, step = trainer.config, trainer.train_step.model, trainer.step
    metrics = {
        **means,
        **writer.histograms(model, snapshot, step),
        **trainer.learning_rates(),
        "speed/steps_per_second": steps_per_second,
        "speed/images_per_second": steps_per_second
        * config.batch_size
        * config.d_steps,
    }
    writer.scalars(metrics, model.METRICS, step)
    run.log(metrics, step)


def loss_line(trainer: Trainer, means: dict[str, float]) -> str:
    """Returns the line that says how the game stands, with the epoch.

    Args:
        trainer: its step is the line's.
        means: {tag: mean}, as `Trainer.train` returned them.
    """
    config = trainer.config
    images_used = trainer.step * config.batch_size * config.d_steps
    told = [f"{name} {means[tag]:.3f}" for tag, name in _TOLD.items() if tag in means]
    place = f"step {trainer.step:,}  epoch {images_used / trainer.num_images:.2f}"
    return "  ".join([place, *told])


def write_networks(trainer: Trainer, run: Run) -> None:
    """Writes networks/generator.keras and discriminator.keras, each whole or not at all.

    The generator is the running average, of which samples are made.
    """
    folder = run.path / "networks"
    folder.mkdir(exist_ok=True)
    step = trainer.train_step
    for network in (step.ema_generator, step.model.discriminator):
        draft = folder / f"draft.{network.name}.keras"
        network.save(draft)
        os.replace(draft, folder / f"{network.name}.keras")


def write_sheet(
    sampler: Sampler, seed: int, run: Run, writer: Summaries, step: int
) -> Path:
    """Writes the sheet of always the same noise: a row a class, a column a z.

    Returns:
        The .png file.
    """
    names = sampler.class_names
    if names:
        z = sampler.z(seed, _GRID_COLUMNS)
        made = np.concatenate([sampler.render(z, k) for k in range(len(names))])
    else:
        made = sampler.generate(num=_GRID_COLUMNS * _UNCONDITIONAL_ROWS, seed=seed)
    sheet = images.grid(made, _GRID_COLUMNS)
    file = run.path / "samples" / f"{step:08d}.png"
    images.write_png(file, sheet)
    text = "always the same noise" + ("; a row a class" if names else "")
    writer.image("samples/fake", sheet, step, text)
    return file


def write_description(
    model: GAN, dataset: Dataset, run: Run, writer: Summaries, device: str
) -> None:
    """Writes what does not change: real images, the networks, the settings."""
    real = images.grid(dataset.x_train[_rows_shown(model, dataset)], _GRID_COLUMNS)
    images.write_png(run.path / "samples" / "real.png", real)
    writer.image("samples/real", real, 0, "training images")
    folder = run.path / "networks"
    drawn = model_pictures(model, folder)
    for name, file in drawn.items():
        if file.suffix == ".png":
            writer.image(f"networks/{name}", images.read_png(file), 0)
    if any(file.suffix != ".png" for file in drawn.values()):
        print(
            f"note      the networks are drawn as text, {folder}/*.dot: for pictures "
            "install graphviz (apt install graphviz, or brew install graphviz)"
        )
    settings = run.config.as_dict()
    texts = {
        "run/config": _table(settings),
        "run/versions": _table({**versions(), "device": device}),
        "run/data": dataset.summary(),
    }
    writer.start(model, run.path.name, settings, texts)


def _rows_shown(model, dataset):
    """A row a class, as in the sheets of fakes; the first images without classes."""
    if not model.conditional:
        num = _GRID_COLUMNS * _UNCONDITIONAL_ROWS
        return np.resize(np.arange(len(dataset.x_train)), num)
    by_class = (
        np.flatnonzero(dataset.y_train == k) for k in range(dataset.num_classes)
    )
    return np.concatenate([np.resize(rows, _GRID_COLUMNS) for rows in by_class])


def _table(values):
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
