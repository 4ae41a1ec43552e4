"""Caches the real-data baselines, which take longer than a generator's own scores."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import gan_tf.metrics
from gan_tf.evaluation.classifier_cache import cache_dir, print_unwritable
from gan_tf.files import atomic_write


def cached(key: object, compute: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Returns `compute()`, or its cached result of an earlier call with this key.

    Args:
        key: all that the result depends on except the source of the metrics, which is
            added here so that a changed metric is computed again; its `repr` counts.
        compute: returns {name: number}.
    """
    folders = Path(gan_tf.metrics.__file__).parent, Path(__file__).parent
    digest = hashlib.sha256(repr(key).encode())
    for file in (f for folder in folders for f in sorted(folder.glob("*.py"))):
        digest.update(file.read_bytes())
    file = cache_dir() / "baselines" / f"{digest.hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError):
        return json.loads(file.read_text(encoding="utf-8"))
    values = compute()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(file, "w") as stream:
            json.dump(values, stream)
    except OSError as error:
        print_unwritable(file, error)
    return values
