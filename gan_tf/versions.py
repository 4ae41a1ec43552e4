"""The versions of all that decides a run's bits."""

from __future__ import annotations

import platform

import keras
import numpy as np
import tensorflow as tf

import gan_tf


def versions() -> dict[str, str]:
    """Returns {program: version}."""
    return {
        "gan_tf": gan_tf.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
