"""What each part of a default preset buys: the preset trained without one at a time.

    python experiments/ablation.py --preset acgan
    python experiments/ablation.py --preset gan

5,000 of MNIST's training images are held out; the test images are not looked at. Each row
is one run of `python -m gan_tf.train` on the other 55,000, with seed 0, judged with 5,000
generated images against those held out, by a classifier trained on the 55,000. A row that
is in the results already is left as it is. Writes
experiments/results/ablation-<preset>.json and docs/results.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import quality
import quality_page
from speed import provenance

from gan_tf import cli
from gan_tf import data
from gan_tf.fields import Rule

# {preset: {what is different: settings}}. The steps are half of the preset's.
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "acgan": {
        "as it is": {},
        "one class head, weights 1 (Odena et al. 2017)": {
            "class_loss": "ac",
            "g_class_weight": 1.0,
        },
        "G's class loss with weight 1": {"g_class_weight": 1.0},
        "float32 in place of bfloat16": {"mixed_precision": "off"},
        "no R1 penalty": {"r1_gamma": 0.0},
        "learning rates that do not fall": {"lr_decay_start": 1.0},
        "no running average": {"ema_decay": 0.0},
        "128 images a step, half of the steps": {"batch_size": 128, "steps": 1_750},
        "learning rates of 2e-4": {"g_learning_rate": 2e-4, "d_learning_rate": 2e-4},
    },
    "gan": {
        "as it is": {},
        "no R1 penalty": {"r1_gamma": 0.0},
        "learning rates that do not fall": {"lr_decay_start": 1.0},
        "no running average": {"ema_decay": 0.0},
        "z of 100 numbers": {"latent_dim": 100},
        "beta_1 of 0.9, beta_2 of 0.999": {"beta_1": 0.9, "beta_2": 0.999},
    },
}
_STEPS = {"acgan": 3_500, "gan": 12_000}
FLAGS = [cli.Flag("preset", Rule(str, choices=tuple(ROWS)), "what to train", "acgan")]
_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "experiments" / "results"


def hold_out(file: Path, num: int = 5_000) -> None:
    """Writes MNIST's training images as an .npz whose test images are `num` of them."""
    mnist = data.load("mnist")
    rows = np.random.default_rng(0).permutation(len(mnist.x_train))
    test, train = rows[:num], rows[num:]
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        file,
        x_train=mnist.x_train[train],
        y_train=mnist.y_train[train],
        x_test=mnist.x_train[test],
        y_test=mnist.y_train[test],
    )


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    preset = cli.parse(argv, __doc__, FLAGS).get("preset", "acgan")
    folder = _ROOT / "runs" / "ablation"
    file = _RESULTS / f"ablation-{preset}.json"
    record: dict[str, Any] = {"preset": preset, "rows": []}
    if file.exists():
        record = json.loads(file.read_text(encoding="utf-8"))
    held_out = folder / "held_out.npz"
    if not held_out.exists():
        hold_out(held_out)
    cli.import_tensorflow()
    from gan_tf.evaluation import Evaluator
    from gan_tf.run_dir.run import Run

    evaluator = Evaluator(data.load(str(held_out)))
    done = [row["name"] for row in record["rows"]]
    for index, (name, settings) in enumerate(ROWS[preset].items()):
        if name in done:
            continue
        run_dir = folder / f"{preset}-{index}"
        settings = {"steps": _STEPS[preset], "seed": 0, **settings}
        seconds = quality.train(preset, run_dir, data=held_out, **settings)
        metrics = evaluator.score_sampler(Run(run_dir).sampler()).metrics
        row = {"name": name, "settings": settings, "seconds": seconds}
        record["rows"].append({**row, "metrics": metrics, **provenance()})
        record |= {"real": evaluator.real, "steps": _STEPS[preset]}
        file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    quality_page.write(_RESULTS, _ROOT / "docs")


if __name__ == "__main__":
    cli.run(main)
