import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.evaluation.classifier import ClassifierOutputs
from gan_tf.evaluation.reference import Reference
from gan_tf.metrics.validation import check_images


class MeansOfQuarters:
    """A classifier without TensorFlow: features are the means of the image's quarters."""

    num_classes = 3

    def outputs(self, images):
        images = check_images(images)
        quarters = images.reshape(len(images), 2, 7, 2, 7).mean(axis=(2, 4))
        features = quarters.reshape(len(images), 4) / 64.0
        left, right = quarters.mean(axis=1).T
        logits = [left - right, right - left, np.full(len(images), 10.0)]
        return ClassifierOutputs(features, np.stack(logits, axis=1))


def sides(num, seed):
    """Images bright on the left (class 0), on the right (1) or nowhere (2)."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, num, p=[0.5, 0.3, 0.2])
    images = rng.integers(0, 60, [num, 14, 14, 1])
    images[labels == 0, :, :7] += rng.integers(20, 150, [(labels == 0).sum(), 1, 1, 1])
    images[labels == 1, :, 7:] += rng.integers(20, 150, [(labels == 1).sum(), 1, 1, 1])
    return images.astype(np.uint8), labels


def score(reference, images, labels=None):
    return reference.score(reference.classifier.outputs(images), labels)


@pytest.fixture(scope="module")
def reference():
    return Reference(MeansOfQuarters(), sides(1300, 0), sides(300, 1), num=300)


@pytest.fixture(scope="module")
def baseline(reference):
    return reference.baseline()


def test_names_and_types(reference):
    values = score(reference, *sides(300, 2))
    without = score(reference, sides(300, 2)[0])
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


def test_the_baseline_of_real_images(reference, baseline):
    assert_allclose(baseline["frechet_ratio"], 1.0, rtol=1e-9)
    assert abs(baseline["kid"]) < 4 * baseline["kid_error"]
    assert abs(baseline["frechet_debiased"]) < baseline["frechet"]
    assert_allclose(baseline["coverage"], 1 - 2.0**-5, atol=0.03)
    # A mean over four disjoint draws.
    draws = np.concatenate(reference._draws)
    assert len(reference._draws) == 4
    assert len(np.unique(draws)) == 1200


def test_fresh_images_score_like_real_ones(reference, baseline):
    scores = [score(reference, *sides(300, seed)) for seed in range(2, 12)]
    values = {name: np.mean([s[name] for s in scores]) for name in baseline}
    assert_allclose(values["frechet_ratio"], 1.0, atol=0.6)
    for name in ("precision", "recall", "coverage", "label_accuracy"):
        assert_allclose(values[name], baseline[name], atol=0.03)


def test_darker_images_are_worse(reference, baseline):
    images, labels = sides(300, 2)
    values = score(reference, images // 2, labels)
    assert values["frechet_ratio"] > 5
    assert values["kid"] > 5 * values["kid_error"]
    assert values["coverage"] < baseline["coverage"] - 0.2
    assert values["recall"] < baseline["recall"] - 0.2


def test_ignored_labels_cost_the_metrics_that_need_labels(reference):
    images, labels = sides(300, 2)
    honest = score(reference, images, labels)
    ignored = score(reference, images, (labels + 1) % 3)
    assert honest["frechet"] == ignored["frechet"]
    assert ignored["label_accuracy"] < 0.2 < 0.8 < honest["label_accuracy"]
    assert ignored["class_frechet_mean"] > 10 * honest["class_frechet_mean"]


def test_a_missing_class_costs_total_variation(reference, baseline):
    images, labels = sides(900, 2)
    values = score(reference, images[labels > 0][:300])
    assert_allclose(values["class_tv"], 0.5, atol=0.08)
    assert baseline["class_tv"] < 0.1


def test_a_smaller_reference_draws_from_the_test_split():
    test = sides(300, 1)
    reference = Reference(MeansOfQuarters(), sides(500, 0), test, num=100)
    assert reference.labels.shape == (100,)
    assert_allclose(reference.prior, np.bincount(test[1]) / 300)


def test_black_images_have_no_precision(reference):
    values = score(reference, np.zeros([300, 14, 14], np.uint8))
    assert np.isnan(values["precision"]) and np.isnan(values["density"])
    assert values["recall"] == 0.0 and values["coverage"] < 0.1


@pytest.mark.parametrize("num", [*range(10, 30), 33])
def test_a_few_images_of_any_number_are_scored(num):
    reference = Reference(MeansOfQuarters(), sides(60, 0), sides(60, 1), num=num)
    values = score(reference, sides(num, 2)[0])
    assert np.isfinite(list(values.values())).all()
