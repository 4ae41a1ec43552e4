"""The table of presets: what each changes of the defaults in `Config`.

`gan` and `acgan` are what `--model` alone trains.
"""

from __future__ import annotations

from typing import Any

# fmt: off
PRESETS: dict[str, dict[str, Any]] = {
    "gan": dict(
        model="gan", architecture="default", steps=24_000, batch_size=128,
        log_every=200, print_every=1_000, sample_every=1_000, save_every=2_000,
        steps_per_loop=100, latent_dim=32,
        g_learning_rate=1e-3, d_learning_rate=1e-3, beta_1=0.5,
        beta_2=0.99, lr_decay_start=0.5, r1_gamma=0.2, r1_interval=4, ema_decay=0.9995),
    "gan-classic": dict(
        model="gan", architecture="classic", steps=10_000, batch_size=128,
        print_every=1_000, sample_every=1_000, save_every=1_000, steps_per_loop=100,
        latent_dim=100, noise="uniform", resample_z=True,
        g_learning_rate=1e-3, d_learning_rate=1e-3, beta_1=0.9),
    "gan-50k": dict(
        model="gan", architecture="classic", steps=50_000, batch_size=256,
        print_every=1_000, sample_every=1_000, save_every=5_000, steps_per_loop=100,
        latent_dim=100, noise="uniform", resample_z=True,
        g_learning_rate=1e-3, d_learning_rate=1e-3, beta_1=0.9),
    # 200 epochs of 60,000 images; an entry every half epoch.
    "gan-deep": dict(
        model="gan", architecture="deep", steps=120_000, batch_size=100, log_every=300,
        print_every=300, sample_every=600, save_every=6_000, steps_per_loop=100,
        latent_dim=64, resample_z=True,
        g_learning_rate=3e-4, d_learning_rate=3e-4, beta_1=0.9),
    "gan-100k": dict(
        model="gan", architecture="classic", steps=100_000, batch_size=128, log_every=500,
        print_every=1_000, sample_every=1_000, save_every=5_000, steps_per_loop=100,
        latent_dim=100, noise="uniform",
        g_learning_rate=1e-3, d_learning_rate=1e-3, beta_1=0.9),
    "acgan": dict(
        model="acgan", architecture="default", steps=7_000, batch_size=64,
        latent_dim=100, g_learning_rate=5e-4, d_learning_rate=5e-4, beta_1=0.5,
        beta_2=0.99, lr_decay_start=0.5, r1_gamma=0.1, r1_interval=16, ema_decay=0.9995,
        class_loss="adc", g_class_weight=0.3),
    "acgan-best": dict(
        model="acgan", architecture="default", steps=30_000, batch_size=64,
        save_every=1_000, sample_every=1_000,
        latent_dim=100, g_learning_rate=5e-4, d_learning_rate=5e-4, beta_1=0.5,
        beta_2=0.99, lr_decay_start=0.5, r1_gamma=0.1, r1_interval=16, ema_decay=0.9998,
        class_loss="adc", g_class_weight=0.3),
    "acgan-classic": dict(
        model="acgan", architecture="classic", steps=6_000, batch_size=128,
        latent_dim=100, g_learning_rate=2e-4, d_learning_rate=2e-4, beta_1=0.5),
}
# fmt: on
