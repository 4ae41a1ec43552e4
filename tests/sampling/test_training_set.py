"""Sets of images that are made to be learned from."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from gan_tf.sampling.latents import z_at
from gan_tf.sampling.training_set import generate_training_set
from gan_tf.sampling.verified_images import generate_verified

NAMES = ("a", "b", "c")


def images_of(z, label, on_images=None):
    """z in the pixels of 2x2 images, 20 grey levels for 1; the label is lost."""
    return np.rint(127 + 20 * z).clip(0, 255).astype(np.uint8).reshape(-1, 2, 2, 1)


@pytest.fixture(params=["normal", "uniform"])
def sampler(request):
    return SimpleNamespace(
        generate_from_z=images_of,
        image_shape=(2, 2, 1),
        latent_dim=4,
        noise=request.param,
        class_names=NAMES,
    )


def classify(images):
    """The first pixel decides between "a" and "c", each image has 0.5 for "b"."""
    is_bright = images[:, 0, 0, 0] > 127
    return np.stack([0.5 * ~is_bright, np.full(len(images), 0.5), 0.5 * is_bright], axis=1)


def test_z_is_wider_by_the_factor(sampler):
    made, _ = generate_training_set(sampler, [0, 9_000, 0], 3, classify, 0.5, 1.4)
    z = (made.images.astype(float) - 127) / 20
    deviation = 1 if sampler.noise == "normal" else 3**-0.5
    assert z.std() == pytest.approx(1.4 * deviation, rel=0.01)
    assert_array_equal(made.num_drawn, 9_000)
    in_order = images_of(1.4 * z_at(3 + 2**32, np.arange(9_000), 4, sampler.noise), 1)
    assert sorted(map(bytes, made.images)) == sorted(map(bytes, in_order))


def test_a_set_is_that_of_its_labels_in_random_order(sampler):
    """Half of the images of "a" and "c" are dropped, and drawn again."""
    counts, seed = [300, 20, 100], 5
    made, labels = generate_training_set(sampler, counts, seed, classify, 0.4, 2.0)
    assert labels.dtype == np.int32 and np.bincount(labels).tolist() == counts
    assert 130 < np.count_nonzero(labels[:200] == 0) < 156  # 143 in a random order
    assert 730 < made.num_drawn < 910  # 300 and 100 images take two draws on average
    drawn = 0
    for label, num in enumerate(counts):
        own = generate_verified(
            sampler, [label], num, seed + label * 2**32, classify, 0.4, 2.0
        )
        drawn += own.num_drawn
        rows = labels == label
        of_label = made.images[rows].reshape(num, -1).tolist()
        assert sorted(of_label) == sorted(own.images.reshape(num, -1).tolist())
        assert of_label != own.images.reshape(num, -1).tolist()
    assert made.num_drawn == drawn
    assert_array_equal(made.soft_labels, classify(made.images))
    assert_array_equal(made.probabilities, 0.5)


def test_a_seed_is_one_set_and_others_share_no_image(sampler):
    sets = [
        generate_training_set(sampler, [40, 40, 40], seed, classify, 0.4)
        for seed in (7, 7, 8)
    ]
    for first, second in zip((*sets[0][0], sets[0][1]), (*sets[1][0], sets[1][1])):
        assert_array_equal(first, second)
    pixels = [set(map(bytes, made.images)) for made, _ in sets]
    assert len(pixels[0]) == 120  # no z serves two labels
    assert not pixels[0] & pixels[2]
