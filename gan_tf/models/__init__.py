"""The models that can be trained.

Importing this module does not import TensorFlow, so that `--help` can list the models
at once.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from gan_tf.errors import InputError

if TYPE_CHECKING:
    from gan_tf.models.base import GAN

# A third GAN is one new file and one line here: `--model`, training, generation and the
# conformance tests follow.
MODELS: dict[str, str] = {
    "gan": "gan_tf.models.gan:MLPGAN",
    "acgan": "gan_tf.models.acgan:ACGAN",
}


_MODULES = ("acgan", "gan", "layers", "losses")


def __getattr__(name: str) -> Any:
    if name in _MODULES:  # imported on first use
        return importlib.import_module(f"gan_tf.models.{name}")
    raise AttributeError(f"module 'gan_tf.models' has no attribute {name!r}")


def model_class(name: str) -> type[GAN]:
    """Returns the class of the model called `name` in `MODELS`.

    Raises:
        InputError: there is no such model.
    """
    if name not in MODELS:
        raise InputError(f"model ({name}) must be one of {', '.join(MODELS)}")
    return pkgutil.resolve_name(MODELS[name])
