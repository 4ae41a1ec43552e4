"""The import of TensorFlow: which Keras, which kernels, and without needless output."""

import contextlib
import functools
import glob
import importlib
import importlib.util
import logging
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gan_tf.errors import InputError

_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
# TensorFlow 2.21 uses oneDNN by itself on x86 processors with one of these, as
# /proc/cpuinfo names them.
_BY_ITSELF = {"avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile"}
# Values of oneDNN's ONEDNN_MAX_CPU_ISA that exclude AVX-512.
BELOW_AVX512 = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"}


def enable_onednn() -> None:
    """Makes TensorFlow use oneDNN on every x86 processor; to be called before its import.

    Where TensorFlow would not do so by itself, on processors with AVX2 only, convolutions
    are 1.5 times as fast with it, and perceptrons as fast as without (docs/performance.md).
    A TF_ENABLE_ONEDNN_OPTS in the environment decides instead.
    """
    if not _is_x86():
        return
    if "tensorflow" in sys.modules and not has_onednn() and _VARIABLE not in os.environ:
        print(
            "note      TensorFlow was imported first, without oneDNN, which is 1.5 times "
            f"as fast here: import gan_tf before it, or set {_VARIABLE}=1"
        )
    else:
        os.environ.setdefault(_VARIABLE, "1")


def has_onednn() -> bool:
    """Returns whether TensorFlow uses oneDNN's kernels on the CPU."""
    value = os.environ.get(_VARIABLE)
    if value is not None or not _is_x86():
        return _is_x86() and str(value).lower() in ("1", "true")
    return bool(_BY_ITSELF & cpu_flags())


def onednn_limit() -> str:
    """Returns the newest instructions that oneDNN may use, by its variable; "" for any."""
    return os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()


def onednn_lacks_avx512() -> bool:
    """Returns whether oneDNN's kernels are those of processors with AVX2 only."""
    flags = cpu_flags()
    lacks = "avx512f" not in flags or onednn_limit() in BELOW_AVX512
    return bool(flags) and lacks and has_onednn()


@functools.cache
def cpu_flags() -> set[str]:
    """Returns the processor's flags as /proc/cpuinfo names them; empty if not on Linux."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return set()


def _is_x86():
    return platform.machine().lower() in ("x86_64", "amd64")


def check_keras() -> None:
    """Checks, without importing it, that Keras computes with TensorFlow.

    Where nothing else is set, a ~/.keras/keras.json of another backend is overruled.

    Raises:
        InputError: KERAS_BACKEND names another backend, or Keras is already imported with
            one; or TF_USE_LEGACY_KERAS is set and tf_keras is not installed.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules:
        backend = sys.modules["keras"].config.backend()
    if backend != "tensorflow":
        raise InputError(
            f"KERAS_BACKEND ({backend}) must be tensorflow: set this environment variable "
            "to that before Keras is imported"
        )
    legacy = os.environ.get("TF_USE_LEGACY_KERAS", "")
    if legacy in ("1", "true", "True") and not importlib.util.find_spec("tf_keras"):
        raise InputError(
            f"TF_USE_LEGACY_KERAS ({legacy}) needs the package tf_keras, which is not "
            "installed: unset this environment variable"
        )


@contextlib.contextmanager
def keras_float32() -> Iterator[None]:
    """Makes float32 Keras's default float, whatever the user's keras.json says."""
    import keras

    floatx = keras.config.floatx()
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)


def hide_retracing() -> None:
    """Hides TensorFlow's warnings that functions of this package are traced again.

    Every model that is trained or loaded has its own functions, each traced once, and
    TensorFlow takes them for one. Warnings of the user's functions remain.
    """

    def is_shown(record):
        if "retracing" not in str(record.msg):
            return True
        frame = sys._getframe().f_back
        while frame and not frame.f_globals.get("__name__", "").startswith("gan_tf."):
            frame = frame.f_back
        return frame is None

    logging.getLogger("tensorflow").addFilter(is_shown)


def import_matplotlib() -> None:
    """Imports matplotlib if MPLBACKEND is set, and ignores a backend that is missing.

    Keras imports it, which fails where MPLBACKEND names a backend that is not installed,
    such as that of a notebook in another environment. This package draws with Agg.
    """
    if "MPLBACKEND" not in os.environ or "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND")
    try:
        matplotlib = importlib.import_module("matplotlib")
    finally:
        os.environ["MPLBACKEND"] = backend
    with contextlib.suppress(ValueError):
        matplotlib.rcParams["backend"] = backend


def expects_gpu() -> bool:
    """Whether there is NVIDIA's driver, and CUDA_VISIBLE_DEVICES does not hide its GPUs."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    driver = glob.glob("/dev/nvidia[0-9]*") or shutil.which("nvidia-smi")
    return bool(driver and not hidden)


def import_tensorflow(use_gpu: bool = False) -> None:
    """Imports TensorFlow without the lines that it writes to stderr while it starts.

    No setting of TensorFlow's removes them all. They are shown if the import fails, and
    where there should be a GPU but TensorFlow finds none, because they say why.

    Args:
        use_gpu: the user requested a GPU; otherwise `expects_gpu` decides.

    Raises:
        InputError: see `check_keras`; or the processor lacks AVX.
    """
    check_keras()
    if _is_x86() and "avx" not in (cpu_flags() or {"avx"}):
        # TensorFlow would end the process.
        raise InputError(
            "this processor, or that of the virtual machine, has no AVX, which TensorFlow "
            "needs: choose another one"
        )
    wants_gpu = use_gpu or expects_gpu()
    # From warnings on, also after the import, or nothing.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1" if wants_gpu else "3")
    if sys.stderr is None:  # closed from the start, as of some daemons
        importlib.import_module("tensorflow")
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as captured, contextlib.ExitStack() as stack:
        stderr = os.dup(2)
        stack.callback(os.close, stderr)
        os.dup2(captured.fileno(), 2)
        show = True
        try:
            tensorflow = importlib.import_module("tensorflow")
            show = wants_gpu and not tensorflow.config.list_physical_devices("GPU")
        finally:
            os.dup2(stderr, 2)
            if show:
                captured.seek(0)
                os.write(stderr, captured.read())
