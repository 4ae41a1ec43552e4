"""z as a function of (seed, index), and the paths between two z."""

import numpy as np
import pytest
import tensorflow as tf

from gan_tf.sampling.latents import interpolate, philox4x32, sample_z, z_at

# Of https://github.com/DEShawResearch/random123, tests/kat_vectors: counter, key, words.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000")
    + ("6627e8d5 e169c58d bc57ac4c 9b00dbd8",),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff")
    + ("408f276d 41c83b0e a20bc7c6 6d5451fd",),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0")
    + ("d16cfe09 94fdcceb 5001e420 24126ea1",),
]


@pytest.mark.parametrize("counter, key, words", KNOWN_ANSWERS)
def test_philox_gives_the_published_words(counter, key, words):
    counter, key, words = ([int(w, 16) for w in t.split()] for t in (counter, key, words))
    np.testing.assert_array_equal(philox4x32(np.array(counter), key), words)


def test_z_is_its_documented_function_of_tensorflows_words():
    seed, index, dim = 2**32 * 5 + 3, 2**32 * 7 + 11, 7
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[8],
        key=np.array([seed], np.uint64),
        counter=np.array([index % 2**32 << 32, index >> 32], np.uint64),
        alg=1,
        dtype=tf.uint32,
    )
    words = words.numpy().astype(np.float64)
    radius = np.sqrt(-2 * np.log((words[::2] + 1) / 2**32))
    wave = np.exp(2j * np.pi * words[1::2] / 2**32)
    normal = np.ravel([radius * wave.real, radius * wave.imag], order="F")[:dim]
    uniform = (2 * (words + 0.5) / 2**32 - 1)[:dim]
    for noise, expected in (("normal", normal), ("uniform", uniform)):
        _, z = z_at(seed, np.array([3, index]), dim, noise)  # beside another row
        assert z.dtype == np.float32
        np.testing.assert_allclose(z, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_z_depends_on_seed_and_index_alone(noise):
    many = sample_z(1, 4200, 5, noise)
    for indices in (np.array([0]), np.arange(64), np.array([4199, 3, 4096])):
        rows = z_at(1, indices, 5, noise)
        np.testing.assert_array_equal(rows, many[indices])
    assert np.isin(sample_z(2, 150, 5, noise), many).mean() < 0.05
    np.testing.assert_array_equal(sample_z(1, 9, 3, noise), many[:9, :3])


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_the_path_starts_and_ends_at_its_z(noise):
    a, b = sample_z(0, 2, 5, noise)
    path = interpolate(a, b, np.array([[0.0], [0.5], [1.0]]), noise)
    np.testing.assert_allclose(path[0], a, atol=1e-6)
    np.testing.assert_allclose(path[2], b, atol=1e-6)
    if noise == "uniform":
        np.testing.assert_allclose(path[1], (a + b) / 2, atol=1e-6)
    else:  # orthogonal vectors, whose middle is as long
        x, y, *_ = np.eye(5, dtype=np.float32)
        middle = interpolate(x, y, np.array([[0.5]]), noise)[0]
        np.testing.assert_allclose(middle[:2], np.sqrt([0.5, 0.5]), rtol=1e-6)
    same = interpolate(a, a, np.array([[0.3]]), noise)
    np.testing.assert_allclose(same[0], a, atol=1e-6)
