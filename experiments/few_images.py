"""Measures what augmentation, LeCam and `--init_from` gain with few images of each class.

    python experiments/few_images.py --data mnist --per_class 100 --steps 1800
    python experiments/few_images.py --data mnist --per_class 500 --steps 7000
    python experiments/few_images.py --data fashion_mnist --init_from runs/acgan

Each row is one run of `python -m gan_tf.train --preset acgan` on a subset of the data that
is drawn with seed 0, and is evaluated against all test images in the features of the
classifier of the whole data set. The data-copying test, of the generated images and of real
ones in their place, compares with the subset. Rows that are in
experiments/results/few_images.json are not trained again.
"""

import numpy as np
import quality
import records

from gan_tf import data
from gan_tf.evaluation import Evaluator
from gan_tf.evaluation.copying import CopyingTest
from gan_tf.evaluation.splits import split
from gan_tf.sampling import image_io

_TRANSLATE, _ALL = {"augment": "translate"}, {"augment": "color,translate,cutout"}
ROWS = {
    "plain": {},
    "translate": _TRANSLATE,
    "translate, z_scale 0.97": {**_TRANSLATE, "z_scale": 0.97},
    "color, translate, cutout": _ALL,
    "LeCam 0.01": {"lecam": 0.01},
    "color, translate, cutout, LeCam 0.01": {**_ALL, "lecam": 0.01},
    "R1 0.5": {"r1_gamma": 0.5},
    "translate, R1 0.5": {**_TRANSLATE, "r1_gamma": 0.5},
}
# With --init_from; the names are not those of rows without it.
TRANSFER = {
    "init_from, translate": _TRANSLATE,
    "init_from, translate, freeze_d 2": {**_TRANSLATE, "freeze_d": 2},
}
_TAGS = ("augmentation/", "overfitting/", "d_accuracy/")


def main(argv=None) -> None:
    """Trains and evaluates the rows that are missing."""
    parser = records.parser(__doc__)
    parser.add_argument("--data", default="mnist", help="labelled, with test images")
    parser.add_argument("--per_class", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1_800)
    parser.add_argument("--rows", nargs="+", help=f"only these: {'; '.join(ROWS)}")
    parser.add_argument("--init_from", help=f"of the rows {'; '.join(TRANSFER)}")
    args = records.parse(parser, argv)
    table = TRANSFER if args.init_from else ROWS
    for name in args.rows or ():
        if name not in table:
            parser.error(f"--rows ({name}) must be of {'; '.join(table)}")
    records.start_tensorflow()
    dataset = data.load(args.data)
    evaluator = Evaluator(dataset, 200 if args.quick else None)
    folder = args.out / "runs" / "few_images"
    subset = folder / f"{dataset.name}-{args.per_class}.npz"
    if not subset.exists():
        y, rng = dataset.y_train, np.random.default_rng(0)
        by_class = [rng.permutation(np.flatnonzero(y == k)) for k in range(y.max() + 1)]
        rows = np.sort(np.concatenate([of_one[: args.per_class] for of_one in by_class]))
        train = {"x_train": dataset.x_train[rows], "y_train": y[rows]}
        test = {"x_test": dataset.x_test, "y_test": dataset.y_test}
        image_io.write_npz(subset, **train, **test, class_names=dataset.class_names)
    copying = CopyingTest(split(data.load(str(subset))), evaluator.num)
    file = args.out / records.RESULTS / "few_images.json"
    start = {"init_from": args.init_from} if args.init_from else {}
    for name in args.rows or table:
        key = {"data": dataset.name, "per_class": args.per_class, "name": name}
        key |= {"steps": args.steps, "seed": 0, **start}
        if records.has_row(file, key):
            continue
        settings = {"steps": args.steps, "seed": 0, **start, **table[name]}
        settings |= records.QUICK if args.quick else {}
        run_dir = folder / "-".join(map(str, key.values())).replace(" ", "_")
        seconds = quality.train("acgan", run_dir, data=subset, **settings)
        run = records.load_run(run_dir)
        evaluation = evaluator.score_sampler(run.sampler())
        last = run.metrics_log.rows()[-1]
        row = {**key, "settings": settings, "seconds": seconds}
        row["metrics"] = {**evaluation.metrics, **copying.score(evaluation.images)}
        row["copying_of_real"] = copying.baseline()
        row["last"] = {tag: last[tag] for tag in last if tag.startswith(_TAGS)}
        records.append_row(file, row, real={dataset.name: evaluator.real})


if __name__ == "__main__":
    main()
