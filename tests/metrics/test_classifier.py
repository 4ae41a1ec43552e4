import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier import (
    Judge,
    Judgement,
    _scale_features,
    train_judge,
)
from gan_tf.evaluation.classifier_networks import NETWORKS


@pytest.fixture(scope="module")
def judge(bars):
    return train_judge(*bars, seed=3, epochs=12)


def test_it_learns(judge, bars):
    images, labels = bars
    assert np.mean(judge.probabilities(images).argmax(axis=1) == labels) > 0.9


def test_shapes_and_ranges(judge, bars):
    seen = judge.judge(bars[0][:7])
    assert seen.features.shape == (7, 128)
    assert seen.features.min() >= 0
    assert seen.logits.shape == (7, 3)
    assert_allclose(seen.probabilities.sum(axis=1), 1.0)
    assert_array_equal(judge.features(bars[0][:7, ..., 0]), seen.features)


def test_probabilities_are_the_softmax_even_of_large_logits():
    logits = np.array([[0.0, np.log(3.0)], [1000.0, 0.0]], np.float32)
    seen = Judgement(np.zeros([2, 128]), logits)
    assert_allclose(seen.probabilities, [[0.25, 0.75], [1.0, 0.0]], rtol=1e-6)


def test_features_have_mean_square_one(judge, bars):
    assert_allclose(np.mean(judge.features(bars[0]) ** 2), 1.0, rtol=0.1)


@pytest.mark.parametrize("name", NETWORKS)
def test_scaling_the_features_leaves_the_logits(name, bars):
    judge = Judge(name, (14, 14, 1), 3, seed=0)
    before = judge.judge(bars[0])
    _scale_features(judge.network, bars[0])
    after = judge.judge(bars[0])
    assert_allclose(after.logits, before.logits, atol=1e-5)
    assert_allclose(np.mean(after.features**2), 1.0, rtol=1e-5)
    assert abs(np.mean(before.features**2) - 1.0) > 0.1


def test_a_saved_judge_is_the_same_judge(judge, bars, tmp_path):
    judge.save(tmp_path / "judge.npz")
    loaded = Judge.load(tmp_path / "judge.npz")
    assert_array_equal(loaded.features(bars[0]), judge.features(bars[0]))
    assert (loaded.name, loaded.seed, loaded.num_classes) == ("judge", 3, 3)
    assert loaded.image_shape == (14, 14, 1)


def test_a_file_with_a_pickle_in_it_is_not_read(judge, tmp_path):
    judge.save(tmp_path / "judge.npz")
    with np.load(tmp_path / "judge.npz") as file:
        arrays = dict(file)
    arrays["weight_00"] = np.array([{"any": "object"}], dtype=object)
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match="allow_pickle"):
        Judge.load(tmp_path / "bad.npz")


def test_the_seed_sets_the_first_weights():
    first, again, other = (Judge("judge", (14, 14, 1), 3, s) for s in (0, 0, 1))
    kernels = [judge.network.get_weights()[0] for judge in (first, again, other)]
    assert_array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])


def test_images_of_another_shape(judge):
    with pytest.raises(InputError, match=r"\(28, 28, 1\).*\(14, 14, 1\)"):
        judge.features(np.zeros([2, 28, 28], np.uint8))


def test_what_cannot_be_trained():
    images = np.zeros([30, 14, 14], np.uint8)
    with pytest.raises(InputError, match="24 images or more"):
        train_judge(images[:20], np.zeros(20, int))
    with pytest.raises(InputError, match="must be one of judge, audit"):
        train_judge(images, np.zeros(30, int), name="other")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(4, 5, 1), (11, 11, 3), (13, 28, 1), (32, 32, 3)])
def test_images_of_any_size(name, shape):
    judge = Judge(name, shape, 2, seed=0)
    seen = judge.judge(np.zeros([3, *shape], np.uint8))
    assert seen.features.shape == (3, 128)
    assert seen.logits.shape == (3, 2)
