"""What the experiments that reproduce a tutorial share: to train, judge, time and record.

Trainings are runs of `gan_tf.train` under runs/experiments/<experiment>/. What the record,
experiments/results/experiments-<experiment>.json, holds already is not done again unless
its run is missing, and a training that was stopped goes on, so each script can be stopped
and repeated.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tutorial_page
from baselines.timing import interpreter
from speed import provenance
from tutorial_curves import curve, is_kept, seconds_at

import gan_tf
from gan_tf import cli
from gan_tf.config import Config
from gan_tf.fields import Rule

FLAGS = [
    cli.Flag(
        "quick",
        Rule(bool),
        "a few steps of each, to see that it runs",
        "false",
    ),
    cli.Flag("gpu", Rule(int, 0, 1_000), "which GPU to use, from 0 on", "the first"),
    cli.Flag(
        "torch_python", Rule(str), "an interpreter that has PyTorch", "this one"
    ),
    cli.Flag(
        "out",
        Rule(str),
        "the folder to write into",
        "this repository, its runs/quick if quick",
    ),
]
_ROOT = Path(__file__).resolve().parents[1]
QUICK = {
    "log_every": 10,
    "print_every": 10,
    "sample_every": 10,
    "save_every": 10,
    "jit_compile": "off",  # to compile takes longer than a few steps
}
_QUICK_STEPS, _QUICK_NUM = 20, 200
_PILOT_ENTRIES = 8


class Experiment:
    """One tutorial's record, and the ways to add to it.

    Attributes:
        name: of the script.
        preset: that does what the tutorial does.
        quick: a few steps of everything, to see that it runs.
        torch_python: an interpreter that has PyTorch, or perhaps has.
        record: what is known so far; see `tutorial_page`.
    """

    def __init__(self, name: str, preset: str, argv: Sequence[str], usage: str):
        """Reads the flags and the record, and starts TensorFlow.

        Args:
            name: of the script.
            preset: that does what the tutorial does.
            argv: the command's name and its flags.
            usage: what `--help` says above the flags.

        Raises:
            InputError: a flag breaks its rule.
        """
        values = cli.parse(argv, usage, FLAGS)
        cli.import_tensorflow()
        import tensorflow as tf

        # Many trainers in one process look to TensorFlow like one that is traced again.
        tf.get_logger().setLevel("ERROR")
        self.name, self.preset = name, preset
        self.quick = values.get("quick", False)
        self.torch_python = interpreter(values.get("torch_python", sys.executable))
        self._gpu = values.get("gpu")
        # What is quick must not pass for a result.
        default = _ROOT / "runs" / "quick" if self.quick else _ROOT
        self._root = Path(values.get("out", default))
        self._results = self._root / "experiments" / "results"
        self._file = self._results / f"experiments-{name}.json"
        self.record: dict[str, Any] = {"runs": {}, "pictures": {}, "notes": []}
        if self._file.exists():
            self.record = json.loads(self._file.read_text(encoding="utf-8"))
        given = " --quick" if self.quick else ""
        self.record["command"] = f"python experiments/{name}.py{given}"

    @cached_property
    def evaluator(self):
        """The judge of MNIST's test images."""
        from baselines.ours import mnist

        from gan_tf.evaluation import Evaluator

        return Evaluator(mnist(), _QUICK_NUM if self.quick else None)

    def num(self, steps: int) -> int:
        """Returns `steps`, or a few where things are to be quick."""
        return min(steps, _QUICK_STEPS) if self.quick else steps

    def curves(self) -> list[dict[str, list[float]]]:
        """Returns the curves of the tutorial's trainings, one a seed."""
        return [seed["curve"] for seed in self.record["runs"][self.preset].values()]

    def run(self, group="", seed: int = 0):
        """Returns the `gan_tf.runs.Run` of a training, of the tutorial's by default."""
        from gan_tf.run_dir.run import Run

        return Run(self._run_dir(group or self.preset, seed))

    def _run_dir(self, group, seed):
        folder = f"{group}-{seed}".replace(",", "").replace(" ", "-")
        return self._root / "runs" / "experiments" / self.name / folder

    def train(self, preset: str, group="", seed: int = 0, judged=True, **settings):
        """Trains one seed of `group` by `gan_tf.train`, and judges it; once.

        Args:
            preset: the settings.
            group: trainings that differ in their seeds alone; empty for the preset's.
            seed: the training's.
            judged: False for a training whose curve alone is wanted.
            **settings: in place of the preset's.
        """
        group = group or preset
        seeds = self.record["runs"].setdefault(group, {})
        known = seeds.get(str(seed))
        # Records are committed, runs are not: pictures are made of those that are here.
        if known and is_kept(self._run_dir(group, seed), known["steps"]):
            return
        config = Config.from_preset(preset, seed=seed, **settings)
        if self.quick:
            short = {**QUICK, "steps": self.num(config.steps)}
            config = Config.from_dict({**config.as_dict(), **short})
        sampler = gan_tf.fit(config, self._run_dir(group, seed), self._gpu)
        entries = self.run(group, seed).log.entries()
        result = {
            "preset": preset,
            "settings": settings,
            "steps": config.steps,
            "seconds": max(seconds_at(entries).values()),
            "curve": curve(entries),
            **provenance(),
        }
        seeds[str(seed)] = {**result, **(self.judge(sampler) if judged else {})}
        self.save()

    def train_default(self, preset: str) -> None:
        """Trains the default `preset` for as many seconds as the tutorial's, seed 0."""
        group = f"{preset}, for as long"
        path = self._run_dir(group, 0)
        if (path / "config.json").exists():
            steps = self.run(group).config.steps
        else:
            seconds = self.record["runs"][self.preset]["0"]["seconds"]
            steps = self._steps_in(seconds, preset)
        self.train(preset, group, steps=steps)

    def _steps_in(self, seconds, preset):
        """Number of steps that take `seconds`, judged by a short training."""
        every = Config.from_preset(preset).log_every
        pilot = f"{preset}, pilot"
        self.train(preset, pilot, judged=False, steps=self.num(_PILOT_ENTRIES * every))
        first, *others = self.run(pilot).log.entries()
        # In the first entry everything is traced, in any of them the machine may be slow.
        rate = statistics.median(e["speed/steps_per_second"] for e in others)
        left = seconds - first["step"] / first["speed/steps_per_second"]
        return first["step"] + max(0, round(left * rate))

    def judge(self, sampler) -> dict[str, Any]:
        """Returns {"metrics": ..., "class_shares": [...]} of a generator."""
        evaluation = self.evaluator.score_sampler(sampler)
        self.record["real"] = self.evaluator.real
        num_classes = self.evaluator.dataset.num_classes
        counts = np.bincount(evaluation.seen, minlength=num_classes)
        return {
            "metrics": evaluation.metrics,
            "class_shares": (counts / counts.sum()).tolist(),
        }

    def add(self, group: str, seed: int, steps: int, program) -> None:
        """Judges what a program that is not this package's has trained; once.

        Args:
            group: programs that differ in their seeds alone.
            seed: the program's.
            steps: that it makes.
            program: trains and returns a `Sampler`.
        """
        seeds = self.record["runs"].setdefault(group, {})
        if str(seed) in seeds:
            return
        start = time.monotonic()
        sampler = program()
        result = {"steps": steps, "seconds": time.monotonic() - start, "curve": {}}
        seeds[str(seed)] = {**result, **provenance(), **self.judge(sampler)}
        self.save()

    def picture(self, name: str, caption: str) -> Path:
        """Returns the file of a picture, which the page will show above `caption`."""
        file = f"{self.name}-{name}"
        self.record["pictures"][file] = caption
        return self._root / "docs" / "images" / "experiments" / file

    def finish(self, notes: Sequence[str]) -> None:
        """Writes the record and the page, with `notes`, each a paragraph of Markdown."""
        self.record["notes"] = list(notes)
        self.save()
        tutorial_page.write(self._results, _ROOT / "docs", self._root / "docs")
        print(f"wrote     {self._root / 'docs' / 'experiments.md'}")

    def save(self) -> None:
        """Writes the record."""
        self._results.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.record, indent=1) + "\n"
        self._file.write_text(text, encoding="utf-8")
