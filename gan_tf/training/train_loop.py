"""The loop of a training: steps on the device, and what is written at each interval."""

import contextlib
import dataclasses
import math
import os
import time
from pathlib import Path
from typing import Any

from gan_tf import data
from gan_tf.config import Config
from gan_tf.data.fingerprint import describe
from gan_tf.errors import DivergedError, InputError
from gan_tf.evaluation import Evaluator, split
from gan_tf.files import local_path
from gan_tf.models import model_class
from gan_tf.monitoring import console
from gan_tf.monitoring.recorder import NullRecorder, Recorder
from gan_tf.ops import replicas
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.run import Run
from gan_tf.sampling.sampler import Sampler
from gan_tf.training import devices
from gan_tf.training.augmentation import auto_augment, few_images_line
from gan_tf.training.init_from import InitialRun
from gan_tf.training.interrupts import StopRequest
from gan_tf.training.memory import check_memory
from gan_tf.training.nan_guard import NanGuard
from gan_tf.training.step_budget import UNKNOWN, StepBudget
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import JOIN, Workers


@console.safe_stdout()
def train_and_evaluate(
    config: Config,
    run_dir: str | Path | None = None,
    gpu: int | None = None,
    started: float | None = None,
    source: Any = None,
) -> Sampler:
    """Trains the run of `config` in `run_dir` to its last step, or resumes it.

    All that the user gives is checked before anything is written. Where
    several workers train together, all of them run this loop; the chief alone writes.

    `gan_tf.fit` explains the arguments (`source` is its `data`), the result and the errors.
    From `started` on, `config.minutes` count, on the clock of `time.perf_counter`; None is
    now.
    """
    started = time.perf_counter() if started is None else started
    run_dir = local_path("run_dir", f"runs/{config.preset}" if run_dir is None else run_dir)
    if isinstance(source, (str, os.PathLike)):
        config, source = dataclasses.replace(config, data=data.path_text(source)), None
    if source is not None:
        config = dataclasses.replace(config, data=data.IN_MEMORY)
    is_new = not os.path.exists(run_dir / "config.json")
    if is_new:
        data.check_outside("run_dir", run_dir, config.data)
    dataset = data.load(config.data if source is None else source, **config.reading())
    if config.balance != "none" and dataset.y_train is None:
        raise InputError(
            f"balance ({config.balance}) needs labels, which data ({config.data}) do not "
            "have: leave it out"
        )
    device = devices.select_gpus(gpu, config.strategy)
    model_type = model_class(config.model)
    config = config.resolved({"augment": auto_augment(dataset.x_train.shape)})
    if is_new:  # else it must be that of the run
        model_type.check_config(config, dataset.num_classes)
        model_type.check_new(config)
    if config.eval_every:
        split(dataset)
    workers = JOIN[config.strategy]()
    replicas.check_batch_size(workers.strategy, config.batch_size)

    description = describe(dataset)
    if is_new:
        config = config.resolved(devices.fast_choices(model_type, config))
    else:
        run = Run(run_dir)
        run.check_resumable(config, description)
        config = run.updated_config(config)
        if workers.is_chief:
            devices.note_slow_choices(model_type, config)
    initial = None
    has_checkpoint = not is_new and bool(run.checkpoints.steps())
    # A rollback may return to the start of the run.
    if config.init_from != "none" and (not has_checkpoint or config.on_nan == "rollback"):
        try:
            initial = InitialRun(config, dataset)
        except InputError:
            if not has_checkpoint:
                raise
    cost = check_memory(
        model_type,
        config,
        dataset.x_train.shape,
        dataset.num_classes,
        workers.strategy.num_replicas_in_sync,
        is_new,
    )

    with workers.together(), contextlib.ExitStack() as stack:
        workers.check_settings(config)
        with workers.strategy.scope():
            dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
            model = model_type(config, dataset.image_shape, dataset.num_classes, dtype)
        # What does not fit is refused before anything is written.
        started_from = initial.copy_to(model) if initial else ""
        workers.check_equal(int(not is_new), "runs", run_dir)
        if is_new:
            run = _create_run(run_dir, config, description, device, workers)
        recorder: Recorder | NullRecorder = NullRecorder()
        if workers.is_chief:
            stack.enter_context(locked(run.path))
            if Run(run.path).config != run.config:
                raise InputError(
                    f"run_dir ({run.path}) was changed by another process just now: run "
                    "the same command again"
                )
        checkpoints = run.checkpoints
        step = config.steps
        is_finished = step in checkpoints.steps() and checkpoints.is_intact(step)
        workers.check_equal(int(is_finished), "last checkpoints", run.path)
        if is_finished:
            if workers.is_chief:
                run.update_config(config)
                console.print_finished(run)
        else:
            trainer = Trainer(
                model, dataset.x_train, dataset.y_train, config, workers.strategy
            )
            can_start_anew = not workers.any(config.init_from != "none" and not initial)
            guard = NanGuard(trainer, checkpoints, workers, can_start_anew)
            step, skipped = guard.restore()
            workers.check_equal(step, "steps", run.path)
            if not step:
                _check_start(run)
            if workers.is_chief:
                ema_generator = trainer.train_step.ema_generator
                recorder = Recorder(run, model, ema_generator, dataset, device)
                # Not before the checkpoint and metrics.json are known to be readable.
                run.update_config(config)
                console.print_training(config, dataset, device, run.path, step, skipped)
                few_images = few_images_line(config, model_type, dataset)
                started_from = "" if step else started_from
                console.print_networks(config, cost, few_images, started_from)
                if config.eval_every:
                    # It may train a classifier, so nothing of it is of the minutes.
                    before = time.perf_counter()
                    evaluator = Evaluator(dataset)
                    started += time.perf_counter() - before
            stop = stack.enter_context(StopRequest())
            stack.enter_context(recorder)

        budget = StepBudget(config, step, started)
        if math.isinf(budget.num_steps):
            trainer.train_step.num_steps.assign(UNKNOWN)
        recorder.start(step, budget.num_steps)
        # The process may have ended between a checkpoint and its evaluation.
        is_unfinished = workers.is_chief and 0 < step < budget.num_steps
        if is_unfinished and config.eval_every and step % config.eval_every == 0:
            if not run.is_evaluated(step):
                recorder.evaluate(evaluator, step)
        intervals = [config.log_every, config.print_every, config.sample_every]
        intervals += [config.save_every, config.eval_every or config.save_every]
        while step < budget.num_steps:
            end = min((step // every + 1) * every for every in intervals)
            end = int(min(end, budget.num_steps, step + config.steps_per_loop))
            metrics, snapshot = trainer.train(end - step)
            step = end
            stopped = workers.any(stop.requested)
            chosen = budget.update(step, stopped)

            def is_due(every, step=step, last=budget.num_steps):
                return bool(every) and (step % every == 0 or step == last)

            if chosen:
                config = dataclasses.replace(config, steps=int(budget.num_steps))
                trainer.train_step.num_steps.assign(config.steps)
                run.update_config(config)
                recorder.set_num_steps(config.steps, step)
            whole = stopped or chosen or any(map(is_due, intervals))
            if not guard.is_finite(metrics, whole):
                _recover(run, config, trainer, guard, workers, budget, recorder)
                step = trainer.step
                workers.check_equal(step, "steps", run.path)
                budget.restart(step)
                recorder.start(step, budget.num_steps)
                continue

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
            known, evaluates = math.isfinite(budget.num_steps), is_due(config.eval_every)
            if known and (stopped or chosen or evaluates or is_due(config.save_every)):
                recorder.save(trainer.checkpoint, step)
            if known and evaluates and workers.is_chief:
                budget.pause(recorder.evaluate(evaluator, step))
            recorder.show_progress(metrics, step, budget.deadline)

            if stopped and step < budget.num_steps:
                recorder.print_interrupted(step, known)
                workers.wait()
                raise KeyboardInterrupt
        workers.wait()
    if workers.is_chief:
        label = dataset.class_names[-1] if model.conditional else None
        console.print_next_commands(run, label)
    return run.sampler()


def _create_run(run_dir, config, description, device, workers: Workers) -> Run:
    """Returns the run that the chief creates in `run_dir`, on all workers."""
    if workers.is_chief:
        Run.create(run_dir, config, description, device)
    workers.wait()
    workers.check_equal(int(os.path.exists(run_dir / "config.json")), "runs", run_dir)
    run = Run(run_dir)
    run.check_resumable(config, description)
    return run


def _check_start(run: Run):
    """Refuses to start anew where checkpoints have gone: it would remove all the rest."""
    if run.checkpoints.have_gone():
        raise InputError(
            f"run_dir ({run.path}) had checkpoints and has none: put them back, name "
            "another --run_dir, or remove the run to start anew"
        )


def _recover(
    run,
    config,
    trainer: Trainer,
    guard: NanGuard,
    workers: Workers,
    budget: StepBudget,
    recorder: Recorder | NullRecorder,
):
    """Restores a state from which training can go on, on all workers.

    Raises:
        DivergedError: training must not go on; the last good state is saved.
    """
    if workers.is_chief:
        print("Non-finite loss or gradient; replaying steps to locate it", flush=True)
    fault = guard.locate()
    if config.on_nan == "rollback" and guard.rollback(fault):
        if workers.is_chief:
            scale = float(trainer.train_step.lr_scale)
            print(f"rollback  {fault.text}: restored step {trainer.step:,}")
            print(f"note      both learning rates are multiplied by {scale:g} from here on")
        return
    guard.restore_step(fault.last_good)
    state = "no step was trained before"
    if math.isinf(budget.num_steps):
        state = "nothing is saved, because the speed was not measured yet"
    elif fault.last_good and not guard.is_finite({}, whole=True):  # where bits may differ
        state = "nothing is saved, because a replay of the last good step was not finite"
    elif fault.last_good:
        recorder.save(trainer.checkpoint, fault.last_good)
        state = f"the last good state is checkpoint {fault.last_good:,} of {run.path}"
    workers.wait()
    raise DivergedError(f"{fault.text}; {state}; {_advice(config, fault)}")


def _advice(config, fault):
    if not fault.reproduced:
        return "run the same command to resume"
    advice = "train another --run_dir with smaller --d_learning_rate and --g_learning_rate"
    if config.on_nan == "stop":
        return f"run the same command with --on_nan rollback, or {advice}"
    reason = "the learning rates were halved three times, which is the limit"
    if config.init_from != "none":
        reason += ", or a rollback needs the run of --init_from, which has gone"
    return f"{reason}: {advice}"
