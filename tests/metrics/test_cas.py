import numpy as np
import pytest

from gan_tf.errors import InputError
from gan_tf.evaluation import cas
from gan_tf.evaluation.cas import build_network, classification_accuracy_score


def test_good_images_teach_and_false_labels_do_not(bars):
    images, labels = bars
    train, test = slice(0, 180), slice(180, None)
    args = images[test], labels[test]
    good = classification_accuracy_score(images[train], labels[train], *args, epochs=8)
    false = (labels[train] + 1) % 3
    bad = classification_accuracy_score(images[train], false, *args, epochs=8)
    assert good > 0.75
    assert bad < 0.25


def test_the_last_twelfth_is_not_trained_on(bars, monkeypatch):
    given = {}

    def spy(network, train, held_out, **options):
        given.update(train=train, held_out=held_out)

    monkeypatch.setattr(cas, "fit", spy)
    cas.classification_accuracy_score(*bars, *bars)
    for part in (0, 1):
        np.testing.assert_array_equal(given["train"][part], bars[part][:220])
        np.testing.assert_array_equal(given["held_out"][part], bars[part][220:])


def test_the_network_is_that_of_the_recipe():
    """320 + 18,496 + 9216 * 128 + 128 + 1,290 weights."""
    network = build_network((28, 28, 1), 10, seed=0)
    assert network.count_params() == 1_199_882


def test_only_generated_images_choose_the_epoch(bars):
    images, labels = bars
    seen = []
    score = classification_accuracy_score(
        images[:120],
        labels[:120],
        images[120:],
        (labels[120:] + 1) % 3,
        epochs=8,
        on_epoch=lambda epoch, accuracy: seen.append(accuracy),
    )
    # Ten held-out images, all generated; the real labels are false, and it cannot know.
    assert len(seen) == 8
    assert np.allclose(np.array(seen) * 10 % 1, 0)
    assert score < 0.2


def test_bad_input():
    images, labels = np.zeros([24, 14, 14], np.uint8), np.zeros(24, int)
    with pytest.raises(InputError, match="12 or more"):
        classification_accuracy_score(images[:5], labels[:5], images, labels)
    with pytest.raises(InputError, match="shape of the real ones"):
        classification_accuracy_score(images, labels, images[:, :12], labels)
