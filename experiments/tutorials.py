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
from pathlib import Path

import numpy as np
import plots
import records
from baselines.timing import Effort, interpreter

import gan_tf
from gan_tf.config import Config
from gan_tf.evaluation import Evaluator

_INTERVALS = ("log_every", "print_every", "sample_every", "save_every")
_QUICK = {**dict.fromkeys(_INTERVALS, 10), "jit_compile": "off"}  # compiling takes longer
_QUICK_STEPS, _QUICK_NUM, _PILOT_LOG_STEPS = 20, 200, 8
_CURVES = ("losses/", "d_prob/", "d_accuracy/", "class_accuracy/")


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
        # The default preset of a model has its name.
        self._model = Config.from_preset(preset).model
        self._default = f"{self._model}, equal time"
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
        self._save()

    def train_default(self) -> None:
        """Trains the default preset for as many seconds as the tutorial's seed 0."""
        preset, group = self._model, self._default
        if (self._run_dir(group, 0) / "config.json").exists():
            steps = self.run(group).config.steps
        else:
            every = Config.from_preset(preset).log_every
            pilot, num = f"{preset}, pilot", self.num(_PILOT_LOG_STEPS * every)
            self.train(preset, pilot, evaluate=False, steps=num)
            seconds = self.record["runs"][self.preset]["0"]["seconds"]
            steps = steps_in(seconds, self.run(pilot).metrics_log.rows())
        self.train(preset, group, steps=steps)

    @functools.cached_property
    def _evaluator(self):
        return Evaluator(gan_tf.data.load("mnist"), _QUICK_NUM if self.quick else None)

    def _evaluate(self, sampler):
        evaluation = self._evaluator.score_sampler(sampler)
        self.record["real"] = self._evaluator.real
        counts = np.bincount(evaluation.predicted, minlength=10)
        fractions = counts / counts.sum()
        return {"metrics": evaluation.metrics, "class_fractions": fractions.tolist()}

    def add(self, group: str, seed: int, steps: int, program: Callable) -> None:
        """Evaluates the sampler that the tutorial's own `program` returns; once."""
        seeds = self.record["runs"].setdefault(group, {})
        if str(seed) in seeds:
            return
        start = time.monotonic()
        sampler = program(seed, steps)
        result = {"steps": steps, "seconds": time.monotonic() - start, "curve": {}}
        seeds[str(seed)] = {**result, **records.provenance(), **self._evaluate(sampler)}
        self._save()

    def time_loop(self, what, num, loop, module, *kind, python=sys.executable) -> None:
        """Times `num` steps of the tutorial's own loop, in turns with the preset's; once.

        It is the `loop` of `python -m baselines.<module> [kind]`, called `what` in tables.
        """
        from baselines.training_rows import against

        if "medians" in self.record.get("against", {}):
            return
        effort, program = Effort(self.quick, python), ({what: loop}, module, *kind)
        options = {"num": self.num(num), "python": python}
        row = against(effort, self.preset, f"a {what}", *program, **options)
        self.record["against"] = {**row, "steps": self.num(num), **records.provenance()}
        self._save()

    def picture(self, name: str) -> Path:
        """Returns the file of a picture in docs/images/experiments."""
        file = self._root / "docs" / "images" / "experiments" / f"{self.name}-{name}"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def finish(self, curves=None, author=None, notes=()) -> None:
        """Draws the losses and the images, and writes the record with `notes`.

        `curves` are drawn in place of those of the trainings, beside the losses of the
        tutorial's `author`: see `plots.losses`.
        """
        plots.losses(self.picture("losses.png"), curves or self.curves(), author)
        plots.comparison(self.picture("images.png"), self.run(), self.run(self._default))
        self.record["notes"] = list(notes)
        self._save()

    def _save(self):
        records.write(self._file, self.record)


def steps_in(seconds: float, rows: list[dict[str, float]]) -> int:
    """Returns how many steps take `seconds`, estimated from a short training's rows."""
    first, *others = rows
    # Tracing is in the first row; the median ignores other slow ones.
    rate = statistics.median(row["speed/steps_per_second"] for row in others)
    left = seconds - first["step"] / first["speed/steps_per_second"]
    return int(first["step"]) + max(0, round(left * rate))
