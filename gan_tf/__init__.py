"""Small-image GANs in TensorFlow 2 and Keras 3.

    >>> import gan_tf
    >>> sampler = gan_tf.fit(gan_tf.Config(steps=2000))
    >>> sampler = gan_tf.load("runs/acgan")
    >>> sampler.generate(labels=7, num=16, seed=0).shape
    (16, 28, 28, 1)

The subpackages data, evaluation, metrics and models are attributes, and all but data are
imported on first use. Importing this package does not import TensorFlow.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_tf import startup
from gan_tf.config import PRESETS, Config
from gan_tf.errors import DivergedError, InputError, WorkerLostError

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

__version__ = "0.1.0"
__all__ = ["Config", "PRESETS", "fit", "load", "__version__"]
__all__ += ["DivergedError", "InputError", "WorkerLostError"]

startup.enable_onednn()
startup.hide_retracing()
startup.import_matplotlib()

_SUBPACKAGES = ("evaluation", "metrics", "models")


def fit(
    config: Config | None = None,
    run_dir: str | Path | None = None,
    gpu: int | None = None,
    data: Any = None,
) -> Sampler:
    """Trains a GAN, or resumes its training, and returns the trained generator.

    Args:
        config: the settings; see `Config`. None for those of the run that `run_dir` holds,
            to continue it, and without a `run_dir` for the defaults.
        run_dir: directory of the run's files; None for runs/<config.preset>.
        gpu: index of the GPU, from 0 on; None for the first, or for all if
            `config.strategy` shares each batch, or for the CPU where there is no GPU.
        data: images in memory, in place of `config.data`: an array [N, H, W] or
            [N, H, W, C]; (images, labels); ((x_train, y_train), (x_test, y_test)), as
            Keras's `load_data()` returns; a finite `tf.data.Dataset` of (image, label);
            or a `gan_tf.data.Dataset`. The run keeps their checksum, and is resumed with
            the same images only.

    Returns:
        The trained generator, as `load` returns it.

    Raises:
        InputError: bad data or a bad setting; or `run_dir` holds another run, is being
            trained, cannot be written, or has no readable checkpoint; or it holds no run
            and `config` is None, or another GPU was in use before.
        DivergedError: a loss or a gradient was not finite; the last good state is saved,
            if there is one.
        WorkerLostError: another worker of a distributed training is gone.
        KeyboardInterrupt: the training was interrupted; its state is saved, if a step was
            trained and the number of steps is known.
    """
    if config is not None and not isinstance(config, Config):
        raise InputError(
            f"config is a {type(config).__name__}, but must be a gan_tf.Config, such as "
            "gan_tf.Config(steps=2000); give images as data=..."
        )
    if run_dir is not None:
        _check_run_dir(run_dir, "; give images as data=...")
    if isinstance(gpu, bool) or not (gpu is None or hasattr(gpu, "__index__")):
        raise InputError(f"gpu ({gpu!r}) must be the index of a GPU, such as 0")
    startup.import_tensorflow(use_gpu=gpu is not None)
    if config is None and run_dir is not None:
        from gan_tf.run_dir.run import Run

        config = Run(run_dir).config
    from gan_tf.training.train_loop import train_and_evaluate

    return train_and_evaluate(config or Config(), run_dir, gpu, source=data)


def load(
    run_dir: str | Path, checkpoint: int | str | None = None, weights: str = "ema"
) -> Sampler:
    """Returns the generator of a run.

    TensorFlow then uses no more memory of the visible GPUs than it needs.

    Args:
        run_dir: directory of the run.
        checkpoint: step of the checkpoint; "best" for the evaluated one with the smallest
            Frechet ratio; None for the newest.
        weights: "ema" for the exponential moving average of the generator's weights, "raw"
            for the weights that are trained.

    Raises:
        InputError: `run_dir` is not a run, or there is no such readable checkpoint.
    """
    _check_run_dir(run_dir)
    startup.import_tensorflow()
    from gan_tf import cli
    from gan_tf.run_dir.run import Run
    from gan_tf.training.devices import grow_memory

    grow_memory()
    run = Run(run_dir)
    if isinstance(checkpoint, str):
        cli.check_checkpoint({"checkpoint": checkpoint})
        checkpoint = run.resolve_checkpoint(checkpoint)
    return run.sampler(checkpoint, weights)


def _check_run_dir(run_dir: object, more: str = "") -> None:
    if not isinstance(run_dir, (str, os.PathLike)):
        kind = type(run_dir).__name__
        raise InputError(
            f"run_dir is a {kind}, but must be a path, such as runs/acgan{more}"
        )
    if not os.fspath(run_dir).strip():
        raise InputError("run_dir is empty: name a folder, such as runs/acgan")


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"gan_tf.{name}")
    raise AttributeError(f"module 'gan_tf' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SUBPACKAGES])
