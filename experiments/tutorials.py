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

import numpy as np
import plots
import records
import tables
from baselines.timing import Effort, interpreter

import gan_tf
from gan_tf.config import Config
from gan_tf.evaluation import Evaluator

_QUICK = dict.fromkeys(("log_every", "print_every", "sample_every", "save_every"), 10)
_QUICK |= {"jit_compile": "off"}  # compiling takes longer


class Tutorial:
    """One tutorial's record, and the ways to add to it."""

    def __init__(self, preset: str, usage: str | None, argv, loop):
        """Trains seed 0, and the default preset for as many seconds; times `loop`.

        It is (name in tables, number of steps, loop, module of `baselines`, its arguments).
        """
        parser = records.parser(usage)
        parser.add_argument("--torch_python", type=interpreter, default=sys.executable)
        args = records.parse(parser, argv)
        records.start_tensorflow()
        self.name, self.preset = preset.replace("-", "_"), preset
        self.quick, self._root = args.quick, args.out
        self._file = args.out / records.RESULTS / f"experiments-{self.name}.json"
        self.record = records.read(self._file, {"runs": {}, "notes": []})
        flags = " --quick" if args.quick else ""
        self.record["command"] = f"python experiments/{self.name}.py{flags}"
        self._model = Config(preset=preset).model  # its default preset has this name
        self._default = f"{self._model}, equal time"
        self.train()
        self._train_default()
        self._time_loop(Effort(args.quick, args.torch_python), *loop)

    def num(self, steps: int) -> int:
        """Returns `steps`, or a few in a quick run."""
        return min(steps, 20) if self.quick else steps

    def curves(self, group: str = "") -> list[dict[str, list[float]]]:
        """Returns the curves of a group's trainings, one per seed."""
        return [run["curve"] for run in self.record["runs"][group or self.preset].values()]

    def run(self, group: str = "", seed: int = 0):
        """Returns the `gan_tf.run_dir.run.Run` of a training."""
        return records.load_run(self._run_dir(group or self.preset, seed))

    def _run_dir(self, group, seed):
        folder = f"{group}-{seed}".replace(",", "").replace(" ", "-")
        return self._root / "runs" / "experiments" / self.name / folder

    def train(self, preset="", group="", seed=0, evaluate=True, **settings) -> None:
        """Trains one seed of `group` with `settings` in place of the preset's; once."""
        preset = preset or self.preset
        group = group or preset
        seeds = self.record["runs"].setdefault(group, {})
        path, known = self._run_dir(group, seed), seeds.get(str(seed))
        # Records are committed and runs are not: pictures need the run.
        if known and records.is_complete(path, known["steps"]):
            return
        if self.quick:
            settings |= {**_QUICK, "steps": self.num(settings.get("steps", 20))}
        config = Config(preset=preset, seed=seed, **settings)
        sampler = gan_tf.fit(config, path)
        rows = self.run(group, seed).metrics_log.rows()
        common = set.intersection(*map(set, rows))  # R1 need not act between two log steps
        tags = common & {"step", *tables.CURVES}
        seeds[str(seed)] = {
            "preset": preset,
            "settings": settings,
            "steps": config.steps,
            "seconds": max(records.seconds_at(rows).values()),
            "curve": {t: [float(f"{row[t]:.5g}") for row in rows] for t in sorted(tags)},
            **records.provenance(),
            **(self._evaluate(sampler) if evaluate else {}),
        }
        self._save()

    def _train_default(self):
        """Trains the default preset for as many seconds as the tutorial's seed 0."""
        if (self._run_dir(self._default, 0) / "config.json").exists():
            steps = self.run(self._default).config.steps
        else:
            num = self.num(8 * Config(preset=self._model).log_every)
            pilot = f"{self._model}, pilot"
            self.train(self._model, pilot, evaluate=False, steps=num)
            seconds = self.record["runs"][self.preset]["0"]["seconds"]
            steps = steps_in(seconds, self.run(pilot).metrics_log.rows())
        self.train(self._model, self._default, steps=steps)

    @functools.cached_property
    def _evaluator(self):
        return Evaluator(gan_tf.data.load("mnist"), 200 if self.quick else None)

    def _evaluate(self, sampler):
        evaluation = self._evaluator.score_sampler(sampler)
        self.record["real"] = self._evaluator.real
        predicted = evaluation.predicted
        fractions = np.bincount(predicted, minlength=10) / len(predicted)
        return {"metrics": evaluation.metrics, "class_fractions": fractions.tolist()}

    def add(self, group: str, seed: int, steps: int, program) -> None:
        """Evaluates the sampler `program(seed, steps)` of another program; once."""
        seeds = self.record["runs"].setdefault(group, {})
        if str(seed) in seeds:
            return
        start = time.monotonic()
        sampler = program(seed, steps)
        result = {"steps": steps, "seconds": time.monotonic() - start, "curve": {}}
        seeds[str(seed)] = {**result, **records.provenance(), **self._evaluate(sampler)}
        self._save()

    def _time_loop(self, effort, what, num, loop, *program):
        """Times the tutorial's own loop, in turns with the preset's; once."""
        from baselines.training_rows import against

        if "medians" in self.record.get("against", {}):
            return
        num = self.num(num)
        row = against(effort, self.preset, f"a {what}", {what: loop}, *program, num=num)
        if "medians" in row:
            row |= {"steps": num, **records.provenance()}
        self.record["against"] = row if "medians" in row else {"skipped": row["skipped"]}
        self._save()

    def picture(self, name: str):
        """Returns the file of a picture in docs/images/experiments."""
        file = self._root / "docs" / "images" / "experiments" / f"{self.name}-{name}"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def finish(self, curves=None, author=None, notes=()) -> None:
        """Draws the losses (see `plots.losses`) and the images; writes the `notes`."""
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
