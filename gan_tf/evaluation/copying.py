"""The data-copying test in pixels, of generated images and of real ones in their place."""

import numpy as np

from gan_tf.evaluation.splits import Splits
from gan_tf.metrics.data_copying import MIN_ROWS, data_copying_test

# Products of pixels: with 5,000 training and 10,000 test images of 28x28, in about two
# seconds on two cores. Converting a training pixel takes as long as 800 products.
_MAX_PRODUCTS = 4.6e10
_CONVERSION = 800
_FEW = 20_000  # training images, for which docs/few_pictures.md recommends the test
_NAMES = "data_copying_ct", "data_copying_ct_error", "nn_distance_ratio"


class CopyingTest:
    """The data-copying test of sets of `num` images.

    Attributes:
        is_left_out: whether there are too few images, or too many pixels.
        note: a line that says why it is left out of a small set; "" otherwise.
    """

    def __init__(self, splits: Splits, num: int, slow: bool = True):
        """Draws the test images: half of `num`, and as many others for the baseline.

        Args:
            splits: of the data.
            num: how many images `score` will be given.
            slow: whether the test may take more than a few seconds.
        """
        rng = np.random.default_rng(0)
        self._train, self._half = splits.train[0], num // 2
        self._test = splits.test[0][rng.permutation(len(splits.test[0]))[:num]]
        # Images that are ordered by their classes are drawn from all of them.
        self._rows = rng.permutation(num)[: self._half]
        products = 2 * (self._half + _CONVERSION) * self._train.size
        is_slow = products > _MAX_PRODUCTS
        self.is_left_out = self._half < MIN_ROWS or (is_slow and not slow)
        self.note = ""
        if self._half < MIN_ROWS:
            self.note = (
                f"the data-copying test is left out: it needs {2 * MIN_ROWS} images, and "
                f"{num} are compared"
            )
        elif self.is_left_out and len(self._train) < _FEW:
            self.note = (
                "the data-copying test is left out: it takes long with so many pixels; "
                "slow_metrics adds it"
            )

    def score(self, images: np.ndarray) -> dict[str, float]:
        """Returns data_copying_ct, data_copying_ct_error and nn_distance_ratio.

        Args:
            images: uint8 [num, H, W, C]; half of them are compared with test images.
        """
        return self._compare(images[self._rows])

    def baseline(self) -> dict[str, float]:
        """Returns `score` of those test images that `score` does not compare with."""
        return self._compare(self._test[self._half :])

    def _compare(self, images):
        if self.is_left_out:
            return {}
        copying = data_copying_test(self._train, self._test[: self._half], images)
        return dict(zip(_NAMES, copying))
