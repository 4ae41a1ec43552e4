import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tiny import little_memory

from gan_tf.metrics import distances as distances_module
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


@pytest.mark.parametrize("length", [1, 7, 30])
def test_the_length_of_a_block_changes_nothing(monkeypatch, length):
    rng = np.random.default_rng(0)
    queries, rows = rng.integers(0, 3, [20, 6]), rng.integers(0, 3, [30, 6])
    squares = ((queries[:, None] - rows) ** 2).sum(axis=2)  # with many ties
    monkeypatch.setattr(distances_module, "_BLOCK_VALUES", length * 6)
    indices, distances = nearest_neighbours(queries, rows)
    assert_array_equal(indices, squares.argmin(axis=1))
    assert_array_equal(distances, np.sqrt(squares.min(axis=1)))


def test_memory_does_not_grow_with_the_number_of_images(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, [500, 4_096], np.uint8)
    monkeypatch.setattr(distances_module, "_BLOCK_VALUES", 5 * 4_096)
    with little_memory():  # as float64, all images are 16 MB
        indices, _ = nearest_neighbours(images[:10], images)
    assert indices.tolist() == list(range(10))
