"""Differentiable augmentation of images, a pure function of random bits.

DiffAugment (Zhao et al. 2020, https://arxiv.org/abs/2006.10738): the real and the fake
inputs of a discriminator have the same random changes, and the gradient passes through them
to the generator. Each change acts on an image with probability p (ADA, Karras et al. 2020,
https://arxiv.org/abs/2006.06676).
"""

from collections.abc import Sequence

import tensorflow as tf

from gan_tf.ops import random


def num_ints(kinds: Sequence[str]) -> int:
    """Returns how many random int32 an image takes."""
    return sum(1 + _KINDS[kind][0] for kind in kinds)


def augment(images, bits, p, kinds: Sequence[str], image_range: tuple[float, float]):
    """Returns the images, each of them changed by each kind with probability `p`.

    Args:
        images: float32 [B, H, W, C].
        bits: int32 [B, num_ints(kinds)], random.
        p: scalar in [0, 1].
        kinds: in the order in which they act: color (brightness by up to a quarter of the
            range, saturation by 0 to 2, contrast by 0.5 to 1.5), translate (by up to an
            eighth of each side), cutout (of a rectangle of half of each side) and flip
            (left to right, every second time). Translation and cutout uncover the middle
            of the range.
        image_range: (low, high) of the images; a change of colour may leave it.
    """
    for kind in kinds:
        num, change = _KINDS[kind]
        uniform = random.unit(bits[:, : 1 + num])
        bits = bits[:, 1 + num :]
        acts = uniform[:, 0] < p
        images = change(images, acts, uniform[:, 1:], image_range)
    return images


def _translate(images, acts, uniform, image_range):
    most = tf.constant([_half_up(side / 8) for side in images.shape[1:3]])
    count = tf.cast(2 * most + 1, tf.float32)
    offsets = tf.cast(uniform * count, tf.int32) - most
    offsets = tf.where(acts[:, None], offsets, 0)
    fill = sum(image_range) / 2

    # The gradient of `tf.gather` adds up in any order; that of a shift is a shift.
    @tf.custom_gradient
    def shift(images):
        def gradient(upstream):
            return _shift(upstream, -offsets, 0.0)

        return _shift(images, offsets, fill), gradient

    return shift(images)


def _shift(images, offsets, fill):
    """Moves each image down and right by its offsets, int32 [B, 2]."""
    _, height, width, channels = images.shape
    rows = tf.range(height) - offsets[:, :1]
    columns = tf.range(width) - offsets[:, 1:]
    inside = _outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
    rows = tf.clip_by_value(rows, 0, height - 1)[:, :, None]
    places = rows * width + tf.clip_by_value(columns, 0, width - 1)[:, None]
    moved = tf.gather(
        tf.reshape(images, [-1, height * width, channels]),
        tf.reshape(places, [-1, height * width]),
        batch_dims=1,
    )
    return tf.where(inside, tf.reshape(moved, tf.shape(images)), fill)


def _cutout(images, acts, uniform, image_range):
    inside = []
    for axis, side in enumerate(images.shape[1:3]):
        size = _half_up(side / 2)
        # The centre is anywhere in the image, so that a rectangle may overlap its edge.
        count = side + 1 - size % 2
        centre = tf.cast(uniform[:, axis : axis + 1] * count, tf.int32)
        start, place = centre - size // 2, tf.range(side)
        inside.append((place >= start) & (place < start + size))
    hidden = _outer(*inside) & acts[:, None, None, None]
    return tf.where(hidden, sum(image_range) / 2, images)


def _color(images, acts, uniform, image_range):
    low, high = image_range
    brightness, saturation, contrast = tf.unstack(uniform, axis=1)
    images += _each(tf.where(acts, (brightness - 0.5) * (high - low) / 2, 0.0))
    # Not (x - mean) f + mean: each gradient is then a sum of two terms at most, whose
    # order does not matter.
    for axes, factor in (([3], 2 * saturation), ([1, 2, 3], contrast + 0.5)):
        factor = _each(tf.where(acts, factor, 1.0))
        mean = tf.reduce_mean(images, axes, keepdims=True)
        images = images * factor + mean * (1 - factor)
    return images


def _flip(images, acts, uniform, image_range):
    flipped = _each(acts & (uniform[:, 0] < 0.5))
    return tf.where(flipped, tf.reverse(images, [2]), images)


def _each(values):
    """Values [B], to combine with images."""
    return values[:, None, None, None]


def _outer(rows, columns):
    """Returns bool [B, H, W, 1], true where both of [B, H] and [B, W] are."""
    return (rows[:, :, None] & columns[:, None])[..., None]


def _half_up(number):
    return int(number + 0.5)


# {name: (number of uniform numbers, change(images, acts, uniform, image_range))}
_KINDS = {
    "translate": (2, _translate),
    "cutout": (2, _cutout),
    "color": (3, _color),
    "flip": (1, _flip),
}
