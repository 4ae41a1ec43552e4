"""What a training prints before and after its steps."""

import contextlib
import os
import sys
from pathlib import Path

from gan_tf.config import Config
from gan_tf.data import IN_MEMORY, Dataset
from gan_tf.data.report import summary_lines
from gan_tf.errors import InputError
from gan_tf.evaluation.table import checkpoint_heading
from gan_tf.files import command_line
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


class _Output:
    """A text stream whose writes never fail."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            encoding = self._stream.encoding
            self.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except OSError:
            self._drop()
        return len(text)

    def flush(self):
        try:
            self._stream.flush()
        except OSError:
            self._drop()

    def _drop(self):
        # What the stream still holds must go somewhere when Python ends.
        with contextlib.suppress(OSError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name):
        return getattr(self._stream, name)


@contextlib.contextmanager
def safe_stdout():
    """Within this context nothing that is printed can end the program.

    A character that the terminal cannot show is printed as an escape; the output is
    dropped where the terminal is closed, the reader of a pipe has ended or the disk is
    full. A run's train.log has the losses all the same.
    """
    with contextlib.ExitStack() as stack:
        # None where it is closed from the start, as of some daemons.
        stream = sys.stdout or stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(_Output(stream)))
        yield


def print_training(
    config: Config, dataset: Dataset, device: str, path: Path, step: int, skipped: list[str]
) -> None:
    """Prints the data, the model, the device, the run directory and where it resumes.

    `step` is the restored one, 0 for a new run; `skipped` describes the checkpoints that
    could not be restored.
    """
    print("\n".join(summary_lines(dataset, config.balance)))
    print(
        f"model     {config.model}, {config.architecture} architecture: "
        f"{length(config, step)}, batch size {config.batch_size}, seed {config.seed}"
    )
    print(
        f"device    {device}, jit_compile {config.jit_compile}, "
        f"mixed_precision {config.mixed_precision}"
    )
    print(f"run_dir   {path}/")
    for name, every in config.as_dict().items():
        if name.endswith("_every") and not config.minutes and every > config.steps:
            print(f"note      {name} ({every}) exceeds steps: it acts at the last step")
    for text in skipped:
        print(f"Skipped {text}")
    if step:
        print(f"Resuming from step {step:,}")
    if config.eval_every:
        print(f"evaluate  {checkpoint_heading()}")


def print_networks(config: Config, cost: str, few_images: str, started_from: str) -> None:
    """Prints what the networks cost, and which of the settings for few images are used.

    `few_images` is a line of advice; it and `started_from` may be "".
    """
    print(f"networks  {cost}")
    if few_images:
        print(f"few       {few_images}")
    if config.augment != "none":
        print(f"augment   {config.augment}, with a probability that follows D's accuracy")
    if started_from:
        print(f"init_from {started_from}")


def length(config: Config, step: int) -> str:
    """Returns how long a training is, in words, when it starts at `step`."""
    if config.minutes and not step:
        return f"as many steps as fit into {config.minutes:g} min"
    return f"{config.steps:,} steps"


def loss_line(metrics: dict[str, float], step: int, config: Config, num_images: int) -> str:
    """Returns the line of the losses, with the step and the epoch of `num_images`.

    `metrics` are {tag: mean}, as `Trainer.train` returns them.
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
    steps, instead = run.config.steps, " in place of --minutes" * bool(run.config.minutes)
    # Other settings are those of the run.
    extend = [sys.executable, "-m", "gan_tf.train", "--run_dir", str(run.path)]
    extend += ["--steps", str(2 * steps)]
    print(
        f"{run.path} is finished: {steps:,} steps are done. To extend it, give a larger "
        f"--steps{instead}, for example {command_line(extend)}"
    )
    with contextlib.suppress(InputError):  # metrics.json is damaged
        if run.config.eval_every and not run.is_evaluated(steps):
            print(f"note      step {steps:,} was not evaluated: {_evaluation_of(run)}")


def _evaluation_of(run):
    words = [sys.executable, "-m", "gan_tf.evaluate", "--run_dir", str(run.path)]
    words += ["--data", "THE_SAME_IMAGES"] * (run.config.data == IN_MEMORY)
    return command_line(words)


def print_next_commands(run: Run, label: str | None) -> None:
    """Prints the commands that use a trained run.

    `label` is one of its generator's labels, None if it takes none.
    """
    generate = [sys.executable, "-m", "gan_tf.generate", "--run_dir", str(run.path)]
    generate += ["--num", "16", *(["--label", label] if label is not None else [])]
    generate += ["--out", "samples.png"]
    tensorboard = Path(sys.executable).with_name("tensorboard")
    program = str(tensorboard) if tensorboard.exists() else "tensorboard"
    grids = list(run.sample_grids().values())
    print(f"samples   {grids[-1] if grids else run.path / 'samples'}")
    print(f"view      {command_line([program, '--logdir', str(run.path.parent)])}")
    if not run.config.eval_every:
        print(f"evaluate  {_evaluation_of(run)}")
    print(f"generate  {command_line(generate)}")
