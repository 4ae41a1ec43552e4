"""The operations of the page in NumPy, which computes what the page will draw."""

from collections.abc import Sequence

import numpy as np

from gan_tf.exporting.operations import Operation


def run(made: Sequence[Operation], x: np.ndarray, labels=None) -> np.ndarray:
    """Computes the operations as the page does.

    Args:
        made: operations with arrays.
        x: float32 [B, ...], z or images.
        labels: int [B], or None for a network without labels.

    Returns:
        float32 [B, ...].
    """
    for operation in made:
        if "input" in operation:
            x = x.reshape(-1, *operation["input"])
        x = _RUN[operation["op"]](x, operation, labels)
    return x


def _run_dense(x, op, labels):
    x = x.reshape(-1, len(op["kernel"]))
    if "factors" in op:
        x = x * op["factors"][labels]
    x = x @ op["kernel"] + op["bias"]
    return x + op["labels"][labels] if "labels" in op else x


def _convolve(x, kernel, stride, padding, size):
    """Returns the sums over the taps, [B, *size, filters]."""
    sides = zip(padding, kernel.shape)  # behind the image, more zeros than a tap reaches
    padded = np.pad(x.astype(np.float64), [(0, 0), *sides, (0, 0)])
    rows, columns = ((n - 1) * stride + 1 for n in size)
    return sum(
        padded[:, i : i + rows : stride, j : j + columns : stride] @ kernel[i, j]
        for i, j in np.ndindex(kernel.shape[:2])
    )


def _run_convolution(x, op, _):
    size = op["output"][:2]
    return _convolve(x, op["kernel"], op["stride"], op["padding"], size) + op["bias"]


def _run_upsample(x, op, _):
    outputs = np.empty((len(x), *op["output"]), np.float32)
    for i, j in np.ndindex(2, 2):
        outputs[:, i::2, j::2] = op["bias"] + _convolve(
            x, op["kernel"][i, j], 1, (1 - i, 1 - j), op["input"][:2]
        )
    return outputs


def _run_resize(x, op, _):
    outputs = np.zeros((len(x), *op["output"]), x.dtype)
    height, width = (min(pair) for pair in zip(x.shape[1:3], outputs.shape[1:3]))
    outputs[:, :height, :width] = x[:, :height, :width]
    return outputs


def _run_affine(x, op, _):
    channels = op["scale"].size
    return (x.reshape(len(x), -1, channels) * op["scale"] + op["shift"]).reshape(x.shape)


def _run_categorical_code(x, op, _):
    is_largest = x == x.max(axis=1, keepdims=True)
    return np.concatenate([x, op["scale"] * is_largest.astype(x.dtype)], axis=1)


_RUN = {
    "categorical_code": _run_categorical_code,
    "dense": _run_dense,
    "convolution": _run_convolution,
    "upsample": _run_upsample,
    "resize": _run_resize,
    "affine": _run_affine,
    "relu": lambda x, op, _: np.maximum(x, 0),
    "leaky_relu": lambda x, op, _: np.where(x > 0, x, op["slope"] * x),
    "tanh": lambda x, op, _: np.tanh(x),
    "sigmoid": lambda x, op, _: 1 / (1 + np.exp(-x)),
}
