import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier import (
    Classifier,
    ClassifierOutputs,
    _scale_features,
    train_classifier,
)
from gan_tf.evaluation.classifier_networks import (
    NETWORKS,
    augmentation,
    fit,
    images_at_once,
)


@pytest.fixture(scope="module")
def trained(bars):
    """A `Classifier`, and the held-out accuracy of each of its epochs."""
    accuracies = []
    classifier = train_classifier(
        *bars, seed=3, epochs=12, on_epoch=lambda _, value: accuracies.append(value)
    )
    return classifier, accuracies


def test_it_learns(trained, bars):
    classifier, accuracies = trained
    outputs = classifier.outputs(bars[0])
    assert_allclose(np.mean(outputs.features**2), 1.0, rtol=0.1)
    many = np.concatenate([bars[0]] * 3)  # more than one batch
    assert_allclose(classifier.outputs(many).logits[-240:], outputs.logits, atol=1e-4)
    predicted = outputs.logits.argmax(axis=1)
    assert np.mean(predicted == bars[1]) > 0.9
    # 20 of the 240 images are held out; the restored epoch is the best of them.
    rows = np.random.default_rng(3).permutation(240)[:20]
    assert np.mean(predicted[rows] == bars[1][rows]) == pytest.approx(max(accuracies))
    assert len(accuracies) == 12


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_seed_repeats_a_training_bit_for_bit(bars, policy):
    """Whatever the global seeds and settings of Keras are."""
    few = bars[0][:60], bars[1][:60]
    first = train_classifier(*few, seed=1, epochs=1)
    keras.utils.set_random_seed(7)
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx("float16")
    try:
        again = train_classifier(*few, seed=1, epochs=1)
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_dtype_policy("float32")
        keras.config.set_floatx("float32")
    weights = first.network.get_weights()
    for a, b in zip(weights, again.network.get_weights(), strict=True):
        assert_array_equal(a, b)
    others = [Classifier("default", (14, 14, 1), 3, seed) for seed in (1, 2)]
    kernels = [other.network.get_weights()[0] for other in others]
    assert not np.allclose(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], weights[0])  # it was trained


def test_the_last_of_the_best_epochs_is_restored():
    """The accuracy is highest in two epochs and falls after them."""
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    images = rng.integers(0, 100, [200, 4, 4, 1]) + 155 * labels[:, None, None, None]
    images = images.astype(np.uint8)
    initializer = keras.initializers.GlorotUniform(seed=0)
    layer = keras.layers.Dense(2, kernel_initializer=initializer)
    layers = [keras.layers.Rescaling(1.0), keras.layers.Flatten(), layer]
    network = keras.Sequential([keras.Input([4, 4, 1]), *layers])
    accuracies, weights = [], []

    def on_epoch(epoch, accuracy):
        accuracies.append(accuracy)
        weights.append(network.get_weights())

    train, held_out = (images[:100], labels[:100]), (images[100:], labels[100:])
    options = dict(epochs=8, batch_size=16, seed=0, on_epoch=on_epoch)
    model = fit(network, train, held_out, **options)
    best = max(range(8), key=lambda epoch: (accuracies[epoch], epoch))
    assert len(accuracies) == 8 and best < 7
    assert accuracies.count(accuracies[best]) > 1, accuracies
    for restored, then in zip(network.get_weights(), weights[best], strict=True):
        assert_array_equal(restored, then)
    predicted = model.predict(images[100:], verbose=0).argmax(axis=1)
    assert np.mean(predicted == labels[100:]) == pytest.approx(accuracies[best])


@pytest.mark.parametrize(
    "num, batch_size, updates",
    [
        (10, 128, 1),
        (300, 128, 300 // 16),
        (1_920, 128, 64),  # batches of 30
        (1_920, 20, 96),
        (8_192, 128, 64),
        (9_000, 128, 70),
    ],
)
def test_an_epoch_has_64_updates_or_batches_of_16(num, batch_size, updates):
    network = keras.Sequential([keras.Input([1, 1, 1]), keras.layers.Flatten()])
    network.add(keras.layers.Dense(2))
    data = np.zeros([num, 1, 1, 1], np.uint8), np.zeros(num, int)
    model = fit(network, data, data, epochs=2, batch_size=batch_size, seed=0)
    assert int(model.optimizer.iterations) == 2 * updates


def test_augmentation_shifts_by_a_pixel_and_rotates_by_8_degrees():
    images = np.zeros([300, 15, 15, 1], np.float32)
    images[:, 6:9, 4:11] = 255.0
    shift, rotate = augmentation((15, 15, 1), seed=0)
    pixels = np.arange(15.0) - 7

    moved = np.array(shift(images, training=True))[..., 0]
    centres = [moved.sum(axis=axis) @ pixels / (21 * 255) for axis in (2, 1)]
    for centre in centres:  # of rows, of columns
        assert_allclose([centre.min(), centre.max()], [-1.0, 1.0], atol=0.03)

    turned = np.array(rotate(images, training=True))[..., 0]
    # The direction of the bar's main axis, from its second moments.
    products = np.einsum("nrc,r,c->n", turned, pixels, pixels)
    widths = np.einsum("nrc,c->n", turned, pixels**2)
    heights = np.einsum("nrc,r->n", turned, pixels**2)
    angles = np.degrees(np.arctan2(2 * products, widths - heights) / 2)
    assert_allclose([angles.min(), angles.max()], [-8, 8], atol=0.3)
    assert_array_equal(rotate(images, training=False), images)


def test_probabilities_are_the_softmax_even_of_large_logits():
    logits = np.array([[0.0, np.log(3.0)], [1000.0, 0.0]], np.float32)
    outputs = ClassifierOutputs(np.zeros([2, 128]), logits)
    assert_allclose(outputs.probabilities, [[0.25, 0.75], [1.0, 0.0]], rtol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_scaling_the_features_leaves_the_logits(name, bars):
    classifier = Classifier(name, (14, 14, 1), 3, seed=0)
    before = classifier.outputs(bars[0])
    _scale_features(classifier, bars[0])
    after = classifier.outputs(bars[0])
    assert_allclose(after.logits, before.logits, atol=1e-5)
    assert_allclose(np.mean(after.features**2), 1.0, rtol=1e-5)
    assert abs(np.mean(before.features**2) - 1.0) > 0.1


def test_a_saved_classifier_is_the_same_and_holds_no_pickle(trained, bars, tmp_path):
    classifier, _ = trained
    classifier.save(tmp_path / "classifier.npz")
    loaded = Classifier.load(tmp_path / "classifier.npz")
    outputs = [c.outputs(bars[0]) for c in (classifier, loaded)]
    assert_array_equal(outputs[0].features, outputs[1].features)
    assert (loaded.name, loaded.seed, loaded.num_classes) == ("default", 3, 3)
    assert loaded.image_shape == (14, 14, 1)
    with np.load(tmp_path / "classifier.npz") as file:
        arrays = dict(file)
    arrays["weight_00"] = np.array([{"any": "object"}], dtype=object)
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="allow_pickle"):
        Classifier.load(tmp_path / "bad.npz")


def test_fewer_large_images_are_classified_at_once():
    for side, num in ((28, 500), (64, 500), (128, 125), (256, 31)):
        assert images_at_once((side, side, 3)) == num


def test_bad_input(trained):
    images, labels = np.zeros([30, 14, 14], np.uint8), np.zeros(30, int)
    with pytest.raises(InputError, match=r"\(28, 28, 1\).*\(14, 14, 1\)"):
        trained[0].outputs(np.zeros([2, 28, 28], np.uint8))
    with pytest.raises(InputError, match="24 images or more"):
        train_classifier(images[:20], labels[:20])
    with pytest.raises(InputError, match="must be one of default, audit"):
        train_classifier(images, labels, name="other")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(4, 5, 1), (11, 11, 3), (13, 28, 1), (32, 32, 3)])
def test_images_of_any_size(name, shape):
    images = np.random.default_rng(0).integers(0, 256, [3, *shape], np.uint8)
    classifier = Classifier(name, shape, 2, seed=0)
    outputs = classifier.outputs(images)
    assert outputs.features.shape == (3, 128) and outputs.features.min() >= 0
    assert outputs.logits.shape == (3, 2)
    if shape[2] == 1:
        without_axis = classifier.outputs(images[..., 0])
        assert_array_equal(without_axis.logits, outputs.logits)
