"""Two plots of an evaluation: the confusion matrix, and the nearest neighbours."""

import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from gan_tf.metrics import nearest_neighbours
from gan_tf.sampling import image_io

# With more, the numbers and the names would be too small to read.
_MAX_NUMBERED_CLASSES, _MAX_NAMED_CLASSES = 30, 100
_MAX_CLASSES, _PAIRS_PER_CLASS = 10, 4
_QUERIES = 500


def plot_confusion(confusion: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Returns the plot, uint8 [H, W, 3], of a `confusion_matrix` of K classes."""
    num = len(class_names)
    side = min(4 + 0.45 * num, 20)
    figure = Figure(figsize=(side, side), dpi=80, layout="constrained")
    axes = figure.subplots()
    fractions = confusion / confusion.sum(axis=1, keepdims=True).clip(min=1)
    # A root makes the few mistakes visible.
    axes.imshow(fractions, cmap="Blues", norm=PowerNorm(0.3, 0, 1))
    if num <= _MAX_NUMBERED_CLASSES:
        for row, column in np.argwhere(confusion):
            colour = "white" if fractions[row, column] > 0.1 else "black"
            text = str(confusion[row, column])
            axes.text(column, row, text, ha="center", va="center", color=colour, size=8)
    if num <= _MAX_NAMED_CLASSES:
        turn = 90 if max(map(len, class_names)) > 3 else 0
        names = [n if len(n) <= 20 else f"{n[:19]}…" for n in class_names]
        texts = [name.replace("$", r"\$") for name in names]  # no formula
        axes.set_xticks(range(num), texts, rotation=turn)
        axes.set_yticks(range(num), texts)
    axes.set(xlabel="predicted label", ylabel="requested label")
    return _render(figure)


def nearest_pairs(images, groups, train) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the closest pairs of a generated and its nearest training image.

    Among 500 of the images, the 4 that are closest to a training image in each group, of
    up to 10 groups: the closest pairs of all would be of one class only.

    Args:
        images: uint8 [N, H, W, C], generated.
        groups: integers [N], their classes.
        train: uint8 [M, H, W, C].

    Returns:
        (rows of `images`, rows of `train`, distances), each [P], by group and distance:
        Euclidean distances of pixels in [0, 1].
    """
    # The first ones might be of one group: a folder's images are ordered by their classes.
    drawn = np.sort(np.random.default_rng(0).permutation(len(images))[:_QUERIES])
    queries, groups = images[drawn], np.asarray(groups)[drawn]
    nearest, distances = nearest_neighbours(queries, train)
    chosen: list[int] = []
    for group in np.unique(groups)[:_MAX_CLASSES]:
        members = np.flatnonzero(groups == group)
        chosen.extend(members[np.argsort(distances[members])][:_PAIRS_PER_CLASS].tolist())
    return drawn[chosen], nearest[chosen], distances[chosen] / 255


def plot_nearest(images, groups, train) -> np.ndarray:
    """Returns the plot of `nearest_pairs`, uint8 [H, W, 3]: generated left, real right."""
    generated, real, distances = nearest_pairs(images, groups, train)
    num_rows = -(-len(generated) // _PAIRS_PER_CLASS)
    figure = Figure(
        figsize=(2 * _PAIRS_PER_CLASS, 1.3 * num_rows + 0.4), dpi=80, layout="constrained"
    )
    figure.suptitle("generated | nearest training image, and their distance", size=10)
    grid = figure.subplots(num_rows, _PAIRS_PER_CLASS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, i, j, distance in zip(grid.flat, generated, real, distances):
        pair = image_io.grid(np.stack([images[i], train[j]]), 2)
        pixels = pair[..., 0] if pair.shape[-1] == 1 else pair
        axes.imshow(pixels, "gray", vmin=0, vmax=255)
        axes.set_title(f"{distance:.2f}", size=8)
    return _render(figure)


def _render(figure):
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        # Of letters that the font has not, such as Chinese ones: it draws boxes.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
