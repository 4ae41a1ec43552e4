"""The command that trains a GAN: `python -m gan_tf.train --model acgan`."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_tf import cli, data, startup
from gan_tf.config import FIELDS, PRESETS, Config
from gan_tf.errors import InputError
from gan_tf.fields import Field
from gan_tf.files import local_path
from gan_tf.models import MODELS

USAGE = f"""
usage: python -m gan_tf.train --model {{{",".join(MODELS)}}} [flags]

Trains a GAN. Checkpoints, samples and TensorBoard's events go into a run directory. The
same command again resumes an interrupted run; a larger --steps, in place of --minutes,
extends a finished one.
In brackets: the defaults, of preset acgan unless --preset or --model names another.
"""


def flags(config: Config) -> list[cli.Flag]:
    """Returns the command's flags; the values of `config` are the defaults in `--help`."""
    choices = {"model": tuple(MODELS), "preset": tuple(PRESETS)}
    settings = [
        # One of the two is required.
        flag._replace(field=Field(str, choices=choices[flag.name]), default="")
        if flag.name in choices
        else flag
        for flag in cli.setting_flags(config)
    ]
    of_run = "run_dir", Field(str), "directory of the run's files", "runs/<preset>"
    which = "which GPU to use, from 0 on, where there are several"
    of_gpu = "gpu", Field(int, 0, 1_000), which, "the first; with --strategy, all"
    preview = "do not train, but write a grid of augmented training images, a .png file"
    return [
        cli.Flag(*of_run, "what to train"),
        *settings,
        cli.Flag(*of_gpu, "speed"),
        cli.Flag("augment_preview", Field(str), preview, group="few images"),
    ]


def preset_config(values: dict[str, Any]) -> Config:
    """Returns the config of the flags `values`, {flag: value}, of a new run.

    Raises:
        InputError: neither model nor preset is given, or they contradict one another.
    """
    settings = {name: value for name, value in values.items() if name in FIELDS}
    is_chosen = "preset" in values or "model" in values
    if not is_chosen and "run_dir" in values:
        raise InputError(
            f"run_dir ({values['run_dir']}) holds no run: name another one, or add --model "
            f"{' or --model '.join(MODELS)} for a new run"
        )
    if not is_chosen:
        raise InputError(
            f"model is missing: add --model {' or --model '.join(MODELS)}, or a --preset"
        )
    return Config.from_dict(settings)


def config_and_run_dir(values: dict[str, Any]) -> tuple[Config, Path]:
    """Returns the config and the run directory of the flags `values`, {flag: value}.

    A flag that is left out takes its value from the run that `run_dir` holds, if it holds
    one, and from the preset otherwise. A --preset stands for the settings in which it
    differs from the run's.

    Raises:
        InputError: see `preset_config`; or the run cannot be read.
    """
    cli.check_exclusive(values, "minutes", "steps")
    if "run_dir" in values:
        path = local_path("run_dir", values["run_dir"])
    else:
        path = Path("runs", preset_config(values).preset)
    # os.path's tests, unlike Path's, return False for a name no file can have.
    if not os.path.exists(path / "config.json"):
        return preset_config(values), path
    from gan_tf.run_dir.run import Run

    run_config = Run(path).config
    given = {name: value for name, value in values.items() if name in FIELDS}
    if "steps" in given:
        given["minutes"] = 0.0  # it extends a run that was limited by time
    if "preset" in values:
        new = preset_config(values).as_dict()
        old = Config(preset=run_config.preset, model=run_config.model).as_dict()
        given = {name: new[name] for name in new if new[name] != old[name]} | given
    elif values.get("model", run_config.model) != run_config.model:
        given["preset"] = values["model"]
    return Config.from_dict({**run_config.as_dict(), **given}), path


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    started = time.perf_counter()  # before TensorFlow is imported, which takes seconds

    def help_flags(values):
        is_chosen = "model" in values or "preset" in values
        return flags(preset_config(values) if is_chosen else Config())

    values = cli.parse(argv, USAGE, flags(Config()), help_flags)
    startup.import_tensorflow(use_gpu="gpu" in values)
    if "augment_preview" in values and "run_dir" not in values:
        config, run_dir = preset_config(values), Path()  # not those of a run
    else:
        config, run_dir = config_and_run_dir(values)
    if "augment_preview" in values:
        from gan_tf.training.augment_preview import write_augment_preview
        from gan_tf.training.devices import select_gpus

        select_gpus(values.get("gpu"))
        file = local_path("augment_preview", values["augment_preview"])
        data.check_outside("augment_preview", file, config.data)
        write_augment_preview(config, file)
        return
    from gan_tf.training.train_loop import train_and_evaluate

    train_and_evaluate(config, run_dir, values.get("gpu"), started)


if __name__ == "__main__":
    cli.run(main)
