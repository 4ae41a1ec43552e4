"""Morphs from label to label."""

import keras
import numpy as np
import pytest
from test_sampler import make_sampler

from gan_tf.errors import InputError
from gan_tf.sampling.walks import morph


@pytest.mark.parametrize("architecture", ["default", "classic"])
def test_a_morph_passes_the_images_of_its_labels(architecture):
    keras.utils.set_random_seed(0)  # of the generator's weights
    sampler = make_sampler("acgan", architecture=architecture)
    for weight in sampler.generator.weights:  # so that labels make a difference
        weight.assign(weight + 0.1 * keras.random.normal(weight.shape, seed=1))
    frames = morph(sampler, [2, 0, 1], seed=3)
    assert frames.shape == (72, 8, 8, 1) and frames.dtype == np.uint8
    z = sampler.z(3, 3)
    for frame, label, number in ((0, 2, 0), (24, 0, 1), (48, 1, 2)):
        image = sampler.generate_from_z(z[number : number + 1], label)[0]
        assert np.abs(frames[frame].astype(int) - image).max() <= 1
    steps = np.abs(np.diff(frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    ends = np.abs(frames[0].astype(int) - frames[24]).mean()
    assert 0 < steps.max() < ends / 4


def test_a_generator_without_an_embedding_has_no_morph():
    with pytest.raises(InputError, match="no label embedding"):
        morph(make_sampler("gan"), [0, 1], seed=0)
