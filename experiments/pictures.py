"""The pictures of docs/images: losses, sample grids over time, quality against seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf.sampling import image_io

_SIDE = 4  # of the tutorials' grids
_COLUMNS, _SIZE, _GAP = 10, 28, 2  # of a run's sample grids, in images and pixels
_PANELS = 5  # in a row
_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 3600)


def tiles(file: Path) -> np.ndarray:
    """Returns the grey images of a run's sample grid, uint8 [N, 28, 28, 1]."""
    pixels = image_io.read_png(file)[..., :1]
    rows, columns = (range(0, size, _SIZE + _GAP) for size in pixels.shape[:2])
    return np.stack([pixels[y:, x:][:_SIZE, :_SIZE] for y in rows for x in columns])


def sample_grids(run) -> dict[int, Path]:
    """Returns {step: file} of a run's sample grids, in order."""
    return {int(file.stem): file for file in sorted(run.path.glob("samples/0*.png"))}


def over_time(run, fractions: Sequence[float], images: slice) -> dict[str, np.ndarray]:
    """Returns {"step ..., epoch ...": images} of a run, for `panels`.

    Args:
        run: the run.
        fractions: of its steps; for each the nearest sample grid is used.
        images: which ones of each sample grid.
    """
    grids, shown = sample_grids(run), {}
    for fraction in fractions:
        step = min(grids, key=lambda step: abs(step - fraction * run.config.steps))
        epoch = step * run.config.batch_size / run.data["num_images"]
        shown[f"step {step:,}, epoch {epoch:.3g}"] = tiles(grids[step])[images]
    return shown


def numbered_grids(run) -> list[np.ndarray]:
    """Writes grids/000.png (untrained), 001.png ... of a run's first 16 images.

    All are of the same z, so that an image can be followed; the tutorials draw a new z
    for each.

    Returns:
        [uint8 [H, W, 1]], the grids.
    """
    from gan_tf.models import model_class
    from gan_tf.sampling.sampler import Sampler

    config, shape = run.config, tuple(run.data["image_shape"])
    model = model_class(config.model)(config, shape, len(run.data["class_names"]))
    untrained = Sampler(model.generator, model.image_range, config.noise)
    made = [untrained.generate(num=_SIDE**2, seed=config.seed)]
    made += [tiles(file)[: _SIDE**2] for file in sample_grids(run).values()]
    grids = [image_io.grid(images, _SIDE) for images in made]
    for number, grid in enumerate(grids):
        image_io.write_png(run.path / "grids" / f"{number:03d}.png", grid)
    return grids


def comparison(tutorial, default: str) -> None:
    """Draws the last samples of a tutorial and of the default preset, and real images."""
    run, other = tutorial.run(), tutorial.run(f"{default}, equal time")
    shown = {
        f"{name}, {one.config.steps:,} steps": tiles(list(sample_grids(one).values())[-1])
        for name, one in ((tutorial.preset, run), (default, other))
    }
    shown["real"] = tiles(run.path / "samples" / "real.png")
    panels(tutorial.picture("images.png"), shown, _COLUMNS)


def panels(file: Path, shown: Mapping[str, np.ndarray], columns: int) -> None:
    """Draws grids of images beside one another, each with a title.

    Args:
        file: the PNG to write.
        shown: {title: uint8 [N, H, W, 1]}.
        columns: of each grid.
    """
    num_columns = min(_PANELS, len(shown))
    num_rows = -(-len(shown) // num_columns)
    grids = {title: image_io.grid(images, columns) for title, images in shown.items()}
    height, width = next(iter(grids.values())).shape[:2]
    size = (9, 9 / num_columns * height / width * num_rows + 0.3 * num_rows)
    figure, axes = _figure(size, num_rows, num_columns)
    for place in axes.flat:
        place.set_axis_off()
    for place, (title, grid) in zip(axes.flat, grids.items()):
        place.imshow(grid[..., 0], "gray", vmin=0, vmax=255)
        place.set_title(title, size=9)
    figure.savefig(file, dpi=80)


def losses(
    file: Path,
    curves: Sequence[Mapping[str, Any]],
    author: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Draws the losses of D and of G against the steps.

    Args:
        file: the PNG to write.
        curves: one per seed, each with "step", "losses/d_loss" and "losses/g_loss".
        author: the same as a tutorial's author printed them, drawn as dots.
    """
    figure, axes = _figure((9, 3.2), 1, 2)
    for place, network in zip(axes.flat, "dg"):
        tag = f"losses/{network}_loss"
        for number, points in enumerate(curves):
            label = None if number else "gan_tf"
            place.plot(points["step"], points[tag], "C0", lw=0.8, alpha=0.6, label=label)
        if author:
            place.plot(author["step"], author[tag], "C1o", label="the tutorial's author")
            place.legend()
        place.set(xlabel="step", ylabel=f"{network.upper()} loss", ylim=(0, None))
        place.grid(alpha=0.3)
    figure.savefig(file, dpi=80)


def quality(file: Path, results: Sequence[Mapping[str, Any]]) -> None:
    """Draws quality against seconds, for the presets with a curve.

    Args:
        file: the PNG to write.
        results: what `quality.py` wrote, one record per preset.
    """
    figure, axes = _figure((9, 3.6), 1, 2)
    left, right = axes.flat
    for record in results:
        for points in (seed["curve"] for seed in record["seeds"] if "curve" in seed):
            seconds = [point["seconds"] for point in points]
            for place, name in ((left, "frechet_ratio"), (right, "coverage")):
                values = [point[name] for point in points]
                place.plot(seconds, values, ".-", label=record["preset"])
    left.set(yscale="log", ylabel="Frechet ratio to real (1: like real)")
    left.axhline(1, color="grey", linewidth=0.8)
    right.set(ylabel="coverage", ylim=(0, 1))
    for place in axes.flat:
        place.set(xscale="log", xlabel="seconds from the start of the command")
        place.set_xticks(_SECONDS, [str(seconds) for seconds in _SECONDS])
        place.minorticks_off()
        place.grid(alpha=0.3)
    left.legend()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _figure(size, rows, columns):
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)
