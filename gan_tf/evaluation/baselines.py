"""Keeps what real images score: it takes longer than a generator's own scores."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import gan_tf.metrics
from gan_tf.evaluation.classifier_cache import default_cache_dir


def kept(key: object, compute: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Returns `compute()`, or what it returned when it was last called with this key.

    Args:
        key: all that the numbers depend on but the code of the metrics, which is
            added here; its `repr` is what counts.
        compute: returns {name: number}.
    """
    digest = hashlib.sha256(f"{_code()} {key!r}".encode()).hexdigest()
    file = default_cache_dir().with_name("floors") / f"{digest[:32]}.json"
    with contextlib.suppress(OSError, ValueError):
        return json.loads(file.read_text(encoding="utf-8"))
    values = compute()
    # A home that cannot be written costs time, not the result.
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(values), encoding="utf-8")
        draft.replace(file)
    return values


def _code() -> str:
    """A digest of the metrics' source: a changed metric must not meet an old floor."""
    digest = hashlib.sha256()
    for folder in (Path(gan_tf.metrics.__file__).parent, Path(__file__).parent):
        for file in sorted(folder.glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
