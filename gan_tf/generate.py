"""Generates images of chosen classes: `python -m gan_tf.generate --label 7`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_tf import cli
from gan_tf.errors import InputError, naming
from gan_tf.fields import Field
from gan_tf.files import local_path
from gan_tf.sampling import image_io
from gan_tf.sampling.latents import interpolate

if TYPE_CHECKING:
    from gan_tf.sampling.sampler import Sampler

USAGE = """
usage: python -m gan_tf.generate --label 7 --num 16 --out sevens.png [flags]

Generates images with a trained generator. The same checkpoint, seed and label give the
same pixels, however many images are generated.
"""

FLAGS = [
    cli.RUN_DIR,
    cli.Flag("checkpoint", Field(str), "step of a saved checkpoint, or best", "the newest"),
    cli.WEIGHTS,
    cli.Flag("label", Field(str), "classes to generate, such as 7 or 0-9 or 2,2,7"),
    cli.Flag("digits", Field(str), "number to show as one row of images, such as 20261121"),
    cli.Flag("num", Field(int, 1, 1_000_000), "images per listed label", "16"),
    cli.Flag("seed", Field(int, 0, 2**31 - 1), "random seed of z", "0"),
    cli.Flag(
        "out",
        Field(str),
        "a .png (sample grid, rows in label order), a .gif (walk through latent space), "
        "an .npz (arrays images and labels), or a folder (one PNG per image)",
        "samples.png",
    ),
]
_GRID_COLUMNS = 16
_FRAMES_PER_POINT = 12
_GIF_UPSCALE = 4
_MAX_BYTES = 2 * 2**30  # of the images, of which a few copies are in memory


def parse_labels(text: str, class_names: Sequence[str], flag: str = "label") -> list[int]:
    """Returns the indices of the classes in the `text` of `flag`: "7", "0-9" or "2,2,7".

    A class is given by its name or, where the names are not numbers, by its index.

    Raises:
        InputError: the text is not such a list, or a class in it does not exist.
    """
    if not class_names:
        raise InputError(
            f"{flag} ({text}) is not possible: this model is unconditional; leave it out"
        )
    index = {name: i for i, name in enumerate(class_names)}
    if not any(name.isdecimal() for name in class_names):
        index.update({str(i): i for i in range(len(class_names))})
    labels = []
    for part in map(str.strip, text.split(",")):
        ends = re.fullmatch(r"(\d{1,6})-(\d{1,6})", part)
        if part not in index and ends:
            first, last = map(int, ends.groups())
            if first > last:
                raise InputError(
                    f"{flag} ({part}) must be an ascending range: {last}-{first}"
                )
            names = list(map(str, range(first, min(last, first + 10**5) + 1)))
        else:
            names = [part]
        for name in names:
            if name not in index:
                raise InputError(
                    f"{flag} ({name}) must be one of {', '.join(class_names)}, a list "
                    "such as 2,2,7, or a range such as 0-9"
                )
            labels.append(index[name])
    return labels


def walk(
    sampler: Sampler, labels: Sequence[int | None], num: int, seed: int
) -> list[np.ndarray]:
    """Returns the frames of a closed walk through `num` points of latent space.

    Each frame is a grid with one image per label, all of the same z.
    """
    points = sampler.z(seed, max(num, 2))
    fraction = np.arange(_FRAMES_PER_POINT)[:, None] / _FRAMES_PER_POINT
    ends = zip(points, np.roll(points, -1, axis=0))
    path = np.concatenate([interpolate(*pair, fraction, sampler.noise) for pair in ends])
    columns = [sampler.generate_from_z(path, label) for label in labels]
    return [
        image_io.grid(np.stack(frame), min(len(labels), _GRID_COLUMNS))
        for frame in zip(*columns)
    ]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    out = local_path("out", values.get("out", "samples.png"))
    _check_flags(values, out)
    cli.import_tensorflow()
    from gan_tf.run_dir.run import open_run

    run = open_run(values, conditional="label" in values or "digits" in values)
    sampler = run.sampler(
        run.resolve_checkpoint(values.get("checkpoint")), values.get("weights", "ema")
    )
    labels = _labels(values, sampler)
    num = 1 if "digits" in values else values.get("num", 16)
    seed = values.get("seed", 0)
    _check_size(sampler, len(labels or [0]), num, out)
    if out.suffix == ".gif":
        frames = np.stack(walk(sampler, labels or [None], num, seed))
        with naming("out", out):
            image_io.write_gif(out, image_io.upscale(frames, _GIF_UPSCALE))
    else:
        images = sampler.generate(labels, num, seed)
        columns = len(images) if "digits" in values else min(num, _GRID_COLUMNS)
        each = np.repeat(labels or [0], num)
        with naming("out", out):
            if out.suffix == ".png":
                image_io.write_png(out, image_io.grid(images, columns))
            elif out.suffix == ".npz":
                grey = images[..., 0] if images.shape[-1] == 1 else images
                image_io.write_npz(out, images=grey, labels=each.astype(np.int32))
            else:
                names = sampler.class_names or ["images"]
                image_io.write_class_folders(out, images, [names[k] for k in each])
    print(f"{run.path}: wrote {out}")


def _check_flags(values: dict[str, Any], out: Path) -> None:
    if out.suffix not in ("", ".png", ".gif", ".npz") or "." in out.stem[:1]:
        raise InputError(
            f"out ({out}) must end in .png, .gif or .npz, or name a folder without a dot"
        )
    if not re.fullmatch(r"[0-9]+", values.get("digits", "0")):
        raise InputError(f"digits ({values['digits']}) must be digits, such as 20261121")
    if not re.fullmatch(r"[0-9]{1,9}|best", values.get("checkpoint", "best")):
        raise InputError(f"checkpoint ({values['checkpoint']}) must be a step, or best")
    if "label" in values and "digits" in values:
        raise InputError("label and digits exclude each other: leave one of them out")
    if "num" in values and "digits" in values:
        raise InputError(f"num ({values['num']}) excludes digits: leave one of them out")


def _labels(values: dict[str, Any], sampler: Sampler) -> list[int] | None:
    """Returns the requested labels; None for an unconditional model."""
    if "digits" in values:
        return parse_labels(",".join(values["digits"]), sampler.class_names, "digits")
    if "label" in values:
        return parse_labels(values["label"], sampler.class_names)
    if sampler.class_names:
        raise InputError(
            "label is missing: add --label with one of "
            f"{', '.join(sampler.class_names)}, a list such as 2,2,7, or a range"
        )
    return None


def _check_size(sampler: Sampler, num_labels: int, num: int, out: Path) -> None:
    """Refuses what would not fit into memory before any image is generated."""
    pixels = math.prod(sampler.image_shape)
    if out.suffix == ".gif":
        pixels *= _FRAMES_PER_POINT * _GIF_UPSCALE**2
    size = num * num_labels * (pixels + 8 * sampler.latent_dim)
    if size > _MAX_BYTES:
        raise InputError(
            f"num ({num}) of {num_labels} labels would take {size:,} bytes, but the limit "
            f"is {_MAX_BYTES:,}: generate fewer, and more with another --seed"
        )


if __name__ == "__main__":
    cli.run(main)
