"""Trains like `python -m gan_tf.train`, with a NaN in D's loss of step 8 at full rates.

PYTHONPATH must contain the folder of the tests.
"""

import pytest
from poison import poison

from gan_tf import cli, train

poison(pytest.MonkeyPatch(), "d_loss", at=8, above_lr_scale=0.5)
cli.run(train.main)
