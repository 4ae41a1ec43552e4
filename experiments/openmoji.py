"""Trains on OpenMoji's pictures: 64x64 pixels, in colour, some 200 of each of 8 groups.

    npm pack openmoji@17.0.0
    pip install resvg-py
    python experiments/openmoji.py --package openmoji-17.0.0.tgz --minutes 60

OpenMoji (https://openmoji.org, CC BY-SA 4.0) is not part of this repository. The emoji in
more than one skin tone are drawn in yellow alone. A fifth of each group is held out: the
evaluation compares as many generated pictures with those. Writes
experiments/results/openmoji.json and docs/images/openmoji.png.
"""

import json
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import quality
import records

from gan_tf import data
from gan_tf.evaluation import Evaluator

SIZE = 64
GROUPS = (
    "animals-nature", "flags", "food-drink", "objects", "people-body", "smileys-emotion",
    "symbols", "travel-places",
)  # fmt: skip


def drawings(package: Path) -> dict[str, list[tuple[str, str]]]:
    """Returns {group of `GROUPS`: [(name, SVG)]} of npm's package, a .tgz."""
    found: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    with tarfile.open(package) as archive:
        files = {member.name: member for member in archive}

        def text(name: str) -> str:
            return archive.extractfile(files[f"package/{name}"]).read().decode()

        for emoji in json.loads(text("data/openmoji.json")):
            if emoji["group"] in GROUPS and not emoji["skintone"]:
                code = emoji["hexcode"]
                found[emoji["group"]].append((code, text(f"color/svg/{code}.svg")))
    return found


def write_pictures(package: Path, folder: Path) -> None:
    """Writes the pictures as `folder`/train or test/<group>/<name>.png, with alpha.

    Replaces the folder: an interrupted command may have left a part of it.
    """
    import resvg_py

    shutil.rmtree(folder, ignore_errors=True)
    rng = np.random.default_rng(0)
    for group, emoji in drawings(package).items():
        for rank, index in enumerate(rng.permutation(len(emoji))):
            name, svg = emoji[index]
            split = "test" if rank < len(emoji) // 5 else "train"
            file = folder / split / group / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE)
            file.write_bytes(bytes(picture))


def main(argv: Sequence[str] | None = None) -> None:
    """Trains and evaluates one run."""
    parser = records.parser(__doc__)
    parser.add_argument("--package", type=Path, required=True, help="npm's, a .tgz")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    args = records.parse(parser, argv)
    records.start_tensorflow()
    from gan_tf.run_dir.run import Run

    file = args.out / records.RESULTS / "openmoji.json"
    key = {"package": args.package.name, "minutes": args.minutes, "seed": args.seed}
    if records.has_row(file, key):
        return
    folder = args.out / "runs" / "openmoji"
    write_pictures(args.package, folder / "pictures")
    settings = {"data": folder / "pictures", "seed": args.seed, "augment": "auto"}
    settings |= records.QUICK if args.quick else {"minutes": args.minutes}
    seconds = quality.train("acgan", folder / "run", **settings)
    run, dataset = Run(folder / "run"), data.load(str(folder / "pictures"))
    evaluator = Evaluator(dataset, slow_metrics=True)
    evaluation = evaluator.score_sampler(run.sampler())
    row = {**key, "steps": run.config.steps, "seconds": seconds}
    row |= {"metrics": evaluation.metrics, "real": evaluator.real}
    records.append_row(file, row)
    images = args.out / "docs" / "images"
    images.mkdir(parents=True, exist_ok=True)
    run.sampler().grid(num=10).save(images / "openmoji.png")


if __name__ == "__main__":
    main()
