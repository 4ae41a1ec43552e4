"""The pictures of docs/experiments.md: losses, panels of images, grids, animations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_tf.sampling import image_io as images

_SIDE = 4  # of the tutorials' grids
_COLUMNS = 10  # of a run's sheets
_EXTENT = 28  # of an image
_GAP = 2  # between the tiles of a sheet
_SIDE_BY_SIDE = 5  # grids in a row


def tiles(sheet: Path) -> np.ndarray:
    """Returns the grey images of a run's sheet, uint8 [N, 28, 28, 1]."""
    pixels = images.read_png(sheet)[..., :1]
    rows, columns = (range(0, size, _EXTENT + _GAP) for size in pixels.shape[:2])
    return np.stack([pixels[y:, x:][:_EXTENT, :_EXTENT] for y in rows for x in columns])


def sheets(run) -> dict[int, Path]:
    """Returns {step: file} of a run's sheets of samples, in order."""
    files = sorted(run.path.glob("samples/0*.png"))
    return {int(file.stem): file for file in files}


def over_time(run, shares: Sequence[float], first: int, num: int):
    """Returns {"step ..., epoch ...": images} of a run's sheets, for `panels`.

    Args:
        run: the run.
        shares: of its steps; of each, the sheet that is nearest.
        first: image of the sheet; 10 * k is the first one of class k.
        num: images of each sheet.
    """
    config, found = run.config, sheets(run)
    shown = {}
    for share in shares:
        step = min(found, key=lambda step: abs(step - share * config.steps))
        epoch = step * config.batch_size / run.data["num_images"]
        title = f"step {step:,}, epoch {epoch:.3g}"
        shown[title] = tiles(found[step])[first : first + num]
    return shown


def untrained(run) -> np.ndarray:
    """Returns the first images of the run's generator before its first step."""
    from gan_tf.models import model_class
    from gan_tf.sampling.sampler import Sampler

    config, data = run.config, run.data
    model = model_class(config.model)(
        config, tuple(data["image_shape"]), len(data["class_names"])
    )
    sampler = Sampler(model.generator, model.image_range, config.noise)
    return sampler.generate(num=_SIDE**2, seed=config.seed)


def numbered_grids(run) -> int:
    """Writes the run's grids/000.png (untrained), 001.png ... of 4x4; returns how many.

    All are of the same noise, so that an image can be followed; the tutorials draw new
    noise for each.
    """
    made = [untrained(run), *(tiles(file) for file in sheets(run).values())]
    for number, grid in enumerate(made):
        file = run.path / "grids" / f"{number:03d}.png"
        images.write_png(file, images.grid(grid[: _SIDE**2], _SIDE))
    return len(made)


def comparison(experiment, default: str) -> None:
    """Draws the last sheets of a tutorial and of the default preset, and real images."""
    run, other = experiment.run(), experiment.run(f"{default}, for as long")
    shown = {
        f"{experiment.preset}, {run.config.steps:,} steps": last_tiles(run),
        f"{default}, {other.config.steps:,} steps": last_tiles(other),
        "real": tiles(run.path / "samples" / "real.png"),
    }
    text = "The tutorial's images, the default's after as many seconds, real ones."
    panels(experiment.picture("images.png", text), shown, _COLUMNS)


def last_tiles(run) -> np.ndarray:
    """Returns the images of a run's last sheet."""
    return tiles(list(sheets(run).values())[-1])


def animation(file: Path, run, num_frames: int) -> None:
    """Writes the run's grids of 4x4 as a GIF of at most `num_frames`, evenly chosen."""
    files = list(sheets(run).values())
    chosen = np.unique(np.linspace(0, len(files) - 1, num_frames).round().astype(int))
    frames = [images.grid(tiles(files[i])[: _SIDE**2], _SIDE) for i in chosen]
    images.write_gif(file, np.stack(frames))


def drawing(file: Path, picture: Path) -> None:
    """Copies a drawing with 16 greys, which makes it small."""
    import PIL.Image

    file.parent.mkdir(parents=True, exist_ok=True)
    with PIL.Image.open(picture) as opened:
        opened.convert("L").quantize(16).save(file, optimize=True)


def panels(file: Path, pictures: Mapping[str, np.ndarray], columns: int) -> None:
    """Draws grids of images beside one another, with a title each.

    Args:
        file: the PNG to write.
        pictures: {title: uint8 [N, H, W, 1]}.
        columns: of each grid.
    """
    from matplotlib.figure import Figure

    num_columns = min(_SIDE_BY_SIDE, len(pictures))
    num_rows = -(-len(pictures) // num_columns)
    grids = {title: images.grid(made, columns) for title, made in pictures.items()}
    height, width = next(iter(grids.values())).shape[:2]
    size = (9, 9 / num_columns * height / width * num_rows + 0.3 * num_rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(num_rows, num_columns, squeeze=False)
    for place in axes.flat:
        place.set_axis_off()
    for place, (title, grid) in zip(axes.flat, grids.items()):
        place.imshow(grid[..., 0], "gray", vmin=0, vmax=255)
        place.set_title(title, size=9)
    _save(figure, file)


def losses(
    file: Path,
    curves: Sequence[Mapping[str, Any]],
    author: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Draws D's and G's losses against steps.

    Args:
        file: the PNG to write.
        curves: of several seeds, each with "step", "losses/d_loss" and "losses/g_loss".
        author: the same of a tutorial's author, drawn as dots.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, tag, name in zip(
        figure.subplots(1, 2), ("losses/d_loss", "losses/g_loss"), ("D loss", "G loss")
    ):
        for number, points in enumerate(curves):
            label = None if number else "gan_tf"
            axes.plot(points["step"], points[tag], "C0", lw=0.8, alpha=0.6, label=label)
        if author:
            axes.plot(author["step"], author[tag], "C1o", label="the tutorial's author")
            axes.legend()
        axes.set(xlabel="step", ylabel=name, ylim=(0, None))
        axes.grid(alpha=0.3)
    _save(figure, file)


def _save(figure, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=80)
