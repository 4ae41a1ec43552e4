"""The pictures of docs/images: losses, sample grids over time, quality against seconds."""

from pathlib import Path

import numpy as np

from gan_tf.sampling import image_io

_SIDE = 4  # of the tutorials' grids
_COLUMNS, _SIZE, _GAP = 10, 28, 2  # of a run's sample grids, in images and pixels
_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 3600)


def tiles(file: Path) -> np.ndarray:
    """Returns the grey images of a run's sample grid, uint8 [N, 28, 28, 1]."""
    pixels = image_io.read_png(file)[..., :1]
    rows, columns = (range(0, size, _SIZE + _GAP) for size in pixels.shape[:2])
    return np.stack([pixels[y:, x:][:_SIZE, :_SIZE] for y in rows for x in columns])


def over_time(file: Path, run, fractions, images: slice, columns: int) -> None:
    """Draws `images` of the sample grids nearest to `fractions` of the run's steps."""
    grids, steps = run.sample_grids(), run.config.steps
    nearest = (min(grids, key=lambda step: abs(step - f * steps)) for f in fractions)
    _panels(file, [tiles(grids[step])[images] for step in nearest], columns)


def numbered_grids(run) -> list[np.ndarray]:
    """Writes grids/000.png (untrained), 001.png ... of the first 16 images; returns them.

    All are of the same z, so that an image can be followed; the tutorials draw a new z.
    """
    from gan_tf.sampling.sampler import Sampler

    config, model = run.config, run.new_model()
    untrained = Sampler(model.generator, model.image_range, config.noise)
    made = [untrained.generate(num=_SIDE**2, seed=config.seed)]
    made += [tiles(file)[: _SIDE**2] for file in run.sample_grids().values()]
    grids = [image_io.grid(images, _SIDE) for images in made]
    for number, grid in enumerate(grids):
        image_io.write_image(run.path / "grids" / f"{number:03d}.png", grid)
    return grids


def comparison(file: Path, *runs) -> None:
    """Draws the last samples of runs, beside the real images of the first."""
    grids = [list(run.sample_grids().values())[-1] for run in runs]
    grids.append(runs[0].path / "samples" / "real.png")
    _panels(file, [tiles(grid) for grid in grids], _COLUMNS)


def _panels(file, shown, columns):
    """Writes grids of images [N, H, W, 1] beside one another, separated by white."""
    grids = [image_io.grid(images, columns) for images in shown]
    separated = [np.pad(g, ((0, 0), (0, 8), (0, 0)), constant_values=255) for g in grids]
    image_io.write_image(file, np.concatenate(separated, axis=1)[:, :-8])


def losses(file: Path, curves: list[dict], author: dict | None = None) -> None:
    """Draws the losses of D and of G against the steps, those of the `author` as dots."""
    figure, axes = _figure(3.2)
    for place, network in zip(axes, "dg"):
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


def quality(file: Path, results: list[dict]) -> None:
    """Draws quality against seconds, from the records of `quality.py` with a curve."""
    figure, (left, right) = _figure(3.6)
    for record in results:
        for points in (seed["curve"] for seed in record["seeds"] if "curve" in seed):
            seconds = [point["seconds"] for point in points]
            for place, name in ((left, "frechet_ratio"), (right, "coverage")):
                values = [point[name] for point in points]
                place.plot(seconds, values, ".-", label=record["preset"])
    left.set(yscale="log", ylabel="Frechet ratio to real (1: like real)")
    left.axhline(1, color="grey", linewidth=0.8)
    right.set(ylabel="coverage", ylim=(0, 1))
    for place in (left, right):
        place.set(xscale="log", xlabel="seconds from the start of the command")
        place.set_xticks(_SECONDS, [str(seconds) for seconds in _SECONDS])
        place.minorticks_off()
        place.grid(alpha=0.3)
    left.legend()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110)


def _figure(height):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), layout="constrained")
    return figure, figure.subplots(1, 2)
