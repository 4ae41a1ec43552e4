"""What a training prints before and after its steps."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from gan_tf.config import Config
from gan_tf.data import Dataset
from gan_tf.evaluation.table import checkpoint_heading
from gan_tf.run_dir.run import Run

# The metrics on a line of losses; a model need not have all of them.
_LINE_METRICS = {
    "losses/d_loss": "d_loss",
    "losses/g_loss": "g_loss",
    "d_prob/real": "D(x)",
    "d_prob/fake": "D(G(z))",
    "d_accuracy/real": "D accuracy real",
    "d_accuracy/fake": "D accuracy fake",
    "class_accuracy/real": "class accuracy real",
    "class_accuracy/fake": "class accuracy fake",
}


def print_training(
    config: Config,
    dataset: Dataset,
    device: str,
    path: Path,
    step: int,
    skipped: list[str],
) -> None:
    """Prints the data, the model, the device, the run directory and where it resumes.

    Args:
        config: the run's settings.
        dataset: the data.
        device: name of the device.
        path: the run directory.
        step: the restored step; 0 for a new run.
        skipped: descriptions of the checkpoints that could not be restored.
    """
    print(f"data      {dataset.summary()}")
    print(
        f"model     {config.model}, {config.architecture} architecture: "
        f"{length(config)}, batch size {config.batch_size}, seed {config.seed}"
    )
    print(
        f"device    {device}, jit_compile {config.jit_compile}, "
        f"mixed_precision {config.mixed_precision}"
    )
    print(f"run_dir   {path}/")
    for name in () if config.minutes else (
        "log_every",
        "print_every",
        "sample_every",
        "save_every",
        "eval_every",
    ):
        every = getattr(config, name)
        if every > config.steps:
            print(f"note      {name} ({every}) exceeds steps: only the last step counts")
    for text in skipped:
        print(f"Skipped {text}")
    if step:
        print(f"Resuming from step {step:,}")
    if config.eval_every:
        print(f"evaluate  {checkpoint_heading()}")


def print_networks(config: Config, cost: str, started_from: str) -> None:
    """Prints what the networks cost, and which of the settings for few images are used."""
    print(f"networks  {cost}")
    if config.augment != "none":
        print(f"augment   {config.augment}, with a probability that follows D's accuracy")
    if started_from:
        print(f"init_from {started_from}")


def length(config: Config) -> str:
    """Returns how long the training is, in words."""
    if config.minutes:
        return f"as many steps as fit into {config.minutes:g} min"
    return f"{config.steps:,} steps"


def loss_line(
    metrics: dict[str, float], step: int, config: Config, num_images: int
) -> str:
    """Returns the line of the losses, with the step and the epoch.

    Args:
        metrics: {tag: mean}, as `Trainer.train` returned them.
        step: the step.
        config: the run's settings.
        num_images: training images, one epoch.
    """
    epoch = step * config.batch_size * config.d_steps / num_images
    values = [
        f"{name} {metrics[tag]:.3f}"
        for tag, name in _LINE_METRICS.items()
        if tag in metrics
    ]
    return "  ".join([f"step {step:,}  epoch {epoch:.2f}", *values])


def print_finished(run: Run) -> None:
    """Prints that the run is finished, and how to extend it."""
    steps = run.config.steps
    print(
        f"{run.path} is finished: {steps:,} steps are done. To extend it, run the same "
        f"command with a larger --steps, for example --steps {2 * steps}."
    )


def print_next_commands(run: Run, label: str | None) -> None:
    """Prints the commands that use a trained run.

    Args:
        run: the run.
        label: one of its generator's labels; None if it takes none.
    """
    generate = [sys.executable, "-m", "gan_tf.generate", "--run_dir", str(run.path)]
    generate += ["--num", "16", *(["--label", label] if label is not None else [])]
    generate += ["--out", "samples.png"]
    tensorboard = Path(sys.executable).with_name("tensorboard")
    program = str(tensorboard) if tensorboard.exists() else "tensorboard"
    grids = sorted((run.path / "samples").glob("0*.png"))
    print(f"samples   {grids[-1] if grids else run.path / 'samples'}")
    print(f"view      {shlex.join([program, '--logdir', str(run.path.parent)])}")
    print(f"generate  {shlex.join(generate)}")


def print_rollback(what: str, step: int, lr_scale: float) -> None:
    """Prints that a training returns to an earlier checkpoint.

    Args:
        what: what was not finite, and where.
        step: the restored step.
        lr_scale: the factor of both learning rates from there on.
    """
    print(f"rollback  {what}: restored step {step:,}")
    print(f"note      both learning rates are multiplied by {lr_scale:g} from here on")
