import numpy as np
from numpy.testing import assert_allclose

from gan_tf.evaluation.classifier_training import fit, predict, shift_and_rotate


def blob():
    image = np.zeros([1, 9, 9, 1], np.float32)
    image[0, 3:6, 3:6] = 1.0
    return image


def test_no_shift_and_no_turn_is_the_identity():
    images = np.random.default_rng(0).random([4, 9, 8, 2], np.float32)
    moved = shift_and_rotate(images, [0, 0], max_shift=0.0, max_degrees=0.0)
    assert_allclose(moved, images, atol=1e-6)


def test_turns_keep_the_centre_and_shifts_do_not_exceed_their_bound():
    rows = np.arange(9.0)
    turned = np.array(shift_and_rotate(np.repeat(blob(), 50, 0), [1, 2], 0.0, 45.0))
    centres = (turned.sum(axis=(2, 3)) @ rows) / turned.sum(axis=(1, 2, 3))
    assert_allclose(centres, 4.0, atol=1e-4)
    assert not np.allclose(turned[0], turned[1], atol=0.05)
    shifted = np.array(shift_and_rotate(np.repeat(blob(), 200, 0), [1, 2], 2.0, 0.0))
    centres = (shifted.sum(axis=(2, 3)) @ rows) / shifted.sum(axis=(1, 2, 3))
    assert_allclose([centres.min(), centres.max()], [2.0, 6.0], atol=0.1)
    columns = (shifted.sum(axis=(1, 3)) @ rows) / shifted.sum(axis=(1, 2, 3))
    assert_allclose([columns.min(), columns.max()], [2.0, 6.0], atol=0.1)


def test_the_same_seed_moves_alike():
    images = np.repeat(blob(), 5, 0)
    first, again = (shift_and_rotate(images, [3, 4]) for _ in range(2))
    other = shift_and_rotate(images, [3, 5])
    assert_allclose(first, again)
    assert not np.allclose(first, other)


def test_the_best_epoch_stays():
    """Accuracies of 1, 0.97, 0.98 and 1: the first of the best counts."""
    import keras

    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    images = rng.integers(0, 100, [200, 4, 4, 1]) + 155 * labels[:, None, None, None]
    images = images.astype(np.uint8)
    network = keras.Sequential(
        [
            keras.Input([4, 4, 1]),
            keras.layers.Flatten(),
            keras.layers.Dense(
                2, kernel_initializer=keras.initializers.GlorotUniform(seed=0)
            ),
        ]
    )
    weights = []
    accuracies = fit(
        network,
        (images[:100], labels[:100]),
        (images[100:], labels[100:]),
        epochs=4,
        batch_size=20,
        seed=0,
        learning_rate=0.3,
        on_epoch=lambda epoch, accuracy: weights.append(network.get_weights()),
    )
    best = int(np.argmax(accuracies))
    assert best < 3
    assert len(accuracies) == 4
    for kept, then in zip(network.get_weights(), weights[best], strict=True):
        assert_allclose(kept, then)
    (logits,) = predict(network, images[100:])
    assert np.mean(logits.argmax(axis=1) == labels[100:]) == accuracies[best]


def test_batches_of_any_size_give_the_same_outputs():
    import keras

    inputs = keras.Input([2, 2, 1])
    outputs = keras.layers.Flatten()(inputs)
    network = keras.Model(inputs, [outputs, 2.0 * outputs])
    images = np.random.default_rng(0).integers(0, 256, [7, 2, 2, 1], np.uint8)
    once, twice = predict(network, images, batch_size=3)
    assert_allclose(once, images.reshape(7, 4) / 255.0, rtol=1e-6)
    assert_allclose(twice, 2.0 * once)
