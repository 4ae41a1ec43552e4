"""Format html: one page that generates images in a browser, without a server."""

import base64
import contextlib
import hashlib
import html
import io
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import tensorflow as tf

from gan_tf.errors import InputError
from gan_tf.exporting import operations, run_operations
from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.quantization import WeightsWriter, read_operations
from gan_tf.exporting.verification import largest_difference
from gan_tf.run_dir.run import Run

_FILES = Path(__file__).with_name("page")
# Of the weights of G, as many as keep its pixels within a grey level; of D, whose outputs
# are percentages, fewer.
_GENERATOR_BITS = 12, 14, 16
_DISCRIMINATOR_BITS = 8
_MAX_BYTES = 3 * 10**6  # of a page that also has D
_MAX_GRIDS = 12
_MAX_LOSSES = 200


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the page, reads it back and returns the largest difference of a pixel.

    What is read back runs in NumPy, in the operations and with the weights of the page.

    Raises:
        InputError: a layer has no counterpart in the page's JavaScript.
    """
    *few, most = _GENERATOR_BITS
    discriminator = _discriminator(model_info.run, model_info.step)
    for bits in few:
        with contextlib.suppress(InputError):
            return _write(out, model_info, bits, discriminator)
    return _write(out, model_info, most, discriminator)


def _write(out, model_info, bits, discriminator):
    page = _page(model_info, bits, discriminator)
    size, is_without = len(page), False
    if discriminator is not None and size > _MAX_BYTES:
        smaller = _page(model_info, bits, None)
        # Where the sample grids alone take as much, D is not what makes the page large.
        if is_without := len(smaller) <= _MAX_BYTES:
            page = smaller
    out.write_text(page, encoding="utf-8")
    difference = largest_difference(
        model_info.sampler, _runtime(out.read_text(encoding="utf-8"))
    )
    if is_without:
        print(f"note      the page is without D, with which it had {size:,} bytes")
    return difference


def _page(model_info, bits, discriminator):
    """Returns the text of the page; `discriminator` are D's operations or None."""
    run, step, sampler = model_info.run, model_info.step, model_info.sampler
    weights = WeightsWriter()
    generator = operations.operations(sampler.generator)
    description = {
        "classNames": sampler.class_names,
        "imageShape": sampler.image_shape,
        "imageRange": sampler.image_range,
        "latentDim": sampler.latent_dim,
        "noise": sampler.noise,
        "generator": weights.describe(generator, bits),
        "discriminator": discriminator
        and weights.describe(discriminator, _DISCRIMINATOR_BITS),
        "options": _options(model_info),
        "history": {"samples": _samples(run, step), "losses": _losses(run, step)},
    }
    data = html.escape(str(run.data["name"]))
    count = sampler.generator.count_params()
    files = {name: _source(name) for name in ("page.css", "worker.js", "gif.js", "page.js")}
    script, style = files["gif.js"] + files["page.js"], files["page.css"]
    values = {
        "title": f"A generator of {data} images",
        "subtitle": f"Model {run.config.model} after {step:,} training steps: {count:,} "
        "weights, all of them in this page.",
        "style": style,
        "style_hash": _hash(style),
        # Names from data may hold "</script>".
        "description": json.dumps(description).replace("<", "\\u003c"),
        "weights": base64.b64encode(weights.compressed()).decode(),
        "worker": files["worker.js"],
        "script": script,
        "script_hash": _hash(script),
    }
    return re.sub(r"{{(\w+)}}", lambda match: values[match[1]], _source("template.html"))


def _options(model_info):
    """Returns the flags with which `gan_tf.generate` uses the same weights."""
    path, here, run_dir = Path(os.path.abspath(model_info.run.path)), Path.cwd(), "RUN"
    # The name of a folder outside of the present one may be private.
    if path.is_relative_to(here):
        run_dir = shlex.quote(path.relative_to(here).as_posix())
    # Also of the newest: the run may be trained on.
    flags = f" --run_dir {run_dir} --checkpoint {model_info.step}"
    return flags + (" --weights raw" if model_info.weights == "raw" else "")


def _source(name):
    return (_FILES / name).read_text(encoding="utf-8")


def _hash(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _runtime(page):
    """Returns the function of `verification.inputs` to images that the page contains."""

    def element(name):
        (text,) = re.findall(f'<script [^>]*id="{name}">(.*?)</script>', page, re.S)
        return text

    description = json.loads(element("description"))
    made = read_operations(
        description["generator"], base64.b64decode(element("weights"))
    )

    def run(inputs):
        images = run_operations.run(made, *tf.nest.flatten(inputs))
        return images.reshape(-1, *description["imageShape"])

    return run


def _discriminator(run: Run, step: int) -> list[operations.Operation] | None:
    """Returns D's operations; None where it has others, such as those over a batch."""
    try:
        return operations.operations(run.model(step).discriminator)
    except InputError as error:
        print(f"note      the page is without D: {str(error).partition(':')[0]}")
        return None


def _thinned(items: list, most: int) -> list:
    """Returns at most `most` of the items, evenly spaced, with the first and the last."""
    if len(items) <= most:
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def _samples(run: Run, step: int) -> list[dict[str, Any]]:
    """Returns [{"step", "image"}] of the run's sample grids up to `step`."""
    grids = [grid for grid in run.sample_grids().items() if grid[0] <= step]
    return [
        {"step": at, "image": _data_url(file)} for at, file in _thinned(grids, _MAX_GRIDS)
    ]


def _data_url(file):
    """Returns a sample grid in fewer colours, which takes half as many bytes."""
    try:
        with PIL.Image.open(file, formats=["PNG"]) as grid:
            small = grid.quantize(16 if grid.mode == "L" else 128)
    except (OSError, SyntaxError) as error:  # Pillow raises both
        raise InputError(f"{file} cannot be read ({error}): mend or remove it") from None
    png = io.BytesIO()
    small.save(png, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"


def _losses(run: Run, step: int) -> list[list[float]]:
    """Returns [[step, D's loss, G's loss]] of the metrics log up to `step`."""
    tags = "losses/d_loss", "losses/g_loss"
    rows = [
        [row["step"], *(round(row[tag], 4) for tag in tags)]
        for row in run.metrics_log.rows()
        if row["step"] <= step and all(np.isfinite(row.get(tag, np.nan)) for tag in tags)
    ]
    return _thinned(rows, _MAX_LOSSES)
