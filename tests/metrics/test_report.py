import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier import Judgement
from gan_tf.evaluation.reference import Reference
from gan_tf.metrics.validation import check_images


class MeansOfQuarters:
    """A judge without TensorFlow: features are the means of the image's quarters."""

    num_classes = 3

    def judge(self, images):
        images = check_images(images)
        quarters = images.reshape(len(images), 2, 7, 2, 7).mean(axis=(2, 4))
        features = quarters.reshape(len(images), 4) / 64.0
        left, right = quarters.mean(axis=1).T
        logits = np.stack(
            [left - right, right - left, np.full(len(images), 10.0)], axis=1
        )
        return Judgement(features, logits)

    def features(self, images):
        return self.judge(images).features


def sides(num, seed):
    """Images bright on the left (class 0), on the right (1) or nowhere (2)."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, num, p=[0.5, 0.3, 0.2])
    images = rng.integers(0, 60, [num, 14, 14, 1])
    images[labels == 0, :, :7] += rng.integers(20, 150, [(labels == 0).sum(), 1, 1, 1])
    images[labels == 1, :, 7:] += rng.integers(20, 150, [(labels == 1).sum(), 1, 1, 1])
    return images.astype(np.uint8), labels


@pytest.fixture(scope="module")
def reference():
    return Reference(MeansOfQuarters(), sides(1300, 0), sides(300, 1), num=300)


@pytest.fixture(scope="module")
def floor(reference):
    return reference.floor()


def test_names_and_types(reference):
    values = reference.report(*sides(300, 2))
    without = reference.report(sides(300, 2)[0])
    assert list(values) == [
        "frechet",
        "frechet_debiased",
        "frechet_ratio",
        "frechet_logits",
        "kid",
        "kid_error",
        "score",
        "precision",
        "recall",
        "density",
        "coverage",
        "class_tv",
        "label_accuracy",
        "label_cross_entropy",
        "class_frechet_mean",
        "class_frechet_worst",
    ]
    assert without == {name: values[name] for name in list(values)[:12]}
    assert all(type(value) is float for value in values.values())


def test_real_images_are_the_floor(floor):
    assert_allclose(floor["frechet_ratio"], 1.0, rtol=1e-9)
    assert abs(floor["kid"]) < 4 * floor["kid_error"]
    assert abs(floor["frechet_debiased"]) < floor["frechet"]
    assert_allclose(floor["coverage"], 1 - 2.0**-5, atol=0.03)


def test_the_floor_is_a_mean_over_four_disjoint_draws(reference):
    draws = np.concatenate(reference._draws)
    assert len(reference._draws) == 4
    assert len(np.unique(draws)) == 1200


def test_fresh_images_score_like_real_ones(reference, floor):
    reports = [reference.report(*sides(300, seed)) for seed in range(2, 12)]
    values = {name: np.mean([r[name] for r in reports]) for name in floor}
    assert_allclose(values["frechet_ratio"], 1.0, atol=0.6)
    for name in ("precision", "recall", "coverage", "label_accuracy"):
        assert_allclose(values[name], floor[name], atol=0.03)


def test_darker_images_are_worse(reference, floor):
    images, labels = sides(300, 2)
    values = reference.report(images // 2, labels)
    assert values["frechet_ratio"] > 5
    assert values["kid"] > 5 * values["kid_error"]
    assert values["coverage"] < floor["coverage"] - 0.2
    assert values["recall"] < floor["recall"] - 0.2


def test_ignored_labels_are_seen_by_what_needs_labels(reference):
    images, labels = sides(300, 2)
    honest = reference.report(images, labels)
    ignored = reference.report(images, (labels + 1) % 3)
    assert honest["frechet"] == ignored["frechet"]
    assert ignored["label_accuracy"] < 0.2 < 0.8 < honest["label_accuracy"]
    assert ignored["class_frechet_mean"] > 10 * honest["class_frechet_mean"]


def test_a_missing_class_is_seen_by_the_class_shares(reference, floor):
    images, labels = sides(900, 2)
    values = reference.report(images[labels > 0][:300])
    assert_allclose(values["class_tv"], 0.5, atol=0.08)
    assert floor["class_tv"] < 0.1


def test_a_smaller_reference_draws_from_the_test_split():
    test = sides(300, 1)
    reference = Reference(MeansOfQuarters(), sides(500, 0), test, num=100)
    assert reference.labels.shape == (100,)
    assert_allclose(reference.prior, np.bincount(test[1]) / 300)


def test_the_number_of_images_must_agree(reference):
    with pytest.raises(InputError, match=r"images \(299\) must be 300"):
        reference.report(sides(299, 2)[0])
    with pytest.raises(InputError, match="between 2 and 300 test"):
        Reference(MeansOfQuarters(), sides(500, 0), sides(300, 1), num=301)
