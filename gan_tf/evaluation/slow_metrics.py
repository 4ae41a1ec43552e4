"""The slow metrics: the data-copying test in pixels, and CAS."""

from __future__ import annotations

import numpy as np

from gan_tf.errors import InputError
from gan_tf.evaluation.cas import classification_accuracy_score
from gan_tf.evaluation.splits import Splits
from gan_tf.evaluation.stopwatch import timed
from gan_tf.metrics import data_copying_test


class SlowMetrics:
    """The slow metrics of sets of `num` images.

    Attributes:
        notes: lines about metrics that were left out.
    """

    def __init__(self, splits: Splits, num: int, seed: int = 0):
        """Draws the real images to compare with.

        Args:
            splits: the real images.
            num: images in a set; the data-copying test uses half as many, so that as
                many test images remain for its real-data baseline.
            seed: of the draws.
        """
        self._splits, self._half, self._seed = splits, num // 2, seed
        rows = np.random.default_rng(seed).permutation(len(splits.test[0]))[:num]
        self._test = splits.test[0][rows]
        self.notes: list[str] = []

    def score(self, images, cas, seconds: dict[str, float]) -> dict[str, float]:
        """Returns data_copying_ct, data_copying_ct_error, nn_distance_ratio and cas.

        Args:
            images: uint8 [num, H, W, C], in random order.
            cas: (uint8 [N, H, W, C], labels [N]), what the classifier of CAS is trained
                on; None to leave it out.
            seconds: {part: seconds}, which this adds to.
        """
        values = {}
        with timed(seconds, "data copying"):
            try:
                copying = data_copying_test(
                    self._splits.train[0], self._test[: self._half], images[: self._half]
                )
            except InputError as error:
                self.notes = [f"the data-copying test is left out: {error}"]
            else:
                values["data_copying_ct"] = copying.ct
                values["data_copying_ct_error"] = copying.ct_error
                values["nn_distance_ratio"] = copying.nn_distance_ratio
        if cas is not None:
            with timed(seconds, "cas"):
                (x, y), (real, real_labels) = cas, self._splits.test
                values["cas"] = classification_accuracy_score(
                    x, y, real, real_labels, seed=self._seed
                )
        return values

    def baseline(self, num_cas: int) -> dict[str, float]:
        """Returns `score` of real images, with `num_cas` training images for CAS.

        The data-copying test gets those test images that it does not compare with.
        """
        images, labels = self._splits.train
        rows = np.random.default_rng(self._seed + 1).permutation(len(images))[:num_cas]
        cas = (images[rows], labels[rows]) if num_cas else None
        return self.score(self._test[self._half :], cas, {})
