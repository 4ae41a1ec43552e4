"""Measures how good a preset's images are: whole trainings, evaluated on the test images.

    python experiments/quality.py --preset acgan --seeds 0 1 2 --curve --audit
    python experiments/quality.py --preset acgan --seeds 0 --data fashion_mnist
    python experiments/quality.py --preset acgan --seeds 0 1 2 --minutes 5

Each seed is one run of `python -m gan_tf.train` in a process of its own, under
runs/quality/, timed from its start to its end; its last checkpoint is evaluated. A seed
that is in the results is not trained again; only missing evaluations are added, from its
run. A seed without its run, or with an interrupted one, starts anew, because its seconds
are those of a whole command. Writes experiments/results/quality-<preset>.json, of other
data than MNIST quality-<preset>-<data>.json, with --minutes 5
quality-<preset>-5_minutes.json, and with --curve, on MNIST, docs/images/quality.png.
"""

import functools
import shutil
import subprocess
import sys
import time
from pathlib import Path

import plots
import records

from gan_tf import data
from gan_tf.config import Config
from gan_tf.evaluation import Evaluator
from gan_tf.presets import PRESETS

# {key in the results: name and seed}; all but the first are those of --audit.
_CLASSIFIERS = {
    "default": ("default", 0), "default, seed 1": ("default", 1), "audit": ("audit", 0)
}  # fmt: skip
# Settings that may differ between the seeds and machines of one file.
_ANY = ("seed", "data", "keep_checkpoints", "jit_compile", "mixed_precision", "augment")


def train(preset: str, run_dir: Path, **settings) -> float:
    """Trains one run in a process of its own; returns the seconds that it took."""
    shutil.rmtree(run_dir, ignore_errors=True)
    command = records.train_command(preset=preset, run_dir=run_dir, **settings)
    start = time.monotonic()
    if status := subprocess.run(command, check=False).returncode:
        sys.exit(status)  # the command has printed why
    return time.monotonic() - start


def curve(run, evaluator, seconds: float) -> list[dict[str, float]]:
    """Returns the metrics of every checkpoint, and when after the start it was written."""
    at = records.seconds_at(run.metrics_log.rows())
    # Of the seconds of the whole process, the start-up is what remains after all steps.
    start, steps = seconds - max(at.values()), run.checkpoints.steps()
    scores = {k: evaluator.score_sampler(run.sampler(k)).metrics for k in steps}
    return [{"step": k, "seconds": start + at[k], **scores[k]} for k in steps]


def missing(result: dict, args) -> list[tuple[str, bool]]:
    """Returns [(classifier, whether with slow metrics)] to add to a seed's result."""
    found = []
    for key in _CLASSIFIERS if args.audit else ("default",):
        slow = args.slow_metrics and key == "default"
        metrics = result.get("classifiers", {}).get(key, {}).get("metrics", {})
        # The data-copying test of a small training set is always there.
        slowest = "cas" if "label_accuracy" in metrics else "data_copying_ct"
        if not metrics or (slow and slowest not in metrics):
            found.append((key, slow))
    return found


def main(argv=None) -> None:
    """Measures what is missing and draws all results."""
    parser = records.parser(__doc__)
    parser.add_argument("--preset", choices=list(PRESETS), default="acgan")
    parser.add_argument("--data", default="mnist", help="with test images")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, help="of a training, in place of steps")
    parser.add_argument("--curve", action="store_true", help="of the first seed, over time")
    parser.add_argument("--audit", action="store_true", help="with two more classifiers")
    parser.add_argument("--slow_metrics", action="store_true", help="data copying and CAS")
    args = records.parse(parser, argv)

    @functools.cache  # each takes seconds or minutes, and perhaps none is needed
    def evaluator(key, slow):
        dataset, num = data.load(args.data), 200 if args.quick else None
        name, seed = _CLASSIFIERS[key]
        return Evaluator(dataset, num, slow, classifier_name=name, classifier_seed=seed)

    name, settings = args.preset, {"keep_checkpoints": 1_000}
    if args.data != "mnist":
        name, settings = f"{name}-{Path(args.data).stem}", {**settings, "data": args.data}
    if args.minutes:
        name, settings["minutes"] = f"{name}-{args.minutes:g}_minutes", args.minutes
    file = args.out / records.RESULTS / f"quality-{name}.json"
    if args.quick:
        settings.pop("minutes", None)  # or the few steps
        settings |= {**records.QUICK, "steps": 4}
    preset = Config(preset=args.preset).as_dict()
    known = records.read(file, {}).get("config", {})
    ignored = (*_ANY, *(("minutes", "steps") if args.minutes else ()))
    known = known and {**Config().as_dict(), **known}  # it may be of before a setting
    changed = [k for k, v in known.items() if k not in ignored and v != preset.get(k)]
    if changed and not args.quick:
        parser.error(
            f"{file} has results of other settings ({', '.join(changed)}): delete it to "
            "measure again, or name another --out"
        )
    records.start_tensorflow()
    for seed in args.seeds:
        seeds = records.read(file, {"seeds": []})["seeds"]
        result = next((one for one in seeds if one["seed"] == seed), {})
        wants_curve = args.curve and seed == args.seeds[0]
        if not missing(result, args) and ("curve" in result or not wants_curve):
            continue
        run_dir = args.out / "runs" / "quality" / f"{name}-{seed}"
        # Results are committed, runs are not.
        if not (result and records.is_complete(run_dir, result["steps"])):
            seconds = train(args.preset, run_dir, seed=seed, **settings)
            command = f"python -m gan_tf.train --preset {args.preset} --seed {seed}"
            command += f" --data {args.data}" if args.data != "mnist" else ""
            command += f" --minutes {args.minutes:g}" if args.minutes else ""
            result = {"seed": seed, "command": command, "seconds": seconds}
            result |= {"classifiers": {}, **records.provenance()}
        run = records.load_run(run_dir)
        result["steps"] = run.config.steps
        for key, slow in missing(result, args):
            scores = evaluator(key, slow)
            result["classifiers"][key] = {
                "metrics": scores.score_sampler(run.sampler()).metrics,
                "real": scores.real,
                "test_accuracy": scores.test_accuracy,
            }
        if wants_curve and "curve" not in result:
            result["curve"] = curve(run, evaluator("default", False), result["seconds"])
        record = records.read(file, {"seeds": []})  # other processes may write it, too
        others = [one for one in record["seeds"] if one["seed"] != seed]
        record["seeds"] = sorted([*others, result], key=lambda one: one["seed"])
        record |= {"preset": args.preset, "config": run.config.as_dict()}
        records.write(file, record)
    if args.curve and args.data == "mnist":
        files = [file.with_name(f"quality-{preset}.json") for preset in PRESETS]
        results = [records.read(one, {"seeds": []}) for one in files]
        plots.quality(args.out / "docs" / "images" / "quality.png", results)


if __name__ == "__main__":
    main()
