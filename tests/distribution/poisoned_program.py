"""Trains like `python -m gan_tf.train`, with a NaN in D's loss of step 8 at full rates.

PYTHONPATH must name the folder of the tests.
"""

import pytest
from poison import poison

from gan_tf import flags, train

poison(pytest.MonkeyPatch(), "d_loss", at=8, above_rate_scale=0.5)
flags.run(train.main)
