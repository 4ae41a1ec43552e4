"""Images that are drawn again until a classifier reads their labels."""

import numpy as np
import pytest
from test_sampler import make_sampler

from gan_tf.sampling import verified_images
from gan_tf.sampling.latents import z_at
from gan_tf.sampling.verified_images import generate_verified


@pytest.fixture(scope="module")
def sampler():
    return make_sampler("acgan")


def classify(images):
    """Probabilities that change with every pixel, near uniform in [0, 1]."""
    total = images.reshape(len(images), -1).astype(np.int64).sum(axis=1)
    return np.stack([(total * k % 1009) / 1009 for k in (7, 11, 13)], axis=1)


def test_each_image_is_its_first_draw_that_has_the_probability(sampler):
    labels, num, seed, threshold = [2, 0, 2], 4, 5, 0.7
    made = generate_verified(sampler, labels, num, seed, classify, threshold)
    num_drawn, number = 0, {2: 0, 0: 0}
    for image, probability, label in zip(*made[:2], np.repeat(labels, num)):
        for draw in range(20):
            index = np.array([number[label] + draw * 2**32])
            z = z_at(seed, index, sampler.latent_dim, "normal")
            expected = sampler.generate_from_z(z, int(label))
            num_drawn += 1
            if classify(expected)[0, label] >= threshold:
                break
        np.testing.assert_array_equal(image, expected[0])
        assert probability == pytest.approx(classify(expected)[0, label])
        number[label] += 1
    assert made.num_drawn == num_drawn > 12
    fewer = generate_verified(sampler, [2], 2, seed, classify, threshold)
    np.testing.assert_array_equal(fewer.images, made.images[:2])


def test_the_best_draw_is_kept_at_the_limit(sampler, monkeypatch):
    monkeypatch.setattr(verified_images, "MAX_DRAWS", 4)
    made = generate_verified(sampler, [1], 3, 0, classify, 1.0)
    draws = [
        classify(
            sampler.generate_from_z(
                z_at(0, np.arange(3) + draw * 2**32, sampler.latent_dim, "normal"), 1
            )
        )[:, 1]
        for draw in range(4)
    ]
    np.testing.assert_allclose(made.probabilities, np.max(draws, axis=0), rtol=1e-6)
    assert made.num_drawn == 12
