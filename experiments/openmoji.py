"""Trains on OpenMoji's pictures: 64x64 pixels, in colour, 1,829 in 8 groups.

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


def write_pictures(package: Path, folder: Path) -> None:
    """Writes the pictures of npm's package as `folder`/train or test/<group>/<name>.png."""
    import resvg_py

    shutil.rmtree(folder, ignore_errors=True)  # a part of it may be there
    drawings, rng = {group: [] for group in GROUPS}, np.random.default_rng(0)
    with tarfile.open(package) as archive:
        files = {member.name: member for member in archive}

        def text(name):
            return archive.extractfile(files[f"package/{name}"]).read().decode()

        for emoji in json.loads(text("data/openmoji.json")):
            if emoji["group"] in GROUPS and not emoji["skintone"]:
                name = emoji["hexcode"]
                drawings[emoji["group"]].append((name, text(f"color/svg/{name}.svg")))
    for group, of_group in drawings.items():
        for rank, index in enumerate(rng.permutation(len(of_group))):
            name, svg = of_group[index]
            split = "test" if rank < len(of_group) // 5 else "train"
            file = folder / split / group / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE)
            file.write_bytes(bytes(picture))


def main(argv=None) -> None:
    """Trains and evaluates one run."""
    parser = records.parser(__doc__)
    parser.add_argument("--package", type=Path, required=True, help="npm's, a .tgz")
    parser.add_argument("--minutes", type=float, default=60)
    args = records.parse(parser, argv)
    file = args.out / records.RESULTS / "openmoji.json"
    key = {"package": args.package.name, "minutes": args.minutes, "seed": 0}
    if records.has_row(file, key):
        return
    records.start_tensorflow()
    folder = args.out / "runs" / "openmoji"
    write_pictures(args.package, folder / "pictures")
    settings = {"data": folder / "pictures", "seed": 0, "augment": "auto"}
    settings |= records.QUICK if args.quick else {"minutes": args.minutes}
    seconds = quality.train("acgan", folder / "run", **settings)
    run = records.load_run(folder / "run")
    evaluator = Evaluator(data.load(str(folder / "pictures")), slow_metrics=True)
    metrics = evaluator.score_sampler(run.sampler()).metrics
    row = {**key, "steps": run.config.steps, "seconds": seconds, "metrics": metrics}
    records.append_row(file, {**row, "real": evaluator.real})
    picture = args.out / "docs" / "images" / "openmoji.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    run.sampler().grid(num=10).save(picture)


if __name__ == "__main__":
    main()
