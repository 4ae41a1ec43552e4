"""What a user can set: one dataclass field per setting, one table of presets.

A field is the single place for a setting's name, type, default, help and rule. The flags
of ``python -m gan_tf.train``, its ``--help`` and ``config.json`` all follow from it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from gan_tf.errors import InputError
from gan_tf.fields import Rule, setting
from gan_tf.presets import PRESETS

_LARGE = 10**9
_SWITCH = ("auto", "on", "off")


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides what a training computes.

    Two runs of equal configs on one machine give the same bits. Values are checked when
    the config is made.

    Raises:
        InputError: a value breaks its setting's rule.
    """

    model: str = setting("acgan", "what to train", "which GAN to train")
    architecture: str = setting(
        "default", "what to train", "which pair of networks of the model"
    )
    data: str = setting(
        "mnist",
        "what to train",
        "mnist, fashion_mnist, or the path of a folder or an .npz file (docs/data.md)",
    )
    steps: int = setting(
        6_000,
        "length and size",
        "length of the training; a step is --d_steps updates of D, then --g_steps of G",
        low=1,
        high=_LARGE,
    )
    batch_size: int = setting(
        64,
        "length and size",
        "real images, and as many fake ones, in an update",
        low=1,
        high=65_536,
    )
    seed: int = setting(
        0,
        "length and size",
        "decides the weights at the start, the order of the data, noise and dropout",
        low=0,
        high=2**31 - 1,
    )
    log_every: int = setting(
        100,
        "output",
        "steps between two entries in TensorBoard and metrics.jsonl",
        low=1,
        high=_LARGE,
    )
    print_every: int = setting(
        500,
        "output",
        "steps between two lines of losses on the console and in train.log",
        low=1,
        high=_LARGE,
    )
    sample_every: int = setting(
        500,
        "output",
        "steps between two sheets of generated images",
        low=1,
        high=_LARGE,
    )
    save_every: int = setting(
        500, "output", "steps between two checkpoints", low=1, high=_LARGE
    )
    keep_checkpoints: int = setting(
        5, "output", "newest checkpoints to keep, beside the best", low=1, high=10_000
    )
    eval_every: int = setting(
        0,
        "output",
        "steps between two evaluations, which say what checkpoint is the best (0: none)",
        low=0,
        high=_LARGE,
    )
    g_learning_rate: float = setting(
        2e-4, "optimizers", "Adam's learning rate of the generator", low=0, high=10
    )
    d_learning_rate: float = setting(
        2e-4, "optimizers", "Adam's learning rate of the discriminator", low=0, high=10
    )
    beta_1: float = setting(
        0.5,
        "optimizers",
        "Adam's decay of the first moment, both networks",
        low=0,
        high=0.9999,
    )
    beta_2: float = setting(
        0.999,
        "optimizers",
        "Adam's decay of the second moment, both networks",
        low=0,
        high=0.999999,
    )
    lr_decay_start: float = setting(
        1.0,
        "optimizers",
        "share of the steps after which both learning rates fall in a line to 0 "
        "(1: never)",
        low=0,
        high=1,
    )
    d_steps: int = setting(
        1,
        "optimizers",
        "updates of the discriminator in a step, each on real images of its own",
        low=1,
        high=100,
    )
    g_steps: int = setting(
        1, "optimizers", "updates of the generator in a step", low=1, high=100
    )
    ema_decay: float = setting(
        0.0,
        "optimizers",
        "decay of the running average of the generator's weights, from which "
        "images are made (0: no average)",
        low=0,
        high=0.999999,
    )
    latent_dim: int = setting(
        100, "noise", "length of the noise vector z", low=1, high=65_536
    )
    noise: str = setting(
        "normal",
        "noise",
        "distribution of z: N(0, 1) or U(-1, 1)",
        choices=("normal", "uniform"),
    )
    resample_z: bool = setting(
        False,
        "noise",
        "draw new noise for the generator's update instead of sharing the "
        "discriminator's fakes (slower)",
    )
    on_nan: str = setting(
        "stop",
        "optimizers",
        "when a loss or a gradient is not finite: stop, or go back to the last "
        "checkpoint with half the learning rates, three times at most (may be changed)",
        choices=("stop", "rollback"),
    )
    label_smoothing: float = setting(
        0.0,
        "losses",
        "one-sided: D is asked to say 1 - this on real images",
        low=0,
        high=0.5,
    )
    r1_gamma: float = setting(
        0.0,
        "losses",
        "weight of the R1 gradient penalty on real images (0: none)",
        low=0,
        high=1_000,
    )
    r1_interval: int = setting(
        16,
        "losses",
        "steps between two R1 penalties, each that many times as strong",
        low=1,
        high=10_000,
    )
    class_loss: str = setting(
        "ac",
        "losses",
        "acgan: ac (a class head, Odena et al. 2017) or adc (one head over "
        "class x real/fake, Hou et al. 2022)",
        choices=("ac", "adc"),
    )
    d_class_real_weight: float = setting(
        1.0,
        "losses",
        "acgan: weight of D's class loss on real images",
        low=0,
        high=1_000,
    )
    d_class_fake_weight: float = setting(
        1.0,
        "losses",
        "acgan: weight of D's class loss on fake images",
        low=0,
        high=1_000,
    )
    g_class_weight: float = setting(
        1.0, "losses", "acgan: weight of G's class loss", low=0, high=1_000
    )
    strategy: str = setting(
        "none",
        "speed",
        "devices that share each batch; none: one, mirrored: all GPUs of this machine, "
        "multi_worker: those of all machines in TF_CONFIG (docs/distributed.md)",
        choices=("none", "mirrored", "multi_worker"),
    )
    steps_per_loop: int = setting(
        20,
        "speed",
        "most steps the device runs before the host looks in",
        low=1,
        high=100_000,
    )
    jit_compile: str = setting(
        "auto",
        "speed",
        "compile the step with XLA; auto: where it was measured to be faster",
        choices=_SWITCH,
    )
    mixed_precision: str = setting(
        "auto",
        "speed",
        "multiply in bfloat16; auto: where the processor does so natively",
        choices=_SWITCH,
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            try:
                parsed = field.metadata["rule"].parse(value)
            except ValueError as error:
                raise InputError(f"{field.name} ({value!r}) {error}") from None
            object.__setattr__(self, field.name, parsed)
        if self.batch_size * self.d_steps * self.steps_per_loop > _LARGE:
            raise InputError(
                f"steps_per_loop ({self.steps_per_loop}) x batch_size x d_steps must be "
                f"at most {_LARGE:,}: choose a smaller steps_per_loop"
            )
        if self.jit_compile == "on" and self.strategy != "none":
            raise InputError(
                f"jit_compile (on) is for one device, not for strategy ({self.strategy}): "
                "leave it out"
            )

    @property
    def preset(self):
        return self.model

    @classmethod
    def from_preset(cls, name: str, **settings: Any) -> Config:
        """Returns the config of preset `name`, with `settings` in place of its own.

        Raises:
            InputError: no such preset, no such setting, or a value breaks its rule.
        """
        if name not in PRESETS:
            raise InputError(f"preset ({name}) must be one of {', '.join(PRESETS)}")
        return cls.from_dict({**PRESETS[name], **settings})

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Config:
        """Returns a config of `settings`, such as a config.json's; the rest are defaults.

        Raises:
            InputError: no such setting, or a value breaks its rule.
        """
        unknown = set(settings) - set(RULES)
        if unknown:
            raise InputError(
                f"{', '.join(sorted(unknown))}: no such setting; there are "
                f"{', '.join(RULES)}"
            )
        return cls(**settings)

    def as_dict(self) -> dict[str, Any]:
        """Returns {setting: value}, ready for JSON."""
        return dataclasses.asdict(self)

    def resolved(self, choice: Mapping[str, str]) -> Config:
        """Returns this config with its `auto` settings replaced by those of `choice`."""
        auto = {k: v for k, v in choice.items() if getattr(self, k) == "auto"}
        return Config.from_dict({**self.as_dict(), **auto})


SETTINGS: tuple[dataclasses.Field, ...] = dataclasses.fields(Config)
RULES: dict[str, Rule] = {field.name: field.metadata["rule"] for field in SETTINGS}
