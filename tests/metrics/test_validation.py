import numpy as np
import pytest

from gan_tf import metrics
from gan_tf.errors import InputError
from gan_tf.metrics import class_frechet_distances, data_copying_test
from gan_tf.metrics.distances import nearest_neighbours
from gan_tf.metrics.validation import check_features, check_images, check_labels


def test_arrays_are_brought_to_one_shape_and_type():
    assert check_images(np.zeros([2, 28, 28], np.uint8)).shape == (2, 28, 28, 1)
    assert check_images(np.zeros([2, 8, 9, 3], np.uint8)).shape == (2, 8, 9, 3)
    # uint8 labels could not be subtracted.
    assert check_labels(np.array([0, 2], np.uint8), 2).dtype == np.int64
    features = check_features(np.full([4, 2, 3, 1], 255, np.uint8))
    assert features.shape == (4, 6) and features.dtype == np.float64


ROWS = np.zeros([30, 2])
BAD = [
    ("float64.*uint8", check_images, np.zeros([2, 28, 28])),
    (r"\[N, H, W\]", check_images, np.zeros([28, 28], np.uint8)),
    ("N >= 1", check_images, np.zeros([0, 28, 28], np.uint8)),
    ("must be 3 integers", check_labels, [0, 1], 3),
    ("integers", check_labels, [0.0, 1.0, 2.0], 3),
    ("negative", check_labels, [0, -1, 2], 3),
    ("below 3, the number of classes", check_labels, [0, 1, 3], 3, 3),
    ("2 or more", check_features, ROWS[:1], 2),
    ("finite", check_features, [[0.0], [np.inf]]),
    (r"a \(0 rows\) must have 1 or more", nearest_neighbours, ROWS[:0], ROWS, "ab"),
    (r"b \(shape \(2,\)\).*\[N, D\]", nearest_neighbours, ROWS, ROWS[0], "ab"),
    (r"a \(2 wide\) and b \(1 wide\)", nearest_neighbours, ROWS, ROWS[:, :1], "ab"),
    ("b must be finite", nearest_neighbours, ROWS, [[0.0, np.nan]], "ab"),
    ("probabilities", metrics.inception_score, [[0.5, 0.6]]),
    ("probabilities", metrics.inception_score, [[1.5, -0.5]]),
    ("probabilities", metrics.inception_score, [0.5, 0.5]),
    ("probabilities", metrics.inception_score, [[np.nan, 1.0]]),
    ("probabilities", metrics.inception_score, ROWS[:0]),
    ("add up to 1", metrics.class_total_variation, np.eye(2), [0.5, 0.6]),
    ("first .1 rows. must have 2 or more", metrics.kernel_distance, ROWS[:1], ROWS),
    ("and second .1 wide. must have", metrics.kernel_distance, ROWS, ROWS[:, :1]),
    (r"k \(3\) must be in \[1, 2\]", metrics.knn_squared_radii, ROWS[:3], 3),
    (
        *(r"class 1 \(2 real, 0 fake rows\)", class_frechet_distances),
        *(ROWS[:4], [0, 0, 1, 1], ROWS[:4], [0, 0, 0, 0]),
    ),
    ("generated .19 rows. must have 20", data_copying_test, ROWS, ROWS, ROWS[:19]),
    ("generated .1 wide. and train .2 wide.", data_copying_test, ROWS, ROWS, ROWS[:, :1]),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"{case[1].__name__}: {case[0]}")
def test_bad_input(case):
    rule, check, *arguments = case
    with pytest.raises(InputError, match=rule):
        check(*arguments)
