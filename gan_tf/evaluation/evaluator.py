"""Scores generated images, and real ones in their place, against held-out real images."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_tf.data import Dataset
from gan_tf.errors import InputError
from gan_tf.evaluation.floors import kept
from gan_tf.evaluation.splits import split
from gan_tf.evaluation.stopwatch import Stopwatch
from gan_tf.evaluation.thorough import Thorough
from gan_tf.metrics import confusion_matrix
from gan_tf.metrics.check import check_images, check_labels
from gan_tf.metrics.judge_cache import fingerprint, load_judge
from gan_tf.metrics.report import Reference

if TYPE_CHECKING:
    from gan_tf.sampling import Sampler

NUM = 10_000
# The images of label k are those of seed SEED + k, so that no two labels share their z.
# Far from 0, where users' seeds are.
SEED = 1_000_000
_CAS_SEED = 2_000_000
_FEWEST = 10


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
    seen: np.ndarray
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
    ):
        """Finds or trains the judge, and scores real images.

        Args:
            dataset: with labels; without a test split a seventh of each class is held
                out.
            num: images in a set; None for `NUM`, or as many as the data allow.
            thorough: also bins, copies and CAS, which take minutes.
            on_epoch: called with (epoch, held-out accuracy) while a judge is trained.

        Raises:
            InputError: the data have no labels or too few images, or `num` is too large.
        """
        self.dataset, self.thorough = dataset, thorough
        self.splits = split(dataset)
        self.num = self._checked_num(num)
        watch = Stopwatch()
        with watch.part("judge"):
            self.judge = load_judge(*self.splits.train, on_epoch=on_epoch)
            self._reference = Reference(self.judge, *self.splits[:2], self.num)
        self.labels = self._reference.labels
        self._slow = Thorough(self.splits, self.num) if thorough else None
        weights = [w.tobytes() for w in self.judge.network.get_weights()]
        self._key = (*map(_name, self.splits[:2]), self.num, hash_of(weights))
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
        self._check_sampler(sampler)
        watch = Stopwatch()
        asked = self.labels if sampler.class_names else None
        with watch.part("generate"):
            images = _generate(sampler, asked, self.num, SEED)
        cas = (None, None)
        if self._slow and asked is not None:
            with watch.part("generate"):
                y = self.splits.train[1]
                labels = np.random.default_rng(SEED).permutation(y)
                cas = _generate(sampler, labels, len(y), _CAS_SEED), labels
        return self._score(images, asked, cas, watch)

    def score_images(self, images, labels=None) -> Evaluation:
        """Returns the scores of `num` of the images given, drawn at random.

        Args:
            images: uint8 [N, H, W] or [N, H, W, C], N >= `num`.
            labels: integers [N], what was asked for; or None.

        Raises:
            InputError: they do not fit the dataset, or are too few.
        """
        images = check_images(images)
        if images.shape[1:] != self.dataset.image_shape:
            raise InputError(
                f"images (shape {images.shape[1:]}) must be {self.dataset.image_shape}, "
                f"as those of {self.dataset.name}"
            )
        if len(images) < self.num:
            raise InputError(
                f"num ({self.num}) must be at most {len(images)}, the images given"
            )
        rows = np.random.default_rng(SEED).permutation(len(images))
        drawn = rows[: self.num]
        if labels is None:
            return self._score(images[drawn], None, (None, None), Stopwatch())
        labels = check_labels(labels, len(images), self.dataset.num_classes)
        rows = rows[: len(self.splits.train[0])]
        cas = (images[rows], labels[rows])
        return self._score(images[drawn], labels[drawn], cas, Stopwatch())

    def _score(self, images, labels, cas, watch):
        if labels is not None:
            self._check_classes(labels)
        with watch.part("metrics"):
            metrics = self._reference.report(images, labels)
            probabilities = self.judge.probabilities(images)
        confusion = None
        if labels is not None:
            confusion = confusion_matrix(probabilities, labels)
        if self._slow:
            metrics |= self._slow.score(images, *cas, watch)
            with watch.part("real images"):
                num_cas = 0 if cas[0] is None else len(cas[0])
                self.real |= kept(
                    (*self._key, "thorough", num_cas),
                    lambda: self._slow.real(num_cas, Stopwatch()),
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

    def _checked_num(self, num):
        most, name = self.splits.most, self.dataset.name
        if most < _FEWEST:
            raise InputError(
                f"data ({name}) have {len(self.splits.test[0])} test images: {_FEWEST} "
                "or more are needed to compare with"
            )
        if num is None:
            return min(NUM, most)
        if not _FEWEST <= num <= most:
            raise InputError(
                f"num ({num}) must be from {_FEWEST} to {most}: {name} has "
                f"{len(self.splits.test[0])} test and {len(self.splits.train[0])} "
                "training images to compare with"
            )
        return num

    def _check_sampler(self, sampler):
        dataset = self.dataset
        shape = tuple(sampler.generator.outputs[0].shape[1:])
        if shape != dataset.image_shape:
            raise InputError(
                f"data ({dataset.name}) have images of shape {dataset.image_shape}, the "
                f"generator makes {shape}: give the data that it was trained on"
            )
        if sampler.class_names and sampler.class_names != dataset.class_names:
            raise InputError(
                f"data ({dataset.name}) have the classes {_few(dataset.class_names)}, "
                f"the generator was trained on {_few(sampler.class_names)}"
            )

    def _check_classes(self, labels):
        counts = np.bincount(labels, minlength=self.dataset.num_classes)
        if counts.min() < 2:
            name = self.dataset.class_names[int(counts.argmin())]
            raise InputError(
                f"labels name class {name} {counts.min()} times among the {len(labels)} "
                "images: each class must be there twice or more, so give more images"
            )
