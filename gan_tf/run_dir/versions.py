"""Versions of the packages that affect the bits of a run."""

from __future__ import annotations

import importlib.metadata
import platform

_PACKAGES = ("gan_tf", "tensorflow", "keras", "numpy")


def versions() -> dict[str, str]:
    """Returns {package: version}, with "not installed" for a missing package."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
