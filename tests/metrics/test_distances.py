import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.metrics import distances


def brute_force(x, y):
    return ((x[:, None] - y[None]) ** 2).sum(axis=2)


def test_blocks_put_together_are_all_distances(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(5.0, 1.0, size=[23, 4]), rng.normal(5.0, 1.0, size=[10, 4])
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", 50)
    parts = list(distances.distance_blocks(x, y))
    assert [len(block) for _, block in parts] == [5, 5, 5, 5, 3]
    assert_allclose(np.concatenate([b for _, b in parts]), brute_force(x, y))
    for part, block in parts:
        assert len(x[part]) == len(block)


def test_distances_have_no_rounding_error():
    # A copy of a training image is at distance 0.
    images = np.random.default_rng(0).integers(0, 256, [20, 784]).astype(np.float64)
    ((_, squares),) = distances.distance_blocks(images, images)
    assert_array_equal(squares, brute_force(images, images))
    # Far from the origin.
    x = np.array([[1e8], [1e8 + 0.5]])
    ((_, squares),) = distances.distance_blocks(x, x)
    assert_allclose(squares, [[0.0, 0.25], [0.25, 0.0]])
