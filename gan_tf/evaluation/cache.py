"""What takes long and is computed once: classifiers of datasets, real-data baselines."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import gan_tf.metrics
from gan_tf.evaluation.classifier import Classifier, train_classifier
from gan_tf.files import atomic_write
from gan_tf.metrics.validation import check_images, check_labels

# {fingerprint of a training split: its classifier in this package}.
SHIPPED = {
    "91fd7a250495ac6742489b2a01919e8774cf195fed7282a7ecc63d849f99a9e1": (
        Path(__file__).parents[1] / "datasets" / "mnist_classifier.npz"
    )
}


def fingerprint(x, y):
    """Returns the SHA-256 of a dataset's shape, pixels and labels, 64 hex digits.

    The arguments are those of `load_classifier`; a missing channel axis changes nothing.
    """
    x = check_images(x, "x")
    y = check_labels(y, len(x), name="y")
    digest = hashlib.sha256(repr(x.shape).encode())
    digest.update(np.ascontiguousarray(x).data)  # without a copy of a large set
    digest.update(y.astype("<i8").tobytes())
    return digest.hexdigest()


def load_classifier(x, y, *, name="default", seed=0):
    """Returns the classifier of a training split; trains it if none is cached.

    A training takes minutes, and prints a line in each epoch.

    Args:
        x: uint8 [N, H, W] or [N, H, W, C], the whole real training split.
        y: integer labels [N].
        name: key of `classifier_networks.NETWORKS`; "audit" for a second opinion.
        seed: of the training.
    """
    data = fingerprint(x, y)
    if (name, seed) == ("default", 0) and data in SHIPPED:
        return Classifier.load(SHIPPED[data])
    # The 3 is the version of the training: small sets have smaller batches.
    path = cache_dir() / "classifiers" / f"{name}-seed{seed}-{data[:16]}-3.npz"
    # Damaged files raise a dozen types. One that cannot be read is made again.
    with contextlib.suppress(Exception):
        return Classifier.load(path)
    text = "No cached classifier for this dataset: training one (once, a few minutes)"
    print(text, flush=True)
    classifier = train_classifier(x, y, seed, name=name, on_epoch=print_epoch)
    with _caching(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        classifier.save(path)
    return classifier


def print_epoch(epoch, accuracy):
    """Prints what `fit` gives to `on_epoch`."""
    print(f"epoch {epoch + 1}: held-out accuracy {accuracy:.4f}", flush=True)


def cached(key: object, compute: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Returns `compute()`, {name: number}, or its result of an earlier call with this key.

    The `repr` of `key` states all that the result depends on except the source of the
    metrics, which is added here so that a changed metric is computed again.
    """
    folders = Path(gan_tf.metrics.__file__).parent, Path(__file__).parent
    digest = hashlib.sha256(repr(key).encode())
    for source in (f for folder in folders for f in sorted(folder.glob("*.py"))):
        digest.update(source.read_bytes())
    path = cache_dir() / "baselines" / f"{digest.hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    values = compute()
    with _caching(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, "w") as file:
            json.dump(values, file)
    return values


def cache_dir():
    """Returns the folder of cached results, $XDG_CACHE_HOME/gan_tf or ~/.cache/gan_tf."""
    home = os.path.expanduser("~")
    if home == "~":  # some containers have none
        home = tempfile.gettempdir()
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    return Path(root) / "gan_tf"


@contextlib.contextmanager
def _caching(path):
    """Prints if `path` cannot be written: the result will be computed again next time."""
    try:
        yield
    except OSError as error:
        print(f"note      {path} cannot be written ({error.strerror}): not cached")
