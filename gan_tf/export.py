"""Exports a generator: `python -m gan_tf.export --format onnx --out digits.onnx`."""

import contextlib
import importlib
import importlib.util
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gan_tf import cli, data, startup
from gan_tf.errors import InputError
from gan_tf.fields import Field
from gan_tf.files import check_writable, local_path, write_errors


class Format(NamedTuple):
    """A format of exported generators.

    Attributes:
        module: in `gan_tf.exporting`; its `write(out, model_info)` writes the file or
            folder, verifies it and returns the largest difference of a pixel.
        suffix: of a file; empty for a folder.
        packages: what it needs, as imported; the extra of the format's name installs it.
    """

    module: str
    suffix: str
    packages: tuple[str, ...] = ()


FORMATS = {
    "keras": Format("keras_file", ".keras"),
    "saved_model": Format("saved_model", ""),
    "onnx": Format("onnx_file", ".onnx", ("tf2onnx", "onnx", "onnxruntime")),
    "litert": Format("litert_file", ".tflite", ("ai_edge_litert",)),
    "html": Format("html_page", ".html"),
    "hub": Format("hub_folder", ""),
}
_SUFFIXES = {form.suffix for form in FORMATS.values()} - {""}

USAGE = """
usage: python -m gan_tf.export --format onnx --out digits.onnx [flags]

Writes a trained generator as a file or folder that other programs read without this
package. The export is read back, and is kept only if no pixel differs by more than one
grey level. docs/export.md describes each format.
"""

FLAGS = [
    cli.RUN_DIR,
    cli.CHECKPOINT,
    cli.WEIGHTS,
    cli.Flag("format", Field(str, choices=tuple(FORMATS)), "what to write"),
    cli.Flag(
        "out",
        Field(str),
        "a .keras, .onnx, .tflite or .html file, or a new folder for saved_model and hub",
    ),
]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    form, out = _check_flags(values)
    started = time.perf_counter()
    startup.import_tensorflow()
    import tensorflow as tf

    from gan_tf.exporting.model_info import ModelInfo
    from gan_tf.run_dir.find import open_run
    from gan_tf.training.devices import select_gpus

    select_gpus()
    tf.get_logger().setLevel("ERROR")
    run = open_run(values, conditional=False)
    data.check_outside("out", out, run.config.data)
    step = run.resolve_checkpoint(values.get("checkpoint"))
    weights = values.get("weights", "ema")
    info = ModelInfo(run, step, weights, run.sampler(step, weights))
    write = importlib.import_module(f"gan_tf.exporting.{form.module}").write
    with write_errors(f"out ({out})"), contextlib.ExitStack() as stack:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix=".export-", dir=out.parent)
        )
        made = Path(folder, out.name)
        difference = write(made, info)
        info.write(out.parent if form.suffix else made, replace=_is_alone(out))
        if out.is_dir():
            out.rmdir()  # Windows replaces no folder, not even an empty one
        os.replace(made, out)
    print(f"{run.path}: wrote {out}, {_size(out):,} bytes", end="")
    print(f" in {time.perf_counter() - started:.0f} s; step {step:,}, {weights} weights")
    print(f"verified: 100 images, largest difference of a pixel {difference} of 255")


def _check_flags(values: dict[str, Any]) -> tuple[Format, Path]:
    for name in ("format", "out"):
        if name not in values:
            raise InputError(f"{name} is missing: add --format and --out (--help)")
    cli.check_checkpoint(values)
    form, out = FORMATS[values["format"]], local_path("out", values["out"])
    with write_errors(f"out ({out})"):
        if form.suffix:
            if out.suffix != form.suffix or out.is_dir():
                raise InputError(f"out ({out}) must be a file that ends in {form.suffix}")
        elif out.suffix in _SUFFIXES:
            raise InputError(
                f"out ({out}): format {values['format']} writes a folder, and a file's "
                f"name ends in {out.suffix}: leave {out.suffix} out"
            )
        elif not out.name or out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"out ({out}) exists: name a new folder")
    # A relative path, too, may be loaded by its whole one.
    whole = out.absolute()
    if form.module == "saved_model" and {"[", "\\"} & set(whole.as_posix()):
        raise InputError(
            f"out ({whole}) has a [ or a \\ in it, which TensorFlow takes for a pattern, "
            "so that it could not load the folder: name another one"
        )
    check_writable("out", out)
    name = values["format"]
    missing = [p for p in form.packages if not importlib.util.find_spec(p)]
    if missing:
        raise InputError(
            f"format ({name}) needs packages that are not installed "
            f"({', '.join(missing)}): pip install 'gan_tf[{name}]'"
        )
    return form, out


def _is_alone(out: Path) -> bool:
    """Whether the folder of `out` holds no other export that model.json may describe."""
    names = {path.name for path in out.parent.iterdir()}
    others = {name for name in names - {out.name} if Path(name).suffix in _SUFFIXES}
    return not others and "saved_model.pb" not in names


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    cli.run(main)
