import numpy as np
import pytest
from tiny import tiny_config

from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.sampling.sampler import Sampler


def make_sampler(name, noise="normal", names="abc"):
    config = tiny_config(name, noise=noise)
    model = model_class(name)
    generator = model.build_generator(config, (8, 8, 1), 3)
    return Sampler(generator, (-1, 1), noise, names if model.conditional else ())


def test_an_image_depends_on_its_seed_label_and_index_alone():
    sampler = make_sampler("acgan")
    many = sampler.generate(label=1, num=150, seed=4)
    assert many.dtype == np.uint8 and many.shape == (150, 8, 8, 1)
    for num in (1, 7, 64, 65):
        np.testing.assert_array_equal(sampler.generate(1, num, 4), many[:num])
    sampler.generate(label=2, num=3, seed=9)
    np.testing.assert_array_equal(sampler.generate(1, 150, 4), many)
    assert not np.array_equal(sampler.generate(1, 150, 5), many)
    assert not np.array_equal(sampler.generate(0, 150, 4), many)
    assert len(np.unique(many.reshape(150, -1), axis=0)) > 100


def test_images_are_the_generators_outputs_in_inference_mode():
    sampler = make_sampler("acgan")
    before = sampler.generator.get_weights()
    z = sampler.z(seed=0, num=5)
    outputs = sampler.generator([z, np.full(5, 2)], training=False)
    expected = np.rint((np.array(outputs) + 1) * 127.5)
    made = sampler.render(z, label=2).astype(int)
    assert np.abs(made - expected).max() <= 1
    for old, new in zip(before, sampler.generator.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("noise, bound", [("normal", 5.5), ("uniform", 1.0)])
def test_z_has_its_distribution(noise, bound):
    z = make_sampler("gan", noise).z(seed=3, num=5000)
    assert z.dtype == np.float32 and np.abs(z).max() <= bound
    variance = 1 if noise == "normal" else 1 / 3
    assert z.var() == pytest.approx(variance, abs=0.03)


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_the_way_between_two_z_starts_and_ends_at_them(noise):
    sampler = make_sampler("gan", noise)
    a, b = sampler.z(seed=0, num=2)
    way = sampler.between(a, b, np.array([[0.0], [0.5], [1.0]]))
    np.testing.assert_allclose(way[0], a, atol=1e-6)
    np.testing.assert_allclose(way[2], b, atol=1e-6)
    if noise == "uniform":
        np.testing.assert_allclose(way[1], (a + b) / 2, atol=1e-6)
    else:
        # Slerp of orthogonal vectors of length 1 keeps the length.
        e = np.eye(5, dtype=np.float32)
        middle = sampler.between(e[0], e[1], np.array([[0.5]]))[0]
        np.testing.assert_allclose(middle[:2], np.sqrt([0.5, 0.5]), rtol=1e-6)
    np.testing.assert_allclose(
        sampler.between(a, a, np.array([[0.3]]))[0], a, atol=1e-6
    )


@pytest.mark.parametrize(
    "name, arguments, message",
    [
        ("acgan", {"label": 3}, "label .3. must be from 0 to 2.*images of a, b, c"),
        ("acgan", {"label": -1}, "label .-1. must be from 0 to 2"),
        ("acgan", {}, "label is missing: this model makes images of a, b, c"),
        ("gan", {"label": 1}, "unconditional"),
        ("gan", {"num": 0}, "num .0. must be at least 1"),
        ("gan", {"seed": -3}, "seed .-3. must be 0 or more"),
    ],
)
def test_what_cannot_be_made_is_refused(name, arguments, message):
    with pytest.raises(InputError, match=message):
        make_sampler(name).generate(**arguments)
