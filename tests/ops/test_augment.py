"""Each change is what the paper describes, with its gradient, and acts as often as p."""

import numpy as np
import pytest
import tensorflow as tf

from gan_tf.ops import random
from gan_tf.ops.augment import augment, num_ints

KINDS = ("translate", "cutout", "color", "flip")
RANGE = (-1.0, 1.0)


def images_of(num=200, height=16, width=24, channels=3):
    rng = np.random.default_rng(0)
    # Not 0, which is the colour of what is uncovered, and no two pixels alike.
    return tf.constant(rng.uniform(0.1, 0.9, (num, height, width, channels)), tf.float32)


def bits_of(kinds, num=200, seed=1):
    return random.random_bits([num, num_ints(kinds)], [seed, 2])


def run(images, *kinds, p=1.0, seed=1):
    bits = bits_of(kinds, len(images), seed)
    return augment(images, bits, p, kinds, RANGE).numpy()


def test_with_p_of_0_every_pixel_stays_and_with_p_of_half_every_second_image():
    images = images_of(2_000)
    np.testing.assert_array_equal(run(images, *KINDS, p=0.0), images)
    for kind in KINDS:
        changed = run(images, kind, p=0.5) != images.numpy()
        rate = changed.any(axis=(1, 2, 3)).mean()
        # One of 5 x 7 translations, by up to 2 and 3 pixels, and every second flip change
        # nothing; 2,000 images: a standard error of 0.011.
        expected = {"translate": 0.5 * 34 / 35, "flip": 0.25}.get(kind, 0.5)
        assert rate == pytest.approx(expected, abs=0.045), kind


def test_a_translation_moves_by_up_to_an_eighth_and_uncovers_the_middle_of_the_range():
    images, moved, found = images_of().numpy(), run(images_of(), "translate"), set()
    for image, other in zip(images, moved):
        padded = np.pad(image, ((2, 2), (3, 3), (0, 0)))
        shifts = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-3, 4)
            if np.array_equal(padded[2 - down :, 3 - right :][:16, :24], other)
        ]
        assert len(shifts) == 1
        found.update(shifts)
    assert len(found) == 35  # 200 images: each of them is missing with probability 0.3 %


def test_a_flip_is_from_left_to_right_of_every_second_image():
    images, flips = images_of().numpy(), 0
    for image, other in zip(images, run(images, "flip")):
        is_flipped = not np.array_equal(image, other)
        np.testing.assert_array_equal(other, image[:, ::-1] if is_flipped else image)
        flips += is_flipped
    assert 60 <= flips <= 140  # 200 images: 100, with a standard deviation of 7


def test_a_cutout_hides_a_rectangle_of_half_of_each_side():
    hidden = (run(images_of(), "cutout") == 0).all(axis=-1)
    full = 0
    for mask in hidden:
        rows, columns = mask.any(axis=1), mask.any(axis=0)
        np.testing.assert_array_equal(mask, rows[:, None] & columns)
        assert 4 <= rows.sum() <= 8 and 6 <= columns.sum() <= 12
        full += rows.sum() == 8 and columns.sum() == 12
    # The centre is far enough from the edges in 9 of 17 times 13 of 25 places.
    assert full / 200 == pytest.approx(9 / 17 * 13 / 25, abs=0.1)


def test_colour_changes_follow_the_formulas():
    images = images_of().numpy()
    u = random.unit(bits_of(("color",))).numpy()
    brightness, saturation, contrast = (u[:, i, None, None, None] for i in (1, 2, 3))
    expected = images + brightness - 0.5
    mean = expected.mean(axis=3, keepdims=True)
    expected = (expected - mean) * 2 * saturation + mean
    mean = expected.mean(axis=(1, 2, 3), keepdims=True)
    expected = (expected - mean) * (contrast + 0.5) + mean
    np.testing.assert_allclose(run(images_of(), "color"), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_the_function(kind):
    images, bits = images_of(6, 9, 7, 1), bits_of((kind,), 6)
    weights = np.random.default_rng(3).normal(size=images.shape).astype(np.float32)
    direction = np.random.default_rng(4).normal(size=images.shape).astype(np.float32)

    def weighted(x):
        return tf.reduce_sum(augment(x, bits, 1.0, (kind,), RANGE) * weights)

    with tf.GradientTape() as tape:
        tape.watch(images)
        value = weighted(images)
    slope = np.sum(tape.gradient(value, images) * direction)
    # Every kind is linear in the image, up to a constant.
    expected = weighted(images + direction) - value
    assert slope == pytest.approx(float(expected), rel=1e-3, abs=1e-3)


def test_the_bits_alone_decide_and_xla_computes_the_same():
    images = images_of(20)
    bits = bits_of(KINDS, 20)
    plain = augment(images, bits, 0.5, KINDS, RANGE)
    np.testing.assert_array_equal(run(images, *KINDS, p=0.5), plain)
    compiled = tf.function(augment, jit_compile=True)(images, bits, 0.5, KINDS, RANGE)
    np.testing.assert_allclose(compiled, plain, atol=1e-6)
    assert not np.array_equal(run(images, *KINDS), run(images, *KINDS, seed=2))
