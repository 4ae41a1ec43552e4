import numpy as np
import pytest

from gan_tf.config import RULES
from gan_tf.monitoring.diagnostics import SYMPTOMS, Doctor, missing_classes

# What a default run writes when it is well.
WELL = {
    "losses/d_loss_real": 0.5,
    "losses/d_loss_fake": 0.5,
    "d_prob/fake": 0.4,
    "gradient_norms/d": 20.0,
    "gradient_norms/g": 2.0,
    "dead_kernels/d": 0.0,
    "dead_kernels/g": 0.0,
    "samples/contrast": 1.0,
    "samples/variety": 0.9,
    "evaluation/missing_classes": 0,
}
ILL = {
    "strong_discriminator": {
        "losses/d_loss_real": 0.04,
        "losses/d_loss_fake": 0.03,
        "d_prob/fake": 0.03,
    },
    "collapsed_generator": {"samples/variety": 0.1},
    "empty_images": {"samples/variety": 0.0, "samples/contrast": 0.05},
    "missing_classes": {"evaluation/missing_classes": 1},
    "dead_gradients_d": {"dead_kernels/d": 0.25},
    "dead_gradients_g": {"dead_kernels/g": 1.0},
    "exploding_gradients_d": {"gradient_norms/d": 5e3},
    "exploding_gradients_g": {"gradient_norms/g": 5e3},
}


def findings(entries):
    """[(step of the look, name, since)] of entries {step: metrics}."""
    doctor = Doctor()
    return [
        (step, finding.name, finding.since)
        for step, metrics in entries.items()
        for finding in doctor.look(step, metrics)
    ]


def test_every_symptom_is_tested():
    assert set(ILL) == {symptom.name for symptom in SYMPTOMS}


@pytest.mark.parametrize("name", ILL)
def test_a_symptom_that_lasts_is_told_once_with_the_step_since_when(name):
    entries = {step: WELL for step in range(100, 1000, 100)}
    entries |= {step: {**WELL, **ILL[name]} for step in range(1000, 3000, 100)}
    assert findings(entries) == [(1500, name, 1000)]


@pytest.mark.parametrize("name", ILL)
def test_a_symptom_that_passes_is_not_told(name):
    ill = {**WELL, **ILL[name]}
    entries = {s: WELL if s % 500 == 0 else ill for s in range(100, 5000, 100)}
    assert not findings(entries)


@pytest.mark.parametrize("name", ILL)
def test_one_or_two_rare_entries_are_not_enough(name):
    ill = {**WELL, **ILL[name]}
    assert not findings({10_000: ill, 20_000: WELL, 30_000: WELL})
    at_sheets = any(tag.startswith(("samples", "evaluation")) for tag in ILL[name])
    assert bool(findings({10_000: ill, 20_000: ill})) == at_sheets


def test_entries_of_other_steps_do_not_interrupt_a_symptom():
    entries = {}
    for step in range(100, 1200, 100):
        sheet = ILL["empty_images"] if step % 500 == 0 else {}
        entries[step] = {"gradient_norms/d": 1.0, **sheet}
    assert findings(entries) == [(1000, "empty_images", 500)]


def test_texts_name_flags_that_exist():
    for symptom in SYMPTOMS:
        flags = [w[2:] for w in symptom.text.split() if w.startswith("--")]
        assert flags, symptom.name
        assert all(flag.rstrip(".,") in RULES for flag in flags), symptom.name


def test_missing_classes_are_those_with_hardly_any_images():
    real = np.repeat([0, 1, 2, 3], [100, 100, 100, 5])
    seen = np.repeat([0, 1, 2], [100, 20, 19])
    # A fifth is enough, and of class 3 too few were expected.
    assert missing_classes(seen, real) == 1
    assert missing_classes(np.zeros(305, int), real) == 2
    assert missing_classes(real, real) == 0
