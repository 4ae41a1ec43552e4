"""How good a preset's images are: whole trainings, judged as docs/results.md shows them.

    python experiments/quality.py --preset acgan --seeds 0,1,2 --curve --audit
    python experiments/quality.py --page

Each seed is one run of `python -m gan_tf.train` in a process of its own, under
runs/quality/, timed from its start to its end and judged on the test images by its last
checkpoint. A seed that is in the results already is not trained again, only judged by what
has not judged it, for which its run must still be there; one without its run, or whose
training was stopped, starts anew, since its seconds are those of a whole command. Writes
experiments/results/quality-<preset>.json and, from all such files, the tables and pictures
of docs/results.md.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import quality_page
from speed import provenance
from tutorial_curves import is_kept, seconds_at

from gan_tf import cli
from gan_tf.errors import InputError
from gan_tf.fields import Rule
from gan_tf.presets import PRESETS

_SWITCH = Rule(bool)
FLAGS = [
    cli.Flag("preset", Rule(str, choices=tuple(PRESETS)), "what to train", "acgan"),
    cli.Flag("seeds", Rule(str), "the trainings' seeds", "0,1,2"),
    cli.Flag("curve", _SWITCH, "judge every checkpoint of the first seed", "false"),
    cli.Flag("audit", _SWITCH, "two more judges, trained apart, too", "false"),
    cli.Flag("thorough", _SWITCH, "also CAS, bins and copies", "false"),
    cli.Flag("page", _SWITCH, "train nothing, only write docs/results.md", "false"),
]
_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "experiments" / "results"


def train(preset: str, run_dir: Path, **settings: Any) -> float:
    """Trains one run in a process of its own; returns the seconds that it took."""
    shutil.rmtree(run_dir, ignore_errors=True)
    command = [sys.executable, "-m", "gan_tf.train", f"--preset={preset}"]
    command += [f"--run_dir={run_dir}", *(f"--{k}={v}" for k, v in settings.items())]
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    if status:
        raise SystemExit(status)  # it has said why
    return time.monotonic() - start


def judge(run, evaluators) -> dict[str, Any]:
    """Returns {judge: {"metrics": ..., "real": ..., "test_accuracy": ...}}."""
    return {
        quality_page.judge_key(evaluator.judge.name, evaluator.judge.seed): {
            "metrics": evaluator.score_sampler(run.sampler()).metrics,
            "real": evaluator.real,
            "test_accuracy": evaluator.test_accuracy,
        }
        for evaluator in evaluators
    }


def curve(run, evaluator, seconds: float) -> list[dict[str, float]]:
    """Returns what every checkpoint scored, and when after the start it was there.

    Args:
        run: a finished `Run`.
        evaluator: the judge's.
        seconds: that the whole process took; what is not steps is put at its start.
    """
    at = seconds_at(run.log.entries())
    start = seconds - max(at.values())
    points = []
    for step in run.checkpoints.steps():
        metrics = evaluator.score_sampler(run.sampler(step)).metrics
        points.append({"step": step, "seconds": start + at[step], **metrics})
    return points


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, __doc__, FLAGS)
    if not values.get("page"):
        _measure(values)
    quality_page.write(_RESULTS, _ROOT / "docs")


def _measure(values):
    preset, text = values.get("preset", "acgan"), values.get("seeds", "0,1,2")
    if not all(part.strip().isdecimal() for part in text.split(",")):
        raise InputError(f"seeds ({text}) must be whole numbers with commas: 0,1,2")
    seeds = [int(part) for part in text.split(",")]
    file = _RESULTS / f"quality-{preset}.json"
    cli.import_tensorflow()
    import tensorflow as tf

    from gan_tf import data
    from gan_tf.evaluation import Evaluator
    from gan_tf.run_dir.run import Run

    tf.get_logger().setLevel("ERROR")

    @functools.cache  # each takes seconds or minutes, and perhaps none is needed
    def evaluator(judge, thorough):
        name, seed = judge
        dataset = data.load("mnist")
        return Evaluator(dataset, thorough=thorough, judge_name=name, judge_seed=seed)

    wanted = [(quality_page.JUDGE, values.get("thorough", False))]
    if values.get("audit"):
        wanted += [(judge, False) for judge in quality_page.AUDITS]
    for seed in seeds:
        result = _result(file, seed)
        wants_curve = values.get("curve", False) and seed == seeds[0]
        if _has_all(result, wanted, wants_curve):
            continue
        run_dir = _ROOT / "runs" / "quality" / f"{preset}-{seed}"
        # Results are committed, runs are not.
        if not (result and is_kept(run_dir, result["steps"])):
            seconds = train(preset, run_dir, seed=seed, keep_checkpoints=1_000)
            command = f"python -m gan_tf.train --preset {preset} --seed {seed}"
            result = {"seed": seed, "command": command, "seconds": seconds}
            result |= {"judges": {}, **provenance()}
        run = Run(run_dir)
        result["steps"] = run.config.steps
        missing = [evaluator(*one) for one in wanted if not _has_judged(result, *one)]
        result["judges"] |= judge(run, missing)
        if wants_curve and "curve" not in result:
            first = evaluator(quality_page.JUDGE, False)
            result["curve"] = curve(run, first, result["seconds"])
        _write(file, preset, result, run.config.as_dict())


def _has_all(result, wanted, wants_curve):
    has_curve = "curve" in result or not wants_curve
    return has_curve and all(_has_judged(result, *one) for one in wanted)


def _has_judged(result, judge, thorough):
    judged = result.get("judges", {}).get(quality_page.judge_key(*judge), {})
    metrics = judged.get("metrics", {})
    return "ndb" in metrics if thorough else bool(metrics)


def _result(file, seed):
    """What is known of a seed."""
    if not file.exists():
        return {}
    results = json.loads(file.read_text(encoding="utf-8"))["seeds"]
    return next((result for result in results if result["seed"] == seed), {})


def _write(file, preset, result, config):
    """Adds `result`, or puts it in the place of its seed's."""
    record: dict[str, Any] = {"seeds": []}
    if file.exists():  # read again: other seeds may be measured beside this one
        record = json.loads(file.read_text(encoding="utf-8"))
    others = [one for one in record["seeds"] if one["seed"] != result["seed"]]
    seeds = sorted([*others, result], key=lambda one: one["seed"])
    # An older file's versions and hardware stay: they are those of its older seeds.
    record |= {"preset": preset, "seeds": seeds, "config": config}
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
