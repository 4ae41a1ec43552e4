import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_tf.models.conv_layers import (
    FewChannelsConv2D,
    SmallImageConv2D,
    SmallImageConv2DTranspose,
    UpsampleConv2D,
)
from gan_tf.models.forward import stateless_forward
from gan_tf.models.layers import (
    ByteDropout,
    CategoricalCode,
    FusedBatchNormalization,
    FusedLeakyReLU,
    MinibatchStdDev,
)


def _images(shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 7]) * 2 + 0.5


def _assert_same_function(images, *sides, rtol=1e-7, atol=2e-5):
    """Each side is (a function of images, the two weights that it uses)."""
    found = []
    for call, weights in sides:
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = call(images)
            # A loss that weighs every output differently.
            loss = tf.reduce_sum(outputs * _images(outputs.shape, seed=1))
        gradients = tape.gradient(loss, [images, *(weight.value for weight in weights)])
        found.append([outputs, *gradients])
    outputs, *gradients = zip(*found)
    np.testing.assert_allclose(*outputs, rtol, atol)
    for pair in gradients:
        np.testing.assert_allclose(*pair, rtol=1e-4, atol=10 * atol)


Conv2D, Conv2DTranspose = keras.layers.Conv2D, keras.layers.Conv2DTranspose
OPTIONS = [(activation, strides) for activation in (None, "relu") for strides in (1, 2)]
CONVOLUTIONS = [
    *((a, UpsampleConv2D, Conv2D, 5, 3) for a in (None, "relu")),
    *((None, FewChannelsConv2D, Conv2D, n, size) for n in (1, 3) for size in (3, (2, 5))),
    *((a, SmallImageConv2D, Conv2D, 5, 4, s) for a, s in OPTIONS),
    *((a, SmallImageConv2DTranspose, Conv2DTranspose, 5, 4, s) for a, s in OPTIONS),
]


@pytest.mark.parametrize("shape", [(2, 7, 6, 3), (1, 5, 4, 2), (3, 1, 1, 4), (2, 8, 3, 1)])
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: case[1].__name__)
def test_convolutions_equal_those_of_keras(shape, case):
    activation, fast, plain, *arguments = case
    images, before = _images(shape), []
    plain = plain(*arguments, padding="same", activation=activation)
    if fast is UpsampleConv2D:  # its kernel has 3x3 taps, without an argument
        before, arguments = [keras.layers.UpSampling2D(2)], arguments[:1]
    fast = fast(*arguments, activation=activation)
    fast.build(images.shape)
    fast.bias.assign(np.linspace(-1, 1, fast.filters))
    slow = keras.Sequential([*before, plain])
    slow.build(images.shape)
    plain.set_weights(fast.get_weights())
    _assert_same_function(images, (fast, fast.weights), (slow, plain.weights))


# bfloat16 has 8 significant bits: rounding changes a number by at most 2^-8 of it.
_ROUNDING = 2**-8


def test_upsample_conv_under_bfloat16_is_off_by_its_roundings_alone():
    def outputs_and_reference(images):
        fast = UpsampleConv2D(4, dtype="mixed_bfloat16")
        plain = keras.layers.Conv2D(4, 3, padding="same")
        outputs, double = fast(images), keras.layers.UpSampling2D(2)(images)
        assert outputs.dtype == tf.bfloat16 and fast.kernel.dtype == "float32"
        plain.build(double.shape)
        plain.set_weights(fast.get_weights())
        return tf.cast(outputs, tf.float32), plain, double

    # One pixel per image: each output is one tap of the folded kernel, rounded once. Of
    # a kernel folded in bfloat16, a fifth of the taps are rounded more than once and wrong.
    pixels = tf.pad(tf.reshape(tf.eye(8), [8, 1, 1, 8]), [[0, 0], [1, 1], [1, 1], [0, 0]])
    outputs, plain, double = outputs_and_reference(pixels)
    np.testing.assert_allclose(outputs, plain(double), rtol=_ROUNDING, atol=1e-8)

    outputs, plain, double = outputs_and_reference(_images((2, 6, 6, 8)))
    error = np.abs(outputs - plain(double))
    plain.kernel.assign(tf.abs(plain.kernel))
    # Image, kernel and output are rounded, and up to three sums of the four taps.
    assert (error <= 6 * _ROUNDING * plain(tf.abs(double)).numpy()).all()
    assert error.max() > 1e-3  # it does compute in bfloat16


@pytest.mark.parametrize(
    "layer",
    [
        functools.partial(UpsampleConv2D, 4),
        functools.partial(FewChannelsConv2D, 1, 3),
        functools.partial(SmallImageConv2D, 4, 3, 2),
        functools.partial(SmallImageConv2DTranspose, 4, 4, 2),
    ],
    ids=lambda layer: layer.func.__name__,
)
@pytest.mark.parametrize("activation", [None, "relu"])
def test_bias_gradients_under_bfloat16_are_exact_sums(layer, activation):
    # Of thousands of pixels: a sum in bfloat16 stops growing at some hundreds.
    layer = layer(activation=activation, dtype="mixed_bfloat16")
    images = tf.cast(_images((16, 28, 28, 3)), tf.bfloat16)
    with tf.GradientTape() as tape:
        outputs = layer(images)
        weights = tf.cast(_images(outputs.shape, seed=1), tf.bfloat16)
        loss = tf.reduce_sum(tf.cast(outputs * weights, tf.float32))
    gradient = tape.gradient(loss, layer.bias.value)
    if activation:
        weights = tf.where(outputs > 0, weights, tf.zeros_like(weights))
    exact = np.sum(tf.cast(weights, tf.float64), axis=(0, 1, 2))
    np.testing.assert_allclose(gradient, exact, rtol=0.01)


@pytest.mark.parametrize("shape", [(4, 7, 7, 3), (3, 5, 2, 1), (8, 1, 1, 6)])
@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_normalization_equals_keras(shape, training):
    fast = FusedBatchNormalization(momentum=0.8)
    plain = keras.layers.BatchNormalization(momentum=0.8)
    rng = np.random.default_rng(0)
    state = [rng.uniform(0.5, 2, shape[-1]) for _ in range(4)]
    for layer in (fast, plain):
        layer.build(shape)
        layer.set_weights(state)
    sides = [
        (functools.partial(layer, training=training), [layer.gamma, layer.beta])
        for layer in (fast, plain)
    ]
    _assert_same_function(_images(shape), *sides, rtol=1e-5, atol=1e-5)
    for weights in zip(fast.get_weights(), plain.get_weights()):
        np.testing.assert_allclose(*weights, rtol=1e-5)


def test_layers_reload_from_a_keras_file(tmp_path):
    images = keras.Input([6, 6, 2])
    x = FusedBatchNormalization()(UpsampleConv2D(3, activation="relu")(images))
    x = keras.layers.Flatten()(ByteDropout(0.25)(FewChannelsConv2D(1, 3)(x)))
    x = FusedLeakyReLU(0.2)(x)
    y = SmallImageConv2DTranspose(3, 4, 2, use_bias=False)(images)
    y = keras.layers.Flatten()(SmallImageConv2D(4, 3, 2)(y))
    x = keras.layers.Concatenate()([x, y])
    model = keras.Model(images, MinibatchStdDev(2)(x))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    batch = _images((2, 6, 6, 2))
    np.testing.assert_array_equal(again(batch), model(batch))


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_byte_dropout_keeps_the_mean_and_drops_its_rate(dtype):
    layer = ByteDropout(0.25, seed=3, dtype=dtype)
    ones = tf.ones([200, 500])
    outputs = tf.cast(layer(ones, training=True), tf.float32).numpy()
    scale = np.float32(tf.cast(4 / 3, layer.compute_dtype))
    assert set(np.unique(outputs)) == {0.0, scale}
    assert (outputs == 0).mean() == pytest.approx(0.25, abs=0.006)
    again = tf.cast(layer(ones, training=True), tf.float32).numpy()
    assert (again != outputs).mean() == pytest.approx(2 * 0.25 * 0.75, abs=0.01)
    np.testing.assert_array_equal(layer(ones, training=False), ones)
    assert ByteDropout.from_config(layer.get_config()).rate == 0.25


@pytest.mark.parametrize("compiled", [False, True])
def test_categorical_code_marks_the_largest_element(compiled):
    z = _images((6, 5))
    layer = CategoricalCode(3.0)
    outputs = (tf.function(layer, jit_compile=True) if compiled else layer)(z).numpy()
    np.testing.assert_array_equal(outputs[:, :5], z)
    code = 3.0 * (z.numpy() == z.numpy().max(axis=1, keepdims=True))
    np.testing.assert_array_equal(outputs[:, 5:], code)


@pytest.mark.parametrize(
    "batch, group_size, expected",
    [(8, 4, 4), (8, 16, 8), (12, 16, 4), (7, 16, 1), (32, 16, 16)],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_minibatch_std_dev_is_that_of_each_group(batch, group_size, expected, compiled):
    inputs = _images((batch, 5))
    layer = MinibatchStdDev(group_size)
    call = tf.function(layer, jit_compile=True) if compiled else layer
    outputs = call(inputs).numpy()
    assert outputs.shape == (batch, 10)
    np.testing.assert_array_equal(outputs[:, :5], inputs)
    groups = inputs.numpy().reshape(-1, expected, 5)
    deviations = np.repeat(groups.std(axis=1), expected, axis=0)
    np.testing.assert_allclose(outputs[:, 5:], deviations, rtol=1e-4, atol=2e-4)


def test_minibatch_std_dev_of_equal_images_has_a_gradient():
    inputs = tf.ones([4, 3])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(MinibatchStdDev()(inputs))
    np.testing.assert_allclose(tape.gradient(total, inputs), tf.ones([4, 3]), atol=1e-3)


CONV = {"padding": "valid", "data_format": "channels_first"}
NORM = {"renorm": True, "synchronized": True, "center": False, "scale": False, "axis": 1}


@pytest.mark.parametrize(
    "layer, required, refused",
    [
        (FewChannelsConv2D, [2, 3], {"strides": 2, "dilation_rate": 2, "groups": 2}),
        (FewChannelsConv2D, [2, 3], CONV),
        (UpsampleConv2D, [2], CONV),
        (SmallImageConv2D, [2, 3], {**CONV, "strides": (1, 2), "groups": 2}),
        (SmallImageConv2DTranspose, [2, 3], {**CONV, "output_padding": 1}),
        (FusedBatchNormalization, [], NORM),
        (FusedLeakyReLU, [], {"negative_slope": 0.0}),
        (ByteDropout, [0.5], {"noise_shape": (1, 1)}),
        (ByteDropout, [], {"rate": 0.999}),
        (MinibatchStdDev, [], {"group_size": 48}),
    ],
)
def test_arguments_without_effect_are_refused(layer, required, refused):
    for name, value in refused.items():
        with pytest.raises(ValueError, match=name) as error:
            layer(*required, **{name: value})
        assert "\n" not in str(error.value)
    if layer is FusedBatchNormalization:
        with pytest.raises(ValueError, match="masks are not supported"):
            layer()(_images((2, 4, 4, 3)), mask=tf.ones([2, 4, 4], tf.bool))


def test_stateless_forward_finds_dropout_by_type_and_not_by_name():
    images = keras.Input([4, 4, 2])
    x = FusedBatchNormalization(name="seed_norm")(images)
    network = keras.Model(images, ByteDropout(0.5, name="drop")(x))
    batch, before = _images((6, 4, 4, 2)), network.get_weights()
    outputs, statistics = stateless_forward(network, batch, tf.constant([1, 2]))
    again, _ = stateless_forward(network, batch, tf.constant([1, 2]))
    other, _ = stateless_forward(network, batch, tf.constant([1, 3]))
    np.testing.assert_array_equal(outputs, again)
    assert not np.array_equal(outputs, other)
    norm = network.get_layer("seed_norm")
    (mean, _), (variance, _) = statistics
    assert mean is norm.moving_mean and variance is norm.moving_variance
    for weight, old in zip(network.get_weights(), before):
        np.testing.assert_array_equal(weight, old)


def test_fused_leaky_relu_equals_keras_to_the_second_derivative():
    x = _images([4, 5])
    results = []
    for layer in (keras.layers.LeakyReLU(0.2), FusedLeakyReLU(0.2)):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x) ** 3)
            first = inner.gradient(loss, x)
            norm = tf.reduce_sum(first**2)
        results.append((layer(x), first, outer.gradient(norm, x)))
    for keras_value, value in zip(*results):
        np.testing.assert_allclose(value, keras_value, rtol=1e-6)
        assert np.any(value)


def test_nothing_but_the_leaky_relu_reads_the_convolution_before_it():
    conv, relu = keras.layers.Conv2D(3, 3), FusedLeakyReLU(0.2)

    @tf.function(input_signature=[tf.TensorSpec([2, 8, 8, 1])])
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(relu(conv(x)) ** 2)
        return tape.gradient(loss, conv.trainable_variables)

    conv.build([2, 8, 8, 1])
    graph = gradients.get_concrete_function().graph
    (bias_add,) = (op for op in graph.get_operations() if op.type == "BiasAdd")
    # The graph's optimizer removes the IdentityN of `tf.custom_gradient`.
    consumers = {op.type for op in bias_add.outputs[0].consumers()} - {"IdentityN"}
    assert consumers == {"LeakyRelu"}
