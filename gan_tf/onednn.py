"""Whether TensorFlow computes with oneDNN's kernels on this processor."""

import os
import platform
import sys
from pathlib import Path

_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
# TensorFlow 2.21 uses oneDNN by itself on x86 processors with one of these, as
# /proc/cpuinfo names them.
_BY_ITSELF = {"avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile"}


def enable() -> None:
    """Makes TensorFlow use oneDNN on every x86 processor; to be called before its import.

    Where TensorFlow would not do so by itself, on processors with AVX2 only, convolutions
    are 1.5 times as fast with it, and perceptrons as fast as without (docs/performance.md).
    A TF_ENABLE_ONEDNN_OPTS in the environment decides instead.
    """
    if not _is_x86():
        return
    if "tensorflow" in sys.modules and not is_enabled() and _VARIABLE not in os.environ:
        print(
            "note      TensorFlow was imported first, without oneDNN, which is 1.5 times "
            f"as fast here: import gan_tf before it, or set {_VARIABLE}=1"
        )
    else:
        os.environ.setdefault(_VARIABLE, "1")


def is_enabled() -> bool:
    """Returns whether TensorFlow uses oneDNN's kernels on the CPU."""
    value = os.environ.get(_VARIABLE)
    if value is not None or not _is_x86():
        return _is_x86() and str(value).lower() in ("1", "true")
    return bool(_BY_ITSELF & cpu_flags())


def cpu_flags() -> set[str]:
    """Returns the processor's flags as /proc/cpuinfo names them; empty if not on Linux."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return set()


def _is_x86():
    return platform.machine().lower() in ("x86_64", "amd64")
