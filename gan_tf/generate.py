"""Makes images of a chosen label: `python -m gan_tf.generate --label 7`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf import cli
from gan_tf.errors import InputError, naming
from gan_tf.fields import Rule
from gan_tf.sampling import image_io as images

USAGE = """
usage: python -m gan_tf.generate --label 7 --num 16 --out sevens.png [flags]

Makes images with a trained generator. The same checkpoint, seed and label give the same
pixels, however many images are asked for.
"""

_GROUP = "flags"
FLAGS = [
    cli.Flag(
        "run_dir", Rule(str), "the run", "the newest that can do it, under runs/"
    ),
    cli.Flag("checkpoint", Rule(str), "a step that has one, or best", "the newest"),
    cli.Flag(
        "weights",
        Rule(str, choices=("ema", "raw")),
        "the running average of the generator, or what was being trained",
        "ema",
    ),
    cli.Flag("label", Rule(str), "labels, such as 7 or 0-9 or 2,2,7"),
    cli.Flag("digits", Rule(str), "a number to write in one strip, such as 20261121"),
    cli.Flag("num", Rule(int, 1, 1_000_000), "images of each label listed", "16"),
    cli.Flag("seed", Rule(int, 0, 2**31 - 1), "decides the handwriting", "0"),
    cli.Flag(
        "out",
        Rule(str),
        "a .png (a grid, rows in label order), a .gif (a walk through latent space), an "
        ".npz (arrays images and labels), or a folder (one PNG an image)",
        "samples.png",
    ),
]
_GRID_COLUMNS = 16
_FRAMES_BETWEEN = 12
_GIF_UPSCALE = 4
_MOST_BYTES = 2 * 2**30  # of the images, which are in memory a few times over


def parse_labels(
    text: str, class_names: Sequence[str], flag: str = "label"
) -> list[int]:
    """Returns the labels that `text` lists, such as "7", "0-9" or "2,2,7".

    A label is a class's name; where the names are not numbers, its index will do too.

    Args:
        text: the list.
        class_names: of the labels; empty if the model takes none.
        flag: where the text comes from, for the errors.

    Raises:
        InputError: the text is not such a list, or names a class that is not there.
    """
    if not class_names:
        raise InputError(
            f"{flag} ({text}) cannot be asked for: this model is unconditional and makes "
            f"images of no chosen label; leave --{flag} out"
        )
    index = {name: i for i, name in enumerate(class_names)}
    if not any(name.isdecimal() for name in class_names):
        index.update({str(i): i for i in range(len(class_names))})
    labels = []
    for part in text.split(","):
        part = part.strip()
        ends = re.fullmatch(r"(\d{1,6})-(\d{1,6})", part)
        if part not in index and ends:
            first, last = map(int, ends.groups())
            if first > last:
                raise InputError(
                    f"{flag} ({part}) must be a range upwards: {last}-{first}"
                )
            names = [str(i) for i in range(first, min(last, first + 10**5) + 1)]
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


def generate(sampler, labels, num: int, seed: int):
    """Makes `num` images of each label listed.

    The k-th time that a label is listed it gets the k-th `num` images of its own, so that
    no two are equal.

    Args:
        sampler: `gan_tf.sampling.Sampler`.
        labels: indices of classes, or [None] for an unconditional model.
        num: images of each.
        seed: decides the noise.

    Returns:
        (images uint8 [len(labels) * num, H, W, C] in the order of `labels`,
        labels int32 of the same length, zeros for an unconditional model).
    """
    counts = {label: labels.count(label) for label in labels}
    made = {k: sampler.generate(k, count * num, seed) for k, count in counts.items()}
    taken = dict.fromkeys(made, 0)
    parts = []
    for label in labels:
        parts.append(made[label][taken[label] : taken[label] + num])
        taken[label] += num
    asked = np.repeat([0 if label is None else label for label in labels], num)
    return np.concatenate(parts), asked.astype(np.int32)


def walk(sampler, labels, num: int, seed: int) -> list[np.ndarray]:
    """Returns the frames of a round trip through `num` points of latent space.

    Each frame has one image of every label listed, all at the same point.
    """
    points = sampler.z(seed, max(num, 2))
    nexts = np.roll(points, -1, axis=0)
    share = np.arange(_FRAMES_BETWEEN)[:, None] / _FRAMES_BETWEEN
    path = np.concatenate([sampler.between(a, b, share) for a, b in zip(points, nexts)])
    columns = [sampler.render(path, label) for label in labels]
    return [
        images.grid(np.stack(frame), min(len(labels), _GRID_COLUMNS))
        for frame in zip(*columns)
    ]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    out = Path(values.get("out", "samples.png"))
    _check(values, out)
    cli.import_tensorflow()
    from gan_tf.run_dir.run import Run
    from gan_tf.run_dir.search import newest_run

    asks_label = "label" in values or "digits" in values
    if "run_dir" in values:
        run = Run(values["run_dir"])
    else:
        run = newest_run("runs", conditional=asks_label)
    sampler = run.sampler(
        run.resolve_checkpoint(values.get("checkpoint")), values.get("weights", "ema")
    )
    seed, num = values.get("seed", 0), values.get("num", 16)
    flag = "digits" if "digits" in values else "label"
    text = values.get(flag, "")
    if flag == "digits":
        text, num = ",".join(text), 1
    if not text and sampler.class_names:
        raise InputError(
            "label is missing: add --label with one of "
            f"{', '.join(sampler.class_names)}, a list such as 2,2,7, or a range"
        )
    labels = parse_labels(text, sampler.class_names, flag) if text else [None]
    _check_size(sampler, len(labels), num, out)
    if out.suffix == ".gif":
        frames = walk(sampler, labels, num, seed)
        upscaled = np.stack([images.upscale(f, _GIF_UPSCALE) for f in frames])
        with naming("out", out):
            images.write_gif(out, upscaled)
    else:
        made, asked = generate(sampler, labels, num, seed)
        columns = len(labels) if "digits" in values else min(num, _GRID_COLUMNS)
        with naming("out", out):
            _write(out, made, asked, columns, sampler.class_names)
    print(f"{run.path}: wrote {out}")


def _check(values: dict[str, Any], out: Path) -> None:
    if out.suffix not in ("", ".png", ".gif", ".npz") or "." in out.stem[:1]:
        raise InputError(
            f"out ({out}) must end in .png, .gif or .npz, or name a folder without a dot"
        )
    if not re.fullmatch(r"[0-9]+", values.get("digits", "0")):
        raise InputError(
            f"digits ({values['digits']}) must be digits, such as 20261121"
        )
    if not re.fullmatch(r"[0-9]{1,9}|best", values.get("checkpoint", "best")):
        raise InputError(f"checkpoint ({values['checkpoint']}) must be a step, or best")
    if "label" in values and "digits" in values:
        raise InputError("label and digits exclude one another: leave one of them out")
    if "num" in values and "digits" in values:
        raise InputError("num does not go with digits, which asks for one image each")


def _check_size(sampler, num_labels, num, out):
    """Refuses what would not fit into memory before any of it is made."""
    pixels = math.prod(sampler.generator.outputs[0].shape[1:])
    if out.suffix == ".gif":
        pixels *= _FRAMES_BETWEEN * _GIF_UPSCALE**2
    noise = 8 * sampler.generator.inputs[0].shape[-1]
    size = num * num_labels * (pixels + noise)
    if size > _MOST_BYTES:
        raise InputError(
            f"num ({num}) of {num_labels} labels would take {size:,} bytes, but the limit "
            f"is {_MOST_BYTES:,}: ask for fewer, and for more with another --seed"
        )


def _write(out, made, asked, columns, class_names):
    if out.suffix == ".png":
        images.write_png(out, images.grid(made, columns))
    elif out.suffix == ".npz":
        grey = made[..., 0] if made.shape[-1] == 1 else made
        images.write_npz(out, images=grey, labels=asked)
    else:
        names = [class_names[label] if class_names else "images" for label in asked]
        images.write_class_folders(out, made, names)


if __name__ == "__main__":
    cli.run(main)
