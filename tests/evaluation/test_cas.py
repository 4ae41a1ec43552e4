from unittest.mock import Mock

import numpy as np
import pytest

from gan_tf.errors import InputError
from gan_tf.evaluation import cas
from gan_tf.evaluation.cas import build_cas_network, classification_accuracy_score


def test_only_generated_images_and_their_labels_are_learnt(bars):
    """True labels give a good classifier, wrong ones a bad one; real labels no matter."""
    images, labels = bars
    train, test = slice(0, 180), slice(180, None)
    real, wrong = (images[test], labels[test]), (labels + 1) % 3
    good, bad = (
        classification_accuracy_score(images[train], of[train], *real, epochs=8)
        for of in (labels, wrong)
    )
    assert good > 0.75 and bad < 0.25


def test_the_last_twelfth_is_not_trained_on(bars, monkeypatch):
    fit = Mock()
    fit.return_value.predict.return_value = np.eye(3)[bars[1]]
    monkeypatch.setattr(cas, "fit", fit)
    assert classification_accuracy_score(*bars, *bars) == 1
    _, train, held_out = fit.call_args.args
    for part in (0, 1):
        np.testing.assert_array_equal(train[part], bars[part][:220])
        np.testing.assert_array_equal(held_out[part], bars[part][220:])


def test_the_network_is_that_of_the_recipe():
    """320 + 18,496 + 9216 * 128 + 128 + 1,290 weights."""
    network = build_cas_network((28, 28, 1), 10, seed=0)
    assert network.count_params() == 1_199_882


def test_too_few_images(bars):
    with pytest.raises(InputError, match="12 or more"):
        classification_accuracy_score(bars[0][:5], bars[1][:5], *bars)
