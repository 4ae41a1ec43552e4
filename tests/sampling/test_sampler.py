"""Images as a function of (seed, label, index), and the labels that a model takes."""

import io
import re
from functools import partial

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
from numpy.testing import assert_array_equal
from tiny import tiny_config

from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.sampling import image_io
from gan_tf.sampling.sampler import Sampler


def make_sampler(name, names="abc", **settings):
    model, config = model_class(name), tiny_config(name, **settings)
    generator = model.build_generator(config, (8, 8, 1), len(names))
    return Sampler(generator, (-1, 1), "normal", names if model.conditional else ())


@pytest.fixture(scope="module")
def sampler():
    return make_sampler("acgan")


def test_an_image_depends_on_its_seed_label_and_index_alone(sampler):
    many = sampler.generate(labels=1, num=150, seed=4)
    assert many.dtype == np.uint8 and many.shape == (150, 8, 8, 1)
    for num in (1, 7, 64, 65):
        assert_array_equal(sampler.generate(1, num, 4), many[:num])
    sampler.generate(labels=2, num=3, seed=9)
    assert_array_equal(sampler.generate(1, 150, 4), many)
    assert not np.array_equal(sampler.generate(1, 150, 5), many)
    assert not np.array_equal(sampler.generate(0, 150, 4), many)
    assert len(np.unique(many.reshape(150, -1), axis=0)) > 100


def test_images_are_the_generators_outputs_in_inference_mode(sampler):
    before = sampler.generator.get_weights()
    z = sampler.z(seed=0, num=5)
    outputs = sampler.generator([z, np.full(5, 2)], training=False)
    expected = np.rint((np.array(outputs) + 1) * 127.5)
    made = sampler.generate_from_z(z, label=2).astype(int)
    assert np.abs(made - expected).max() <= 1
    assert_array_equal(made, sampler.generate(2, 5, seed=0))
    for old, new in zip(before, sampler.generator.get_weights()):
        assert_array_equal(old, new)


@pytest.mark.parametrize("label", [1, np.int64(1), np.uint8(1), np.array(1), "b"])
def test_a_label_is_an_index_or_a_name(sampler, label):
    expected = sampler.generate(1, num=2)
    assert_array_equal(sampler.generate(label, num=2), expected)
    assert_array_equal(sampler.generate([label], num=2), expected)
    if not isinstance(label, np.ndarray):
        assert_array_equal(sampler.generate_from_z(sampler.z(0, 2), label), expected)


LABELS = ([2, 0, 2], ["c", "a", "c"])


@pytest.mark.parametrize(
    "labels",
    [
        *(*LABELS, *map(np.array, LABELS), (2, 0, 2), ["c", 0, np.int8(2)]),
        tf.constant([2, 0, 2]),
    ],
)
def test_a_label_that_is_listed_again_gets_its_next_images(sampler, labels):
    made = sampler.generate(labels, num=40, seed=3)
    assert made.shape == (120, 8, 8, 1)
    first, last = np.split(sampler.generate(2, num=80, seed=3), 2)
    assert_array_equal(made[:40], first)
    assert_array_equal(made[40:80], sampler.generate(0, num=40, seed=3))
    assert_array_equal(made[80:], last)


def test_labels_may_be_a_range(sampler):
    assert_array_equal(sampler.generate(range(3), 2), sampler.generate([0, 1, 2], 2))


@pytest.mark.parametrize("shape", [(5,), (2, 4), (0, 5), (1, 2, 5)])
def test_a_z_of_another_shape_is_refused(sampler, shape):
    assert sampler.latent_dim == 5
    with pytest.raises(InputError, match=r"z has the shape .* but must be \[N, 5\]"):
        sampler.generate_from_z(np.zeros(shape), 1)


def test_names_of_digits_are_names_and_numbers_are_indices():
    sampler = make_sampler("acgan", names=("2", "5", "7"))
    assert_array_equal(sampler.generate("2", 3), sampler.generate(0, 3))
    assert_array_equal(sampler.generate(2, 3), sampler.generate("7", 3))


BAD = [3, -1, 10**30, 1.0, np.float32(1), True, np.bool_(0), "d", "1", "", b"a"]
NO_LISTS = [None, [], (), np.array([]), [None], [[0]], np.array([[0, 1]]), {0}, {}]


@pytest.mark.parametrize(
    "labels", [*BAD, *([bad] for bad in BAD), *([0, bad] for bad in BAD), *NO_LISTS]
)
def test_labels_that_do_not_exist_are_refused_with_those_that_do(sampler, labels):
    for generate in (sampler.generate, partial(sampler.generate_from_z, sampler.z(0, 1))):
        with pytest.raises(InputError, match="index from 0 to 2 or one of .* a, b, c"):
            generate(labels)


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.uint64])
def test_seeds_and_numbers_of_numpy_are_those_of_python(sampler, kind):
    expected = sampler.generate(0, num=2, seed=5)
    np.testing.assert_array_equal(sampler.generate(0, kind(2), kind(5)), expected)
    np.testing.assert_array_equal(sampler.z(kind(5), 2), sampler.z(5, 2))
    for arguments in ({"num": 2.5}, {"seed": 0.5}):
        with pytest.raises(InputError, match=r"\w+ \(.\.5\) must be a whole number"):
            sampler.generate(0, **arguments)


def test_what_an_unconditional_model_cannot_generate_is_refused():
    sampler = make_sampler("gan")
    for arguments, message in [
        ({"labels": 1}, "label (1) is not possible: this model is unconditional"),
        ({"labels": "a"}, "label ('a') is not possible: this model is unconditional"),
        ({"labels": []}, "labels ([]) must not be empty: this model is unconditional"),
        ({"num": 0}, "num (0) must be at least 1"),
        ({"seed": -3}, "seed (-3) must be from 0 to 2^64 - 1"),
    ]:
        with pytest.raises(InputError, match=re.escape(message)):
            sampler.generate(**arguments)


def test_a_sampler_is_printed_with_what_it_makes(sampler):
    text = "<Sampler of 8x8x1 images, normal z of length 5"
    assert repr(sampler) == f"{text}, classes a, b, c>"
    assert repr(make_sampler("gan")) == f"{text}>"


@pytest.mark.parametrize("name, labels", [("acgan", [0, 1, 2]), ("gan", None)])
def test_a_grid_has_one_row_per_label(name, labels):
    sampler = make_sampler(name)
    rows = 3 if labels else 10
    grid = sampler.grid(num=4, seed=5)
    images = sampler.generate(labels, 4 if labels else 40, seed=5)
    assert_array_equal(np.array(grid)[..., None], image_io.grid(images, 4))
    assert grid.size == (38, 10 * rows - 2)
    if labels:
        corner = np.array(sampler.grid("c", num=2))[:8, :8]
        assert_array_equal(corner, sampler.generate("c")[0, ..., 0])
    shown = PIL.Image.open(io.BytesIO(sampler._repr_png_()))
    assert_array_equal(np.array(shown), np.array(sampler.grid()))


def test_a_name_of_a_class_may_be_written_in_each_form_of_unicode(sampler):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    for name, label in ((composed, decomposed), (decomposed, composed)):
        other = Sampler(sampler.generator, (-1, 1), "normal", ["tea", name, "milk"])
        assert_array_equal(other.generate(label), sampler.generate(1))


def test_a_grid_of_all_labels_has_an_end():
    grid = make_sampler("acgan", names=list(map(str, range(120)))).grid(num=1)
    assert grid.size == (8, 10 * 100 - 2)
