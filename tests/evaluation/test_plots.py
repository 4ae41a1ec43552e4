import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tiny import blobs

from gan_tf.evaluation import plots

NAMES = ("a", "$b^$", "\N{CJK UNIFIED IDEOGRAPH-732B}" * 70)


def test_nearest_pairs_are_the_closest_of_each_class(monkeypatch):
    train, _ = blobs(120)
    images, groups = blobs(60, seed=2)
    images[5], images[9] = train[100], train[30]
    images[9, 3, 3, 0] ^= 1
    generated, real, distances = plots.nearest_pairs(images, groups, train)
    assert groups[generated].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert (generated[0], real[0]) == (9, 30) and (generated[8], real[8]) == (5, 100)
    assert_allclose(distances[[0, 8]], [1 / 255, 0], atol=1e-9)
    every = np.linalg.norm(
        images[generated].reshape(12, 1, -1).astype(float) - train.reshape(1, 120, -1),
        axis=2,
    )
    assert_array_equal(every.argmin(axis=1), real)
    assert_allclose(every.min(axis=1) / 255, distances, atol=1e-9)
    # Also of images that are ordered by their classes.
    monkeypatch.setattr(plots, "_QUERIES", 20)
    order = np.argsort(groups, kind="stable")
    generated, *_ = plots.nearest_pairs(images[order], groups[order], train)
    assert set(groups[order[generated]]) == {0, 1, 2}


@pytest.mark.parametrize("channels", [1, 3])
def test_plots_are_rgb_images(channels):
    images, labels = blobs(60)
    images = images.repeat(channels, axis=3)
    nearest = plots.plot_nearest(images, labels, images)
    for plot in (nearest, plots.plot_confusion(np.diag([5, 0, 7]), NAMES)):
        assert plot.dtype == np.uint8 and plot.shape[2] == 3
        assert plot.min() < 50 and plot.max() == 255


def test_the_confusion_plot_has_requested_rows_and_predicted_columns():
    blank = plots.plot_confusion(np.zeros([3, 3], int), NAMES)
    one = plots.plot_confusion(np.array([[0, 0, 9], [0, 0, 0], [0, 0, 0]]), NAMES)
    rows, columns = np.nonzero((blank != one).any(axis=2))
    height, width = blank.shape[:2]
    assert rows.max() < height * 0.4 and columns.min() > width * 0.6
