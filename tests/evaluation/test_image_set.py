"""Images to score in folders of classes."""

import numpy as np
import pytest
from tiny import random_images

from gan_tf.errors import InputError
from gan_tf.evaluation.image_set import array_names, read_images
from gan_tf.sampling import image_io

X = random_images(4, 8, 8, 1)


@pytest.mark.parametrize(
    "classes", [("a/b", "a_b"), ("a_b", "a/b"), ("a_b_2", "a_b", "a:b"), ("Cat", "cat")]
)
def test_the_folders_of_generated_images_are_of_their_classes(tmp_path, classes):
    names = [classes[k] for k in (0, 1, 1, -1)]
    image_io.write_class_folders(tmp_path / "out", X, names)
    images, labels = read_images(tmp_path / "out", classes)
    found = {bytes(image): classes[k] for image, k in zip(images, labels)}
    assert found == {bytes(image): name for image, name in zip(X, names)}


def test_a_folder_has_the_name_of_a_class_itself(tmp_path):
    image_io.write_class_folders(tmp_path / "out", X[:2], ["cat", "dog"])
    _, labels = read_images(tmp_path / "out", ["dog", "cat"])
    np.testing.assert_array_equal(labels, [1, 0])


@pytest.mark.parametrize("names, noted", [("pqpq", True), (["images"] * 4, False)])
def test_folders_of_other_names_give_no_labels(tmp_path, names, noted, capsys):
    """The folder of an unconditional generator is none of a class."""
    image_io.write_class_folders(tmp_path / "out", X, names)
    images, labels = read_images(tmp_path / "out", ["dog", "cat"])
    assert len(images) == 4 and labels is None
    text = "no folder (p, q) is named like a class of the data (dog, cat), so the"
    assert (text in capsys.readouterr().out) == noted


def test_one_array_is_read_without_labels(tmp_path):
    np.save(tmp_path / "x.npy", X)
    images, labels = read_images(tmp_path / "x.npy")
    np.testing.assert_array_equal(images, X)
    assert labels is None and not array_names(tmp_path / "x.npy")


def test_a_folder_of_several_splits_is_refused(tmp_path):
    for split in ("train", "test"):
        image_io.write_class_folders(tmp_path / "out" / split, X, list("aabb"))
    with pytest.raises(InputError, match="has a split of test images, which would be"):
        read_images(tmp_path / "out", ["a", "b"])
