import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.metrics.distances import distance_blocks, nearest_neighbours


def test_distances_have_no_rounding_error():
    # A copy of a training image is at distance 0.
    images = np.random.default_rng(0).integers(0, 256, [20, 784]).astype(np.float64)
    ((_, squares),) = distance_blocks(images, images)
    assert_array_equal(squares, ((images[:, None] - images) ** 2).sum(axis=2))
    # Far from the origin.
    x = np.array([[1e8], [1e8 + 0.5]])
    ((_, squares),) = distance_blocks(x, x)
    assert_allclose(squares, [[0.0, 0.25], [0.25, 0.0]])


def test_nearest_neighbours():
    rows = np.array([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]])
    indices, distances = nearest_neighbours([[0.0, 0.0], [9.0, 0.0]], rows)
    assert indices.tolist() == [0, 2] and distances.tolist() == [0.0, 1.0]
    # A copied image is its own neighbour.
    train = np.random.default_rng(0).integers(0, 256, [30, 28, 28, 1], np.uint8)
    indices, distances = nearest_neighbours(train[[7, 21]], train)
    assert indices.tolist() == [7, 21] and distances.tolist() == [0.0, 0.0]
