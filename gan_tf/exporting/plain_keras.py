"""The networks rebuilt from Keras's own layers, so that they load without this package."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from gan_tf.errors import InputError
from gan_tf.models import conv_layers, layers

_SAME_ARGUMENTS = {
    layers.ByteDropout: keras.layers.Dropout,
    conv_layers.FewChannelsConv2D: keras.layers.Conv2D,
    layers.FusedBatchNormalization: keras.layers.BatchNormalization,
    layers.FusedLeakyReLU: keras.layers.LeakyReLU,
    conv_layers.SmallImageConv2D: keras.layers.Conv2D,
    conv_layers.SmallImageConv2DTranspose: keras.layers.Conv2DTranspose,
}
_FLOAT32 = {"dtype": "float32"}
# What Keras 3.15 writes of each layer, and Keras 3.6 refuses, with the defaults.
_NEW_ARGUMENTS = {
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "quantization_config": None,
    "input_axes": None,
    "output_axes": None,
    "ragged": False,
    "optional": False,
}


def plain_keras(network: keras.Model) -> keras.Model:
    """Returns a copy of `network` in float32 whose layers are Keras's own.

    Its weights are those of `network` at the time of the call, and its outputs in inference
    mode are the same to the rounding of float32. A layer that neither Keras nor this
    package defines stays as it is.

    Raises:
        InputError: Keras cannot rebuild a layer from its `get_config`, as one whose
            `__init__` takes no `**kwargs`.
    """
    if isinstance(network, keras.Sequential):
        network = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    upsampled = set()

    def plain_layer(layer):
        kind = type(layer)
        if kind is conv_layers.UpsampleConv2D:
            upsampled.add(layer.name)
            fixed = {"kernel_size": 3, "padding": "same", "data_format": "channels_last"}
            return keras.layers.Conv2D(**{**layer.get_config(), **fixed, **_FLOAT32})
        if kind in (layers.CategoricalCode, layers.MinibatchStdDev):
            return layer  # `apply` replaces it
        # An operation, such as x + y, has no dtype.
        dtype = _FLOAT32 if isinstance(layer, keras.Layer) else {}
        try:
            config = {**layer.get_config(), **dtype}
            return _SAME_ARGUMENTS.get(kind, kind).from_config(config)
        except (NotImplementedError, TypeError, ValueError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise InputError(
                f"{network.name}: Keras cannot rebuild layer {layer.name} "
                f"({kind.__name__}): {reason}"
            ) from error

    def apply(layer, *args, **kwargs):
        if type(layer) is layers.CategoricalCode:
            return _categorical_code(args[0], layer.scale)
        if type(layer) is layers.MinibatchStdDev:
            return _minibatch_std_dev(args[0], layer.group_size)
        if layer.name in upsampled:
            double = keras.layers.UpSampling2D(
                2, "channels_last", name=f"{layer.name}_nearest", dtype="float32"
            )
            args = (double(args[0]),)
        return layer(*args, **kwargs)

    plain = keras.models.clone_model(
        network, clone_function=plain_layer, call_function=apply
    )
    for layer in network.layers:
        if layer.weights:
            plain.get_layer(layer.name).set_weights(layer.get_weights())
    return plain


def save(plain: keras.Model, path: Path) -> None:
    """Writes a network of `plain_keras` as a .keras file that Keras 3.6 and later load."""
    plain.save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = _for_keras_3_6(json.loads(files["config.json"]))
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def check_plain(network: keras.Model) -> None:
    """Raises InputError if `network` has a layer that is not Keras's own."""
    for layer in network._flatten_layers():  # those of nested models, too
        if type(layer).__module__.partition(".")[0] != "keras":
            raise InputError(
                f"layer {layer.name} ({type(layer).__name__}) is not one of Keras's own, "
                "so the file would not load elsewhere: build the network from Keras layers"
            )


def _for_keras_3_6(config: Any) -> Any:
    """Returns a copy of what `config` holds, without new arguments at their defaults."""
    if isinstance(config, list):
        return [_for_keras_3_6(item) for item in config]
    if not isinstance(config, dict):
        return config
    older = {
        name: _for_keras_3_6(value)
        for name, value in config.items()
        if name not in _NEW_ARGUMENTS or value != _NEW_ARGUMENTS[name]
    }
    if str(config.get("module")).startswith("keras.src.ops"):
        del older["config"]["name"]  # the node's is beside it
    return older


def _categorical_code(z, scale):
    ops = keras.ops
    is_largest = ops.equal(z, ops.max(z, axis=-1, keepdims=True))
    return ops.concatenate([z, scale * ops.cast(is_largest, "float32")], axis=-1)


def _minibatch_std_dev(x, group_size):
    """`MinibatchStdDev` by operations whose result does not need the batch's size.

    A product with the matrix [B, B] of who shares a group gives the means over groups.
    """
    ops = keras.ops
    ones = ops.ones_like(ops.max(x, axis=1, keepdims=True))
    number = ops.cumsum(ones, axis=0)  # 1 to B
    batch = ops.max(number, axis=0, keepdims=True)
    size, power = ops.ones_like(batch), 2
    while power <= group_size:
        # Twice the size where it still divides the batch.
        size = size * (1 + ops.cast(ops.equal(ops.mod(batch, power), 0), "float32"))
        power *= 2
    group = ops.ceil(number / size)
    same_group = ops.equal(group, ops.transpose(group))
    average = ops.cast(same_group, "float32") / size
    centred = x - ops.matmul(average, x)
    variance = ops.matmul(average, ops.square(centred))
    return ops.concatenate([x, ops.sqrt(variance + 1e-8)], axis=1)
