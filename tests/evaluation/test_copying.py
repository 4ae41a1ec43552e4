"""The data-copying test of small training sets, against its closed forms."""

import numpy as np
import pytest
from tiny import blobs

from gan_tf.data import Dataset
from gan_tf.evaluation import split
from gan_tf.evaluation.copying import CopyingTest


def parts(**changes):
    data = Dataset("blobs", *blobs(420), *blobs(120, seed=1), tuple("abc"))
    return split(data._replace(**changes))


@pytest.mark.parametrize("changes", [{}, {"x_test": None, "y_test": None}])
def test_copies_new_images_and_images_far_away(changes):
    """The largest |C_T| of n images is sqrt(3 n^2 / (2 n + 1)): U is 0 or n^2."""
    splits = parts(**changes)
    num = splits.most
    copying, n = CopyingTest(splits, num), num // 2
    most = np.sqrt(3 * n**2 / (2 * n + 1))
    copies = copying.score(splits.train[0][:num])
    assert copies["data_copying_ct"] == pytest.approx(-most)
    assert copies["nn_distance_ratio"] == 0 and copies["data_copying_ct_error"] == 1
    far = copying.score(255 - splits.train[0][:num])
    assert far["data_copying_ct"] == pytest.approx(most)
    for new in (copying.score(blobs(num, seed=2)[0]), copying.baseline()):
        assert 0 < abs(new["data_copying_ct"]) < 3  # 0 for the test images themselves
        assert new["nn_distance_ratio"] == pytest.approx(1, abs=0.1)
    assert not CopyingTest(splits, num, slow=False).is_left_out and not copying.note


def test_images_in_the_order_of_their_classes_are_drawn_from_all():
    """Of one class all images are equal: half of all distances are 0."""
    images, labels = blobs(400, num_classes=2)
    images[labels == 0] = 0
    test = blobs(400, num_classes=2, seed=1)
    splits = split(Dataset("flat", images, labels, *test, ("a", "b")))
    splits.test[0][splits.test[1] == 0] = 0
    new, labels = blobs(400, num_classes=2, seed=3)
    new[labels == 0] = 0
    by_class = new[np.argsort(labels, kind="stable")]
    scores = CopyingTest(splits, 400).score(by_class)
    assert abs(scores["data_copying_ct"]) < 3
    first = CopyingTest(splits, 400).score(np.concatenate([by_class[:200]] * 2))
    assert first["data_copying_ct"] < -5


def test_too_few_images_are_named():
    splits = parts()
    copying, enough = CopyingTest(splits, 39), CopyingTest(splits, 40)
    assert copying.score(blobs(39)[0]) == copying.baseline() == {}
    assert copying.note.endswith("left out: it needs 40 images, and 39 are compared")
    assert set(enough.baseline()) == set(enough.score(blobs(40)[0])) and not enough.note


@pytest.mark.parametrize(
    "num_train, side, num_test, note",
    [
        (5_000, 28, 10_000, None),  # 500 of each class of MNIST
        (60_000, 28, 10_000, ""),
        (300, 128, 40, None),
        (10_000, 128, 40, "so many pixels; slow_metrics adds it"),  # by their conversion
    ],
)
def test_it_is_left_out_where_it_is_slow(num_train, side, num_test, note):
    splits = parts()
    # Arrays of one repeated image: the sizes decide.
    train, test = (
        np.broadcast_to(np.uint8(0), (num, side, side, 1)) for num in (num_train, num_test)
    )
    splits = splits._replace(train=(train, None), test=(test[:1], None))
    copying = CopyingTest(splits, num_test, slow=False)
    assert copying.is_left_out == (note is not None)
    assert copying.note.endswith(note or "") and bool(copying.note) == bool(note)
    allowed = CopyingTest(splits, num_test)
    assert not allowed.is_left_out and not allowed.note
