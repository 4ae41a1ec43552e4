"""The devices of this machine, and which settings are fast on them."""

from __future__ import annotations

import tensorflow as tf

from gan_tf import onednn
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models.base import GAN


def select_gpus(index: int | None = None, strategy: str = "none") -> str:
    """Makes GPUs visible, with memory that grows on demand; returns the devices' name.

    It must run before anything is computed. Without a GPU it does nothing.

    Args:
        index: index of the GPU, from 0; None for all that the strategy can use.
        strategy: as in `Config`; "none" uses one.

    Raises:
        InputError: there is no such GPU, or one is named and the strategy uses all.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if index is not None and strategy == "mirrored":
        raise InputError(
            f"gpu ({index}) contradicts strategy (mirrored), which uses all: leave one of "
            "them out, or name the GPUs in CUDA_VISIBLE_DEVICES"
        )
    if not gpus:
        if index is not None:
            raise InputError(
                f"gpu ({index}): TensorFlow finds no GPU; leave --gpu out to use "
                "the CPU, or install the GPU libraries: pip install 'gan_tf[gpu]'"
            )
        return f"CPU with {'oneDNN' if onednn.is_enabled() else 'Eigen'} kernels"
    if index is not None and index >= len(gpus):
        raise InputError(f"gpu ({index}) must be from 0 to {len(gpus) - 1}")
    if index is None and strategy == "none":
        index = 0
    used = gpus if index is None else gpus[index : index + 1]
    tf.config.set_visible_devices(used, "GPU")
    for gpu in used:
        tf.config.experimental.set_memory_growth(gpu, True)
    return ", ".join(map(_name, used))


def _name(gpu):
    name = tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
    return f"{name} ({gpu.name.removeprefix('/physical_device:')})"


def multiplies_bfloat16() -> bool:
    """Returns whether the device multiplies bfloat16 natively; emulation is slow."""
    gpus = tf.config.get_visible_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("compute_capability", (0, 0)) >= (8, 0)
    # TensorFlow has no query for it.
    return bool(onednn.cpu_flags() & {"avx512_bf16", "amx_bf16"})


def fast_choices(model: type[GAN], config: Config) -> dict[str, str]:
    """Returns {"jit_compile": ..., "mixed_precision": ...}, "on" where it was faster.

    On a GPU both are. On the CPU, XLA makes perceptrons a quarter to a half faster, while a
    convolution inside a compiled loop is sixty times slower: XLA's CPU compiler brings
    convolutions into the form of its fast kernels only outside of loops. bfloat16 is
    faster where the processor multiplies it natively and convolutions are most of the
    work. docs/performance.md has the measurements. XLA compiles for a single device.
    """
    gpu = bool(tf.config.get_visible_devices("GPU"))
    convolutional = model.architecture(config.architecture).convolutional
    choices = {
        "jit_compile": config.strategy == "none" and (gpu or not convolutional),
        "mixed_precision": multiplies_bfloat16() and (gpu or convolutional),
    }
    return {name: "on" if choice else "off" for name, choice in choices.items()}
