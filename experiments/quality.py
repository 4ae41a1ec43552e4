"""Measures how good a preset's images are: whole trainings, evaluated on the test images.

    python experiments/quality.py --preset acgan --seeds 0 1 2 --curve --audit

Each seed is one run of `python -m gan_tf.train` in a process of its own, under
runs/quality/, timed from its start to its end; its last checkpoint is evaluated. A seed
that is in the results is not trained again; only missing evaluations are added, from its
run. A seed without its run, or with an interrupted one, starts anew, because its seconds
are those of a whole command. Writes experiments/results/quality-<preset>.json and
docs/images/quality.png.
"""

import functools
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import records

from gan_tf.presets import PRESETS

_QUICK = {"steps": 4, "log_every": 2, "save_every": 2, "jit_compile": "off"}
_KEYS = ("classifier_name", "classifier_seed")
_AUDITS = (("default", 1), ("audit", 0))


def train(preset: str, run_dir: Path, **settings: Any) -> float:
    """Trains one run in a process of its own; returns the seconds that it took."""
    shutil.rmtree(run_dir, ignore_errors=True)
    command = [sys.executable, "-m", "gan_tf.train", f"--preset={preset}"]
    command += [f"--run_dir={run_dir}", *(f"--{k}={v}" for k, v in settings.items())]
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    if status:
        raise SystemExit(status)  # the command has printed why
    return time.monotonic() - start


def curve(run, evaluator, seconds: float) -> list[dict[str, float]]:
    """Returns the metrics of every checkpoint, and when after the start it was written.

    Of the `seconds` of the whole process, the start-up is what remains after all steps.
    """
    at = records.seconds_at(run.metrics_log.rows())
    start = seconds - max(at.values())
    points = []
    for step in run.checkpoints.steps():
        metrics = evaluator.score_sampler(run.sampler(step)).metrics
        points.append({"step": step, "seconds": start + at[step], **metrics})
    return points


def missing(result: dict[str, Any], args) -> list[tuple[str, tuple[str, int], bool]]:
    """Returns [(key in `result`, (name, seed) of a classifier, slow metrics)] to add."""
    audits, found = [(audit, False) for audit in _AUDITS if args.audit], []
    for (name, seed), slow in [(("default", 0), args.slow_metrics), *audits]:
        key = f"{name}, seed {seed}" if seed else name
        metrics = result.get("classifiers", {}).get(key, {}).get("metrics", {})
        if not metrics or (slow and "data_copying_ct" not in metrics):
            found.append((key, (name, seed), slow))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Measures what is missing and draws all results."""
    parser = records.parser(__doc__)
    parser.add_argument("--preset", choices=list(PRESETS), default="acgan")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--curve", action="store_true", help="of the first seed, over time")
    parser.add_argument("--audit", action="store_true", help="with two more classifiers")
    parser.add_argument("--slow_metrics", action="store_true", help="data copying and CAS")
    args = records.parse(parser, argv)
    records.start_tensorflow()
    import plots

    from gan_tf import data
    from gan_tf.evaluation import Evaluator
    from gan_tf.run_dir.run import Run

    @functools.cache  # each takes seconds or minutes, and perhaps none is needed
    def evaluator(classifier, slow):
        num, name_and_seed = 200 if args.quick else None, dict(zip(_KEYS, classifier))
        return Evaluator(data.load("mnist"), num, slow_metrics=slow, **name_and_seed)

    file = args.out / records.RESULTS / f"quality-{args.preset}.json"
    settings = {"keep_checkpoints": 1_000, **(_QUICK if args.quick else {})}
    for seed in args.seeds:
        seeds = records.read(file, {"seeds": []})["seeds"]
        result = next((one for one in seeds if one["seed"] == seed), {})
        wants_curve = args.curve and seed == args.seeds[0]
        if not missing(result, args) and ("curve" in result or not wants_curve):
            continue
        run_dir = args.out / "runs" / "quality" / f"{args.preset}-{seed}"
        # Results are committed, runs are not.
        if not (result and records.is_complete(run_dir, result["steps"])):
            seconds = train(args.preset, run_dir, seed=seed, **settings)
            command = f"python -m gan_tf.train --preset {args.preset} --seed {seed}"
            result = {"seed": seed, "command": command, "seconds": seconds}
            result |= {"classifiers": {}, **records.provenance()}
        run = Run(run_dir)
        result["steps"] = run.config.steps
        for key, classifier, slow in missing(result, args):
            scores = evaluator(classifier, slow)
            result["classifiers"][key] = {
                "metrics": scores.score_sampler(run.sampler()).metrics,
                "real": scores.real,
                "test_accuracy": scores.test_accuracy,
            }
        if wants_curve and "curve" not in result:
            scores = evaluator(("default", 0), False)
            result["curve"] = curve(run, scores, result["seconds"])
        record = records.read(file, {"seeds": []})  # other processes may write it, too
        others = [one for one in record["seeds"] if one["seed"] != seed]
        seeds = sorted([*others, result], key=lambda one: one["seed"])
        config = run.config.as_dict()
        record |= {"preset": args.preset, "seeds": seeds, "config": config}
        records.write(file, record)
    files = [file.with_name(f"quality-{preset}.json") for preset in PRESETS]
    results = [records.read(one, {}) for one in files if one.exists()]
    plots.quality(args.out / "docs" / "images" / "quality.png", results)


if __name__ == "__main__":
    main()
