"""Scores generated images, and real ones in their place, against held-out real images."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError
from gan_tf.evaluation.baselines import kept
from gan_tf.evaluation.classifier_cache import fingerprint, load_judge
from gan_tf.evaluation.image_set import check_fit
from gan_tf.evaluation.label_sampling import check_sampler, generate
from gan_tf.evaluation.reference import Reference
from gan_tf.evaluation.slow_metrics import Thorough
from gan_tf.evaluation.splits import choose_num, split
from gan_tf.evaluation.stopwatch import Stopwatch
from gan_tf.metrics import confusion_matrix

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

# The images of label k are those of seed SEED + k, so that no two labels share their z.
# Far from 0, where users' seeds are.
SEED = 1_000_000
_CAS_SEED = 2_000_000


class Evaluation(NamedTuple):
    """What one set of images scored.

    Attributes:
        metrics: {name: value}; docs/metrics.md says what each is.
        images: uint8 [num, H, W, C], what was scored.
        labels: int64 [num], what was asked for; None when nothing was.
        seen: int64 [num], the class that the judge sees.
        confusion: int64 [K, K], row = label asked for, column = class seen; None
            without labels.
        seconds: {part of the work: seconds}.
    """

    metrics: dict[str, float]
    images: np.ndarray
    labels: np.ndarray | None
    predicted: np.ndarray
    confusion: np.ndarray | None
    seconds: dict[str, float]


class Evaluator:
    """Scores sets of `num` images against the real images of one dataset.

    Attributes:
        dataset: the `Dataset`.
        splits: its two parts; see `splits.Splits`.
        num: images in a set.
        labels: int64 [num], of the test images: what a generator is asked for.
        judge: the `Judge`.
        test_accuracy: the judge's, on the whole test part.
        real: {name: value} of real training images in place of generated ones.
        thorough: whether the slow metrics are taken too.
        seconds: {part: seconds} of making this.
    """

    def __init__(
        self,
        dataset: Dataset,
        num: int | None = None,
        thorough: bool = False,
        on_epoch=None,
        judge_name: str = "judge",
        judge_seed: int = 0,
    ):
        """Finds or trains the judge, and scores real images.

        Args:
            dataset: with labels; without a test split a seventh of each class is held
                out.
            num: images in a set; None for `NUM`, or as many as the data allow.
            thorough: also bins, copies and CAS, which take minutes.
            on_epoch: called with (epoch, held-out accuracy) while a judge is trained.
            judge_name: "audit" for a second opinion, by another network.
            judge_seed: that the judge was trained with.

        Raises:
            InputError: the data have no labels or too few images, or `num` is too large.
        """
        self.dataset, self.thorough = dataset, thorough
        self.splits = split(dataset)
        self.num = choose_num(self.splits, dataset.name, num)
        watch = Stopwatch()
        with watch.part("judge"):
            self.judge = load_judge(
                *self.splits.train, name=judge_name, seed=judge_seed, on_epoch=on_epoch
            )
            self._reference = Reference(self.judge, *self.splits[:2], self.num)
        self.labels = self._reference.labels
        self._slow = Thorough(self.splits, self.num) if thorough else None
        self._key = (
            *(fingerprint(*part) for part in self.splits[:2]),
            _digest(self.judge),
            self.num,
        )
        with watch.part("real images"):
            values = kept(self._key, self._floor)
        self.test_accuracy = values["test_accuracy"]
        self.real = {k: v for k, v in values.items() if k != "test_accuracy"}
        self.seconds = watch.seconds

    @property
    def notes(self) -> list[str]:
        """Lines about what a reader of the numbers should know."""
        notes = list(self._slow.notes) if self._slow else []
        if self.splits.held_out:
            notes.append(
                f"{self.dataset.name} has no test split: {len(self.splits.test[0])} "
                "images are kept from the judge for one, but a generator of these data "
                "has seen them"
            )
        if self.num < 1_000:
            notes.append(
                f"{self.num} images are few: compare only with scores of as many"
            )
        return notes

    def score_sampler(self, sampler: Sampler) -> Evaluation:
        """Returns the scores of a generator, asked for the labels of the test images.

        The noise is always the same: images of label k are the first ones of
        `sampler.generate(k, seed=SEED + k)`, and of seed `SEED` without labels.

        Raises:
            InputError: its images or classes are not those of the dataset.
        """
        check_sampler(sampler, self.dataset)
        watch = Stopwatch()
        asked = self.labels if sampler.class_names else None
        with watch.part("generate"):
            images = generate(sampler, asked, self.num, SEED)
        cas = None
        if self._slow and asked is not None:
            with watch.part("generate"):
                y = self.splits.train[1]
                labels = np.random.default_rng(SEED).permutation(y)
                cas = generate(sampler, labels, len(y), _CAS_SEED), labels
        return self._score(images, asked, cas, watch)

    def score_images(self, images, labels=None) -> Evaluation:
        """Returns the scores of `num` of the images given, drawn at random.

        Args:
            images: uint8 [N, H, W] or [N, H, W, C], N >= `num`.
            labels: integers [N], what was asked for; or None.

        Raises:
            InputError: they do not fit the dataset, or are too few.
        """
        images, labels = check_fit(images, labels, self.dataset, self.num)
        rows = np.random.default_rng(SEED).permutation(len(images))
        drawn = rows[: self.num]
        if labels is None:
            return self._score(images[drawn], None, None, Stopwatch())
        rows = rows[: len(self.splits.train[0])]
        cas = (images[rows], labels[rows])
        return self._score(images[drawn], labels[drawn], cas, Stopwatch())

    def _score(self, images, labels, cas, watch):
        with watch.part("metrics"):
            metrics = self._reference.report(images, labels)
            probabilities = self.judge.probabilities(images)
        confusion = None
        if labels is not None:
            confusion = confusion_matrix(probabilities, labels)
        slow = self._slow
        if slow:
            metrics |= slow.score(images, cas, watch)
            num_cas = 0 if cas is None else len(cas[0])
            with watch.part("real images, thorough"):
                self.real |= kept(
                    (*self._key, "thorough", num_cas),
                    lambda: slow.real(num_cas, Stopwatch()),
                )
        seen = probabilities.argmax(axis=1)
        return Evaluation(metrics, images, labels, seen, confusion, watch.seconds)

    def _floor(self):
        images, labels = self.splits.test
        seen = self.judge.probabilities(images).argmax(axis=1)
        try:
            floor = self._reference.floor()
        except InputError as error:
            raise InputError(
                f"num ({self.num}) leaves a class of {self.dataset.name} with too few "
                f"images to be judged: {error}"
            ) from None
        return {"test_accuracy": float(np.mean(seen == labels)), **floor}


def _digest(judge):
    weights = b"".join(w.tobytes() for w in judge.network.get_weights())
    return hashlib.sha256(weights).hexdigest()
