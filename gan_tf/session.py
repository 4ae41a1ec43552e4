"""One sitting of a training: from the last checkpoint to the end, or to Ctrl-C."""

from __future__ import annotations

import zlib
from pathlib import Path

from gan_tf import console, data, hardware
from gan_tf.config import Config
from gan_tf.errors import DivergedError
from gan_tf.evaluation import Evaluator, records, split
from gan_tf.evaluation.splits import choose_num
from gan_tf.evaluation.table import checkpoint_heading
from gan_tf.locks import locked
from gan_tf.loop import Loop
from gan_tf.models import model_class
from gan_tf.nonfinite import Guard, NonFinite
from gan_tf.runs import Run
from gan_tf.sampling import Sampler
from gan_tf.stopping import StopRequest
from gan_tf.trainer import Trainer


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
        if config.eval_every:
            # Data that cannot be judged are refused before anything is written.
            choose_num(split(dataset), dataset.name, None)
        is_new = not (run_dir / "config.json").exists()
        if is_new:
            config = config.resolved(hardware.fast_choices(self._model_class, config))
        else:
            self._run = Run(run_dir)
            self._run.check(config, record)
            config = self._run.adopted(config)
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

    def run(self) -> Sampler:
        """Trains to the end; returns the trained generator.

        Raises:
            InputError: another process trains this run, or no checkpoint can be read.
            DivergedError: a loss or a gradient was not finite; the state before is saved.
            KeyboardInterrupt: stopped by Ctrl-C or SIGTERM; the state is saved.
        """
        config, run = self._config, self._run
        with locked(run.path):
            run.adopt(config)
            if run.checkpoints.steps()[-1:] == [config.steps]:
                console.print_finished(run)
            else:
                self._train()
        names = self._dataset.class_names
        console.print_what_next(run, names[-1] if self._model.conditional else None)
        return run.sampler()

    def _train(self):
        config, run, dataset = self._config, self._run, self._dataset
        console.print_what_is_trained(config, dataset, self._device, run.path)
        self._trainer = trainer = Trainer(
            self._model,
            dataset.x_train,
            dataset.y_train,
            config,
            jit_compile=config.jit_compile == "on",
        )
        self._guard = guard = Guard(trainer, run.checkpoints)
        records.check(run)
        step, skipped = guard.restore()
        for text in skipped:
            print(f"passed over: {text}")
        if step:
            print(f"continues from step {step:,}")
        evaluator = None
        if config.eval_every:
            evaluator = Evaluator(dataset)
            print(f"scores    {checkpoint_heading()}")
        loop = Loop(run, dataset, trainer, guard, evaluator, self._device)
        with StopRequest() as stop:
            while trainer.step < config.steps:
                try:
                    loop.train(trainer.step, stop)
                except NonFinite:
                    self._recover()

    def _recover(self):
        """Takes the trainer to a step from which it can go on.

        Raises:
            DivergedError: it is not to go on; the last good state is saved.
        """
        config, run, guard = self._config, self._run, self._guard
        print("note      something is not finite: repeats steps to find it", flush=True)
        fault = guard.find()
        if config.on_nan == "rollback" and guard.roll_back(fault):
            rates = float(self._trainer.train_step.rate_scale)
            print(f"rollback  {fault.text}: goes back to step {self._trainer.step:,}")
            print(f"note      both learning rates are times {rates:g} from here on")
            return
        kept = "nothing was trained before"
        if fault.good:
            run.checkpoints.save(self._trainer.checkpoint, fault.good, spare=run.best())
            kept = f"the state before is checkpoint {fault.good:,} of {run.path}"
        raise DivergedError(f"{fault.text}; {kept}; {_what_to_try(config, fault)}")


def _what_to_try(config, fault):
    if not fault.came_back:
        return "repeat the command to go on"
    advice = (
        "train another --run_dir with smaller --d_learning_rate and --g_learning_rate"
    )
    if config.on_nan == "stop":
        return f"repeat the command with --on_nan rollback, or {advice}"
    return f"learning rates were halved as often as they may be: {advice}"


def _crc32(images, labels):
    return zlib.crc32(images if labels is None else labels, zlib.crc32(images))
