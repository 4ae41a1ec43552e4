"""One sitting of a training: from the last checkpoint to the end, or to Ctrl-C."""

from __future__ import annotations

import dataclasses
import sys
import time
import zlib
from pathlib import Path

from gan_tf import data, distribution, hardware
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.evaluation import Evaluator, records, split
from gan_tf.evaluation.splits import choose_num
from gan_tf.evaluation.table import checkpoint_heading, checkpoint_row
from gan_tf.locks import locked
from gan_tf.models import model_class
from gan_tf.progress import Progress
from gan_tf.reporting import log_entry, write_description, write_sheet
from gan_tf.runs import Run
from gan_tf.sampling import Sampler
from gan_tf.stopping import StopRequest
from gan_tf.summaries import Summaries, rewind_events
from gan_tf.trainer import Trainer
from gan_tf.workers import JOIN


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
            gpu: which GPU; None for the first, or the CPU where there is none.

        Raises:
            InputError: a setting, the data or the run directory will not do.
            WorkerLostError: another worker has gone.
        """
        self._dataset = dataset = data.load(config.data)
        device = hardware.select_gpus(gpu, config.strategy)
        self._model_class = model_class(config.model)
        self._model_class.check(config, dataset.num_classes)
        record = {
            "name": dataset.name,
            "image_shape": list(dataset.image_shape),
            "class_names": list(dataset.class_names),
            "num_images": len(dataset.x_train),
            "crc32": _crc32(dataset.x_train, dataset.y_train),
        }
        self._evaluator: Evaluator | None = None
        if config.eval_every:
            # Data that cannot be judged are refused before anything is written.
            choose_num(split(dataset), dataset.name, None)
        self._workers = workers = JOIN[config.strategy]()
        distribution.check_batch_size(workers.strategy, config.batch_size)
        is_new = not (run_dir / "config.json").exists()
        if is_new:
            config = config.resolved(hardware.fast_choices(self._model_class, config))
        else:
            self._run = Run(run_dir)
            self._run.check(config, record)
            config = dataclasses.replace(self._run.config, steps=config.steps)
        dtype = "mixed_bfloat16" if config.mixed_precision == "on" else "float32"
        with workers.together():
            with workers.strategy.scope():
                self._model = self._model_class(
                    config, dataset.image_shape, dataset.num_classes, dtype
                )
            if is_new and workers.is_chief:
                self._run = Run.create(run_dir, config, record, device)
            workers.wait()
        if not workers.is_chief:
            self._run = _run_of_chief(run_dir)
            self._run.check(config, record)
        self._config = config
        self._device = device

    def run(self) -> Sampler:
        """Trains to the end; returns the trained generator.

        Raises:
            InputError: another process trains this run, or no checkpoint can be read.
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

    def _is_finished(self):
        return self._run.checkpoints.steps()[-1:] == [self._config.steps]

    def _lead(self):
        config, run = self._config, self._run
        with locked(run.path):
            run.extend(config.steps)
            if self._is_finished():
                print(
                    f"{run.path} is finished: {config.steps:,} steps are done. To train "
                    f"on, repeat the command with a larger --steps, for example --steps "
                    f"{2 * config.steps}."
                )
            else:
                self._train()
        self._print_what_next()

    def _train(self):
        config, run, workers = self._config, self._run, self._workers
        if workers.is_chief:
            self._print_what_is_trained()
        self._trainer = trainer = Trainer(
            self._model,
            self._dataset.x_train,
            self._dataset.y_train,
            config,
            jit_compile=config.jit_compile == "on",
            strategy=workers.strategy,
        )
        step, skipped = run.checkpoints.restore(trainer.checkpoint)
        if step != workers.from_chief(step):
            raise InputError(
                f"run_dir ({run.path}) must be one folder that all workers see: the newest "
                f"checkpoint that this one can read is {step}, and not the chief's"
            )
        if workers.is_chief:
            self._open(step, skipped)
        try:
            with StopRequest() as stop:
                self._loop(step, stop)
        finally:
            if workers.is_chief:
                self._summaries.close()

    def _open(self, step, skipped):
        """Makes ready all that is written and printed."""
        config, run = self._config, self._run
        records.check(run)
        for text in skipped:
            print(f"passed over: {text}")
        if step:
            print(f"continues from step {step:,}")
        run.rewind_log(step)
        rewind_events(run.path, step)
        self._sampler = Sampler(
            self._trainer.train_step.ema_generator,
            self._model.image_range,
            config.noise,
            self._dataset.class_names if self._model.conditional else (),
        )
        if config.eval_every:
            self._evaluator = Evaluator(self._dataset)
            print(f"scores    {checkpoint_heading()}")
        self._summaries = Summaries(run.path)
        if not step:
            write_description(
                self._model, self._dataset, run, self._summaries, self._device
            )

    def _loop(self, step, stop):
        config, run, trainer = self._config, self._run, self._trainer
        workers = self._workers
        progress = Progress(step, config.steps)
        logged, logged_at = step, time.monotonic()
        # Without evaluations their interval is never over, not even at the end.
        intervals = (
            config.log_every,
            config.sample_every,
            config.save_every,
            config.eval_every or 2 * config.steps,
        )
        while step < config.steps and not workers.any(stop.made):
            boundary = min((step // every + 1) * every for every in intervals)
            num_steps = min(boundary, config.steps, step + config.steps_per_loop) - step
            means, snapshot = trainer.train(num_steps)
            step += num_steps
            if not workers.is_chief:
                continue
            done = [not step % every or step == config.steps for every in intervals]
            log, sample, save, evaluate = done
            if log:
                now = time.monotonic()
                speed = (step - logged) / (now - logged_at)
                logged, logged_at = step, now
                log_entry(trainer, self._summaries, run, means, snapshot, speed)
            if sample:
                write_sheet(self._sampler, config.seed, run, self._summaries, step)
            if save or evaluate:
                self._save(step)
            if self._evaluator and evaluate:
                progress.interrupt()
                self._evaluate(self._evaluator, step)
            losses = {k: means[f"losses/{k}"] for k in ("d_loss", "g_loss")}
            progress.show(step, losses)
        if step < config.steps:
            if workers.is_chief:
                self._save(step)
                progress.interrupt()
                print(
                    f"stopped and saved at step {step:,}: repeat the command to continue"
                )
            workers.wait()
            raise KeyboardInterrupt

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

    def _print_what_is_trained(self):
        config = self._config
        print(f"data      {self._dataset.summary()}")
        print(
            f"model     {config.model}, {config.network} networks: "
            f"{config.steps:,} steps of {config.batch_size} images, seed {config.seed}"
        )
        print(
            f"device    {self._device}, jit_compile {config.jit_compile}, "
            f"mixed_precision {config.mixed_precision}"
        )
        print(f"writes    {self._run.path}/")
        for name in ("log_every", "sample_every", "save_every"):
            every = getattr(config, name)
            if every > config.steps:
                print(
                    f"note      {name} ({every}) is more than the steps: at the end only"
                )

    def _print_what_next(self):
        path = self._run.path
        what = f"--run_dir {path} --num 16"
        if self._model_class.conditional:
            what += f" --label {self._dataset.class_names[-1]}"
        sheets = sorted(path.glob("samples/0*.png"))
        print(f"samples   {sheets[-1] if sheets else path / 'samples'}")
        print(f"look at   {_program('tensorboard')} --logdir {path.parent}")
        print(f"generate  {sys.executable} -m gan_tf.generate {what} --out samples.png")


def _run_of_chief(run_dir):
    if not (run_dir / "config.json").exists():
        raise InputError(
            f"run_dir ({run_dir}) must be one folder that all workers see: the chief's has "
            "a run in it, and this worker's has none"
        )
    return Run(run_dir)


def _crc32(images, labels):
    return zlib.crc32(images if labels is None else labels, zlib.crc32(images))


def _program(name):
    """The path of a program of this environment, as one types it."""
    beside = Path(sys.executable).with_name(name)
    return beside if beside.exists() else name
