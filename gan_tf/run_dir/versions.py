"""The versions of the packages that decide a run's bits."""

from __future__ import annotations

import importlib.metadata
import platform

_PACKAGES = ("gan_tf", "tensorflow", "keras", "numpy")


def versions() -> dict[str, str]:
    """Returns {package: version}, of those that are installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
