import numpy as np
import pytest
from evaluation_helpers import ToyClassifier
from numpy.testing import assert_allclose
from tiny import blobs

from gan_tf.evaluation.reference import Reference


def draw(num, seed):
    """`blobs` of which about 50, 30 and 20 % are of the classes 0, 1 and 2."""
    images, labels = blobs(6 * num, seed=seed)
    weights = np.array([0.5, 0.3, 0.2])[labels]
    rng = np.random.default_rng(seed)
    rows = rng.choice(6 * num, num, replace=False, p=weights / weights.sum())
    return images[rows], labels[rows]


def score(reference, images, labels=None):
    return reference.score(reference.classifier.outputs(images), labels)


@pytest.fixture(scope="module")
def reference():
    return Reference(ToyClassifier(), draw(1300, 0), draw(300, 1), num=300)


@pytest.fixture(scope="module")
def baseline(reference):
    return reference.baseline()


def test_names_and_types(reference):
    values = score(reference, *draw(300, 2))
    without = score(reference, draw(300, 2)[0])
    expected = "frechet frechet_debiased frechet_ratio frechet_logits kid kid_error score "
    expected += "precision recall density coverage class_tv label_accuracy "
    expected += "label_cross_entropy class_frechet_mean class_frechet_worst"
    assert list(values) == expected.split()
    assert without == {name: values[name] for name in list(values)[:12]}
    assert all(type(value) is float for value in values.values())


def test_the_baseline_of_real_images(reference, baseline):
    assert_allclose(baseline["frechet_ratio"], 1.0, rtol=1e-9)
    assert abs(baseline["kid"]) < 4 * baseline["kid_error"]
    assert abs(baseline["frechet_debiased"]) < baseline["frechet"]
    assert_allclose(baseline["coverage"], 1 - 2.0**-5, atol=0.03)
    # A mean over four disjoint draws.
    assert len(reference._draws) == 4
    features = np.concatenate([outputs.features for outputs, _ in reference._draws])
    assert len(np.unique(features, axis=0)) == 1200


def test_each_flaw_costs_the_metrics_that_measure_it(reference, baseline):
    images, labels = draw(300, 2)
    honest = score(reference, images, labels)
    darker = score(reference, images // 2, labels)
    assert darker["frechet_ratio"] > 5
    assert darker["kid"] > 5 * darker["kid_error"]
    assert darker["coverage"] < baseline["coverage"] - 0.2
    assert darker["recall"] < baseline["recall"] - 0.2

    ignored = score(reference, images, (labels + 1) % 3)
    assert honest["frechet"] == ignored["frechet"]
    assert ignored["label_accuracy"] < 0.2 < 0.8 < honest["label_accuracy"]
    assert ignored["class_frechet_mean"] > 10 * honest["class_frechet_mean"]

    images, labels = draw(900, 2)
    missing = score(reference, images[labels > 0][:300])
    assert_allclose(missing["class_tv"], 0.5, atol=0.08)
    assert baseline["class_tv"] < 0.1


def test_a_smaller_reference_draws_from_the_test_split():
    test = draw(300, 1)
    reference = Reference(ToyClassifier(), draw(500, 0), test, num=100)
    assert reference.labels.shape == (100,)
    assert_allclose(reference.prior, np.bincount(test[1]) / 300)


@pytest.mark.parametrize("num", [*range(10, 30), 33])
def test_a_few_images_of_any_number_are_scored(num):
    reference = Reference(ToyClassifier(), draw(60, 0), draw(60, 1), num=num)
    values = score(reference, draw(num, 2)[0])
    assert np.isfinite(list(values.values())).all()
