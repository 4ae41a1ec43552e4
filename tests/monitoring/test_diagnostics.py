import numpy as np
import pytest

from gan_tf.config import FIELDS
from gan_tf.monitoring.diagnostics import CHECKS, Diagnostics, count_missing_classes

# What a default run logs.
GOOD = {
    "losses/d_loss_real": 0.5,
    "losses/d_loss_fake": 0.5,
    "d_prob/fake": 0.4,
    "gradient_norms/d": 20.0,
    "gradient_norms/g": 2.0,
    "dead_kernels/d": 0.0,
    "dead_kernels/g": 0.0,
    "samples/contrast": 1.0,
    "samples/diversity": 0.9,
    "overfitting/d_accuracy_train": 0.75,
    "overfitting/d_accuracy_test": 0.25,
    "evaluation/missing_classes": 0,
}
BAD = {
    "strong_discriminator": {
        "losses/d_loss_real": 0.04,
        "losses/d_loss_fake": 0.03,
        "d_prob/fake": 0.03,
    },
    "collapsed_generator": {"samples/diversity": 0.1},
    "empty_images": {"samples/diversity": 0.0, "samples/contrast": 0.05},
    "memorizing_discriminator": {"overfitting/d_accuracy_test": 0.24},
    "missing_classes": {"evaluation/missing_classes": 1},
    "dead_gradients_d": {"dead_kernels/d": 0.25},
    "dead_gradients_g": {"dead_kernels/g": 1.0},
    "exploding_gradients_d": {"gradient_norms/d": 5e3},
    "exploding_gradients_g": {"gradient_norms/g": 5e3},
}


def warnings(rows):
    """[(step, name, since)] of the warnings of rows {step: metrics}."""
    diagnostics = Diagnostics()
    return [
        (step, check.name, since)
        for step, metrics in rows.items()
        for check, since in diagnostics.update(step, metrics)
    ]


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_a_failure_warns_once_if_it_lasts_and_names_its_first_step(name):
    bad = {**GOOD, **BAD[name]}
    rows = {step: GOOD for step in range(100, 1000, 100)}
    rows |= {step: bad for step in range(1000, 3000, 100)}
    assert warnings(rows) == [(1500, name, 1000)]
    assert not warnings({s: bad if s % 500 else GOOD for s in range(100, 5000, 100)})
    # Too few rows are bad.
    assert not warnings({10_000: bad, 20_000: GOOD, 30_000: GOOD})
    rare = "samples", "evaluation", "overfitting"
    two_suffice = any(tag.startswith(rare) for tag in BAD[name])
    assert bool(warnings({10_000: bad, 20_000: bad})) == two_suffice


def test_rows_without_the_tags_do_not_interrupt_a_failure():
    rows = {}
    for step in range(100, 1200, 100):
        samples = BAD["empty_images"] if step % 500 == 0 else {}
        rows[step] = {"gradient_norms/d": 1.0, **samples}
    assert warnings(rows) == [(1000, "empty_images", 500)]


def test_texts_name_flags_that_exist():
    for check in CHECKS:
        flags = [w[2:].rstrip(".,") for w in check.text.split() if w.startswith("--")]
        assert flags and set(flags) <= set(FIELDS), check.name


def test_missing_classes_are_those_with_hardly_any_images():
    real = np.repeat([0, 1, 2, 3], [100, 100, 100, 5])
    predicted = np.repeat([0, 1, 2], [100, 20, 19])
    # A fifth is enough, and of class 3 too few were expected.
    assert count_missing_classes(predicted, real) == 1
    assert count_missing_classes(np.zeros(305, int), real) == 2
    assert count_missing_classes(real, real) == 0
