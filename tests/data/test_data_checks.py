"""The rules of arrays, tested with .npz files that break them."""

import numpy as np
import pytest
from data_helpers import X, error_of, random_images, save

NPZ_ERRORS = {
    "no x_train": (dict(images=X, labels=[0]), "images, labels but no x_train"),
    "float images": (dict(x_train=X / 255), "x_train: is float64", "(255 * x).round()"),
    "bool images": (dict(x_train=X > 9), "x_train: is bool"),
    "1-D images": (dict(x_train=X.ravel()), "the shape (64,)"),
    "2-D images": (dict(x_train=X[0]), "the shape (4, 4)"),
    "channels first": (dict(x_train=random_images(4, 3, 8, 8)), "(4, 3, 8, 8)"),
    "4 channels": (dict(x_train=random_images(4, 8, 8, 4)), "C 1 or 3"),
    "scalar": (dict(x_train=np.uint8(3)), "the shape ()"),
    "no images": (dict(x_train=X[:0]), "x_train: has no images"),
    "small": (dict(x_train=random_images(4, 3, 9)), "3 pixels high", "4 to 256"),
    "large": (dict(x_train=random_images(1, 9, 257)), "257 wide", "4 to 256"),
    "test float": (dict(x_train=X, x_test=X / 2), "x_test: is float64"),
    "test shape": (
        dict(x_train=X, x_test=random_images(2, 5, 5)),
        "x_test: has images of shape (5, 5, 1)",
        "(4, 4, 1)",
    ),
    "few labels": (dict(x_train=X, y_train=[0, 1]), "y_train: has 2 labels for 4"),
    "float labels": (dict(x_train=X, y_train=[0.0, 1, 0, 1]), "y_train: is float64"),
    "one-hot": (dict(x_train=X, y_train=np.eye(4, dtype=int)), "(4, 4)", "argmax"),
    "negative": (dict(x_train=X, y_train=[0, -1, 1, 0]), "the label -1"),
    "a class missing": (dict(x_train=X, y_train=[0, 1, 4, 4]), "none of class 2, 3"),
    "labels from 1": (dict(x_train=X, y_train=[1, 2, 3, 4]), "none of class 0:"),
    "huge label": (
        dict(x_train=X, y_train=np.array([0, 1, 2, 2**64 - 1], np.uint64)),
        "none of class 3",
    ),
    "test label": (
        dict(x_train=X, y_train=[0, 1, 0, 1], x_test=X, y_test=[0, 1, 1, 2]),
        "y_test: has the label 2",
        "0 to 1",
    ),
    "test length": (
        dict(x_train=X, y_train=[0, 1, 0, 1], x_test=X, y_test=[0, 1]),
        "y_test: has 2 labels for 4",
    ),
    "y_test without x_test": (
        dict(x_train=X, y_train=[0, 1, 0, 1], y_test=[0]),
        "y_test: needs test images",
    ),
    "y_test without y_train": (
        dict(x_train=X, x_test=X, y_test=[0, 0, 0, 0]),
        "y_test: needs",
    ),
    "pickled": (dict(x_train=np.array([X, None], object)), "x_train: holds Python obj"),
}


@pytest.mark.parametrize("case", NPZ_ERRORS)
def test_npz_that_breaks_a_rule(tmp_path, case):
    arrays, *parts = NPZ_ERRORS[case]
    message = error_of(save(tmp_path, **arrays))
    assert str(tmp_path / "d.npz") in message
    for part in parts:
        assert part in message
