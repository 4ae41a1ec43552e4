"""The settings of a training: one dataclass field per setting.

A field is the single place of a setting's name, type, default, help and range. The flags
of ``python -m gan_tf.train``, its ``--help`` and ``config.json`` follow from it.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping
from typing import Any

from gan_tf.data import path_text
from gan_tf.data.settings import DataSettings
from gan_tf.errors import InputError
from gan_tf.fields import Field, config_field
from gan_tf.presets import PRESETS, with_presets

MAX_COUNT = 10**9
_COUNT = (1, MAX_COUNT)
_SWITCH = ("auto", "on", "off")
_what = functools.partial(config_field, "what to train")
_data = functools.partial(config_field, "data")
_length = functools.partial(config_field, "length and size")
_output = functools.partial(config_field, "output")
_optimizers = functools.partial(config_field, "optimizers")
_noise = functools.partial(config_field, "noise")
_losses = functools.partial(config_field, "losses")
_few_images = functools.partial(config_field, "few images")
_speed = functools.partial(config_field, "speed")


@with_presets
@dataclasses.dataclass(frozen=True, kw_only=True)
class Config(DataSettings):
    """All settings of a training.

    The defaults are those of `preset`, or of the preset named like `model`; of neither,
    those of the preset `acgan`, which are the ones shown here.

    Two runs of equal configs and data on one CPU give the same bits, except with `minutes`,
    which buy as many steps as the speed allows. Values are checked when the config is made.

    Raises:
        InputError: a value breaks its setting's rule.
    """

    preset: str = _what(
        "acgan", "settings that belong together; without it, the preset named like --model"
    )
    model: str = _what("acgan", "which GAN to train")
    architecture: str = _what("default", "which pair of networks of the model")
    data: str = _what("mnist", "mnist, fashion_mnist, or a path (docs/data.md)")
    balance: str = _data(
        "none",
        "how often each class is used: in proportion to its images (none), to their square "
        "root (sqrt), or all equally (equal)",
        choices=("none", "sqrt", "equal"),
    )
    steps: int = _length(
        7_000,
        "training steps; a step is --d_steps updates of D, then --g_steps of G",
        _COUNT,
    )
    minutes: float = _length(
        0.0,
        "instead of --steps: how long the whole command may take; the first steps measure "
        "how many it can train (0: no limit)",
        (0, 100_000),
    )
    batch_size: int = _length(
        64, "real images, and as many fake ones, per update", (1, 65_536)
    )
    seed: int = _length(
        0, "random seed of initial weights, data order, noise and dropout", (0, 2**31 - 1)
    )
    log_every: int = _output(
        100, "steps between two log steps of TensorBoard and metrics.jsonl", _COUNT
    )
    print_every: int = _output(
        500, "steps between two lines of losses on the console and in train.log", _COUNT
    )
    sample_every: int = _output(500, "steps between two grids of generated images", _COUNT)
    save_every: int = _output(500, "steps between two checkpoints", _COUNT)
    keep_checkpoints: int = _output(
        5,
        "number of newest checkpoints to keep, besides the best; a rollback may need two",
        (2, 10_000),
    )
    eval_every: int = _output(
        0,
        "steps between two evaluations, which decide the best checkpoint (0: none)",
        (0, MAX_COUNT),
    )
    g_learning_rate: float = _optimizers(
        1e-3, "Adam's learning rate of the generator", (0, 10)
    )
    d_learning_rate: float = _optimizers(
        1e-3, "Adam's learning rate of the discriminator", (0, 10)
    )
    beta_1: float = _optimizers(
        0.0, "Adam's decay of the first moment, both networks", (0, 0.9999)
    )
    beta_2: float = _optimizers(
        0.99, "Adam's decay of the second moment, both networks", (0, 0.999999)
    )
    lr_decay_start: float = _optimizers(
        0.5,
        "fraction of the steps after which both learning rates decay linearly to 0 "
        "(1: never)",
        (0, 1),
    )
    lr_constant_steps: int = _optimizers(
        1_500,
        "number of first steps in which the learning rates do not decay, whatever "
        "--lr_decay_start is",
        (0, MAX_COUNT),
    )
    d_steps: int = _optimizers(
        1, "updates of the discriminator per step, each on other real images", (1, 100)
    )
    g_steps: int = _optimizers(1, "updates of the generator per step", (1, 100))
    ema_decay: float = _optimizers(
        0.9995,
        "largest decay of the exponential moving average (EMA) of the generator's weights, "
        "which makes the samples; at step t it is at most (t + 1) / (t + 10) (0: no EMA)",
        (0, 0.999999),
    )
    latent_dim: int = _noise(100, "length of the noise vector z", (1, 65_536))
    noise: str = _noise(
        "normal", "distribution of z: N(0, 1) or U(-1, 1)", choices=("normal", "uniform")
    )
    z_scale: float = _noise(
        1.0,
        "factor of z in training; images are made with a factor of 1, so that less than 1 "
        "makes them more diverse",
        (0.1, 10),
    )
    resample_z: bool = _noise(
        False,
        "sample new z for the generator's update instead of sharing the discriminator's "
        "fakes (slower)",
    )
    on_nan: str = _optimizers(
        "stop",
        "when a loss or a gradient is not finite: stop, or return to the last checkpoint "
        "with half the learning rates, at most three times (may be changed)",
        choices=("stop", "rollback"),
    )
    label_smoothing: float = _losses(
        0.0, "one-sided: D's target for real images is 1 minus this", (0, 0.5)
    )
    r1_gamma: float = _losses(
        0.1,
        "weight of the R1 gradient penalty on real images; above 28x28 pixels, times the "
        "number of pixels / 784 (0: none)",
        (0, 1_000),
    )
    r1_interval: int = _losses(
        16, "steps between two R1 penalties, each multiplied by this number", (1, 10_000)
    )
    class_loss: str = _losses(
        "adc",
        "acgan: ac (a class head, Odena et al. 2017) or adc (one head over class x "
        "real/fake, Hou et al. 2022)",
        choices=("ac", "adc"),
    )
    d_class_real_weight: float = _losses(
        1.0, "acgan: weight of D's class loss on real images", (0, 1_000)
    )
    d_class_fake_weight: float = _losses(
        1.0, "acgan: weight of D's class loss on fake images", (0, 1_000)
    )
    g_class_weight: float = _losses(0.3, "acgan: weight of G's class loss", (0, 1_000))
    augment: str = _few_images(
        "none",
        "random changes of real and fake images before each pass of D, as often as D's "
        "accuracy requires (auto: of fewer than 20,000 images; docs/few_pictures.md)",
        choices=("none", "auto"),
        items=("color", "translate", "cutout", "flip"),
    )
    lecam: float = _few_images(
        0.0,
        "weight of LeCam's penalty, which keeps D's logits on real and on fake images near "
        "each other (0: none)",
        (0, 1_000),
    )
    init_from: str = _few_images(
        "none",
        "start with the networks of a trained run (its folder, or a .index file among its "
        "checkpoints) of equal image size and model (none: random weights)",
    )
    freeze_d: int = _few_images(
        0,
        "with --init_from: this many of the first layers of D keep the weights of that run "
        "and are not trained",
        (0, 1_000),
    )
    strategy: str = _speed(
        "none",
        "devices that share each batch; none: one, mirrored: all GPUs of this machine, "
        "multi_worker: those of all machines in TF_CONFIG (docs/distributed.md)",
        choices=("none", "mirrored", "multi_worker"),
    )
    steps_per_loop: int = _speed(20, "training steps per call to the device", (1, 100_000))
    jit_compile: str = _speed(
        "auto",
        "compile the step with XLA; auto: on a CPU where it was measured to be faster, and "
        "on a GPU",
        choices=_SWITCH,
    )
    mixed_precision: str = _speed(
        "auto",
        "compute in bfloat16; auto: where the device does so natively, on a CPU for "
        "convolutional models alone",
        choices=_SWITCH,
    )

    def __post_init__(self):
        if isinstance(self.data, os.PathLike):  # a folder called mnist is not the data set
            object.__setattr__(self, "data", path_text(self.data))
        super().__post_init__()
        if self.preset not in (*PRESETS, self.model):
            raise InputError(f"preset ({self.preset}) must be one of {', '.join(PRESETS)}")
        models = {name: row.get("model", "acgan") for name, row in PRESETS.items()}
        presets = [name for name, model in models.items() if model == self.model]
        presets = presets or [self.model]
        if self.preset not in presets:
            raise InputError(
                f"model ({self.model}) contradicts preset ({self.preset}), which must be "
                f"one of {', '.join(presets)}"
            )
        if self.batch_size * self.d_steps * self.steps_per_loop > MAX_COUNT:
            raise InputError(
                f"steps_per_loop ({self.steps_per_loop}) x batch_size x d_steps must be "
                f"at most {MAX_COUNT:,}: choose a smaller steps_per_loop"
            )
        if self.minutes and self.strategy == "multi_worker":
            raise InputError(
                f"minutes ({self.minutes:g}) is for one process, not for strategy "
                "(multi_worker): give --steps"
            )
        if self.minutes and self.lr_decay_start < 0.2:
            raise InputError(
                f"minutes ({self.minutes:g}) needs an lr_decay_start of 0.2 or more, not "
                f"{self.lr_decay_start:g}: the first steps measure the speed"
            )
        if self.freeze_d and self.init_from == "none":
            raise InputError(
                f"freeze_d ({self.freeze_d}) keeps what D has learnt, so it needs an "
                "--init_from: add it, or leave this out"
            )
        if self.jit_compile == "on" and self.strategy != "none":
            raise InputError(
                f"jit_compile (on) is for one device, not for strategy ({self.strategy}): "
                "leave it out"
            )

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Config:
        """Returns the config with `settings`, such as a config.json's.

        Raises:
            InputError: no such setting, or a value breaks its rule.
        """
        unknown = set(settings) - set(FIELDS)
        if unknown:
            raise InputError(
                f"{', '.join(sorted(unknown))}: no such setting; there are "
                f"{', '.join(FIELDS)}"
            )
        return cls(**settings)

    def reading(self) -> dict[str, Any]:
        """Returns {setting: value} of `DataSettings`, for `gan_tf.data.load`."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(DataSettings)}

    def as_dict(self) -> dict[str, Any]:
        """Returns {setting: value}, ready for JSON."""
        return dataclasses.asdict(self)

    def resolved(self, choice: Mapping[str, str]) -> Config:
        """Returns this config with its `auto` settings replaced by those of `choice`."""
        auto = {
            name: value
            for name, value in choice.items()
            if getattr(self, name) == "auto" and "auto" in FIELDS[name].choices  # no path
        }
        return Config.from_dict({**self.as_dict(), **auto})


FIELDS: dict[str, Field] = {
    field.name: field.metadata["field"] for field in dataclasses.fields(Config)
}
