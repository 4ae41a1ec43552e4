"""The devices of this machine, and which settings are fast on them."""

import contextlib

import tensorflow as tf

from gan_tf import startup
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models.base import GAN

# Values of oneDNN's ONEDNN_MAX_CPU_ISA that exclude bfloat16's instructions.
_WITHOUT_BFLOAT16 = startup.BELOW_AVX512 | {"AVX512_CORE", "AVX512_CORE_VNNI"}


def select_gpus(index: int | None = None, strategy: str = "none") -> str:
    """Makes GPUs visible, with memory that grows on demand; returns the devices' name.

    Where this process has computed something before, as a notebook may have, the GPUs are
    those that were visible then. Without a GPU it does nothing; where one should be, it
    prints what to do.

    Args:
        index: index of the GPU, from 0; None for all visible ones that the strategy can
            use, which are none where the process has hidden them.
        strategy: as in `Config`; "none" uses one.

    Raises:
        InputError: there is no such GPU, it can no longer be chosen, or one is named and
            the strategy uses all.
    """
    found = tf.config.list_physical_devices("GPU")
    gpus = tf.config.get_visible_devices("GPU") if index is None else found
    if index is not None and strategy == "mirrored":
        raise InputError(
            f"gpu ({index}) contradicts strategy (mirrored), which uses all: leave one of "
            "them out, or name the GPUs in CUDA_VISIBLE_DEVICES"
        )
    if not gpus:
        if index is not None:
            raise InputError(
                f"gpu ({index}): TensorFlow finds no GPU; leave --gpu out to use the CPU, "
                "or install the GPU libraries on Linux or WSL 2: pip install 'gan_tf[gpu]'"
            )
        if startup.expects_gpu() and not found:
            print(
                "note      this machine has an NVIDIA GPU, and TensorFlow does not find "
                "it: install the GPU libraries on Linux or WSL 2, pip install "
                "'tensorflow[and-cuda]', or set CUDA_VISIBLE_DEVICES=-1 to use the CPU "
                "without this note"
            )
        return f"CPU with {'oneDNN' if startup.has_onednn() else 'Eigen'} kernels"
    if index is not None and not 0 <= index < len(gpus):
        raise InputError(f"gpu ({index}) must be from 0 to {len(gpus) - 1}")
    first = 0 if index is None and strategy == "none" else index
    used = gpus if first is None else gpus[first : first + 1]
    try:
        tf.config.set_visible_devices(used, "GPU")
    except RuntimeError:  # TensorFlow has started, and its devices can change no more
        visible = tf.config.get_visible_devices("GPU")
        if index is not None and visible[:1] != used:
            raise InputError(
                f"gpu ({index}) cannot be chosen any more: this process has computed on "
                "others; restart it (a notebook's kernel), or set CUDA_VISIBLE_DEVICES"
            ) from None
        used = visible[:1] if strategy == "none" else visible
    grow_memory()
    return ", ".join(map(_name, used))


def grow_memory() -> None:
    """Leaves to others the memory of the visible GPUs that is not needed.

    What the process has chosen or begun to compute on stays as it is.
    """
    with contextlib.suppress(RuntimeError, ValueError):
        for gpu in tf.config.get_visible_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


def _name(gpu):
    name = tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
    return f"{name} ({gpu.name.removeprefix('/physical_device:')})"


def multiplies_bfloat16() -> bool:
    """Returns whether the device multiplies bfloat16 natively; emulation is slow.

    On the CPU a limit in the environment variable ONEDNN_MAX_CPU_ISA counts, too.
    """
    gpus = tf.config.get_visible_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("compute_capability", (0, 0)) >= (8, 0)
    if startup.onednn_limit() in _WITHOUT_BFLOAT16:
        return False
    # TensorFlow has no query for it.
    return startup.has_onednn() and bool(
        startup.cpu_flags() & {"avx512_bf16", "amx_bf16"}
    )


def fast_choices(model: type[GAN], config: Config) -> dict[str, str]:
    """Returns {"jit_compile": ..., "mixed_precision": ...}, "on" where it was faster.

    On a GPU XLA is on, and bfloat16 where the GPU multiplies it natively, both
    unmeasured. On the CPU, XLA makes perceptrons a quarter to a half faster, while a
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


def note_slow_choices(model: type[GAN], config: Config) -> None:
    """Prints what a run of another device has switched on, and what is slow on this one."""
    for name, fast in fast_choices(model, config).items():
        if fast == "off" and getattr(config, name) == "on":
            print(
                f"note      {name} is on, and slow on this device: add --{name} off (the "
                "last bits will differ)"
            )
