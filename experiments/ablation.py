"""Measures what each part of a default preset contributes, by leaving out one at a time.

    python experiments/ablation.py --preset acgan
    python experiments/ablation.py --preset gan

5,000 of MNIST's training images are held out; the test images are not used. Each row is one
run of `python -m gan_tf.train` on the other 55,000 with seed 0. It is evaluated with 5,000
generated images against the held-out ones, by a classifier trained on the 55,000. Rows that
are in experiments/results/ablation-<preset>.json are not trained again.
"""

import numpy as np
import quality
import records

import gan_tf
from gan_tf.evaluation import Evaluator
from gan_tf.sampling import image_io

# {preset: {difference: settings}}.
ROWS = {
    "acgan": {
        "unchanged": {},
        "one class head, weights 1 (Odena et al. 2017)": {
            "class_loss": "ac", "g_class_weight": 1.0
        },
        "G's class loss with weight 1": {"g_class_weight": 1.0},
        "float32 instead of bfloat16": {"mixed_precision": "off"},
        "no R1 penalty": {"r1_gamma": 0.0},
        "constant learning rates": {"lr_decay_start": 1.0},
        "no EMA": {"ema_decay": 0.0},
        "batch size 128, half of the steps": {"batch_size": 128, "steps": 1_750},
        "learning rates of 2e-4": {"g_learning_rate": 2e-4, "d_learning_rate": 2e-4},
    },
    "gan": {
        "unchanged": {},
        "no R1 penalty": {"r1_gamma": 0.0},
        "constant learning rates": {"lr_decay_start": 1.0},
        "no EMA": {"ema_decay": 0.0},
        "latent_dim 100": {"latent_dim": 100},
        "beta_1 of 0.9, beta_2 of 0.999": {"beta_1": 0.9, "beta_2": 0.999},
    },
}
STEPS = {"acgan": 3_500, "gan": 12_000}  # half of the preset's


def hold_out(file, num: int = 5_000) -> None:
    """Writes MNIST's training images as an .npz whose test images are `num` of them."""
    mnist = gan_tf.data.load("mnist")
    x, y = mnist.x_train, mnist.y_train
    test, rest = np.split(np.random.default_rng(0).permutation(len(x)), [num])
    train = {"x_train": x[rest], "y_train": y[rest]}
    image_io.write_npz(file, **train, x_test=x[test], y_test=y[test])


def main(argv=None) -> None:
    """Trains and evaluates the rows that are missing."""
    parser = records.parser(__doc__)
    parser.add_argument("--preset", choices=list(ROWS), default="acgan")
    args = records.parse(parser, argv)
    steps, folder = STEPS[args.preset], args.out / "runs" / "ablation"
    file = args.out / records.RESULTS / f"ablation-{args.preset}.json"
    held_out = folder / "held_out.npz"
    if not held_out.exists():
        hold_out(held_out)
    records.start_tensorflow()
    evaluator = Evaluator(gan_tf.data.load(str(held_out)))
    for index, (name, changed) in enumerate(ROWS[args.preset].items()):
        if records.has_row(file, {"name": name}):
            continue
        run_dir = folder / f"{args.preset}-{index}"
        settings = {"steps": steps, "seed": 0, **changed}
        settings |= records.QUICK if args.quick else {}
        seconds = quality.train(args.preset, run_dir, data=held_out, **settings)
        metrics = evaluator.score_sampler(gan_tf.load(run_dir)).metrics
        row = {"name": name, "settings": settings, "seconds": seconds, "metrics": metrics}
        facts = {"preset": args.preset, "steps": steps, "real": evaluator.real}
        records.append_row(file, row, **facts)


if __name__ == "__main__":
    main()
