"""What a record states of its origin: the packages' versions and the time."""

import datetime
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


def now() -> str:
    """Returns the local time, in ISO format with the zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")
