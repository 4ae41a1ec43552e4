"""All the fast metrics of a set of images, against the real ones, in one call."""

import functools

import numpy as np

from gan_tf import metrics
from gan_tf.metrics import frechet

MAX_DRAWS = 5
_OF_CLASSES = "frechet_logits", "score", "class_tv"


class Reference:
    """The classifier's outputs for the real images; made once, used for every set.

    Generated images are compared with `num` images of the test split. The real-data
    baseline is the same comparison with `num` images of the training split in place of
    the generated ones, averaged over up to five disjoint draws.

    Attributes:
        classifier: the `Classifier`.
        num: images in a set; estimates at different sizes cannot be compared.
        labels: int64 [num], of the test images: what to request of a generator.
        prior: float64 [K], the fraction of each class in the whole test split.
        fewest: int64 [K], the images of each class in the compared test images or in that
            set of the baseline which has fewest; with 2 of each there are distances
            within the classes.
    """

    def __init__(self, classifier, train, test, num):
        """Classifies the real images of the reference, and draws those of the baseline.

        Args:
            classifier: a `Classifier`.
            train: (uint8 images [N, H, W, C], labels [N]), for the baseline; N >= num.
            test: the same for the reference itself, of which `num` are drawn.
            num: images to compare with.
        """
        images, labels = test
        rng = np.random.default_rng(0)
        self.classifier, self.num = classifier, num
        self.prior = np.bincount(labels, minlength=classifier.num_classes) / len(labels)
        rows = np.sort(rng.permutation(len(images))[:num])
        self.labels = labels[rows].astype(np.int64)
        outputs = classifier.outputs(images[rows])
        self._features = outputs.features
        self._moments = frechet.moments(outputs.features)
        self._logit_moments = frechet.moments(outputs.logits)
        self._radii = metrics.knn_squared_radii(outputs.features, (3, 5))
        rows = rng.permutation(len(train[0]))
        starts = range(0, len(rows) - num + 1, num)[:MAX_DRAWS]
        self._train, self._rows = train, [rows[start : start + num] for start in starts]
        sets = [self.labels, *(train[1][draw] for draw in self._rows)]
        self.fewest = np.min(
            [np.bincount(y, minlength=classifier.num_classes) for y in sets], axis=0
        )

    @functools.cached_property
    def _draws(self):
        images, labels = self._train
        return [(self.classifier.outputs(images[d]), labels[d]) for d in self._rows]

    @functools.cached_property
    def baseline_frechet(self):
        """`frechet` of the real-data baseline. `Evaluator` sets it where it is cached."""
        return float(np.mean([self._frechet(o.features) for o, _ in self._draws]))

    def score(self, outputs, labels=None):
        """Returns {name: value} of the fast metrics, all floats, for `num` images.

        Args:
            outputs: the `ClassifierOutputs` of the images.
            labels: integers [num], the requested labels; None for an unconditional
                generator, and then the metrics that need labels are left out.

        Returns:
            What docs/metrics.md defines; class_frechet_mean and class_frechet_worst where
            each class has 2 images. For a classifier of one class, whatever depends on
            classes is left out.
        """
        features, probabilities = outputs.features, outputs.probabilities
        distance, baseline = self._frechet(features), self.baseline_frechet
        bias = frechet.frechet_bias(self._moments.covariance, self.num, self.num)
        # Ten blocks or more (of fewer than 20 images, 5 to 9), for a standard error.
        block_size = max(2, min(1000, self.num // 10))
        kid = metrics.kernel_distance(self._features, features, block_size)
        values = {
            "frechet": distance,
            "frechet_debiased": distance - bias,
            "frechet_ratio": distance / baseline if baseline > 0 else float("nan"),
            "frechet_logits": frechet.frechet_distance(
                *self._logit_moments, *frechet.moments(outputs.logits)
            ),
            "kid": kid.value,
            "kid_error": kid.standard_error,
            "score": metrics.inception_score(probabilities),
            **metrics.prdc(self._features, features, real_radii=self._radii)._asdict(),
            "class_tv": metrics.class_total_variation(probabilities, self.prior),
        }
        num_classes = self.classifier.num_classes
        if num_classes == 1:
            return {k: value for k, value in values.items() if k not in _OF_CLASSES}
        if labels is None:
            return values
        values["label_accuracy"] = metrics.label_accuracy(probabilities, labels)
        values["label_cross_entropy"] = metrics.label_cross_entropy(probabilities, labels)
        counts = np.bincount(labels, minlength=num_classes)
        if min(self.fewest.min(), counts.min()) >= 2:
            within = frechet.class_frechet_distances(
                self._features, self.labels, features, labels
            )
            values["class_frechet_mean"] = float(within.mean())
            values["class_frechet_worst"] = float(within.max())
        return values

    def baseline(self):
        """Returns `score` of real training images: the means over the draws."""
        scores = [self.score(*draw) for draw in self._draws]
        return {
            name: float(np.mean([score[name] for score in scores])) for name in scores[0]
        }

    def _frechet(self, features):
        return frechet.frechet_distance(*self._moments, *frechet.moments(features))
