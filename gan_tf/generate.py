"""Generates images of chosen classes: `python -m gan_tf.generate --label 7`."""

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf import cli, data, startup
from gan_tf.data.fingerprint import note_other_images
from gan_tf.data.progress import Progress
from gan_tf.errors import InputError, listed, naming
from gan_tf.fields import Field
from gan_tf.files import check_writable, local_path
from gan_tf.sampling import image_io
from gan_tf.sampling.label_list import parse_labels
from gan_tf.sampling.training_set import Z_FACTOR, generate_training_set
from gan_tf.sampling.verified_images import MAX_DRAWS, generate_verified

USAGE = """
usage: python -m gan_tf.generate --label 7 --num 16 --out sevens.png [flags]

Generates images with a trained generator. The same checkpoint, seed and label give the
same pixels, however many images are generated.
"""

FLAGS = [
    cli.RUN_DIR,
    cli.CHECKPOINT,
    cli.WEIGHTS,
    cli.Flag("label", Field(str), "classes to generate, such as 7 or 0-9 or 2,2,7"),
    cli.Flag("morph", Field(str), "classes to change into one another, such as 3,8 (.gif)"),
    cli.Flag("digits", Field(str), "number to show as one row of images, such as 20261121"),
    cli.Flag(
        "num",
        Field(int, 1, 1_000_000),
        "images per listed label; with for_training, of each class",
        "16; with for_training, as many as the training data have",
    ),
    cli.Flag("seed", Field(int, 0, 2**31 - 1), "random seed of z", "0"),
    cli.Flag(
        "verify",
        Field(float, 0.01, 0.9999),
        "draw an image up to 20 times, until the evaluation classifier predicts its label "
        "with at least this probability; the .npz has probabilities and num_drawn, too",
        implied="0.5",
    ),
    cli.Flag(
        "for_training",
        Field(float, 1, 4),
        "a labelled set of all classes to train a classifier on, in random order: z is "
        "multiplied by this factor, and images that fail verify are drawn again, up to "
        f"{MAX_DRAWS} times in all; the .npz has an array soft_labels, too, the "
        "classifier's probabilities of all classes (to learn from them is to distil the "
        "classifier)",
        implied=f"{Z_FACTOR:g}",
    ),
    cli.Flag(
        "data",
        Field(str),
        "the training data, where they have moved; verify and for_training read them",
        "those of the run",
    ),
    cli.Flag(
        "out",
        Field(str),
        "a .png or .jpg (sample grid, rows in label order), a .gif (walk through latent "
        "space), an .npz (arrays images and labels), or a folder (one PNG per image, added "
        "to those in it); a folder with a dot in its name ends in /",
        "samples.png; with morph, samples.gif; with for_training, training_set.npz",
    ),
]
_CHOICES = "label", "digits", "morph", "for_training"
_NEED_LABELS = *_CHOICES, "verify"
_GRID_COLUMNS = 16
_GIF_UPSCALE = 4
_SUFFIXES = ".png", ".jpg", ".jpeg", ".gif", ".npz", ""
_MAX_BYTES = 2 * 2**30  # of the images, of which a few copies are in memory


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    out, kind = _check_flags(values)
    startup.import_tensorflow()
    from gan_tf.run_dir.find import open_run
    from gan_tf.training.devices import select_gpus

    select_gpus()
    run = open_run(values, conditional=not values.keys().isdisjoint(_NEED_LABELS))
    for source in {run.config.data, values.get("data", run.config.data)}:
        data.check_outside("out", out, source)
    sampler = run.sampler(
        run.resolve_checkpoint(values.get("checkpoint")), values.get("weights", "ema")
    )
    labels = _labels(values, sampler)
    num = 1 if "digits" in values or "morph" in values else values.get("num", 16)
    if "num" in values or "for_training" not in values:
        num_labels = len(labels or [0])
        what = f"num ({num}) of {num_labels} labels"
        _check_size(values, sampler, what, num * num_labels, kind)
    if kind in (".jpg", ".jpeg"):
        rows, columns = _grid_size(values, labels, num)
        with naming("out", out):
            image_io.check_grid(out, "JPEG", rows, columns, sampler.image_shape)
    if kind == ".gif":
        _write_gif(values, sampler, labels, num, out)
    else:
        _write_images(values, run, sampler, labels, num, out, kind)
    print(f"{run.path}: wrote {out}")


def _grid_size(values, labels, num):
    """Returns the numbers of rows, each of which has images of one label, and columns."""
    if "digits" in values:
        return 1, len(labels)
    columns = min(num, _GRID_COLUMNS)
    return len(labels or [0]) * -(-num // columns), columns


def _write_gif(values, sampler, labels, num, out):
    from gan_tf.sampling import walks

    seed = values.get("seed", 0)
    if "morph" in values:
        frames = walks.morph(sampler, labels, seed)
    else:
        columns = min(len(labels or [0]), len(values.get("digits", "")) or _GRID_COLUMNS)
        frames = walks.walk(sampler, labels or [None], num, seed, columns)
    frames = frames.repeat(_GIF_UPSCALE, axis=1).repeat(_GIF_UPSCALE, axis=2)
    with naming("out", out):
        image_io.write_gif(out, frames, 0.1 if "morph" in values else 0.2)


def _write_images(values, run, sampler, labels, num, out, kind):
    if "verify" in values or "for_training" in values:
        images, arrays = _verified(values, run, sampler, labels, num)
    else:
        shown = Progress(len(labels or [0]) * num, "images", "generated")
        images = sampler.generate(labels, num, values.get("seed", 0), shown.add)
        arrays = {"labels": np.repeat(labels, num).astype(np.int32)} if labels else {}
    with naming("out", out):
        if kind == ".npz":
            grey = images[..., 0] if images.shape[-1] == 1 else images
            image_io.write_npz(out, images=grey, **arrays)
        elif kind:
            form = "PNG" if kind == ".png" else "JPEG"
            _, columns = _grid_size(values, labels, num)
            if "digits" not in values:
                images = image_io.fill_rows(images, num, columns)
            image_io.write_image(out, image_io.grid(images, columns), form)
        else:
            names = sampler.class_names or ["images"]
            names = [names[label] for label in arrays.get("labels", [0] * num)]
            image_io.write_class_folders(out, images, names, sampler.class_names)


def _verified(values, run, sampler, labels, num):
    """Returns (images, the other arrays), and prints how many images were drawn."""
    from gan_tf.evaluation import load_classifier, split
    from gan_tf.evaluation.evaluator import check_sampler

    dataset = data.load(values.get("data", run.config.data), **run.config.reading())
    check_sampler(sampler, dataset)
    note_other_images(dataset, run.data)
    counts = [num] * len(labels)
    if "for_training" in values and "num" not in values:
        assert dataset.y_train is not None  # it has the sampler's classes
        counts = np.bincount(dataset.y_train, minlength=len(labels)).tolist()
        what = f"for_training without num ({sum(counts)} images)"
        _check_size(values, sampler, what, sum(counts))
    classify = load_classifier(*split(dataset).train).probabilities
    seed, threshold = values.get("seed", 0), values.get("verify", 0.5)
    shown = Progress(0, "images", "drawn")  # how many will be dropped is not known
    if "for_training" in values:
        factor = values["for_training"]
        made, labels = generate_training_set(
            sampler, counts, seed, classify, threshold, factor, shown.add
        )
        more = {"soft_labels": made.soft_labels, "z_factor": np.float32(factor)}
    else:
        made = generate_verified(
            sampler, labels, num, seed, classify, threshold, on_images=shown.add
        )
        labels, more = np.repeat(labels, num).astype(np.int32), {}
    shown.close()
    dropped = made.num_drawn - len(made.images)
    print(
        f"verified  {len(made.images):,} images, {made.num_drawn:,} drawn, {dropped:,} of "
        f"them dropped ({dropped / made.num_drawn:.1%}): the label has a probability of "
        f"{made.probabilities.min():.4f} or more"
    )
    more["num_drawn"] = np.int64(made.num_drawn)
    below = int(np.sum(made.probabilities < threshold))
    if below:
        print(
            f"warning   {below:,} of them are below {threshold:g} after {MAX_DRAWS} draws; "
            "of each, the one with the largest probability was kept"
        )
    return made.images, {"labels": labels, "probabilities": made.probabilities, **more}


def _check_flags(values: dict[str, Any]) -> tuple[Path, str]:
    """Returns the path and its kind: a suffix in lower case, or "" for a folder."""
    chosen = [name for name in _CHOICES if name in values]
    names = {"morph": "samples.gif", "for_training": "training_set.npz"}
    text = values.get("out", names.get(chosen[0] if chosen else "", "samples.png"))
    out = local_path("out", text)
    is_folder = text.endswith(("/", os.sep)) or os.path.isdir(out)
    kind = "" if is_folder else out.suffix.lower()
    is_known = kind in _SUFFIXES and (is_folder or "." not in out.stem[:1])
    is_device = os.path.exists(out) and not os.path.isdir(out) and not os.path.isfile(out)
    if not is_known or is_device or text == "-":
        raise InputError(
            f"out ({out}) must end in .png, .jpg, .gif or .npz, or name a folder; a new "
            "folder with a dot in its name ends in /"
        )
    if not re.fullmatch(r"[0-9]+", values.get("digits", "0")):
        raise InputError(f"digits ({values['digits']}) must be digits, such as 20261121")
    cli.check_checkpoint(values)
    cli.check_exclusive(values, *_CHOICES)
    for name in ("digits", "morph"):
        cli.check_exclusive(values, "num", name)
    if "morph" in values and kind != ".gif":
        raise InputError(
            f"morph ({values['morph']}) makes a .gif, and out ({out}) is none: name a .gif"
        )
    if "for_training" in values and kind != ".npz":
        raise InputError(f"for_training makes an .npz, and out ({out}) is none: name one")
    if "verify" in values and kind == ".gif":
        raise InputError(f"verify is for images, and out ({out}) is a .gif: leave one out")
    if "data" in values and values.keys().isdisjoint(("verify", "for_training")):
        raise InputError(
            f"data ({values['data']}) is read by verify and for_training: leave it out"
        )
    check_writable("out", out, is_folder=not kind)
    if os.path.isdir(out):
        with naming("out", out):
            image_io.check_class_folders(out)
    return out, kind


def _labels(values, sampler):
    """Returns the requested labels; None for an unconditional model."""
    for name in ("for_training", "verify"):
        if name in values and len(sampler.class_names) < 2:
            kind = "of two classes or more" if sampler.class_names else "with labels"
            raise InputError(f"{name} needs a model {kind}: leave it out")
    if "digits" in values:
        missing = sorted(set(values["digits"]) - set(sampler.class_names))
        if sampler.class_names and missing:
            raise InputError(
                f"digits ({values['digits']}) needs the classes {', '.join(missing)}, and "
                f"this run has {listed(sampler.class_names, 20)}: name another --run_dir, "
                "or give --label"
            )
        return parse_labels(",".join(values["digits"]), sampler.class_names, "digits")
    if "label" in values:
        return parse_labels(values["label"], sampler.class_names)
    if "morph" in values:
        labels = parse_labels(values["morph"], sampler.class_names, "morph")
        if len(labels) < 2:
            raise InputError(
                f"morph ({values['morph']}) must be two labels or more, with commas"
            )
        return labels
    if "for_training" in values or len(sampler.class_names) == 1:
        return list(range(len(sampler.class_names)))
    if sampler.class_names:
        raise InputError(
            "label is missing: add --label with one of "
            f"{listed(sampler.class_names, 20)}, a list with commas, or a range"
        )
    return None


def _check_size(values, sampler, what, num, kind=""):
    """Refuses what would not fit into memory before any image is generated."""
    pixels = math.prod(sampler.image_shape)
    if kind == ".gif":
        from gan_tf.sampling import walks

        frames = walks.FRAMES_PER_LABEL if "morph" in values else walks.FRAMES_PER_POINT
        pixels *= frames * _GIF_UPSCALE**2
    pixels += 8 * sampler.latent_dim
    if "verify" in values or "for_training" in values:
        pixels += 4 * len(sampler.class_names)  # soft labels
    size = num * pixels
    if size > _MAX_BYTES:
        raise InputError(
            f"{what} would take {size:,} bytes, but the limit is {_MAX_BYTES:,}: generate "
            "fewer images or labels, and more with another --seed"
        )


if __name__ == "__main__":
    cli.run(main)
