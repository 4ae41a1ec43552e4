"""What a training leaves behind for people: entries, sheets of images, a description."""

from __future__ import annotations

import json
import os

import numpy as np

from gan_tf.data import Dataset
from gan_tf.models.base import GAN
from gan_tf.monitoring import sample_stats as variety
from gan_tf.monitoring.diagnostics import Finding
from gan_tf.monitoring.sample_stats import Look
from gan_tf.monitoring.summaries import Summaries, model_pictures
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling.sampler import Sampler
from gan_tf.sampling import image_io as images
from gan_tf.training.train_step import Snapshot
from gan_tf.training.trainer import Trainer

_GRID_COLUMNS = 10
_UNCONDITIONAL_ROWS = 10
# What the line of losses tells; a model of one's own may have fewer of them.
_TOLD = {
    "losses/d_loss": "d_loss",
    "losses/g_loss": "g_loss",
    "d_prob/real": "D(x)",
    "d_prob/fake": "D(G(z))",
    "d_accuracy/real": "source real",
    "d_accuracy/fake": "source fake",
    "class_accuracy/real": "class real",
    "class_accuracy/fake": "class fake",
}


def entry_metrics(
    trainer: Trainer,
    writer: Summaries,
    means: dict[str, float],
    snapshot: Snapshot,
    steps_per_second: float,
) -> dict[str, float]:
    """Writes an entry's histograms; returns {tag: value} of its scalars.

    Args:
        trainer: its step is the entry's.
        writer: of the run's events.
        means: {tag: mean}, as `Trainer.train` returned them.
        snapshot: the same.
        steps_per_second: since the entry before.
    """
    config, model = trainer.config, trainer.train_step.model
    return {
        **means,
        **writer.histograms(model, snapshot, trainer.step),
        **trainer.learning_rates(),
        "speed/steps_per_second": steps_per_second,
        "speed/images_per_second": steps_per_second
        * config.batch_size
        * config.d_steps,
    }


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
    folder, step = run.path / "networks", trainer.train_step
    for network in (step.ema_generator, step.model.discriminator):
        draft = folder / f"draft.{network.name}.keras"
        with writing(run.path):
            folder.mkdir(exist_ok=True)
            network.save(draft)
            os.replace(draft, folder / f"{network.name}.keras")


def write_sheet(
    sampler: Sampler, seed: int, real: Look, run: Run, writer: Summaries, step: int
) -> dict[str, float]:
    """Writes the sheet of always the same noise: a row a class, a column a z.

    Args:
        sampler: makes the images.
        seed: decides the noise.
        real: the look of the training images.
        run: gets a .png file.
        writer: of the run's events.
        step: the sheet's.

    Returns:
        {tag: value} of what the images look like beside real ones.
    """
    names = sampler.class_names
    if names:
        z = sampler.z(seed, _GRID_COLUMNS)
        groups = [sampler.render(z, k) for k in range(len(names))]
    else:
        num = _GRID_COLUMNS * _UNCONDITIONAL_ROWS
        groups = [sampler.generate(num=num, seed=seed)]
    sheet = images.grid(np.concatenate(groups), _GRID_COLUMNS)
    images.write_png(run.path / "samples" / f"{step:08d}.png", sheet)
    text = "always the same noise" + ("; a row a class" if names else "")
    writer.image("samples/fake", sheet, step, text)
    return variety.compare(variety.look(groups), real)


def log_entry(
    metrics: dict[str, float], model: GAN, writer: Summaries, run: Run, step: int
) -> None:
    """Writes the scalars of a step, {tag: value}, into TensorBoard and metrics.jsonl."""
    writer.scalars(metrics, model.METRICS, step)
    run.log.add(metrics, step)


def write_finding(finding: Finding, writer: Summaries, step: int) -> None:
    """Prints what the doctor found, and writes it into TensorBoard's texts."""
    text = f"since step {finding.since:,}: {finding.text}"
    print(f"doctor    {text}", flush=True)
    writer.text(f"doctor/{finding.name}", text, step)


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
