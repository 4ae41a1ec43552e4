"""What a user can set: one dataclass field per setting, one table of presets.

A field is the single place for a setting's name, type, default, help and rule. The flags
of ``python -m gan_tf.train``, its ``--help`` and ``config.json`` all follow from it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from gan_tf.errors import InputError

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclasses.dataclass(frozen=True)
class Rule:
    """The type and range of one setting, and how a text becomes its value."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words, as errors and ``--help`` show it."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return "a name or a path"
        noun = "a whole number" if self.kind is int else "a number"
        if self.high < math.inf:
            return f"{noun} from {self.low:g} to {self.high:g}"
        return f"{noun} of at least {self.low:g}"

    def parse(self, value: Any) -> Any:
        """Returns `value` (a flag's text, a number, a JSON value) as the setting's type.

        Raises:
            ValueError: it breaks the rule; the message is the rule in words.
        """
        try:
            if self.kind is bool:
                parsed = _BOOLEANS[str(value).lower()]
            elif self.kind is int and isinstance(value, float):
                raise ValueError
            else:
                parsed = self.kind(value)
            if isinstance(parsed, (int, float)):
                # A comparison that NaN fails, too.
                if not (self.low <= parsed <= self.high and math.isfinite(parsed)):
                    raise ValueError
            elif parsed not in self.choices if self.choices else not parsed.strip():
                raise ValueError
        except (KeyError, ValueError, TypeError, OverflowError):
            raise ValueError(f"must be {self.text}") from None
        return parsed


def _setting(default, help_text, *, group, low=-math.inf, high=math.inf, choices=()):
    rule = Rule(type(default), low, high, choices)
    metadata = {"help": help_text, "rule": rule, "group": group}
    return dataclasses.field(default=default, metadata=metadata)


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

    # fmt: off
    model: str = _setting("acgan", "which GAN to train", group="what to train")
    network: str = _setting("default", "which networks of the model", group="what to train")
    data: str = _setting("mnist", "mnist, fashion_mnist, or the path of a folder or an .npz file (docs/data.md)", group="what to train")
    steps: int = _setting(6_000, "length of the training; a step is --d_steps updates of D, then --g_steps of G", group="length and size", low=1, high=_LARGE)
    batch_size: int = _setting(64, "real images, and as many fake ones, in an update", group="length and size", low=1, high=65_536)
    seed: int = _setting(0, "decides the weights at the start, the order of the data, noise and dropout", group="length and size", low=0, high=2**31 - 1)
    log_every: int = _setting(100, "steps between two entries in TensorBoard and metrics.jsonl", group="output", low=1, high=_LARGE)
    sample_every: int = _setting(500, "steps between two sheets of generated images", group="output", low=1, high=_LARGE)
    save_every: int = _setting(500, "steps between two checkpoints", group="output", low=1, high=_LARGE)
    keep_checkpoints: int = _setting(5, "newest checkpoints to keep", group="output", low=1, high=10_000)
    g_learning_rate: float = _setting(2e-4, "Adam's learning rate of the generator", group="optimizers", low=0, high=10)
    d_learning_rate: float = _setting(2e-4, "Adam's learning rate of the discriminator", group="optimizers", low=0, high=10)
    beta_1: float = _setting(0.5, "Adam's decay of the first moment, both networks", group="optimizers", low=0, high=0.9999)
    beta_2: float = _setting(0.999, "Adam's decay of the second moment, both networks", group="optimizers", low=0, high=0.999999)
    decay_from: float = _setting(1.0, "share of the steps after which both learning rates fall in a line to 0 (1: never)", group="optimizers", low=0, high=1)
    d_steps: int = _setting(1, "updates of the discriminator in a step, each on real images of its own", group="optimizers", low=1, high=100)
    g_steps: int = _setting(1, "updates of the generator in a step", group="optimizers", low=1, high=100)
    ema_decay: float = _setting(0.0, "decay of the running average of the generator's weights, from which images are made (0: no average)", group="optimizers", low=0, high=0.999999)
    latent_dim: int = _setting(100, "length of the noise vector z", group="noise", low=1, high=65_536)
    noise: str = _setting("normal", "distribution of z: N(0, 1) or U(-1, 1)", group="noise", choices=("normal", "uniform"))
    fresh_noise: bool = _setting(False, "draw new noise for the generator's update instead of sharing the discriminator's fakes (slower)", group="noise")
    label_smoothing: float = _setting(0.0, "one-sided: D is asked to say 1 - this on real images", group="losses", low=0, high=0.5)
    r1_gamma: float = _setting(0.0, "weight of the R1 gradient penalty on real images (0: none)", group="losses", low=0, high=1_000)
    r1_every: int = _setting(16, "steps between two R1 penalties, each that many times as strong", group="losses", low=1, high=10_000)
    class_loss: str = _setting("ac", "acgan: ac (a class head, Odena et al. 2017) or adc (one head over class x real/fake, Hou et al. 2022)", group="losses", choices=("ac", "adc"))
    d_class_real_weight: float = _setting(1.0, "acgan: weight of D's class loss on real images", group="losses", low=0, high=1_000)
    d_class_fake_weight: float = _setting(1.0, "acgan: weight of D's class loss on fake images", group="losses", low=0, high=1_000)
    g_class_weight: float = _setting(1.0, "acgan: weight of G's class loss", group="losses", low=0, high=1_000)
    steps_per_loop: int = _setting(20, "most steps the device runs before the host looks in", group="speed", low=1, high=100_000)
    jit_compile: str = _setting("auto", "compile the step with XLA; auto: where it was measured to be faster", group="speed", choices=_SWITCH)
    mixed_precision: str = _setting("auto", "multiply in bfloat16; auto: where the processor does so natively", group="speed", choices=_SWITCH)
    # fmt: on

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
        return dataclasses.replace(self, **auto)


SETTINGS: tuple[dataclasses.Field, ...] = dataclasses.fields(Config)
RULES: dict[str, Rule] = {field.name: field.metadata["rule"] for field in SETTINGS}

# A row is what a preset changes of the defaults above. `gan` and `acgan` are what
# `--model` alone trains.
# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "gan": dict(
        model="gan", network="default", steps=12_000, batch_size=128,
        latent_dim=64, noise="normal", g_learning_rate=5e-4, d_learning_rate=5e-4,
        beta_1=0.5, decay_from=0.5, ema_decay=0.999),
    "gan-classic": dict(
        model="gan", network="classic", steps=10_000, batch_size=128,
        sample_every=1_000, save_every=1_000, latent_dim=100, noise="uniform",
        fresh_noise=True, g_learning_rate=1e-3, d_learning_rate=1e-3, beta_1=0.9),
    "acgan": dict(
        model="acgan", network="default", steps=6_000, batch_size=64,
        latent_dim=100, g_learning_rate=5e-4, d_learning_rate=5e-4, beta_1=0.5,
        beta_2=0.99, decay_from=0.5, ema_decay=0.999, class_loss="adc",
        g_class_weight=0.3),
    "acgan-classic": dict(
        model="acgan", network="classic", steps=6_000, batch_size=128,
        latent_dim=100, g_learning_rate=2e-4, d_learning_rate=2e-4, beta_1=0.5),
}
# fmt: on
