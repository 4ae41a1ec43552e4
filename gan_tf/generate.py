"""Generates images of chosen classes: `python -m gan_tf.generate --label 7`."""

from collections.abc import Sequence

import numpy as np

from gan_tf import cli, data, startup
from gan_tf.data.fingerprint import note_other_images
from gan_tf.data.progress import Progress
from gan_tf.errors import naming
from gan_tf.fields import Field
from gan_tf.sampling import image_io, request
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
_NEED_LABELS = *request.CHOICES, "verify"
_GRID_COLUMNS = 16


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, USAGE, FLAGS)
    out, kind = request.output(values)
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
    labels = request.labels(values, sampler)
    num = 1 if "digits" in values or "morph" in values else values.get("num", 16)
    if "num" in values or "for_training" not in values:
        num_labels = len(labels or [0])
        what = f"num ({num}) of {num_labels} labels"
        request.check_size(values, sampler, what, num * num_labels, kind)
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
    frames = frames.repeat(request.GIF_UPSCALE, axis=1).repeat(request.GIF_UPSCALE, axis=2)
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
        request.check_size(values, sampler, what, sum(counts))
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


if __name__ == "__main__":
    cli.run(main)
