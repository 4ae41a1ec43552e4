"""A Keras network as a list of operations that the page's JavaScript and NumPy run.

An operation is a dict of plain values and of arrays. Batch normalization is folded into the
linear operation before it. Label embeddings are folded into the dense layer that takes
them: what a label adds to its outputs is one row of a table.
"""

from typing import Any

import keras
import numpy as np

from gan_tf.errors import InputError
from gan_tf.models.conv_layers import UpsampleConv2D
from gan_tf.models.layers import CategoricalCode

Operation = dict[str, Any]

_ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")
# Taps of the 4x4 kernel of a transposed convolution of stride 2 and padding "same": row p
# has those that reach an even (p = 0) or odd (p = 1) output from its two inputs.
_TAPS = np.array([[3, 1], [2, 0]])


def operations(network: keras.Model) -> list[Operation]:
    """Returns the operations of a network, which must be a chain of layers.

    The first layers may join z with an embedding of the label; the last may be dense layers
    side by side, whose outputs are concatenated.

    Args:
        network: a generator of z or of [z, labels], or a discriminator of images.

    Raises:
        InputError: a layer is of a kind for which there is no operation.
    """
    made: list[Operation] = []
    table, join, head_inputs, last = None, "", None, None
    for layer in network.layers:
        is_head = bool(made) and "kernel" in made[-1] and head_inputs is layer.input
        # A chain, but for D's heads; what labels do is checked by `verification`.
        is_chain = not made or len(network.inputs) > 1 or layer.input is last
        if not is_chain and not is_head:
            raise _unsupported(layer)
        last = layer.output
        weights = [np.asarray(w, np.float64) for w in layer.get_weights()]
        shape = layer.output.shape[1:]
        if isinstance(layer, keras.layers.Embedding):
            table = weights[0]
        elif isinstance(layer, (keras.layers.Concatenate, keras.layers.Multiply)):
            if table is None:
                raise _unsupported(layer)
            join = type(layer).__name__
        elif isinstance(layer, keras.layers.Dense):
            dense = {"op": "dense", "kernel": weights[0], "bias": _bias(*weights)}
            if is_head:
                for name in ("kernel", "bias"):
                    made[-1][name] = np.concatenate([made[-1][name], dense[name]], -1)
            else:
                made.append(_conditional(dense, table, join))
            table, head_inputs = None, layer.input
        elif made and isinstance(layer, keras.layers.BatchNormalization):
            _normalize(made, layer, weights)
        elif isinstance(layer, (keras.layers.Conv2DTranspose, UpsampleConv2D)):
            made.append(_upsampling(layer, weights))
        elif isinstance(layer, keras.layers.Conv2D):
            made.append(_convolution(layer, weights))
        elif isinstance(layer, keras.layers.ReLU):
            if layer.max_value is not None or layer.negative_slope or layer.threshold:
                raise _unsupported(layer)
            made.append({"op": "relu"})
        elif isinstance(layer, CategoricalCode):
            sizes = {"input": layer.input.shape[1:], "output": shape}
            made.append({"op": "categorical_code", "scale": layer.scale, **sizes})
        elif isinstance(layer, keras.layers.Rescaling):
            scale, shift = np.array([layer.scale]), np.array([layer.offset])
            made.append({"op": "affine", "scale": scale, "shift": shift})
        elif isinstance(layer, keras.layers.LeakyReLU):
            made.append({"op": "leaky_relu", "slope": float(layer.negative_slope)})
        elif isinstance(layer, (keras.layers.Cropping2D, keras.layers.ZeroPadding2D)):
            made.append({"op": "resize", "input": layer.input.shape[1:], "output": shape})
            is_crop = isinstance(layer, keras.layers.Cropping2D)
            if any(before for before, _ in (layer.cropping if is_crop else layer.padding)):
                raise _unsupported(layer)
        elif not isinstance(layer, (*_WITHOUT_EFFECT, keras.layers.Activation)):
            raise _unsupported(layer)
        made += _activation(getattr(layer, "activation", keras.activations.linear))
    return made


_WITHOUT_EFFECT = (
    keras.layers.InputLayer,
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Dropout,
)


def _unsupported(layer):
    return InputError(
        f"layer {layer.name} ({type(layer).__name__}) has no counterpart in the page's "
        "JavaScript: use another --format"
    )


def _bias(kernel, bias=None):
    return np.zeros(kernel.shape[-1]) if bias is None else bias


def _activation(function) -> list[Operation]:
    name = keras.activations.serialize(function)
    if name == "linear":
        return []
    if name not in _ACTIVATIONS:
        raise InputError(
            f"activation {name} has no counterpart in the page's JavaScript: use another "
            "--format"
        )
    return [{"op": name, "slope": 0.2} if name == "leaky_relu" else {"op": name}]


def _conditional(dense, table, join):
    """Folds the label's embedding into a dense operation."""
    if table is None:
        return dense
    if join == "Multiply":
        return {**dense, "factors": table}
    length = len(dense["kernel"]) - table.shape[1]
    of_z, of_label = np.split(dense["kernel"], [length])
    return {**dense, "kernel": of_z, "labels": table @ of_label}


def _normalize(made, layer, weights):
    is_last = layer.axis in (-1, len(layer.input.shape) - 1)
    if not (layer.scale and layer.center and is_last):
        raise _unsupported(layer)
    gamma, beta, mean, variance = weights
    scale = gamma / np.sqrt(variance + layer.epsilon)
    shift = beta - mean * scale
    last = made[-1]
    if "kernel" not in last:
        made.append({"op": "affine", "scale": scale, "shift": shift})
        return
    # A dense layer's outputs are an image: its channels are the innermost.
    repeats, rest = divmod(last["bias"].size, scale.size)
    if rest:  # features: the pixels of a convolution, each with a scale of its own
        raise _unsupported(layer)
    scale, shift = np.tile(scale, repeats), np.tile(shift, repeats)
    for name in ("kernel", "labels", "bias"):
        if name in last:
            last[name] = last[name] * scale
    last["bias"] = last["bias"] + shift


def _upsampling(layer, weights):
    if isinstance(layer, UpsampleConv2D):
        fold = layer._FOLD
        kernel = np.einsum("ai,bj,ijcd->abcd", fold, fold, weights[0][::-1, ::-1])
    else:
        kernel = weights[0].swapaxes(2, 3)
        options = layer.strides, layer.padding, layer.dilation_rate, kernel.shape[:2]
        if options != ((2, 2), "same", (1, 1), (4, 4)):
            raise _unsupported(layer)
    # [parity of row, parity of column, tap of row, tap of column, C, filters].
    kernel = kernel[_TAPS[:, None, :, None], _TAPS[None, :, None, :]]
    return {
        "op": "upsample",
        "input": layer.input.shape[1:],
        "output": layer.output.shape[1:],
        "kernel": kernel,
        "bias": _bias(kernel, *weights[1:]),
    }


def _convolution(layer, weights):
    inputs, outputs = layer.input.shape[1:], layer.output.shape[1:]
    stride, size = layer.strides[0], layer.kernel_size
    if layer.dilation_rate != (1, 1) or layer.groups != 1 or len(set(layer.strides)) > 1:
        raise _unsupported(layer)
    padding = [0, 0]
    if layer.padding == "same":  # TensorFlow's: the smaller half is before
        for i in range(2):
            total = (outputs[i] - 1) * stride + size[i] - inputs[i]
            padding[i] = max(total, 0) // 2
    return {
        "op": "convolution",
        "input": inputs,
        "output": outputs,
        "kernel": weights[0],
        "bias": _bias(*weights),
        "stride": stride,
        "padding": padding,
    }
