import numpy as np
import pytest

from gan_tf.errors import InputError
from gan_tf.metrics.validation import (
    check_features,
    check_images,
    check_labels,
    check_pair,
)


def test_a_missing_channel_axis_is_added():
    assert check_images(np.zeros([2, 28, 28], np.uint8)).shape == (2, 28, 28, 1)
    assert check_images(np.zeros([2, 8, 9, 3], np.uint8)).shape == (2, 8, 9, 3)


@pytest.mark.parametrize(
    ("images", "rule"),
    [
        (np.zeros([2, 28, 28]), "float64.*uint8"),
        (np.zeros([28, 28], np.uint8), r"\[N, H, W\]"),
        (np.zeros([0, 28, 28], np.uint8), "N >= 1"),
    ],
)
def test_bad_images(images, rule):
    with pytest.raises(InputError, match=rule):
        check_images(images)


@pytest.mark.parametrize(
    ("labels", "rule"),
    [
        ([0, 1], "must be 3 integers"),
        ([0.0, 1.0, 2.0], "integers"),
        ([0, -1, 2], "negative"),
        ([0, 1, 3], "below the 3 classes"),
    ],
)
def test_bad_labels(labels, rule):
    with pytest.raises(InputError, match=rule):
        check_labels(labels, 3, num_classes=3)


def test_uint8_labels_can_be_subtracted_afterwards():
    assert check_labels(np.array([0, 2], np.uint8), 2).dtype == np.int64


def test_images_are_flattened_to_features():
    features = check_features(np.full([4, 2, 3, 1], 255, np.uint8))
    assert features.shape == (4, 6)
    assert features.dtype == np.float64


@pytest.mark.parametrize(
    ("features", "rule"),
    [
        (np.zeros(3), r"\[N, D\]"),
        (np.zeros([1, 3]), "2 or more"),
        (np.array([[0.0], [np.nan]]), "finite"),
        (np.array([[0.0], [np.inf]]), "finite"),
    ],
)
def test_bad_features(features, rule):
    with pytest.raises(InputError, match=rule):
        check_features(features, min_rows=2)


def test_widths_must_agree():
    with pytest.raises(InputError, match=r"real \(2 wide\) and fake \(3 wide\)"):
        check_pair(np.zeros([1, 2]), np.zeros([1, 3]), names=("real", "fake"))
