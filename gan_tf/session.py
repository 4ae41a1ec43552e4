"""One sitting of a training: from the last checkpoint to the end, or to Ctrl-C."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np

from gan_tf import data, hardware, images
from gan_tf.config import Config
from gan_tf.models import model_class
from gan_tf.progress import Progress
from gan_tf.runs import Run, versions
from gan_tf.sampling import Sampler
from gan_tf.summaries import Summaries, model_pictures, rewind_events
from gan_tf.trainer import Trainer

_GRID_COLUMNS = 10
_UNCONDITIONAL_ROWS = 10


class Session:
    """Runs a training and says what it does.

    Everything that the user can have got wrong is checked before anything is written.
    """

    def __init__(self, config: Config, run_dir: Path, gpu: int | None = None):
        """Reads the data, and checks or makes the run directory.

        Args:
            config: the settings.
            run_dir: the run directory.
            gpu: which GPU; None for the first, or the CPU where there is none.

        Raises:
            InputError: a setting, the data or the run directory will not do.
        """
        self._dataset = dataset = data.load(config.data)
        device = hardware.select_gpu(gpu)
        self._model_class = model_class(config.model)
        self._model_class.check(config, dataset.num_classes)
        record = {
            "name": dataset.name,
            "image_shape": list(dataset.image_shape),
            "class_names": list(dataset.class_names),
            "num_images": len(dataset.x_train),
            "crc32": _crc32(dataset.x_train, dataset.y_train),
        }
        is_new = not (run_dir / "config.json").exists()
        if is_new:
            config = config.resolved(hardware.fast_choices(self._model_class, config))
        else:
            self._run = Run(run_dir)
            self._run.check(config, record)
            config = dataclasses.replace(self._run.config, steps=config.steps)
        self._model = self._model_class(
            config,
            dataset.image_shape,
            dataset.num_classes,
            dtype="mixed_bfloat16" if config.mixed_precision == "on" else "float32",
        )
        if is_new:
            self._run = Run.create(run_dir, config, record, device)
        self._config = config
        self._device = device
        self._stop = False

    def run(self) -> Sampler:
        """Trains to the end; returns the trained generator.

        Raises:
            InputError: another process trains this run, or no checkpoint can be read.
            KeyboardInterrupt: stopped by Ctrl-C or SIGTERM; the state is saved.
        """
        config, run = self._config, self._run
        with run.locked():
            run.extend(config.steps)
            if run.steps()[-1:] == [config.steps]:
                print(
                    f"{run.path} is finished: {config.steps:,} steps are done. To train "
                    f"on, repeat the command with a larger --steps, for example --steps "
                    f"{2 * config.steps}."
                )
            else:
                self._train()
        self._print_what_next()
        return run.sampler()

    def _train(self):
        config, run = self._config, self._run
        self._print_what_is_trained()
        self._trainer = trainer = Trainer(
            self._model,
            self._dataset.x_train,
            self._dataset.y_train,
            config,
            jit_compile=config.jit_compile == "on",
        )
        step, skipped = run.restore(trainer.checkpoint)
        for text in skipped:
            print(f"passed over: {text}")
        if step:
            print(f"continues from step {step:,}")
        run.rewind_log(step)
        rewind_events(run.path, step)
        self._sampler = Sampler(
            trainer.train_step.ema_generator,
            self._model.image_range,
            config.noise,
            self._dataset.class_names if self._model.conditional else (),
        )
        self._summaries = Summaries(run.path)
        if not step:
            self._write_what_does_not_change()
        try:
            with self._stop_on_signals():
                self._loop(step)
        finally:
            self._summaries.close()

    def _loop(self, step):
        config, run, trainer = self._config, self._run, self._trainer
        progress = Progress(step, config.steps)
        logged, logged_at = step, time.monotonic()
        intervals = (config.log_every, config.sample_every, config.save_every)
        while step < config.steps and not self._stop:
            boundary = min((step // every + 1) * every for every in intervals)
            num_steps = min(boundary, config.steps, step + config.steps_per_loop) - step
            means, snapshot = trainer.train(num_steps)
            step += num_steps
            done = [not step % every or step == config.steps for every in intervals]
            log, sample, save = done
            if log:
                now = time.monotonic()
                speed = (step - logged) / (now - logged_at)
                logged, logged_at = step, now
                log_entry(trainer, self._summaries, run, means, snapshot, speed)
            if sample:
                self._write_sheet(step)
            if save or self._stop:
                self._save(step)
            losses = {k: means[f"losses/{k}"] for k in ("d_loss", "g_loss")}
            progress.show(step, losses)
        if self._stop and step < config.steps:
            self._save(step)
            progress.interrupt()
            print(f"stopped and saved at step {step:,}: repeat the command to continue")
            raise KeyboardInterrupt

    def _save(self, step):
        # The events go first: what a restored run has behind it is then on disk.
        self._summaries.flush()
        self._run.save(self._trainer.checkpoint, step)

    def _write_sheet(self, step):
        """Writes the sheet of fixed noise: a row a class, the same z down a column."""
        names = self._sampler.class_names
        if names:
            z = self._sampler.z(self._config.seed, _GRID_COLUMNS)
            rows = [self._sampler.render(z, label) for label in range(len(names))]
            made = np.concatenate(rows)
        else:
            num = _GRID_COLUMNS * _UNCONDITIONAL_ROWS
            made = self._sampler.generate(num=num, seed=self._config.seed)
        sheet = images.grid(made, _GRID_COLUMNS)
        self._sheet = self._run.path / "samples" / f"{step:08d}.png"
        images.write_png(self._sheet, sheet)
        text = "always the same noise" + ("; a row a class" if names else "")
        self._summaries.image("samples/fake", sheet, step, text)

    def _write_what_does_not_change(self):
        """Writes real images, the networks' pictures, the graph and the settings."""
        dataset, run, model = self._dataset, self._run, self._model
        if model.conditional:
            rows = np.concatenate(
                [
                    np.resize(np.flatnonzero(dataset.y_train == label), _GRID_COLUMNS)
                    for label in range(dataset.num_classes)
                ]
            )
        else:
            rows = np.resize(
                np.arange(len(dataset.x_train)), _GRID_COLUMNS * _UNCONDITIONAL_ROWS
            )
        real = images.grid(dataset.x_train[rows], _GRID_COLUMNS)
        images.write_png(run.path / "samples" / "real.png", real)
        self._summaries.image("samples/real", real, 0, "training images")
        folder = run.path / "networks"
        drawn = model_pictures(model, folder)
        for name, file in drawn.items():
            if file.suffix == ".png":
                self._summaries.image(f"networks/{name}", images.read_png(file), 0)
        if any(file.suffix != ".png" for file in drawn.values()):
            print(
                f"note      the networks are drawn as text, {folder}/*.dot: for pictures "
                "install graphviz (apt install graphviz, or brew install graphviz)"
            )
        settings = self._config.as_dict()
        self._summaries.start(
            model,
            run.path.name,
            settings,
            {
                "run/config": _table(settings),
                "run/versions": _table({**versions(), "device": self._device}),
                "run/data": dataset.summary(),
            },
        )

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

    def _stop_on_signals(self):
        return _Signals(self._ask_to_stop)

    def _ask_to_stop(self):
        self._stop = True


def log_entry(trainer, writer, run, means, snapshot, steps_per_second) -> None:
    """Writes one entry into TensorBoard and metrics.jsonl.

    Args:
        trainer: `Trainer`; its step is the entry's.
        writer: `Summaries`.
        run: `Run`.
        means: {tag: mean}, and
        snapshot: `Snapshot`, both as `Trainer.train` returned them.
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


class _Signals:
    """While it lasts, Ctrl-C and SIGTERM call `ask`; the second time they kill."""

    def __init__(self, ask):
        self._ask = ask
        self._old: dict = {}

    def __enter__(self):
        # Python allows handlers in the main thread only.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._handle)

    def __exit__(self, *exception):
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        del frame
        signal.signal(number, self._old[number])
        self._ask()


def _crc32(images, labels):
    return zlib.crc32(images if labels is None else labels, zlib.crc32(images))


def _program(name):
    """The path of a program of this environment, as one types it."""
    beside = Path(sys.executable).with_name(name)
    return beside if beside.exists() else name


def _table(values):
    rows = [f"| {k} | {json.dumps(v)} |" for k, v in values.items()]
    return "\n".join(["| name | value |", "|---|---|", *rows])
