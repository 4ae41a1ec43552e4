"""All the cheap metrics of a set of images, against the real ones, in one call."""

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics import classifier_scores as score
from gan_tf.metrics import frechet
from gan_tf.metrics.kid import kernel_distance
from gan_tf.metrics.prdc import manifold_metrics, squared_radii
from gan_tf.metrics.validation import check_images, check_labels

MAX_DRAWS = 5


class Reference:
    """The real images as the judge sees them; made once, used by every report.

    Generated images are compared with `num` images of the test split. The floor is what
    the same comparison gives for `num` images of the training split, in place of the
    generated ones; its distances are means over up to five disjoint draws.

    Attributes:
        judge: the `Judge` behind all numbers.
        num: images in a report; estimates at different sizes cannot be compared.
        labels: int64 [num], of the test images: what to ask a generator for.
        prior: float64 [K], the class shares of the whole test split.
    """

    def __init__(self, judge, train, test, num=10_000, seed=0):
        """Judges the real images: 1 pass over `num` and up to 5 x `num` of them.

        Args:
            judge: a `Judge`.
            train: (uint8 images [N, H, W(, C)], labels [N]), for the floor; N >= num.
            test: the same for the reference itself; when it holds more than `num`
                images, `num` of them are drawn.
            num: images to compare with.
            seed: of the draws.
        """
        (train_images, train_labels), (images, labels) = map(_checked, (train, test))
        if not 2 <= num <= min(len(images), len(train_images)):
            raise InputError(
                f"num ({num}) must be between 2 and {len(images)} test and "
                f"{len(train_images)} training images."
            )
        rng = np.random.default_rng(seed)
        self.judge, self.num = judge, num
        self.prior = np.bincount(labels, minlength=judge.num_classes) / len(labels)
        rows = np.sort(rng.permutation(len(images))[:num])
        self.labels = labels[rows]
        seen = judge.judge(images[rows])
        self._features, self._logits = seen.features, seen.logits
        self._moments = frechet.moments(seen.features)
        self._logit_moments = frechet.moments(seen.logits)
        self._radii = squared_radii(seen.features, (3, 5))
        rows = rng.permutation(len(train_images))
        self._draws = [
            rows[start : start + num]
            for start in range(0, len(rows) - num + 1, num)[:MAX_DRAWS]
        ]
        self._train = train_images, train_labels
        self._floor_frechet = np.mean(
            [self._frechet(judge.features(train_images[draw])) for draw in self._draws]
        )

    def report(self, images, labels=None):
        """Returns {name: value} of the cheap metrics, all floats, for `num` images.

        Args:
            images: uint8 [num, H, W] or [num, H, W, C].
            labels: integers [num], what was asked of the generator; None when nothing
                was, and then the rows that need labels are left out.

        Returns:
            frechet (classifier Frechet distance), frechet_debiased (less its mean for
            equal distributions), frechet_ratio (over that of real training images),
            frechet_logits (the same distance on the logits), kid and kid_error
            (standard error), score, precision, recall, density, coverage, class_tv; and
            with labels label_accuracy, label_cross_entropy, class_frechet_mean and
            class_frechet_worst.
        """
        images = check_images(images)
        if len(images) != self.num:
            raise InputError(
                f"images ({len(images)}) must be {self.num}, as many as the real ones: "
                "the metrics depend on how many there are. Set the reference's num."
            )
        seen = self.judge.judge(images)
        distance = self._frechet(seen.features)
        bias = frechet.frechet_bias(self._moments.covariance, self.num, self.num)
        # Ten blocks or more, so that there is a standard error.
        block_size = max(2, min(1000, self.num // 10))
        kid = kernel_distance(self._features, seen.features, block_size)
        manifold = manifold_metrics(
            self._features, seen.features, real_radii=self._radii
        )
        probabilities = seen.probabilities
        values = {
            "frechet": distance,
            "frechet_debiased": distance - bias,
            "frechet_ratio": float(distance / self._floor_frechet),
            "frechet_logits": frechet.frechet_distance(
                *self._logit_moments, *frechet.moments(seen.logits)
            ),
            "kid": kid.value,
            "kid_error": kid.standard_error,
            "score": score.inception_score(probabilities),
            **manifold._asdict(),
            "class_tv": score.class_total_variation(probabilities, self.prior),
        }
        if labels is None:
            return values
        within = frechet.class_frechet_distances(
            self._features, self.labels, seen.features, labels
        )
        return {
            **values,
            "label_accuracy": score.label_accuracy(probabilities, labels),
            "label_cross_entropy": score.label_cross_entropy(probabilities, labels),
            "class_frechet_mean": float(within.mean()),
            "class_frechet_worst": float(within.max()),
        }

    def floor(self):
        """Returns the report of real training images: the means over the draws."""
        images, labels = self._train
        reports = [self.report(images[draw], labels[draw]) for draw in self._draws]
        return {
            name: float(np.mean([report[name] for report in reports]))
            for name in reports[0]
        }

    def _frechet(self, features):
        return frechet.frechet_distance(*self._moments, *frechet.moments(features))


def _checked(split):
    images = check_images(split[0])
    return images, check_labels(split[1], len(images))
