"""The loop of a training: steps on the device, and what is written at each interval."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from pathlib import Path

from gan_tf import data
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.errors import DivergedError, InputError
from gan_tf.evaluation import Evaluator, split
from gan_tf.evaluation.splits import choose_num
from gan_tf.models import model_class
from gan_tf.monitoring import console
from gan_tf.monitoring.recorder import NullRecorder, Recorder
from gan_tf.ops import replicas
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices
from gan_tf.training.augmentation import auto_augment
from gan_tf.training.init_from import Source
from gan_tf.training.interrupts import StopRequest
from gan_tf.training.memory import check_memory
from gan_tf.training.nan_guard import NanGuard, NonFiniteError
from gan_tf.training.step_budget import StepBudget
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import JOIN, Workers


def train_and_evaluate(
    config: Config,
    run_dir: str | Path | None = None,
    gpu: int | None = None,
    started: float | None = None,
) -> Sampler:
    """Trains the run of `config` in `run_dir` to its last step, or resumes it.

    Whatever the user can have got wrong is checked before anything is written. Where
    several workers train together, all of them run this loop; the chief alone writes.

    Args:
        config: the settings; see `Config.from_preset`.
        run_dir: the run directory; None for runs/<preset>.
        gpu: index of the GPU; None for the first one, for all that `config.strategy`
            uses, or for the CPU where there is none.
        started: from when `config.minutes` count, on the clock of `time.monotonic`; None
            for now.

    Returns:
        The trained generator, as `gan_tf.load` returns it.

    Raises:
        InputError: bad data or a bad setting; or `run_dir` holds another run, is being
            trained, cannot be written, or has no readable checkpoint.
        DivergedError: a loss or a gradient was not finite; the last good state is saved.
        WorkerLostError: another worker has ended.
        KeyboardInterrupt: the training was interrupted; its state is saved.
    """
    started = time.monotonic() if started is None else started
    run_dir = Path(run_dir or f"runs/{config.preset}")
    dataset = data.load(config.data)
    device = devices.select_gpus(gpu, config.strategy)
    model_type = model_class(config.model)
    model_type.check_config(config, dataset.num_classes)
    if config.eval_every:
        choose_num(split(dataset), dataset.name, None)
    workers = JOIN[config.strategy]()
    replicas.check_batch_size(workers.strategy, config.batch_size)

    description = describe(dataset)
    is_new = not os.path.exists(run_dir / "config.json")
    if is_new:
        choices = devices.fast_choices(model_type, config)
        choices["augment"] = auto_augment(len(dataset.x_train))
        config = config.resolved(choices)
    else:
        run = Run(run_dir)
        run.check_resumable(config, description)
        config = run.updated_config(config)
    source = None
    if config.init_from != "none" and (is_new or not run.checkpoints.steps()):
        source = Source(config, dataset)
    cost = check_memory(
        model_type,
        config,
        dataset.x_train.shape,
        dataset.num_classes,
        workers.strategy.num_replicas_in_sync,
    )

    with workers.together(), contextlib.ExitStack() as stack:
        with workers.strategy.scope():
            dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
            model = model_type(config, dataset.image_shape, dataset.num_classes, dtype)
        if is_new:
            run = _create_run(run_dir, config, description, device, workers)
        recorder: Recorder | NullRecorder = NullRecorder()
        if workers.is_chief:
            stack.enter_context(locked(run.path))
        if _is_finished(run, config.steps):
            if workers.is_chief:
                run.update_config(config)
                console.print_finished(run)
            step = config.steps
        else:
            trainer = Trainer(
                model, dataset.x_train, dataset.y_train, config, workers.strategy
            )
            started_from = source.copy_to(model, trainer.ema_generator) if source else ""
            guard = NanGuard(trainer, run.checkpoints, workers)
            step, skipped = guard.restore()
            workers.check_equal(step, run.path)
            if workers.is_chief:
                # Not before a checkpoint is known to be readable.
                run.update_config(config)
                console.print_training(config, dataset, device, run.path, step, skipped)
                console.print_networks(config, cost, started_from)
                recorder = Recorder(run, model, trainer.ema_generator, dataset, device)
                if config.eval_every:
                    evaluator = Evaluator(dataset)
            stop = stack.enter_context(StopRequest())
            stack.enter_context(recorder)

        budget, evaluation_seconds = StepBudget(config, step, started), 0.0
        recorder.start(step, budget.num_steps, budget.deadline)
        intervals = [config.log_every, config.print_every, config.sample_every]
        intervals += [config.save_every, config.eval_every or config.save_every]
        while step < budget.num_steps:
            end = min((step // every + 1) * every for every in intervals)
            end = int(min(end, budget.num_steps, step + config.steps_per_loop))
            metrics, snapshot = trainer.train(end - step)
            step = end
            stopped = workers.any(stop.requested)
            chosen = budget.update(step, stopped, evaluation_seconds)

            def is_due(every, step=step, last=budget.num_steps):
                return bool(every) and (step % every == 0 or step == last)

            try:
                whole = stopped or chosen or any(map(is_due, intervals))
                guard.check(metrics, whole=whole)
            except NonFiniteError:
                _recover(run, config, guard, workers)
                step = trainer.step
                recorder.start(step, budget.num_steps, budget.deadline)
                continue
            if chosen:
                config = dataclasses.replace(config, steps=int(budget.num_steps))
                trainer.set_num_steps(config.steps)
                run.update_config(config)
                recorder.set_num_steps(config.steps)

            scalars: dict[str, float] = {}
            if is_due(config.log_every):
                scalars |= metrics | trainer.learning_rates() | recorder.speed(step)
                scalars |= trainer.train_step.augmentation.scalars()
                scalars |= recorder.write_histograms(trainer.tensors(snapshot), step)
            if is_due(config.print_every):
                recorder.print_losses(metrics, step)
            if is_due(config.sample_every):
                scalars |= recorder.write_sample_grid(step)
            if scalars:
                recorder.write_scalars(scalars, step)
            if any(map(is_due, (config.save_every, config.eval_every))) or stopped or chosen:
                recorder.save(trainer.checkpoint, step)
            if is_due(config.eval_every) and workers.is_chief:
                evaluation_seconds = recorder.evaluate(evaluator, step)
            recorder.show_progress(metrics, step)

            if stopped and step < budget.num_steps:
                recorder.print_interrupted(step)
                workers.wait()
                raise KeyboardInterrupt
        workers.wait()
    if workers.is_chief:
        label = dataset.class_names[-1] if model.conditional else None
        console.print_next_commands(run, label)
    return run.sampler()


def _is_finished(run: Run, steps: int) -> bool:
    checkpoints = run.checkpoints
    return steps in checkpoints.steps() and checkpoints.is_intact(steps)


def _create_run(run_dir, config, description, device, workers: Workers) -> Run:
    """Returns the run that the chief creates in `run_dir`, on all workers."""
    if workers.is_chief:
        run = Run.create(run_dir, config, description, device)
    workers.wait()
    if workers.is_chief:
        return run
    if not os.path.exists(run_dir / "config.json"):
        raise InputError(
            f"run_dir ({run_dir}) must be one folder that all workers share: the chief's "
            "has a run in it, and this worker's has none"
        )
    run = Run(run_dir)
    run.check_resumable(config, description)
    return run


def _recover(run, config, guard: NanGuard, workers: Workers):
    """Restores a state from which training can go on, on all workers.

    Raises:
        DivergedError: training must not go on; the last good state is saved.
    """
    if workers.is_chief:
        print("Non-finite loss or gradient; replaying steps to locate it", flush=True)
    fault = guard.locate()
    if config.on_nan == "rollback" and guard.rollback(fault):
        if workers.is_chief:
            console.print_rollback(fault.text, guard.step, guard.lr_scale)
        return
    guard.restore_step(fault.last_good)
    state = "no step was trained before"
    if fault.last_good:
        if workers.is_chief:
            run.checkpoints.save(guard.checkpoint, fault.last_good, run.best_step())
        state = f"the last good state is checkpoint {fault.last_good:,} of {run.path}"
    raise DivergedError(f"{fault.text}; {state}; {_advice(config, fault)}")


def _advice(config, fault):
    if not fault.reproduced:
        return "run the same command to resume"
    advice = (
        "train another --run_dir with smaller --d_learning_rate and --g_learning_rate"
    )
    if config.on_nan == "stop":
        return f"run the same command with --on_nan rollback, or {advice}"
    return f"the learning rates were halved three times, which is the limit: {advice}"
