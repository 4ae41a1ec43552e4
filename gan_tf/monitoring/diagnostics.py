"""Training warnings: common failures of a GAN, detected in its logged metrics.

The warnings are a function of the logged metrics, so a resumed run replays its old rows
of metrics.jsonl (evaluations are not among them). docs/training_warnings.md gives the
source of each threshold.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

# A check fails when its condition has held for as many steps: a healthy generator starts
# with noise, which its discriminator detects for some hundred steps.
_MIN_STEPS = 500
# The sum of D's two cross-entropies is 2 ln 2 = 1.39 at chance level. Former defaults
# never came below 0.21, not even at the first log step; where G learns nothing more, it
# stays below 0.1.
_STRONG_D_LOSS = 0.15
_STRONG_D_PROB = 0.1
# Ratios to real images. Former defaults had 0.55 or more, a collapsed one 0.02.
_MIN_DIVERSITY = 0.2
_MIN_CONTRAST = 0.2
# The largest gradient norm of former defaults was 44.
_MAX_NORM = 1_000.0
# Of the accuracies on training and on test images: `acgan` with learning rates of 5e-4 had
# 0.08 or less on all of MNIST. Where it stayed above this, the images had become copies or
# much worse.
_MAX_ACCURACY_GAP = 0.5
# A class is missing that has less than this fraction of its images, of ten or more.
_MISSING_FRACTION = 0.2
_MIN_IMAGES = 10


class Check(NamedTuple):
    """A condition that is a failure if it lasts.

    Attributes:
        name: the TensorBoard tag is warnings/<name>.
        tags: the metrics it reads; rows without all of them are ignored.
        fails: whether the values of `tags`, in their order, are bad.
        rows: how many rows in succession must be bad.
        text: what is wrong and what to try.
    """

    name: str
    tags: tuple[str, ...]
    fails: Callable[..., bool]
    rows: int
    text: str


def _gradient_checks(letter, network):
    return [
        Check(
            f"dead_gradients_{letter}",
            (f"dead_kernels/{letter}",),
            lambda dead: dead > 0,
            3,
            f"a layer of the {network} does not learn: the gradient of its kernel is 0 "
            f"(see gradients/{network} in TensorBoard's histograms). Start again with a "
            f"smaller --{letter}_learning_rate or another --seed",
        ),
        Check(
            f"exploding_gradients_{letter}",
            (f"gradient_norms/{letter}",),
            lambda norm: norm > _MAX_NORM,
            3,
            f"the {network}'s gradients explode: their norm stays over "
            f"{_MAX_NORM:,.0f}. Try a smaller --{letter}_learning_rate, and a smaller "
            "--r1_gamma if there is one",
        ),
    ]


CHECKS = (
    Check(
        "strong_discriminator",
        ("losses/d_loss_real", "losses/d_loss_fake", "d_prob/fake"),
        lambda real, fake, probability: (
            real + fake < _STRONG_D_LOSS and probability < _STRONG_D_PROB
        ),
        3,
        "the discriminator is too strong: its source losses are near 0 and so is D(G(z)), "
        "which gives the generator little gradient. Try a smaller --d_learning_rate, a "
        "larger --r1_gamma or --label_smoothing 0.1",
    ),
    Check(
        "collapsed_generator",
        ("samples/diversity", "samples/contrast"),
        lambda diversity, contrast: (
            diversity < _MIN_DIVERSITY and contrast >= _MIN_CONTRAST
        ),
        2,
        "the generator has collapsed: for different z it makes nearly the same image, of "
        "at least one class (see samples/). Try smaller --g_learning_rate and "
        "--d_learning_rate, a larger --batch_size or a larger --r1_gamma",
    ),
    Check(
        "empty_images",
        ("samples/contrast",),
        lambda contrast: contrast < _MIN_CONTRAST,
        2,
        "the generated images are black or of one colour (see samples/). Start "
        "again with smaller --g_learning_rate and --d_learning_rate",
    ),
    Check(
        "memorizing_discriminator",
        ("overfitting/d_accuracy_train", "overfitting/d_accuracy_test"),
        lambda train, test: train - test > _MAX_ACCURACY_GAP,
        2,
        "the discriminator has memorized the training images: it classifies most of them "
        "as real, but few of the test images. The images may become copies: use an earlier "
        "checkpoint, or start again with --augment translate, fewer --steps or more "
        "pictures",
    ),
    Check(
        "missing_classes",
        ("evaluation/missing_classes",),
        lambda missing: missing > 0,
        2,
        "the generator leaves classes out: the evaluation classifier predicts them for "
        "hardly any image (see class_tv and evaluation/confusion). Train longer; in "
        "place of --model gan, try acgan, which is conditioned on the class",
    ),
    *_gradient_checks("d", "discriminator"),
    *_gradient_checks("g", "generator"),
)


class Diagnostics:
    """Runs the checks on one row of metrics after another; each warns once."""

    def __init__(self):
        self._bad_steps: dict[str, list[int]] = {}
        self._warned: set[str] = set()

    def update(self, step: int, metrics: Mapping[str, float]) -> list[tuple[Check, int]]:
        """Returns the checks that now fail, each with the step of its first bad row.

        Args:
            step: of the row, not smaller than those before.
            metrics: {tag: value}; any tag may be missing.
        """
        failed = []
        for check in CHECKS:
            if check.name in self._warned or not metrics.keys() >= set(check.tags):
                continue
            if not check.fails(*(metrics[tag] for tag in check.tags)):
                self._bad_steps.pop(check.name, None)
                continue
            steps = self._bad_steps.setdefault(check.name, [])
            steps.append(step)
            if len(steps) >= check.rows and step - steps[0] >= _MIN_STEPS:
                self._warned.add(check.name)
                failed.append((check, steps[0]))
        return failed


def count_missing_classes(predicted: np.ndarray, real: np.ndarray) -> int:
    """Returns how many classes hardly appear among generated images.

    Args:
        predicted: integers [N], the class that a classifier predicts for each generated
            image.
        real: integers [N], the classes of as many real images.
    """
    expected = np.bincount(real)
    found = np.bincount(predicted, minlength=len(expected))[: len(expected)]
    missing = found < _MISSING_FRACTION * expected
    return int(np.sum(missing & (expected >= _MIN_IMAGES)))
