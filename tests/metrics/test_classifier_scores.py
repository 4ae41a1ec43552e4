import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.metrics import (
    class_total_variation,
    confusion_matrix,
    inception_score,
    label_accuracy,
    label_cross_entropy,
)

MNIST_TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_inception_score_in_closed_form():
    assert_allclose(inception_score(np.tile(np.eye(10), [5, 1])), 10.0)
    for row in ([0.7, 0.2, 0.1], [0.0, 1.0, 0.0]):
        assert_allclose(inception_score(np.tile(row, [50, 1])), 1.0)
    assert_allclose(inception_score([[1.0, 0.0], [1.0, 5e-324]]), 1.0)
    # Rows (p, q) and (q, p): exp(log 2 - H(p)).
    p, q = 0.9, 0.1
    entropy = -(p * np.log(p) + q * np.log(q))
    assert_allclose(inception_score([[p, q], [q, p]]), np.exp(np.log(2) - entropy))
    # A perfect classifier on the MNIST test split.
    rows = np.repeat(np.eye(10), MNIST_TEST_COUNTS, axis=0)
    assert_allclose(inception_score(rows), 9.983, atol=5e-4)


@pytest.mark.parametrize(
    ("num", "ceiling"), [(32, 8.56), (64, 9.29), (100, 9.54), (256, 9.80), (1000, 9.94)]
)
def test_score_is_lower_for_fewer_images(num, ceiling):
    """The ceiling of a perfect classifier and perfect images, as known for MNIST."""
    rng = np.random.default_rng(0)
    prior = np.array(MNIST_TEST_COUNTS) / 10_000
    digits = rng.choice(10, [1000, num], p=prior)
    logs = [np.log(inception_score(np.eye(10)[row])) for row in digits]
    assert_allclose(np.exp(np.mean(logs)), ceiling, atol=0.03)


def test_label_accuracy_and_cross_entropy():
    assert label_accuracy(np.eye(3)[[0, 1, 2, 2]], [0, 1, 2, 1]) == 0.75
    rows = np.array([[0.5, 0.5], [0.25, 0.75]])
    expected = -(np.log(0.5) + np.log(0.75)) / 2
    assert_allclose(label_cross_entropy(rows, [0, 1]), expected)
    # Of an impossible label it is finite.
    assert 100 < label_cross_entropy([[1.0, 0.0]], [1]) < 1000


def test_the_confusion_matrix():
    # A row is a requested label.
    matrix = confusion_matrix(np.eye(3)[[0, 2, 2, 1]], [0, 1, 1, 1])
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 2], [0, 0, 0]]


def test_total_variation():
    rows = np.eye(2)[[0, 0, 0, 1]]
    assert_allclose(class_total_variation(rows, [0.5, 0.5]), 0.25)
    assert_allclose(class_total_variation(rows, [0.75, 0.25]), 0.0)
    assert_allclose(class_total_variation(np.eye(2)[[0, 0]], [0.0, 1.0]), 1.0)
    # Of perfect images it is not 0: 0.012 for ten equal classes and 10,000 images.
    labels = np.random.default_rng(0).integers(0, 10, [60, 10_000])
    values = [class_total_variation(np.eye(10)[row], np.full(10, 0.1)) for row in labels]
    assert_allclose(np.mean(values), 5 * np.sqrt(2 * 0.09 / (np.pi * 10_000)), rtol=0.1)
