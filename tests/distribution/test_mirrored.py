"""Two devices compute the same as one; see mirrored_program.py."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("mirrored_program.py")
TRAINING_TESTS = Path(__file__).parents[1] / "training"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    file = tmp_path_factory.mktemp("mirrored") / "results.npz"
    subprocess.run(
        [sys.executable, PROGRAM, file],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TRAINING_TESTS), *sys.path])},
        check=True,
        capture_output=True,
    )
    return dict(np.load(file))


def pairs(results, case, kind):
    """Returns [(name, array on one device, array on both)]."""
    start = f"{case}/one/{kind}/"
    names = [name.removeprefix(start) for name in results if name.startswith(start)]
    assert names
    both = f"{case}/both/{kind}/"
    return [(name, results[start + name], results[both + name]) for name in names]


@pytest.mark.parametrize("case", ["plain", "groups", "norm", "augmented", "resumed"])
def test_two_devices_train_the_same_as_one_and_resume_bit_for_bit(results, case):
    # Gradients and Adam's moments too: its update alone would hide a wrong scale.
    for kind in ("gradients", "state", "metrics", "logits"):
        for name, one, both in pairs(results, case, kind):
            if case == "resumed":  # an undisturbed training and a restored one, on both
                np.testing.assert_array_equal(both, one, err_msg=name)
            # Adam's update is steep where a gradient is of rounding's size.
            weights = kind == "state" and "adam" not in name
            tolerance = 1e-5 if weights else 1e-5 * np.abs(one).max() + 1e-9
            np.testing.assert_allclose(both, one, atol=tolerance, err_msg=name)
    # The copies of a variable stay equal, and no sum's order may vary.
    assert results[f"{case}/max_difference"] == 0
    assert results[f"{case}/unordered_sums"] == 0


def test_devices_have_different_dropout_masks(results):
    first, second = results["seeds"]
    assert abs(int(first[0]) - int(second[0])) > 10_000
    assert first[1] == second[1] == 0
