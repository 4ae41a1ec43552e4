"""What goes wrong in a training, told from its entries in plain words.

Pure functions of numbers: the same entries give the same findings, so that a run which
goes on need only show the doctor its old entries (evaluations are none of them).
docs/doctor.md says where each threshold comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

# A finding is told when its symptom has held for as many steps: a healthy generator
# starts with noise, and its discriminator wins the first hundreds of steps.
_STEPS = 500
# The sum of D's two cross-entropies is 2 ln 2 = 1.39 where D cannot tell at all. The
# default models never came below 0.21, not even in the first entry; lost games stay below
# 0.1.
_WON_LOSS = 0.15
_WON_PROBABILITY = 0.1
# Of what real images have. The default models had 0.55 at least, a collapsed one 0.02.
_LEAST_VARIETY = 0.2
_LEAST_CONTRAST = 0.2
# The default models' largest gradient norm was 44.
_LARGEST_NORM = 1_000.0
# A class is missed that has less than this share of its images, of ten or more.
_MISSED_SHARE = 0.2
_FEWEST_IMAGES = 10


class Symptom(NamedTuple):
    """Something that is wrong if it lasts.

    Attributes:
        name: TensorBoard's tag is doctor/<name>.
        tags: the metrics to look at; an entry without them says nothing.
        holds: whether the values of `tags`, in their order, are bad ones.
        entries: how many entries in a row must be bad.
        text: what is wrong and what to try.
    """

    name: str
    tags: tuple[str, ...]
    holds: Callable[..., bool]
    entries: int
    text: str


class Finding(NamedTuple):
    """A symptom that lasted.

    Attributes:
        name: see `Symptom`.
        since: step of the first of the bad entries.
        text: see `Symptom`.
    """

    name: str
    since: int
    text: str


def _of_gradients(letter, network):
    return [
        Symptom(
            f"dead_gradients_{letter}",
            (f"dead_kernels/{letter}",),
            lambda dead: dead > 0,
            3,
            f"a layer of the {network} has died: the gradient of its kernel is 0 (see "
            f"gradients/{network} in TensorBoard's histograms). Start again with a smaller "
            f"--{letter}_learning_rate or another --seed",
        ),
        Symptom(
            f"exploding_gradients_{letter}",
            (f"gradient_norms/{letter}",),
            lambda norm: norm > _LARGEST_NORM,
            3,
            f"the {network}'s gradients explode: their norm stays over "
            f"{_LARGEST_NORM:,.0f}. Try a smaller --{letter}_learning_rate, and a smaller "
            "--r1_gamma if there is one",
        ),
    ]


SYMPTOMS = (
    Symptom(
        "strong_discriminator",
        ("losses/d_loss_real", "losses/d_loss_fake", "d_prob/fake"),
        lambda real, fake, probability: (
            real + fake < _WON_LOSS and probability < _WON_PROBABILITY
        ),
        3,
        "the discriminator is too strong: its source losses are near 0 and so is D(G(z)), "
        "which tells the generator little. Try a smaller --d_learning_rate, a larger "
        "--r1_gamma or --label_smoothing 0.1",
    ),
    Symptom(
        "collapsed_generator",
        ("samples/variety", "samples/contrast"),
        lambda variety, contrast: (
            variety < _LEAST_VARIETY and contrast >= _LEAST_CONTRAST
        ),
        2,
        "the generator has collapsed: for different z it makes nearly the same image, of "
        "one class at least (look at samples/). Try smaller --g_learning_rate and "
        "--d_learning_rate, a larger --batch_size or a larger --r1_gamma",
    ),
    Symptom(
        "empty_images",
        ("samples/contrast",),
        lambda contrast: contrast < _LEAST_CONTRAST,
        2,
        "the generated images are black or one even colour (look at samples/). Start "
        "again with smaller --g_learning_rate and --d_learning_rate",
    ),
    Symptom(
        "missing_classes",
        ("evaluation/missing_classes",),
        lambda missing: missing > 0,
        2,
        "the generator leaves classes out: the judge sees hardly any images of them (see "
        "class_tv and evaluation/confusion). Train longer, or try --model acgan, which is "
        "asked for each class",
    ),
    *_of_gradients("d", "discriminator"),
    *_of_gradients("g", "generator"),
)


class Doctor:
    """Looks at a run's entries, one after another, and tells each finding once."""

    def __init__(self):
        """Has seen no entry."""
        self._bad_steps: dict[str, list[int]] = {}
        self._told: set[str] = set()

    def look(self, step: int, metrics: Mapping[str, float]) -> list[Finding]:
        """Returns what is new.

        Args:
            step: the entry's, not smaller than those before.
            metrics: {tag: value}; any of them may be missing.
        """
        findings = []
        for name, tags, holds, entries, text in SYMPTOMS:
            if name in self._told or not all(tag in metrics for tag in tags):
                continue
            if not holds(*(metrics[tag] for tag in tags)):
                self._bad_steps.pop(name, None)
                continue
            steps = self._bad_steps.setdefault(name, [])
            steps.append(step)
            if len(steps) >= entries and step - steps[0] >= _STEPS:
                self._told.add(name)
                findings.append(Finding(name, steps[0], text))
        return findings


def missing_classes(seen: np.ndarray, real: np.ndarray) -> int:
    """Returns how many classes hardly appear among generated images.

    Args:
        seen: integers [N], the class that a judge sees in each generated image.
        real: integers [N], the classes of as many real images.
    """
    expected = np.bincount(real)
    found = np.bincount(seen, minlength=len(expected))[: len(expected)]
    missed = found < _MISSED_SHARE * expected
    return int(np.sum(missed & (expected >= _FEWEST_IMAGES)))
