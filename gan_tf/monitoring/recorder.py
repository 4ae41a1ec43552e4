"""Writes and prints what a training reports: metrics, samples, checkpoints, warnings."""

import contextlib
import time

import keras
import numpy as np
import tensorflow as tf

from gan_tf.data import Dataset
from gan_tf.data.report import GRID_COLUMNS, MAX_CLASSES_SHOWN
from gan_tf.errors import InputError
from gan_tf.evaluation import Evaluator, records
from gan_tf.evaluation.table import checkpoint_row
from gan_tf.exporting import plain_keras
from gan_tf.models.base import GAN
from gan_tf.monitoring import console
from gan_tf.monitoring.diagnostics import Diagnostics, count_missing_classes
from gan_tf.monitoring.overfitting import Overfitting
from gan_tf.monitoring.progress import ProgressBar
from gan_tf.monitoring.run_description import table, write_description
from gan_tf.monitoring.sample_stats import (
    real_sample_stats,
    sample_stat_ratios,
    sample_stats,
)
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir import event_files
from gan_tf.run_dir.files import writing
from gan_tf.run_dir.run import Run
from gan_tf.sampling import image_io
from gan_tf.sampling.sampler import Sampler


class Recorder(contextlib.AbstractContextManager):
    """Writes the run's files and prints the progress of its training."""

    def __init__(
        self,
        run: Run,
        model: GAN,
        ema_generator: keras.Model,
        dataset: Dataset,
        device: str,
    ):
        """Measures the real images, to compare the samples of `ema_generator` with them.

        Raises:
            InputError: see `records.check_writable`.
        """
        records.check_writable(run)
        self._run = run
        self._config = run.config
        self._model = model
        self._dataset = dataset
        self._device = device
        self._sampler = Sampler(
            ema_generator,
            model.image_range,
            run.config.noise,
            dataset.class_names if model.conditional else (),
        )
        labels = dataset.y_train if model.conditional else None
        self._shown = range(min(dataset.num_classes, MAX_CLASSES_SHOWN))
        self._real_stats = real_sample_stats(dataset.x_train, labels, self._shown)
        self._overfitting = Overfitting(model, dataset)
        self._open_files = contextlib.ExitStack()
        self._started: float | None = None

    def __exit__(self, *exception):
        self._open_files.close()

    def start(self, step: int, num_steps: float) -> None:
        """Starts to record after `step`; whatever was recorded of later steps goes.

        Args:
            step: the steps that are done.
            num_steps: the step at which the training ends, infinite while unknown.
        """
        run = self._run
        self._open_files.close()
        run.checkpoints.truncate_after(step)
        run.metrics_log.truncate_after(step)
        event_files.truncate_after(run.path, step)
        records.truncate_after(run, step)
        with writing(run.path):
            for grid_step, file in run.sample_grids().items():
                if grid_step > step:
                    file.unlink(missing_ok=True)
        self._diagnostics = Diagnostics()
        for row in run.metrics_log.rows():
            # Their warnings were printed when they were logged.
            self._diagnostics.update(int(row["step"]), row)
        run.metrics_log.note(
            f"from step {step:,} on {self._device}, {console.length(run.config, step)}"
        )
        self._summaries = Summaries(run.path)
        self._open_files.callback(self._summaries.close)
        if not step:
            write_description(
                self._model, self._dataset, run, self._summaries, self._device, num_steps
            )
        now = time.perf_counter()
        if self._started is None:  # it goes on after a rollback
            self._started = now
        self._progress = ProgressBar(step, num_steps, self._started)
        self._open_files.callback(self._progress.close)
        self._speed_from = step, now

    def set_num_steps(self, num_steps: int, step: int) -> None:
        """Sets the step at which the training ends, known after `step`."""
        self._progress.set_num_steps(num_steps)
        self._run.metrics_log.note(f"{num_steps:,} steps fit into the minutes")
        self._summaries.text("run/config", table(self._run.config.as_dict()), step)

    def speed(self, step: int) -> dict[str, float]:
        """Returns {tag: value} of the speed since the last log step."""
        last_step, last_time = self._speed_from
        self._speed_from = step, time.perf_counter()
        rate = (step - last_step) / (self._speed_from[1] - last_time)
        images = rate * self._config.batch_size * self._config.d_steps
        return {"speed/steps_per_second": rate, "speed/images_per_second": images}

    def write_histograms(
        self, tensors: dict[str, tf.Tensor], step: int
    ) -> dict[str, float]:
        """Writes {tag: tensor} as histograms; returns {tag: value} of the gradients."""
        return self._summaries.histograms(tensors, step)

    def write_scalars(self, scalars: dict[str, float], step: int) -> None:
        """Writes {tag: value} for TensorBoard and into metrics.jsonl, and checks them."""
        self._summaries.scalars(scalars, self._model.METRICS, step)
        self._run.metrics_log.append(scalars, step)
        self._check(scalars, step)

    def print_losses(self, metrics: dict[str, float], step: int) -> None:
        """Prints the line of the losses, on the console and in train.log."""
        line = console.loss_line(metrics, step, self._config, len(self._dataset.x_train))
        print(line, flush=True)
        self._run.metrics_log.note(line)

    def write_sample_grid(self, step: int) -> dict[str, float]:
        """Writes the sample grid of fixed z: one row per class, one column per z.

        Of many classes, the first `MAX_CLASSES_SHOWN` have a row.

        Returns:
            {tag: value} of the samples' statistics beside those of real images, and of
            D's accuracy on training and on test images.
        """
        sampler, seed = self._sampler, self._config.seed
        labels = list(self._shown) if sampler.class_names else None
        num = GRID_COLUMNS if labels else GRID_COLUMNS**2
        images = sampler.generate(labels, num, seed)
        groups = np.split(images, len(images) // num)
        grid = image_io.grid(images, GRID_COLUMNS)
        image_io.write_image(self._run.path / "samples" / f"{step:08d}.png", grid)
        text = "fixed z" + ("; one row per class" if labels else "")
        self._summaries.image("samples/fake", grid, step, text)
        ratios = sample_stat_ratios(sample_stats(groups), self._real_stats)
        return ratios | self._overfitting.scalars()

    def save(self, checkpoint: tf.train.Checkpoint, step: int) -> None:
        """Saves the networks, and the checkpoint of `step`.

        G's EMA, and D, rebuilt from Keras's own layers, replace networks/generator.keras
        and discriminator.keras. The checkpoint is last: whoever finds it has the networks,
        but for those with layers that Keras cannot rebuild.
        """
        folder = self._run.path / "networks"
        for network in (self._sampler.generator, self._model.discriminator):
            try:
                plain = plain_keras.plain_keras(network)
            except InputError as error:
                if not self._run.checkpoints.steps():  # once
                    file = f"networks/{network.name}.keras"
                    print(f"note      {file} is not written: {error}")
                continue
            temporary = folder / f"temporary.{network.name}.keras"
            with writing(self._run.path):
                folder.mkdir(exist_ok=True)
                plain_keras.save(plain, temporary)
                temporary.replace(folder / f"{network.name}.keras")
        self._run.save(checkpoint, step)

    def evaluate(self, evaluator: Evaluator, step: int) -> float:
        """Evaluates the samples of the saved checkpoint; returns the seconds it took."""
        started, run = time.perf_counter(), self._run
        evaluation = evaluator.score_sampler(self._sampler)
        records.write(run, step, "ema", evaluation, evaluator)
        seconds = time.perf_counter() - started
        # They do not count towards the speed of the steps.
        self._speed_from = self._speed_from[0], self._speed_from[1] + seconds
        self._progress.pause(seconds)
        note = ", the best so far" if run.best_step() == step else ""
        row = checkpoint_row(f"{step:,}", evaluation.metrics)
        print(f"evaluate  {row}  {seconds:.0f} s{note}", flush=True)
        missing = count_missing_classes(evaluation.predicted, evaluator.labels)
        self._check({"evaluation/missing_classes": missing}, step)
        return seconds

    def show_progress(
        self, metrics: dict[str, float], step: int, deadline: float
    ) -> None:
        """Updates the progress bar; see `ProgressBar.update` for `deadline`."""
        losses = {name: metrics[f"losses/{name}"] for name in ("d_loss", "g_loss")}
        self._progress.update(step, losses, deadline)

    def print_interrupted(self, step: int, is_saved: bool) -> None:
        """Prints that the training was interrupted, and how to resume it."""
        self._progress.close()
        self._run.metrics_log.note(f"interrupted at step {step:,}")
        text = "checkpoint saved. Run the same command to resume."
        if not is_saved:
            text = "nothing saved before the speed is known. The same command starts anew."
        print(f"Interrupted at step {step:,}; {text}")

    def _check(self, metrics, step):
        for check, since in self._diagnostics.update(step, metrics):
            text = f"since step {since:,}: {check.text}"
            print(f"warning   {text}", flush=True)
            self._summaries.text(f"warnings/{check.name}", text, step)


class NullRecorder(contextlib.nullcontext):
    """Records nothing: for the workers that are not the chief."""

    def _return_nothing(self, *arguments):
        return {}

    start = speed = write_histograms = write_scalars = print_losses = _return_nothing
    write_sample_grid = save = evaluate = show_progress = _return_nothing
    print_interrupted = set_num_steps = _return_nothing
