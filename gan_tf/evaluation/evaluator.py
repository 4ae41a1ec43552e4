"""Scores generated images, and real ones in their place, against held-out real images."""

from __future__ import annotations

import contextlib
import hashlib
import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_tf.data import Dataset
from gan_tf.data.fingerprint import describe
from gan_tf.errors import InputError, listed
from gan_tf.evaluation.cache import cached, fingerprint, load_classifier
from gan_tf.evaluation.cas import classification_accuracy_score
from gan_tf.evaluation.classifier import untrained_classifier
from gan_tf.evaluation.copying import CopyingTest
from gan_tf.evaluation.image_set import check_image_set
from gan_tf.evaluation.reference import Reference
from gan_tf.evaluation.splits import choose_num, missing_split, split
from gan_tf.metrics import confusion_matrix

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

# The images of label k are those of seed SEED + k, so that no two labels share their z.
# Far from 0, where users' seeds are.
SEED = 1_000_000
_CAS_SEED = 2_000_000


class Evaluation(NamedTuple):
    """The scores of one set of images.

    Attributes:
        metrics: {name: value}, NaN where undefined; docs/metrics.md defines each.
        images: uint8 [num, H, W, C], the set.
        labels: int64 [num], the requested labels; None without any.
        predicted: int64 [num], the classifier's labels.
        confusion: int64 [K, K], row = requested label, column = predicted label; None
            without requested labels.
        seconds: {part of the work: seconds}.
        notes: lines about what a reader of the numbers should know.
    """

    metrics: dict[str, float]
    images: np.ndarray
    labels: np.ndarray | None
    predicted: np.ndarray
    confusion: np.ndarray | None
    seconds: dict[str, float]
    notes: list[str]


@contextlib.contextmanager
def _timed(seconds: dict[str, float], part: str):
    """Adds the time spent inside the block to `seconds[part]`."""
    started = time.perf_counter()
    yield
    seconds[part] = seconds.get(part, 0.0) + time.perf_counter() - started


class Evaluator:
    """Scores sets of `num` images against the real images of one dataset.

    Attributes:
        dataset: the `Dataset`.
        splits: its two parts; see `splits.Splits`.
        num: images in a set.
        labels: int64 [num], of the test images: what is requested of a generator.
        classifier: the `Classifier`; untrained where the data have no classes.
        test_accuracy: the classifier's, on the whole test part; None if it is untrained.
        real: {name: value}, the baseline: real training images in place of generated ones.
        checksums: {name: value} of the training data, as in config.json, of the test data
            and of the classifier's weights.
        seconds: {part: seconds} of making this.
    """

    def __init__(
        self,
        dataset: Dataset,
        num: int | None = None,
        slow_metrics: bool = False,
        classifier_name: str = "default",
        classifier_seed: int = 0,
    ):
        """Loads or trains the classifier, and scores real images.

        Args:
            dataset: without a test split a seventh of each class is held out; without
                labels, or with one class, the metrics of classes are left out.
            num: images in a set; None for `NUM`, or as many as the data allow.
            slow_metrics: also CAS, and the data-copying test of large training sets,
                which take minutes.
            classifier_name: "audit" for a second opinion, by another architecture.
            classifier_seed: that the classifier was trained with.

        Raises:
            InputError: the data have too few images, or `num` is too large.
        """
        self.dataset = dataset
        self.splits = split(dataset)
        self.num = choose_num(self.splits, dataset.name, num)
        if slow_metrics and self.has_classes and min(dataset.image_shape[:2]) < 6:
            raise InputError(
                "slow_metrics needs images of at least 6x6 pixels, and data "
                f"({dataset.name}) have {dataset.image_shape[0]}x{dataset.image_shape[1]}: "
                "leave it out"
            )
        self.seconds: dict[str, float] = {}
        train, test = self.splits.train, self.splits.test
        with _timed(self.seconds, "classifier"):
            options = {"name": classifier_name, "seed": classifier_seed}
            if self.has_classes:
                self.classifier = load_classifier(*train, **options)
            else:
                self.classifier = untrained_classifier(train[0], **options)
            self._reference = Reference(self.classifier, train, test, self.num)
        self.labels = self._reference.labels
        self._slow = slow_metrics
        self._copying = CopyingTest(self.splits, self.num, slow_metrics)
        weights = b"".join(w.tobytes() for w in self.classifier.network.get_weights())
        digest = hashlib.sha256(weights).hexdigest()
        crc32, sha256 = describe(dataset)["crc32"], fingerprint(*test)
        self.checksums = {"crc32": crc32, "test_sha256": sha256, "weights_sha256": digest}
        self._key = fingerprint(*train), sha256, digest, self.num
        with _timed(self.seconds, "real images"):
            self.real = cached(self._key, self._baseline)
            self._reference.baseline_frechet = self.real["frechet"]
            if not self._copying.is_left_out:
                self.real |= cached((*self._key, "copying"), self._copying.baseline)
        self.test_accuracy = self.real.pop("test_accuracy", None)

    @property
    def has_classes(self) -> bool:
        """Whether the data have more than one class."""
        return self.dataset.num_classes > 1

    @property
    def notes(self) -> list[str]:
        """Lines about what a reader of the numbers should know, whatever is scored."""
        notes = []
        if not self.has_classes:
            notes.append(
                f"{self.dataset.name} has fewer than two classes, so the metrics of "
                "classes are left out (frechet_logits, score, class_tv, label_accuracy, "
                "label_cross_entropy, class_frechet_mean, class_frechet_worst, cas), and "
                "the features are those of an untrained network: compare only within "
                "these data"
            )
        if self.splits.held_out:
            notes.append(
                f"{self.dataset.name} has no {missing_split(self.dataset)}: "
                f"{len(self.splits.test[0])} images are held out from the classifier for "
                "one, but a generator of these data was trained on them"
            )
        # One that guesses the most frequent class errs at most twice as often.
        guess = float(self._reference.prior.max())
        if self.test_accuracy is not None and self.test_accuracy < (1 + guess) / 2:
            notes.append(
                f"the evaluation classifier is right for {self.test_accuracy:.1%} of the "
                f"test images, where always guessing one class is for {guess:.1%}: the "
                "metrics in its features, and of classes, mean little"
            )
        if self.num < 1_000:
            notes.append(f"{self.num} images are few: compare only with scores of as many")
        if self._copying.note:
            notes.append(self._copying.note)
        return notes

    def score_sampler(self, sampler: Sampler) -> Evaluation:
        """Returns the scores of a generator, conditioned on the test images' labels.

        The noise is always the same: images of label k are the first ones of
        `sampler.generate(k, seed=SEED + k)`, and of seed `SEED` without labels.

        Raises:
            InputError: its images or classes are not those of the dataset.
        """
        check_sampler(sampler, self.dataset)
        seconds: dict[str, float] = {}
        labels = self.labels if sampler.class_names else None
        cas = None
        with _timed(seconds, "generate"):
            images = generate_for_labels(sampler, labels, self.num, SEED)
            if not self.has_classes:
                labels = None
            if self._slow and labels is not None:
                wanted = np.random.default_rng(SEED).permutation(self.splits.train[1])
                many = generate_for_labels(sampler, wanted, len(wanted), _CAS_SEED)
                cas = many, wanted
        return self._score(images, labels, cas, seconds)

    def score_images(self, images, labels=None) -> Evaluation:
        """Returns the scores of `num` of the images given, drawn at random.

        Args:
            images: uint8 [N, H, W] or [N, H, W, C], N >= `num`.
            labels: integers [N], the requested labels; or None.

        Raises:
            InputError: they do not fit the dataset, or are too few.
        """
        if not self.has_classes:
            labels = None
        images, labels = check_image_set(images, labels, self.dataset, self.num)
        rows = np.random.default_rng(SEED).permutation(len(images))
        few, many = rows[: self.num], rows[: len(self.splits.train[0])]
        if labels is None:
            return self._score(images[few], None, None, {})
        cas = (images[many], labels[many]) if self._slow else None
        return self._score(images[few], labels[few], cas, {})

    def _score(self, images, labels, cas, seconds):
        with _timed(seconds, "metrics"):
            outputs = self.classifier.outputs(images)
            metrics = self._reference.score(outputs, labels)
        confusion, notes = None, self.notes
        if labels is not None:
            confusion = confusion_matrix(outputs.probabilities, labels)
            if left_out := self._small_class(labels):
                notes = [left_out, *notes]
        elif self._slow and self.has_classes:
            notes = ["cas is left out: it needs images of requested labels", *notes]
        if not self._copying.is_left_out:
            with _timed(seconds, "data copying"):
                metrics |= self._copying.score(images)
        if cas is not None:
            with _timed(seconds, "cas"):
                metrics["cas"] = self._cas(*cas)
            with _timed(seconds, "cas of real images"):
                key = (*self._key, "cas", len(cas[0]))
                self.real |= cached(key, lambda: self._real_cas(len(cas[0])))
        predicted = outputs.logits.argmax(axis=1)
        return Evaluation(metrics, images, labels, predicted, confusion, seconds, notes)

    def _baseline(self):
        baseline = self._reference.baseline()
        if not self.has_classes:
            return baseline
        images, labels = self.splits.test
        predicted = self.classifier.outputs(images).logits.argmax(axis=1)
        return {"test_accuracy": float(np.mean(predicted == labels)), **baseline}

    def _cas(self, images, labels):
        return classification_accuracy_score(images, labels, *self.splits.test)

    def _real_cas(self, num):
        """Returns CAS of `num` training images in place of generated ones."""
        rows = np.random.default_rng(1).permutation(len(self.splits.train[0]))[:num]
        return {"cas": self._cas(*(array[rows] for array in self.splits.train))}

    def _small_class(self, labels):
        """Returns a note if a class is too small for the distances within the classes."""
        counts = np.bincount(labels, minlength=self.dataset.num_classes)
        fewest = np.minimum(counts, self._reference.fewest)
        if fewest.min() >= 2:
            return ""
        name = self.dataset.class_names[fewest.argmin()]
        return (
            "class_frechet_mean and class_frechet_worst are left out: they need 2 images "
            f"of each class in every {self.num} that are compared, and class {name} has "
            f"{fewest.min()}"
        )


def generate_for_labels(
    sampler: Sampler, labels: np.ndarray | None, num: int, seed: int
) -> np.ndarray:
    """Returns one image per label, uint8 [num, H, W, C], no two of the same z.

    The images of label k are the first ones of seed `seed` + k. `labels` are integers
    [num], or None for an unconditional model.
    """
    if labels is None:
        return sampler.generate(num=num, seed=seed)
    images = np.empty([num, *sampler.image_shape], np.uint8)
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == label)
        images[rows] = sampler.generate(label, len(rows), seed + label)
    return images


def check_sampler(sampler: Sampler, dataset: Dataset) -> None:
    """Raises an InputError if the images or classes of the two differ."""
    if sampler.image_shape != dataset.image_shape:
        raise InputError(
            f"data ({dataset.name}) have images of shape {dataset.image_shape}, the "
            f"generator makes {sampler.image_shape}: give the data that it was trained on, "
            "in that shape"
        )
    if sampler.class_names and sampler.class_names != dataset.class_names:
        raise InputError(
            f"data ({dataset.name}) have the classes {listed(dataset.class_names)}, the "
            f"generator has {listed(sampler.class_names)}: give the data that it was "
            "trained on"
        )
