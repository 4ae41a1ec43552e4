"""What was understood of a dataset, and what looks odd, in lines for the console."""

import re

import numpy as np

from gan_tf.data.dataset import Dataset
from gan_tf.data.roles import SPLIT_NAMES
from gan_tf.errors import counted, listed

MAX_CLASSES_SHOWN = 50  # rows of a grid
_MAX_NAMES = 20
_FEW = 50  # images of a class
GRID_COLUMNS = 10
_MASKS = re.compile(
    "(jpeg|train|test)?_?(image|img|picture|photo|mask|annotation|label|trimap"
    "|segmentation|input|target)s?|segmentation(class|object)|gt|ground_?truth"
)


def summary_lines(dataset: Dataset, balance: str = "none") -> list[str]:
    """Returns the lines that `python -m gan_tf.data` and a training print.

    `balance` is the training's, as in `Config`.
    """
    lines = [f"data      {dataset.summary()}"]
    height, width, _ = dataset.image_shape
    if height != width:
        lines.append(f"size      {width} wide, {height} high")
    if dataset.y_train is not None:
        names, counts = dataset.class_names, _counts(dataset)
        with_counts = [f"{n} {c:,}" for n, c in zip(names, counts, strict=True)]
        lines.append(f"classes   {listed(with_counts, _MAX_NAMES)}")
        if names != tuple(map(str, range(len(names)))):
            numbered = [f"{k} = {name}" for k, name in enumerate(names)]
            lines.append(f"labels    {listed(numbered, _MAX_NAMES)}")
    lines += [f"note      {note}" for note in dataset.notes]
    return lines + [f"warning   {text}" for text in _oddities(dataset, balance)]


def class_grid(dataset: Dataset, by_class: bool = True) -> np.ndarray:
    """Returns training images, ten in each row: one row per class, or the first hundred.

    Places without an image are black. At most `MAX_CLASSES_SHOWN` classes have a row.

    Args:
        dataset: the images.
        by_class: whether the images have one row per class, if they have labels.

    Returns:
        uint8 [10 * rows, H, W, C], for a grid of ten columns.
    """
    images, labels = dataset.x_train, dataset.y_train
    groups, size = [np.arange(len(images))[: GRID_COLUMNS**2]], GRID_COLUMNS**2
    if labels is not None and by_class:
        shown = range(min(dataset.num_classes, MAX_CLASSES_SHOWN))
        groups = [np.flatnonzero(labels == k)[:GRID_COLUMNS] for k in shown]
        size = GRID_COLUMNS
    result = np.zeros((len(groups), size, *dataset.image_shape), np.uint8)
    for places, rows in zip(result, groups):
        places[: len(rows)] = images[rows]
    return result.reshape(-1, *dataset.image_shape)


def _counts(dataset):
    return np.bincount(dataset.y_train, minlength=dataset.num_classes).tolist()


def _oddities(dataset, balance):
    images = dataset.x_train
    pixels = images.reshape(len(images), -1)
    blank = int((pixels.min(axis=1) == pixels.max(axis=1)).sum())
    if blank:
        yield f"{counted(blank, 'image', 'are')} blank: all pixels of each are equal"
    largest = int(images.max())
    if largest <= 127:
        yield (
            f"the largest pixel value is {largest}, so the images are "
            f"{'nearly black' if largest < 64 else 'dark'}: if {largest} is white, "
            f'convert them with (x * (255 / {largest})).round().astype("uint8")'
        )
    elif int(images.min()) >= 128:
        yield f"the smallest pixel value is {images.min()}, so the images are pale"
    if images.shape[-1] == 3:
        for k, colour in enumerate(("red", "green", "blue")):
            if images[..., k].min() == images[..., k].max():
                yield f"the {colour} channel is {images[0, 0, 0, k]} everywhere"
    if dataset.y_train is None:
        return
    counts = dict(zip(dataset.class_names, _counts(dataset), strict=True))
    few = {name: count for name, count in counts.items() if count < _FEW}
    if few:
        shown = listed([f"{name} {count}" for name, count in few.items()], _MAX_NAMES)
        noun = "class has" if len(few) == 1 else "classes have"
        yield f"{len(few):,} {noun} fewer than {_FEW} images: {shown}"
    if balance == "none" and max(counts.values()) >= 2 * min(counts.values()):
        yield (
            f"the classes have from {min(counts.values()):,} to {max(counts.values()):,} "
            "images: train with --balance sqrt, or equal, to use the rare ones more often"
        )
    if len(counts) == 1:
        yield "there is one class only: the metrics of classes are left out"
    if len(counts) > MAX_CLASSES_SHOWN:
        yield f"grids show the first {MAX_CLASSES_SHOWN} of {len(counts):,} classes"
    if set(map(str.lower, counts)) & set(SPLIT_NAMES):
        yield (
            "names of classes look like splits (train, val, test), which they are where "
            "every folder is one: check the folders"
        )
    if len(counts) > 1 and all(_MASKS.fullmatch(name.lower()) for name in counts):
        yield (
            "names of classes look like pictures and their masks: give the folder of the "
            "pictures itself"
        )
