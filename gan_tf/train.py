"""Trains a GAN: `python -m gan_tf.train --model acgan`."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_tf import cli
from gan_tf.config import PRESETS, RULES, SETTINGS, Config
from gan_tf.errors import InputError
from gan_tf.fields import Rule
from gan_tf.models import MODELS

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

USAGE = f"""
usage: python -m gan_tf.train --model {{{",".join(MODELS)}}} [flags]

Trains a GAN. Checkpoints, samples and all that TensorBoard shows go into a run directory.
The same command again continues a run that was stopped; --steps extends a finished one.
In brackets: the default, unless the preset has another (docs/quickstart.md lists them).
"""

FLAGS = [
    cli.Flag(
        "preset",
        Rule(str, choices=tuple(PRESETS)),
        "a set of settings that belong together; without it, the one named like --model",
        group="what to train",
    ),
    cli.Flag(
        "run_dir",
        Rule(str),
        "where the run's files go",
        default="runs/<preset or model>",
        group="what to train",
    ),
    cli.Flag(
        "gpu",
        Rule(int, 0, 1_000),
        "which GPU to use, from 0 on, where there are several",
        default="the first; with --strategy, all",
        group="speed",
    ),
]


def train(
    config: Config, run_dir: str | Path | None = None, gpu: int | None = None
) -> Sampler:
    """Trains, or continues, the run of `config` in `run_dir`.

    Args:
        config: the settings; see `Config.from_preset`.
        run_dir: the run directory; None for runs/<model>.
        gpu: which GPU, from 0 on; None for the first, or for all that `config.strategy`
            shares among, or the CPU where there is none.

    Returns:
        The trained generator, as `gan_tf.load` returns it.

    Raises:
        InputError: bad data or a bad setting; or `run_dir` holds another run, is being
            trained, cannot be written, or has no checkpoint that can be read.
        DivergedError: a loss or a gradient was not finite; the state before is saved.
        WorkerLostError: another worker has gone.
        KeyboardInterrupt: the training was stopped; its state is saved.
    """
    from gan_tf.training.train_loop import train_and_evaluate

    return train_and_evaluate(config, run_dir, gpu)


def config_and_run_dir(values: dict[str, Any]) -> tuple[Config, Path]:
    """Returns what the flags mean.

    A flag that is left out takes the value of the run that `run_dir` holds, if it holds
    one, and of the preset otherwise.

    Args:
        values: {flag: value} of the flags that were given.

    Raises:
        InputError: the flags contradict one another.
    """
    settings = {name: value for name, value in values.items() if name in RULES}
    preset = values.get("preset", settings.get("model"))
    if preset is None:
        raise InputError(
            f"model is missing: add --model {' or --model '.join(MODELS)}, or a --preset"
        )
    row = PRESETS.get(preset, {"model": preset})
    if settings.get("model", row["model"]) != row["model"]:
        raise InputError(
            f"model ({settings['model']}) contradicts preset ({preset}), which is of "
            f"model {row['model']}: leave one of them out"
        )
    path = Path(values.get("run_dir", f"runs/{preset}"))
    # os.path's tests, unlike Path's, answer False for a name no file can have.
    if not os.path.exists(path / "config.json"):
        return Config.from_dict({**row, **settings}), path
    from gan_tf.run_dir.run import Run

    given = {**(row if "preset" in values else {}), **settings}
    return Config.from_dict({**Run(path).config.as_dict(), **given}), path


def flag_of(setting) -> cli.Flag:
    """Returns the flag of a setting, a field of `Config`."""
    rule, metadata = setting.metadata["rule"], setting.metadata
    if setting.name == "model":
        rule = Rule(str, choices=tuple(MODELS))
    default = (
        str(setting.default).lower() if rule.kind is bool else f"{setting.default}"
    )
    return cli.Flag(setting.name, rule, metadata["help"], default, metadata["group"])


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, [*FLAGS, *map(flag_of, SETTINGS)])
    cli.import_tensorflow()
    config, run_dir = config_and_run_dir(values)
    train(config, run_dir, values.get("gpu"))


class _CallableModule(types.ModuleType):
    """`gan_tf.train` is this module, and a call of it is a call of its `train`."""

    def __call__(self, *args, **kwargs):
        return train(*args, **kwargs)


sys.modules[__name__].__class__ = _CallableModule

if __name__ == "__main__":
    cli.run(main)
