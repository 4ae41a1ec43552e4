"""The loop of a training: steps on the devices, and a look at each interval's end."""

from __future__ import annotations

from gan_tf.monitoring.recorder import Due, Recorder, Silence
from gan_tf.training.interrupts import StopRequest
from gan_tf.training.nan_guard import NanGuard
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import Workers


class Loop:
    """Trains from a step on; every worker does, and the chief's recorder writes."""

    def __init__(
        self,
        trainer: Trainer,
        guard: NanGuard,
        workers: Workers,
        recorder: Recorder | Silence,
    ):
        """Takes what it works with.

        Args:
            trainer: does the steps.
            guard: of the trainer.
            workers: all that train together.
            recorder: writes and prints.
        """
        self._trainer = trainer
        self._guard = guard
        self._workers = workers
        self._recorder = recorder

    def train(self, stop: StopRequest) -> None:
        """Trains to the end; nothing of later than the trainer's step stays on record.

        Args:
            stop: asked after every call to the device.

        Raises:
            NonFiniteError: see `NanGuard.check`.
            KeyboardInterrupt: `stop` was made; the state is saved.
        """
        recorder, steps = self._recorder, self._trainer.config.steps
        recorder.open(self._trainer.step)
        try:
            self._train(stop)
            if self._trainer.step < steps:
                recorder.tell_stop()
                self._workers.wait()
                raise KeyboardInterrupt
            recorder.finish()
        finally:
            recorder.close()

    def _train(self, stop):
        trainer, workers = self._trainer, self._workers
        config = trainer.config
        # Without evaluations their interval is never over, not even at the end.
        intervals = Due(
            log=config.log_every,
            tell=config.print_every,
            sample=config.sample_every,
            save=config.save_every,
            evaluate=config.eval_every or 2 * config.steps,
        )
        # At least one call to the device, so that a stop has something to save.
        step, stopped = trainer.step, False
        while step < config.steps and not stopped:
            boundary = min((step // every + 1) * every for every in intervals)
            num_steps = min(boundary, config.steps, step + config.steps_per_loop) - step
            means, snapshot = trainer.train(num_steps)
            step += num_steps
            is_last = step == config.steps
            due = Due(*(not step % every or is_last for every in intervals))
            stopped = workers.any(stop.made)
            if stopped:
                due = due._replace(save=True)
            self._guard.check(means, whole=any(due))
            self._recorder.record(due, means, snapshot)
