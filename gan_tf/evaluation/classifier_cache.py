"""Finding the judge of a dataset: shipped, cached, or trained once and kept."""

import hashlib
import os
from pathlib import Path

from gan_tf.evaluation.classifier import Judge, train_judge
from gan_tf.metrics.validation import check_images, check_labels

# Fingerprints of the training splits whose judges are part of the package.
SHIPPED = {
    "91fd7a250495ac6742489b2a01919e8774cf195fed7282a7ecc63d849f99a9e1": "mnist_classifier.npz",
}

JUDGES = Path(__file__).parents[1] / "datasets"


def fingerprint(x, y):
    """Returns 64 hex digits that name a dataset: SHA-256 of its shape, pixels, labels.

    Args:
        x: uint8 [N, H, W] or [N, H, W, C]; a missing channel axis makes no difference.
        y: integer labels [N].
    """
    x = check_images(x, "x")
    y = check_labels(y, len(x), name="y")
    digest = hashlib.sha256(repr(x.shape).encode())
    digest.update(x.tobytes())
    digest.update(y.astype("<i8").tobytes())
    return digest.hexdigest()


def load_judge(x, y, cache_dir=None, *, name="judge", seed=0, on_epoch=None):
    """Returns the judge of a training split; trains it if it is met the first time.

    Args:
        x: uint8 [N, H, W] or [N, H, W, C], the whole real training split.
        y: integer labels [N].
        cache_dir: where trained judges are kept; by default `default_cache_dir()`.
        name: row of `networks.NETWORKS`; "audit" gives a second opinion.
        seed: of the training.
        on_epoch: called with (epoch, held-out accuracy) while it trains, or None.
    """
    data = fingerprint(x, y)
    if (name, seed) == ("judge", 0) and data in SHIPPED:
        return Judge.load(JUDGES / SHIPPED[data])
    folder = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    path = folder / f"{name}-seed{seed}-{data[:16]}.npz"
    if path.exists():
        return Judge.load(path)
    judge = train_judge(x, y, seed, name=name, on_epoch=on_epoch)
    folder.mkdir(parents=True, exist_ok=True)
    # Two runs may train at the same time: each writes its own file, the last one stays.
    partial = path.with_suffix(f".{os.getpid()}")
    judge.save(partial)
    partial.replace(path)
    return judge


def default_cache_dir():
    """Returns $XDG_CACHE_HOME/gan_tf/judges, or the same under ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "gan_tf" / "judges"
