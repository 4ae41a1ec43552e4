"""Trains like `python -m gan_tf.train`, with a NaN in D's loss of step 8 at full rates."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from poison import poison  # noqa: E402

from gan_tf import flags, train  # noqa: E402

poison(pytest.MonkeyPatch(), "d_loss", at=8, above_rate_scale=0.5)
flags.run(train.main)
