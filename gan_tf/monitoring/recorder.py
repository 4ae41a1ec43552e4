"""What a training writes and prints at its intervals' ends."""

from __future__ import annotations

import time
from typing import NamedTuple

from gan_tf.data import Dataset
from gan_tf.evaluation import Evaluator, records
from gan_tf.evaluation.table import checkpoint_row
from gan_tf.monitoring.diagnostics import Doctor, missing_classes
from gan_tf.monitoring.progress import Progress
from gan_tf.monitoring.reporting import (
    entry_metrics,
    log_entry,
    loss_line,
    write_description,
    write_finding,
    write_networks,
    write_sheet,
)
from gan_tf.monitoring.sample_stats import look_at_real
from gan_tf.monitoring.summaries import Summaries
from gan_tf.run_dir.event_files import rewind_events
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.training.train_step import Snapshot
from gan_tf.training.trainer import Trainer


class Due(NamedTuple):
    """For each kind of output, its interval in steps, or whether it is due."""

    log: int
    tell: int
    sample: int
    save: int
    evaluate: int


class Silence:
    """What a worker that is not the chief writes: nothing."""

    def open(self, step: int) -> None:
        """See `Recorder.open`."""

    def record(self, due: Due, means: dict[str, float], snapshot: Snapshot) -> None:
        """See `Recorder.record`."""

    def tell_stop(self) -> None:
        """See `Recorder.tell_stop`."""

    def finish(self) -> None:
        """See `Recorder.finish`."""

    def close(self) -> None:
        """See `Recorder.close`."""


class Recorder:
    """Writes the run's files, and tells how the training goes."""

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        trainer: Trainer,
        evaluator: Evaluator | None,
        device: str,
    ):
        """Looks at the real images.

        Args:
            run: what is trained.
            dataset: its data.
            trainer: does the steps.
            evaluator: for `eval_every`; None where that is 0.
            device: name of what computes.
        """
        self._run = run
        self._dataset = dataset
        self._trainer = trainer
        self._evaluator = evaluator
        self._device = device
        self._config = run.config
        self._model = model = trainer.train_step.model
        self._sampler = Sampler(
            trainer.train_step.ema_generator,
            model.image_range,
            run.config.noise,
            dataset.class_names if model.conditional else (),
        )
        labels = dataset.y_train if model.conditional else None
        self._real = look_at_real(dataset.x_train, labels)

    def open(self, step: int) -> None:
        """Begins at `step`: of what is later nothing stays."""
        run = self._run
        run.checkpoints.rewind(step)
        run.log.rewind(step)
        rewind_events(run.path, step)
        self._doctor = Doctor()
        for entry in run.log.entries():
            # What it finds in them it has told when they were made.
            self._doctor.look(int(entry["step"]), entry)
        run.log.note(f"from step {step:,} to {self._config.steps:,} on {self._device}")
        self._summaries = Summaries(run.path)
        if not step:
            write_description(
                self._model, self._dataset, run, self._summaries, self._device
            )
        self._progress = Progress(step, self._config.steps)
        self._logged, self._logged_at = step, time.monotonic()

    def record(self, due: Due, means: dict[str, float], snapshot: Snapshot) -> None:
        """Writes what is due at the trainer's step.

        Args:
            due: what is.
            means: {tag: mean}, as `Trainer.train` returned them.
            snapshot: the same.
        """
        step = self._trainer.step
        entry = self._measure(means, snapshot) if due.log else {}
        if due.tell:
            line = loss_line(self._trainer, means)
            self._progress.tell(line)
            self._run.log.note(line)
        if due.sample:
            entry |= write_sheet(
                self._sampler,
                self._config.seed,
                self._real,
                self._run,
                self._summaries,
                step,
            )
        if entry:
            log_entry(entry, self._model, self._summaries, self._run, step)
            self._examine(entry)
        if due.save or due.evaluate:
            self._save()
        if self._evaluator and due.evaluate:
            self._progress.interrupt()
            self._examine(self._evaluate(self._evaluator))
        losses = {name: means[f"losses/{name}"] for name in ("d_loss", "g_loss")}
        self._progress.show(step, losses)

    def tell_stop(self) -> None:
        """Tells that the training was stopped, its state saved."""
        self._progress.interrupt()
        self._run.log.note(f"stopped at step {self._trainer.step:,}")
        print(
            f"stopped and saved at step {self._trainer.step:,}: repeat the command to "
            "continue"
        )

    def finish(self) -> None:
        """Writes what only a finished training has."""
        write_networks(self._trainer, self._run)

    def close(self) -> None:
        """Closes the files and the line of progress."""
        self._progress.interrupt()
        self._summaries.close()

    def _measure(self, means, snapshot):
        step, now = self._trainer.step, time.monotonic()
        speed = (step - self._logged) / (now - self._logged_at)
        self._logged, self._logged_at = step, now
        return entry_metrics(self._trainer, self._summaries, means, snapshot, speed)

    def _examine(self, entry):
        for finding in self._doctor.look(self._trainer.step, entry):
            self._progress.interrupt()
            write_finding(finding, self._summaries, self._trainer.step)

    def _save(self):
        # The events go first: what a restored run has behind it is then on disk.
        self._summaries.flush()
        run, trainer = self._run, self._trainer
        run.checkpoints.save(trainer.checkpoint, trainer.step, spare=run.best())

    def _evaluate(self, evaluator):
        started, run, step = time.monotonic(), self._run, self._trainer.step
        evaluation = evaluator.score_sampler(self._sampler)
        records.write(run, step, "ema", evaluation, evaluator)
        seconds = time.monotonic() - started
        # They are not the steps'.
        self._logged_at += seconds
        note = ", the best so far" if run.best() == step else ""
        row = checkpoint_row(f"{step:,}", evaluation.metrics)
        print(f"scores    {row}  {seconds:.0f} s{note}", flush=True)
        missing = missing_classes(evaluation.seen, evaluator.labels)
        return {"evaluation/missing_classes": missing}
