import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.errors import InputError
from gan_tf.metrics import kmeans
from gan_tf.metrics.clustering import _spread_centres, nearest_rows


def test_blobs_far_apart_are_found():
    rng = np.random.default_rng(0)
    corners = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    rows = np.concatenate([rng.normal(c, 1.0, size=[50, 2]) for c in corners])
    centres = kmeans(rng.permutation(rows), 4, seed=1)
    found = centres[np.lexsort(centres.round(-2).T)]
    assert_allclose(found, rows.reshape(4, 50, 2).mean(axis=1), atol=1e-4)


def test_centres_are_the_means_of_their_cells():
    rows = np.random.default_rng(0).normal(size=[400, 3])
    centres = kmeans(rows, 7)
    cells, squares = nearest_rows(rows, centres)
    for cell in range(7):
        assert_allclose(centres[cell], rows[cells == cell].mean(axis=0), atol=1e-6)
    assert_allclose(squares, ((rows - centres[cells]) ** 2).sum(axis=1), atol=1e-12)


def test_the_seed_decides():
    rows = np.random.default_rng(0).normal(size=[200, 3])
    assert_array_equal(kmeans(rows, 5, seed=3), kmeans(rows, 5, seed=3))
    assert not np.array_equal(kmeans(rows, 5, seed=3), kmeans(rows, 5, seed=4))


def test_fewer_different_rows_than_cells():
    rows = np.repeat([[0.0], [1.0]], 10, axis=0)
    centres = kmeans(rows, 4)
    assert centres.shape == (4, 1)
    assert np.isfinite(centres).all()
    assert set(centres.ravel()) == {0.0, 1.0}


def test_seeds_are_spread():
    """The one row far away is drawn second, with probability 0.9999."""
    rows = np.random.default_rng(0).normal(size=[100, 1])
    rows[17] = 1000.0
    for seed in range(5):
        centres = _spread_centres(rows, 2, np.random.default_rng(seed))
        assert 1000.0 in centres


def test_an_empty_cell_starts_again(monkeypatch):
    """Three centres in one place: two cells are empty at first."""
    rows = np.repeat([[0.0], [10.0], [20.0]], 20, axis=0)
    monkeypatch.setattr(
        "gan_tf.metrics.clustering._spread_centres",
        lambda rows, num_cells, rng: np.zeros([3, 1], np.float32),
    )
    assert_allclose(np.sort(kmeans(rows, 3), axis=0), [[0], [10], [20]], atol=1e-5)


def test_more_cells_than_rows():
    with pytest.raises(InputError, match=r"num_cells \(3\) must be in \[1, 2\]"):
        kmeans(np.zeros([2, 1]), 3)
