"""What a sitting prints, apart from its progress."""

from __future__ import annotations

import sys
from pathlib import Path

from gan_tf.config import Config
from gan_tf.data import Dataset
from gan_tf.run_dir.run import Run


def print_what_is_trained(
    config: Config, dataset: Dataset, device: str, path: Path
) -> None:
    """Prints the data, the model, the device and where the files go.

    Args:
        config: the run's settings.
        dataset: the data.
        device: name of what computes.
        path: the run directory.
    """
    print(f"data      {dataset.summary()}")
    print(
        f"model     {config.model}, {config.architecture} networks: "
        f"{config.steps:,} steps of {config.batch_size} images, seed {config.seed}"
    )
    print(
        f"device    {device}, jit_compile {config.jit_compile}, "
        f"mixed_precision {config.mixed_precision}"
    )
    print(f"writes    {path}/")
    for name in (
        "log_every",
        "print_every",
        "sample_every",
        "save_every",
        "eval_every",
    ):
        every = getattr(config, name)
        if every > config.steps:
            print(f"note      {name} ({every}) is more than the steps: at the end only")


def print_finished(run: Run) -> None:
    """Prints that there is nothing to train, and how to go on."""
    steps = run.config.steps
    print(
        f"{run.path} is finished: {steps:,} steps are done. To train on, repeat the "
        f"command with a larger --steps, for example --steps {2 * steps}."
    )


def print_what_next(run: Run, label: str | None) -> None:
    """Prints what to do with a trained run.

    Args:
        run: the run.
        label: one that its generator can be asked for; None if it takes none.
    """
    path = run.path
    what = f"--run_dir {path} --num 16"
    if label is not None:
        what += f" --label {label}"
    sheets = sorted(path.glob("samples/0*.png"))
    print(f"samples   {sheets[-1] if sheets else path / 'samples'}")
    print(f"look at   {_program('tensorboard')} --logdir {path.parent}")
    print(f"generate  {sys.executable} -m gan_tf.generate {what} --out samples.png")


def print_rollback(what: str, step: int, scale: float) -> None:
    """Prints that a training goes back.

    Args:
        what: was not finite, and where.
        step: to which it goes back.
        scale: what both learning rates are multiplied by from there on.
    """
    print(f"rollback  {what}: goes back to step {step:,}")
    print(f"note      both learning rates are times {scale:g} from here on")


def _program(name):
    """The path of a program of this environment, as one types it."""
    beside = Path(sys.executable).with_name(name)
    return beside if beside.exists() else name
