"""One sitting of a training: from the last checkpoint to the end, or to Ctrl-C."""

from __future__ import annotations

import os
from pathlib import Path

from gan_tf import data
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.errors import DivergedError, InputError
from gan_tf.evaluation import Evaluator, records, split
from gan_tf.evaluation.splits import choose_num
from gan_tf.evaluation.table import checkpoint_heading
from gan_tf.models import model_class
from gan_tf.monitoring import console
from gan_tf.monitoring.recorder import Recorder, Silence
from gan_tf.ops import replicas
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices as hardware
from gan_tf.training.interrupts import StopRequest
from gan_tf.training.loop import Loop
from gan_tf.training.nan_guard import NanGuard, NonFiniteError
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import JOIN


class Session:
    """Runs a training and says what it does.

    Everything that the user can have got wrong is checked before anything is written.
    Where several workers train together each has a session, and the chief's alone writes
    and prints.
    """

    def __init__(self, config: Config, run_dir: Path, gpu: int | None = None):
        """Reads the data, and checks or makes the run directory.

        Args:
            config: the settings.
            run_dir: the run directory.
            gpu: see `gan_tf.train`.

        Raises:
            InputError: a setting, the data or the run directory will not do.
            WorkerLostError: another worker has gone.
        """
        self._dataset = dataset = data.load(config.data)
        device = hardware.select_gpus(gpu, config.strategy)
        self._model_class = model_class(config.model)
        self._model_class.check(config, dataset.num_classes)
        record = describe(dataset)
        if config.eval_every:
            # Data that cannot be judged are refused before anything is written.
            choose_num(split(dataset), dataset.name, None)
        self._workers = workers = JOIN[config.strategy]()
        replicas.check_batch_size(workers.strategy, config.batch_size)
        is_new = not os.path.exists(run_dir / "config.json")
        if is_new:
            config = config.resolved(hardware.fast_choices(self._model_class, config))
        else:
            self._run = Run(run_dir)
            self._run.check(config, record)
            config = self._run.adopted(config)
        dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
        with workers.together():
            with workers.strategy.scope():
                self._model = self._model_class(
                    config, dataset.image_shape, dataset.num_classes, dtype
                )
            if is_new and workers.is_chief:
                self._run = Run.create(run_dir, config, record, device)
            workers.wait()
        if is_new and not workers.is_chief:
            self._run = _run_of_chief(run_dir)
            self._run.check(config, record)
        self._config = config
        self._device = device

    def run(self) -> Sampler:
        """Trains to the end; returns the trained generator.

        Raises:
            InputError: another process trains this run, it cannot be written, no
                checkpoint can be read, or a batch does not fit into memory.
            DivergedError: a loss or a gradient was not finite; the state before is saved.
            KeyboardInterrupt: stopped by Ctrl-C or SIGTERM; the state is saved.
            WorkerLostError: another worker has gone.
        """
        with self._workers.together():
            if self._workers.is_chief:
                self._lead()
            elif not self._is_finished():
                self._train()
            self._workers.wait()
        return self._run.sampler()

    def _lead(self):
        run, names = self._run, self._dataset.class_names
        with locked(run.path):
            if self._is_finished():
                run.adopt(self._config)
                console.print_finished(run)
            else:
                self._train()
        console.print_what_next(run, names[-1] if self._model.conditional else None)

    def _is_finished(self):
        checkpoints, last = self._run.checkpoints, self._config.steps
        return last in checkpoints.steps() and checkpoints.is_whole(last)

    def _train(self):
        config, run, workers = self._config, self._run, self._workers
        if workers.is_chief:
            console.print_what_is_trained(config, self._dataset, self._device, run.path)
        self._trainer = trainer = Trainer(
            self._model,
            self._dataset.x_train,
            self._dataset.y_train,
            config,
            jit_compile=config.jit_compile == "on",
            strategy=workers.strategy,
        )
        self._guard = guard = NanGuard(trainer, run.checkpoints, workers)
        step, skipped = guard.restore()
        if step != workers.from_chief(step):
            raise InputError(
                f"run_dir ({run.path}) must be one folder that all workers see: the newest "
                f"checkpoint that this one can read is {step}, and not the chief's"
            )
        recorder: Recorder | Silence = Silence()
        if workers.is_chief:
            # Not before its checkpoints are known to be readable.
            run.adopt(config)
            recorder = self._recorder(step, skipped)
        loop = Loop(trainer, guard, workers, recorder)
        with StopRequest() as stop:
            while trainer.step < config.steps:
                try:
                    loop.train(stop)
                except NonFiniteError:
                    self._recover()

    def _recorder(self, step, skipped):
        records.check(self._run)
        for text in skipped:
            print(f"passed over: {text}")
        if step:
            print(f"continues from step {step:,}")
        evaluator = None
        if self._config.eval_every:
            evaluator = Evaluator(self._dataset)
            print(f"scores    {checkpoint_heading()}")
        return Recorder(
            self._run, self._dataset, self._trainer, evaluator, self._device
        )

    def _recover(self):
        """Takes the trainer to a step from which it can go on; all workers do.

        Raises:
            DivergedError: it is not to go on; the last good state is saved.
        """
        config, run, trainer = self._config, self._run, self._trainer
        guard, is_chief = self._guard, self._workers.is_chief
        if is_chief:
            print(
                "note      something is not finite: repeats steps to find it",
                flush=True,
            )
        fault = guard.find()
        if config.on_nan == "rollback" and guard.rollback(fault):
            if is_chief:
                scale = float(trainer.train_step.lr_scale)
                console.print_rollback(fault.text, trainer.step, scale)
            return
        guard.restore_step(fault.good)
        kept = "nothing was trained before"
        if fault.good:
            if is_chief:
                run.checkpoints.save(trainer.checkpoint, fault.good, spare=run.best())
            kept = f"the state before is checkpoint {fault.good:,} of {run.path}"
        raise DivergedError(f"{fault.text}; {kept}; {_what_to_try(config, fault)}")


def _what_to_try(config, fault):
    if not fault.reproduced:
        return "repeat the command to go on"
    advice = (
        "train another --run_dir with smaller --d_learning_rate and --g_learning_rate"
    )
    if config.on_nan == "stop":
        return f"repeat the command with --on_nan rollback, or {advice}"
    return f"learning rates were halved as often as they may be: {advice}"


def _run_of_chief(run_dir):
    if not (run_dir / "config.json").exists():
        raise InputError(
            f"run_dir ({run_dir}) must be one folder that all workers see: the chief's has "
            "a run in it, and this worker's has none"
        )
    return Run(run_dir)
