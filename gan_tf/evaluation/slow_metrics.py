"""The slow metrics: bins, copies, and a classifier that learns from generated images."""

from __future__ import annotations

import numpy as np

from gan_tf.errors import InputError
from gan_tf.evaluation.cas import classification_accuracy_score
from gan_tf.evaluation.splits import Splits
from gan_tf.evaluation.stopwatch import Stopwatch
from gan_tf.metrics import copying_test, count_different_bins, make_bins

# Bins of 500 images each; NDB's authors use 100 bins.
_MAX_BINS, _ROWS_A_BIN = 100, 500
# Cells of the copying test have 20 rows or more on either side, on average 50.
_MAX_CELLS, _ROWS_A_CELL = 10, 50


class Thorough:
    """The slow metrics of sets of `num` images, all in pixels.

    Attributes:
        notes: lines about what could not be done.
    """

    def __init__(self, splits: Splits, num: int, seed: int = 0):
        """Draws the real images to compare with.

        Args:
            splits: the real images.
            num: images in a set; the copying test uses half as many, so that as many
                test images are left to take the generated ones' place.
            seed: of the draws.
        """
        self._splits, self._num, self._seed = splits, num, seed
        rng = np.random.default_rng(seed)
        self._test = splits.test[0][rng.permutation(len(splits.test[0]))[:num]]
        rows = rng.permutation(len(splits.train[0]))
        self._bin_rows = splits.train[0][rows[: _MAX_BINS * _ROWS_A_BIN]]
        self._num_bins = max(2, min(_MAX_BINS, len(self._bin_rows) // _ROWS_A_BIN))
        self._bins = None
        self.notes: list[str] = []

    def score(self, images, cas, watch: Stopwatch):
        """Returns {name: value}: ndb, ndb_js, copying, copying_error, nearest_ratio, cas.

        Args:
            images: uint8 [num, H, W, C], in random order.
            cas: (uint8 [N, H, W, C], labels [N]), what the classifier learns from; None
                to leave it out.
            watch: gets the seconds of each.
        """
        return self._score(images, images, cas, watch)

    def real(self, num_cas: int, watch: Stopwatch):
        """Returns the same for real images, `num_cas` of them for the classifier.

        Bins hold test images, the copying test the test images that it does not compare
        with, and the classifier learns from training images.
        """
        images, labels = self._splits.train
        rng = np.random.default_rng(self._seed + 1)
        rows = rng.permutation(len(images))[:num_cas]
        cas = (images[rows], labels[rows]) if num_cas else None
        others = self._test[self._num // 2 :]
        return self._score(self._test, others, cas, watch)

    def _score(self, bin_images, copy_images, cas, watch):
        values = {}
        with watch.part("ndb"):
            if self._bins is None:
                self._bins = make_bins(self._bin_rows, self._num_bins, self._seed)
            bins = count_different_bins(self._bins, bin_images)
            values["ndb"] = float(bins.different)
            values["ndb_js"] = bins.js
        half = self._num // 2
        with watch.part("copying"):
            cells = max(1, min(_MAX_CELLS, half // _ROWS_A_CELL))
            try:
                copies = copying_test(
                    self._splits.train[0],
                    self._test[:half],
                    copy_images[:half],
                    cells,
                    self._seed,
                )
            except InputError as error:
                self._note(f"the copying test is left out: {error}")
            else:
                values["copying"] = copies.score
                values["copying_error"] = copies.error
                values["nearest_ratio"] = copies.distance_ratio
        if cas is not None:
            made, asked = cas
            real, labels = self._splits.test
            with watch.part("cas"):
                values["cas"] = classification_accuracy_score(
                    made, asked, real, labels, seed=self._seed
                )
        return values

    def _note(self, text):
        if text not in self.notes:
            self.notes.append(text)
