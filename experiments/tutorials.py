"""What the five scripts that reproduce a tutorial share: train, evaluate, time, record.

The record of a tutorial is experiments/results/experiments-<name>.json:

    command
    runs     {group: {seed: {preset, settings, steps, seconds, curve, versions, hardware,
             and for those that are evaluated metrics and class_fractions}}}
    against  the tutorial's own loop, a row of `baselines.timing.compared`
    real     {metric: value of real images}
    notes    [paragraph of Markdown]

Trainings are runs under runs/experiments/<name>/. Each result is measured once: a script
that was interrupted continues when it is run again.
"""

import functools
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import records

import gan_tf
from gan_tf.config import Config

_INTERVALS = ("log_every", "print_every", "sample_every", "save_every")
_QUICK = {**dict.fromkeys(_INTERVALS, 10), "jit_compile": "off"}  # compiling takes longer
_QUICK_STEPS, _QUICK_NUM, _ROUNDS, _PILOT_LOG_STEPS = 20, 200, 3, 8
_CURVES = ("losses/", "d_prob/", "d_accuracy/", "class_accuracy/")


@functools.cache
def evaluator(num: int | None):
    """Returns the evaluator of MNIST; `num` images, None for the usual number."""
    from gan_tf.evaluation import Evaluator

    return Evaluator(gan_tf.data.load("mnist"), num)


def curve(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    """Returns {"step" or tag: values} of the losses, probabilities and accuracies.

    A tag that a row lacks is left out: R1 need not act between two log steps.
    """
    common = set.intersection(*map(set, rows))
    tags = ["step", *(t for t in rows[0] if t.startswith(_CURVES) and t in common)]
    return {tag: [float(f"{row[tag]:.5g}") for row in rows] for tag in tags}


class Tutorial:
    """One tutorial's record, and the ways to add to it."""

    def __init__(self, preset: str, usage: str | None, argv: Sequence[str] | None):
        """Reads the flags (`argv`, or the process's) and the record; starts TensorFlow."""
        from baselines.timing import interpreter

        parser = records.parser(usage)
        parser.add_argument("--gpu", type=int, help="number of the GPU, from 0")
        parser.add_argument(
            "--torch_python",
            type=interpreter,
            default=sys.executable,
            help="a Python interpreter with PyTorch; default: this one",
        )
        args = records.parse(parser, argv)
        records.start_tensorflow()
        self.name, self.preset = preset.replace("-", "_"), preset
        self.quick, self.torch_python = args.quick, args.torch_python
        self._root, self._gpu = args.out, args.gpu
        self._file = args.out / records.RESULTS / f"experiments-{self.name}.json"
        self.record = records.read(self._file, {"runs": {}, "notes": []})
        flags = " --quick" if args.quick else ""
        self.record["command"] = f"python experiments/{self.name}.py{flags}"

    def num(self, steps: int) -> int:
        """Returns `steps`, or a few in a quick run."""
        return min(steps, _QUICK_STEPS) if self.quick else steps

    def curves(self, group: str = "") -> list[dict[str, list[float]]]:
        """Returns the curves of a group's trainings, one per seed."""
        return [run["curve"] for run in self.record["runs"][group or self.preset].values()]

    def run(self, group: str = "", seed: int = 0):
        """Returns the `gan_tf.run_dir.run.Run` of a training."""
        from gan_tf.run_dir.run import Run

        return Run(self._run_dir(group or self.preset, seed))

    def _run_dir(self, group, seed):
        folder = f"{group}-{seed}".replace(",", "").replace(" ", "-")
        return self._root / "runs" / "experiments" / self.name / folder

    def train(self, preset="", group="", seed=0, evaluate=True, **settings) -> None:
        """Trains one seed of `group` with `settings` in place of the preset's; once.

        The preset is the tutorial's and the group is named like the preset, unless they are
        given. `evaluate` is False if only the losses are wanted.
        """
        preset = preset or self.preset
        group = group or preset
        seeds = self.record["runs"].setdefault(group, {})
        path, known = self._run_dir(group, seed), seeds.get(str(seed))
        # Records are committed and runs are not: pictures need the run.
        if known and records.is_complete(path, known["steps"]):
            return
        if self.quick:
            steps = settings.get("steps", _QUICK_STEPS)
            settings = {**settings, **_QUICK, "steps": self.num(steps)}
        config = Config.from_preset(preset, seed=seed, **settings)
        sampler = gan_tf.fit(config, path, self._gpu)
        rows = self.run(group, seed).metrics_log.rows()
        seeds[str(seed)] = {
            "preset": preset,
            "settings": settings,
            "steps": config.steps,
            "seconds": max(records.seconds_at(rows).values()),
            "curve": curve(rows),
            **records.provenance(),
            **(self._evaluate(sampler) if evaluate else {}),
        }
        self.save()

    def train_default(self, preset: str) -> None:
        """Trains the default `preset` for as many seconds as the tutorial's seed 0."""
        group = f"{preset}, equal time"
        if (self._run_dir(group, 0) / "config.json").exists():
            steps = self.run(group).config.steps
        else:
            every = Config.from_preset(preset).log_every
            pilot, num = f"{preset}, pilot", self.num(_PILOT_LOG_STEPS * every)
            self.train(preset, pilot, evaluate=False, steps=num)
            seconds = self.record["runs"][self.preset]["0"]["seconds"]
            steps = steps_in(seconds, self.run(pilot).metrics_log.rows())
        self.train(preset, group, steps=steps)

    def _evaluate(self, sampler):
        scores = evaluator(_QUICK_NUM if self.quick else None)
        evaluation = scores.score_sampler(sampler)
        self.record["real"] = scores.real
        counts = np.bincount(evaluation.predicted, minlength=scores.dataset.num_classes)
        fractions = counts / counts.sum()
        return {"metrics": evaluation.metrics, "class_fractions": fractions.tolist()}

    def add(self, group: str, seed: int, steps: int, program: Callable) -> None:
        """Evaluates the sampler of the tutorial's own `program(seed, steps)`; once."""
        seeds = self.record["runs"].setdefault(group, {})
        if str(seed) in seeds:
            return
        start = time.monotonic()
        sampler = program(seed, steps).sampler()
        result = {"steps": steps, "seconds": time.monotonic() - start, "curve": {}}
        seeds[str(seed)] = {**result, **records.provenance(), **self._evaluate(sampler)}
        self.save()

    def time_loop(self, what: str, loop: Callable, num: int, version: str = "") -> None:
        """Times `num` steps of the tutorial's own loop, in turns with the preset's."""
        from baselines.training_rows import against

        steps, rounds = self.num(num), 1 if self.quick else _ROUNDS
        title, fields = f"`{self.preset}`", {"steps": steps, "version": version}
        row = against(self.preset, title, {what: loop}, steps, rounds, **fields)
        self.record["against"] = {**row, **records.provenance()}
        self.save()

    @property
    def is_timed(self) -> bool:
        """Whether the tutorial's own loop has been timed."""
        return "medians" in self.record.get("against", {})

    def time_process(self, what, module, program, name, num, python=sys.executable):
        """Times the loop `name` of `python -m baselines.<module> <program>`; once."""
        from baselines.ours import mnist_file
        from baselines.timing import Worker

        if self.is_timed:
            return
        size = str(gan_tf.PRESETS[self.preset]["batch_size"])
        with Worker(python, module, [program, mnist_file(), size]) as worker:
            self.time_loop(what, partial(worker.run, name), num, worker.version)

    def picture(self, name: str) -> Path:
        """Returns the file of a picture in docs/images/experiments."""
        file = self._root / "docs" / "images" / "experiments" / f"{self.name}-{name}"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def save(self) -> None:
        """Writes the record."""
        records.write(self._file, self.record)


def steps_in(seconds: float, rows: list[dict[str, float]]) -> int:
    """Returns how many steps take `seconds`, estimated from a short training's rows."""
    first, *others = rows
    # Tracing is in the first row; the median ignores other slow ones.
    rate = statistics.median(row["speed/steps_per_second"] for row in others)
    left = seconds - first["step"] / first["speed/steps_per_second"]
    return int(first["step"]) + max(0, round(left * rate))
