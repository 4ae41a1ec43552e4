"""The checks of the flags of `gan_tf.generate`: its file, labels and size."""

import math
import os
import re
from pathlib import Path
from typing import Any

from gan_tf import cli
from gan_tf.errors import InputError, listed, naming
from gan_tf.files import check_writable, local_path
from gan_tf.sampling import image_io
from gan_tf.sampling.label_list import parse_labels

CHOICES = "label", "digits", "morph", "for_training"  # of what is generated
GIF_UPSCALE = 4
_SUFFIXES = ".png", ".jpg", ".jpeg", ".gif", ".npz", ""
_MAX_BYTES = 2 * 2**30  # of the images, of which a few copies are in memory


def output(values: dict[str, Any]) -> tuple[Path, str]:
    """Returns the path to write and its kind: a suffix in lower case, or "" for a folder.

    Args:
        values: {flag: value} of those that were given.

    Raises:
        InputError: the path cannot be written or is of another kind, or flags contradict
            each other or it.
    """
    chosen = [name for name in CHOICES if name in values]
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
    cli.check_exclusive(values, *CHOICES)
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


def labels(values, sampler):
    """Returns the requested labels, a list of indices; None for an unconditional model.

    Raises:
        InputError: the sampler has no such class, or labels are needed or impossible.
    """
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


def check_size(values, sampler, what, num, kind=""):
    """Raises an InputError if `num` images, named `what`, would not fit into memory."""
    pixels = math.prod(sampler.image_shape)
    if kind == ".gif":
        from gan_tf.sampling import walks

        frames = walks.FRAMES_PER_LABEL if "morph" in values else walks.FRAMES_PER_POINT
        pixels *= frames * GIF_UPSCALE**2
    pixels += 8 * sampler.latent_dim
    if "verify" in values or "for_training" in values:
        pixels += 4 * len(sampler.class_names)  # soft labels
    size = num * pixels
    if size > _MAX_BYTES:
        raise InputError(
            f"{what} would take {size:,} bytes, but the limit is {_MAX_BYTES:,}: generate "
            "fewer images or labels, and more with another --seed"
        )
