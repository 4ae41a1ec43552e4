"""What a training needs of memory, and whether the device has it."""

import math
import subprocess
from collections.abc import Sequence

import tensorflow as tf

from gan_tf.config import Config
from gan_tf.data.host_memory import total_memory
from gan_tf.errors import InputError
from gan_tf.models.base import GAN
from gan_tf.models.cost import model_costs

_FLOAT = 4
# Measured on a CPU at 28x28 to 256x256 pixels: what TensorFlow and the graph take, and how
# often the outputs of G's and of D's layers for a batch are in memory at once. The peaks of
# convolutional networks were within 15 % of it, that of large perceptrons 40 % above.
_PROCESS = 700_000_000
_G_BATCHES = 1.2
_D_BATCHES = 3.0


def check_memory(
    model_type: type[GAN],
    config: Config,
    images_shape: Sequence[int],
    num_classes: int,
    num_replicas: int = 1,
    is_new: bool = True,
) -> str:
    """Returns what a training costs, in a line of text; nothing is made.

    Args:
        model_type: the GAN's class.
        config: the settings.
        images_shape: (N, H, W, C) of the training images.
        num_classes: of the data.
        num_replicas: the devices that share a batch.
        is_new: whether the run is: another one keeps its settings.

    Raises:
        InputError: it needs more memory than the device has.
    """
    g, d = model_costs(model_type, config, images_shape[1:], num_classes)
    # Of each weight there are a gradient and two moments, and of G's an EMA.
    state = _FLOAT * (5 * g.weights + 4 * d.weights)
    batch = config.batch_size // num_replicas
    activations = _FLOAT * batch * (_G_BATCHES * g.activations + _D_BATCHES * d.activations)
    # They are in the host's memory, and once more on the device.
    images = 2 * math.prod(images_shape)
    # The first update of G is of D's last fakes, unless it has a z of its own.
    more_fakes = config.g_steps - (0 if config.resample_z else 1)
    num_batches = config.d_steps + more_fakes
    # The random bits of z of a call to the device, which ends at a log step at the latest:
    # two int32 an element, one of uniform noise.
    num_steps = min(config.steps_per_loop, config.log_every)
    bits = 2 * _FLOAT * num_steps * num_batches * config.batch_size * config.latent_dim
    needed = _PROCESS + state + activations + images + bits
    size = "x".join(map(str, images_shape[1:]))
    available = _device_memory()
    if available is not None and needed > available:
        name, advice = "batch_size", "choose a smaller one, or smaller images"
        if state > activations:
            name = "architecture"
            advice = "choose smaller images, another one, or a smaller --latent_dim"
        if images > max(state, activations):
            name, advice = "data", "choose smaller images, or fewer of them (--subset)"
        if bits > max(state, activations, images):
            name, advice = "steps_per_loop", "choose a smaller one"
        raise InputError(
            f"{name} ({getattr(config, name)}) with images of {size} needs about "
            f"{_gigabytes(needed)} of memory, and there are {_gigabytes(available)}: "
            f"{advice}{'' if is_new else ', in another --run_dir'}"
        )
    # A backward pass costs two forward passes, or one where only images have gradients.
    step = config.batch_size * (
        config.d_steps * (g.multiply_adds + 6 * d.multiply_adds)
        + config.g_steps * (2 * g.multiply_adds + 2 * d.multiply_adds)
        + more_fakes * g.multiply_adds
    )
    return (
        f"G {_millions(g.weights)} weights, {_millions(g.multiply_adds)} multiply-adds; "
        f"D {_millions(d.weights)}, {_millions(d.multiply_adds)}; a step about "
        f"{_billions(step)}, {_gigabytes(needed)} of memory"
    )


def _device_memory() -> int | None:
    """Returns the bytes of a visible GPU, else of this machine; None if not known."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return total_memory()
    details = map(tf.config.experimental.get_device_details, gpus)
    names = {detail.get("device_name") for detail in details}
    command = ["nvidia-smi"]
    command += ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        printed = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=30
        ).stdout
        rows = [line.rpartition(", ") for line in printed.splitlines()]
        return min(int(size) for name, _, size in rows if name in names) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _gigabytes(number):
    return f"{number / 1e9:,.0f} GB" if number > 1e11 else f"{number / 1e9:.1f} GB"


def _billions(number):
    return f"{number / 1e9:,.1f} billion" if number > 1e9 else f"{number / 1e6:.1f} million"


def _millions(number):
    return f"{number / 1e6:,.1f}M"
