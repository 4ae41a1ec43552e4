"""The loop of a training: steps on the device, and what the host does between them."""

from __future__ import annotations

import time

from gan_tf.data import Dataset
from gan_tf.doctor import Doctor, missing_classes
from gan_tf.evaluation import Evaluator, records
from gan_tf.evaluation.table import checkpoint_row
from gan_tf.nonfinite import Guard
from gan_tf.progress import Progress
from gan_tf.reporting import (
    entry_metrics,
    log_entry,
    write_description,
    write_finding,
    write_sheet,
)
from gan_tf.runs import Run
from gan_tf.sampling import Sampler
from gan_tf.stopping import StopRequest
from gan_tf.summaries import Summaries, rewind_events
from gan_tf.trainer import Trainer
from gan_tf.variety import look_at_real


class Loop:
    """Trains from a step on, and writes the run's files at their intervals."""

    def __init__(
        self,
        run: Run,
        dataset: Dataset,
        trainer: Trainer,
        guard: Guard,
        evaluator: Evaluator | None,
        device: str,
    ):
        """Looks at the real images.

        Args:
            run: what is trained.
            dataset: its data.
            trainer: does the steps.
            guard: of the trainer.
            evaluator: for `eval_every`; None where that is 0.
            device: name of what computes.
        """
        self._run = run
        self._dataset = dataset
        self._trainer = trainer
        self._guard = guard
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

    def train(self, step: int, stop: StopRequest) -> None:
        """Trains to the end; nothing of later than `step` stays in the run's log.

        Args:
            step: the trainer's.
            stop: asked after every call to the device.

        Raises:
            NonFinite: see `Guard.check`.
            KeyboardInterrupt: `stop` was made; the state is saved.
        """
        run = self._run
        run.rewind_log(step)
        rewind_events(run.path, step)
        self._doctor = Doctor()
        for entry in run.entries():
            # What it finds in them it has told when they were made.
            self._doctor.look(int(entry["step"]), entry)
        self._summaries = Summaries(run.path)
        try:
            if not step:
                write_description(
                    self._model, self._dataset, run, self._summaries, self._device
                )
            self._train(step, stop)
        finally:
            self._summaries.close()

    def _train(self, step, stop):
        config, trainer = self._config, self._trainer
        self._progress = progress = Progress(step, config.steps)
        self._logged, self._logged_at = step, time.monotonic()
        # Without evaluations their interval is never over, not even at the end.
        intervals = (
            config.log_every,
            config.sample_every,
            config.save_every,
            config.eval_every or 2 * config.steps,
        )
        stopped = stop.made
        while step < config.steps and not stopped:
            boundary = min((step // every + 1) * every for every in intervals)
            num_steps = min(boundary, config.steps, step + config.steps_per_loop) - step
            means, snapshot = trainer.train(num_steps)
            step += num_steps
            done = [not step % every or step == config.steps for every in intervals]
            log, sample, save, evaluate = done
            stopped = stop.made
            self._guard.check(means, whole=any(done) or stopped)
            entry = self._measure(means, snapshot) if log else {}
            if sample:
                entry |= self._write_sheet(step)
            if entry:
                log_entry(entry, self._model, self._summaries, self._run, step)
                self._examine(step, entry)
            if save or evaluate or stopped:
                self._save(step)
            if self._evaluator and evaluate:
                progress.interrupt()
                self._examine(step, self._evaluate(self._evaluator, step))
            progress.show(step, {k: means[f"losses/{k}"] for k in ("d_loss", "g_loss")})
        if step < config.steps:
            progress.interrupt()
            print(f"stopped and saved at step {step:,}: repeat the command to continue")
            raise KeyboardInterrupt

    def _measure(self, means, snapshot):
        step, now = self._trainer.step, time.monotonic()
        speed = (step - self._logged) / (now - self._logged_at)
        self._logged, self._logged_at = step, now
        return entry_metrics(self._trainer, self._summaries, means, snapshot, speed)

    def _write_sheet(self, step):
        seed = self._config.seed
        return write_sheet(
            self._sampler, seed, self._real, self._run, self._summaries, step
        )

    def _examine(self, step, entry):
        for finding in self._doctor.look(step, entry):
            self._progress.interrupt()
            write_finding(finding, self._summaries, step)

    def _save(self, step):
        # The events go first: what a restored run has behind it is then on disk.
        self._summaries.flush()
        run = self._run
        run.checkpoints.save(self._trainer.checkpoint, step, spare=run.best())

    def _evaluate(self, evaluator, step):
        started, run = time.monotonic(), self._run
        evaluation = evaluator.score_sampler(self._sampler)
        records.write(run, step, "ema", evaluation, evaluator)
        seconds = time.monotonic() - started
        note = ", the best so far" if run.best() == step else ""
        row = checkpoint_row(f"{step:,}", evaluation.metrics)
        print(f"scores    {row}  {seconds:.0f} s{note}", flush=True)
        missing = missing_classes(evaluation.seen, evaluator.labels)
        return {"evaluation/missing_classes": missing}
