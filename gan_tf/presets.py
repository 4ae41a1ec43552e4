"""The table of presets: what each changes of the defaults in `Config`, preset `acgan`'s."""

import functools
from typing import Any, TypeVar

from gan_tf.fields import is_text

# Without what the defaults add to the published recipes: Adam without momentum, R1, decay,
# EMA and ADC.
_PLAIN = dict(
    beta_1=0.5,
    beta_2=0.999,
    lr_decay_start=1.0,
    r1_gamma=0.0,
    ema_decay=0.0,
    class_loss="ac",
    g_class_weight=1.0,
)
_GAN = dict(
    model="gan",
    batch_size=128,
    print_every=1_000,
    sample_every=1_000,
    steps_per_loop=100,
    lr_constant_steps=12_000,
    class_loss="ac",
    g_class_weight=1.0,
)
_GAN_CLASSIC = (
    _GAN
    | _PLAIN
    | dict(architecture="classic", noise="uniform", resample_z=True, beta_1=0.9)
)
# 600 steps are an epoch of MNIST.
_GAN_DEEP = _GAN_CLASSIC | dict(
    architecture="deep",
    batch_size=100,
    latent_dim=64,
    noise="normal",
    g_learning_rate=3e-4,
    d_learning_rate=3e-4,
    print_every=300,
    sample_every=600,
)
_ACGAN_CLASSIC = _PLAIN | dict(
    architecture="classic", batch_size=128, g_learning_rate=2e-4, d_learning_rate=2e-4
)

# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "gan":                     _GAN | dict(steps=24_000, save_every=2_000, log_every=200,
                                           latent_dim=128, r1_gamma=0.2, r1_interval=4,
                                           d_learning_rate=2e-3),
    "gan-classic":     _GAN_CLASSIC | dict(steps=10_000, save_every=1_000),
    "gan-50k":         _GAN_CLASSIC | dict(steps=50_000, save_every=5_000, batch_size=256),
    "gan-deep":           _GAN_DEEP | dict(steps=120_000, save_every=6_000, log_every=300),
    "gan-100k":        _GAN_CLASSIC | dict(steps=100_000, save_every=5_000, log_every=500,
                                           resample_z=False),
    "acgan":                          {},
    "acgan-best":                     dict(steps=30_000, save_every=1_000, beta_1=0.5,
                                           sample_every=1_000, ema_decay=0.9998,
                                           g_learning_rate=5e-4, d_learning_rate=5e-4,
                                           z_scale=0.97),
    "acgan-classic": _ACGAN_CLASSIC | dict(steps=6_000),
}
# fmt: on


_Class = TypeVar("_Class", bound=type)


def with_presets(cls: _Class) -> _Class:
    """Lets the defaults of a `Config` be those of its preset, or of its model's."""
    config: Any = cls
    init = config.__init__

    @functools.wraps(init)
    def made(self, *args, **settings):
        preset = settings.get("preset", settings.get("model", "acgan"))
        if is_text(preset):  # anything else is refused below
            settings = {**PRESETS.get(preset, {}), "preset": preset, **settings}
        init(self, *args, **settings)

    config.__init__ = made
    return cls
