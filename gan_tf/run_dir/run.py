"""A run directory: config, checkpoints, samples, metrics, TensorBoard's events.

Loading it executes no code: checkpoints hold arrays, and the networks are built from the
config. Files are replaced atomically: a kill leaves the old one or the new one.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_tf.config import Config
from gan_tf.data import IN_MEMORY
from gan_tf.data.fingerprint import check_description
from gan_tf.errors import InputError
from gan_tf.files import command_line, local_path
from gan_tf.models import model_class
from gan_tf.models.base import GAN
from gan_tf.run_dir import evaluations
from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.run_dir.files import write_json
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.metrics_log import MetricsLog
from gan_tf.run_dir.versions import now, versions
from gan_tf.sampling.sampler import Sampler

# Settings that may change when a run resumes: its length, and those that decide only what
# is written, printed or kept, what follows a NaN, where the same data are, or how another
# device computes the same.
_CHANGEABLE = frozenset(
    "preset data steps minutes on_nan log_every print_every sample_every save_every "
    "keep_checkpoints eval_every jit_compile mixed_precision".split()
)


class Run:
    """An existing run directory.

    Attributes:
        path: the directory.
        config: the run's settings, without any "auto".
        data: {"name", "image_shape", "class_names", "num_images", "crc32"} of its data.
        checkpoints: its `Checkpoints`.
        metrics_log: its `MetricsLog`.
    """

    def __init__(self, path: str | Path):
        """Reads the directory's config.json.

        Raises:
            InputError: there is none, or it is damaged or of another version.
        """
        self.path = local_path("run_dir", path)
        file = self.path / "config.json"
        names = ("generator.keras", "README.md", "checkpoints")
        if [os.path.exists(self.path / name) for name in names] == [True, True, False]:
            raise InputError(
                f"run_dir ({self.path}) is an export and no run: its README.md shows how "
                "to load it; name the run"
            )
        try:
            record = json.loads(file.read_text(encoding="utf-8-sig"))
            # What a run lacks, it was trained without; a preset may have it now.
            self.config = Config.from_dict({**Config().as_dict(), **record["config"]})
            self.data = record["data"]
            check_description(self.data)
        except OSError as error:
            raise InputError(
                f"run_dir ({self.path}) is not a run: {file.name} cannot be read "
                f"({error.strerror}); train first, or name another --run_dir"
            ) from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(
                f"run_dir ({self.path}): config.json is damaged or of another version "
                f"({error}); use another --run_dir"
            ) from None
        self.checkpoints = Checkpoints(self.path)
        self.metrics_log = MetricsLog(self.path)

    def _repr_html_(self) -> str:
        """What a notebook shows: the run's facts and its newest sample grid."""
        steps, config = self.checkpoints.steps(), self.config
        facts = {
            "run": self.path,
            "model": f"{config.model}, preset {config.preset}",
            "data": f"{self.data['name']}, {self.data['num_images']:,} images",
            "steps": f"{steps[-1] if steps else 0:,} of {config.steps:,}",
        }
        rows = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(value))}</td></tr>"
            for name, value in facts.items()
        )
        grids = list(self.sample_grids().values())
        picture = ""
        if grids:
            data = base64.b64encode(grids[-1].read_bytes()).decode()
            picture = f'<img alt="samples" src="data:image/png;base64,{data}">'
        return f"<table>{rows}</table>{picture}"

    def __repr__(self):
        steps = self.checkpoints.steps()
        done = f"{steps[-1]:,} of " if steps else ""
        name, data = self.config.preset, self.data["name"]
        return f"<Run {self.path}: {name} of {data}, {done}{self.config.steps:,} steps>"

    @classmethod
    def create(cls, path: Path, config: Config, data: dict[str, Any], device: str) -> Run:
        """Creates the directory and writes its config.json, and only a lock besides.

        Args:
            path: a directory that holds no run; it is created if it is missing.
            config: the settings, without any "auto".
            data: see the class.
            device: name of the device that trains.

        Raises:
            InputError: the directory cannot be written, or holds other files, or
                another process has just created a run in it.
        """
        verb = "written"
        try:
            path.mkdir(parents=True, exist_ok=True)
            verb = "read"
            found = os.listdir(path)
        except OSError as error:
            raise InputError(
                f"run_dir ({path}) cannot be {verb} ({error.strerror}): "
                "name another --run_dir"
            ) from None
        # A kill before config.json was complete leaves no more than these.
        partial = re.compile(r"lock|config\.json\.\d+\.tmp")
        others = [n for n in found if not (n.startswith(".") or partial.fullmatch(n))]
        if "config.json" not in found and others:
            raise InputError(
                f"run_dir ({path}) has files in it ({min(others)}) and no config.json, so "
                "it is not a run: name a new or an empty folder, or put the run's "
                "config.json back"
            )
        record = {
            "config": config.as_dict(),
            "data": data,
            "versions": versions(),
            "device": device,
            "created": now(),
        }
        with locked(path):
            if (path / "config.json").exists():
                raise InputError(
                    f"run_dir ({path}) was made into a run by another process meanwhile: "
                    "wait until it ends, or name another --run_dir"
                )
            write_json(path, "config.json", record)
        return cls(path)

    def check_resumable(self, config: Config, data: dict[str, Any]) -> None:
        """Checks that `config` may resume this run: longer, or with other output.

        Raises:
            InputError: another setting or the data differ; each difference is named.
        """
        current = self.config.as_dict()
        differences = [
            f"{name}={current[name]} (now {value})"
            for name, value in config.resolved(current).as_dict().items()
            if value != current[name] and name not in _CHANGEABLE
        ]
        if differences:
            raise InputError(
                f"run_dir ({self.path}) was started with {', '.join(differences)}: "
                "give these values to resume it, or name another --run_dir"
            )
        has_checkpoint = bool(self.checkpoints.steps())
        if has_checkpoint and config.minutes not in (0, self.config.minutes):
            raise InputError(
                f"minutes ({config.minutes:g}) is for a new run, and run_dir ({self.path}) "
                "has checkpoints: extend it with --steps, or name another --run_dir"
            )
        # Their name is that of their file, which may have moved.
        if {**data, "name": ""} != {**self.data, "name": ""}:
            raise InputError(
                f"data ({config.data}) are not those that run_dir ({self.path}) was "
                "started with: restore them, or train on with these in another --run_dir, "
                f"with --init_from {self.path}"
            )
        # A run limited by time has no number of steps of its own before a checkpoint.
        has_steps = not self.config.minutes or has_checkpoint
        if not config.minutes and has_steps and config.steps < self.config.steps:
            raise InputError(
                f"steps ({config.steps}) must be at least the run's {self.config.steps} "
                f"in run_dir ({self.path}): name another --run_dir for a shorter one"
            )

    def updated_config(self, config: Config) -> Config:
        """Returns the run's settings, with those of `config` that may change."""
        config = config.resolved(self.config.as_dict())
        new = {k: v for k, v in config.as_dict().items() if k in _CHANGEABLE}
        if config.minutes:
            del new["steps"]  # they were chosen when the run was new
        if config.data == IN_MEMORY:
            del new["data"]  # of equal images, the path is kept
        return Config.from_dict({**self.config.as_dict(), **new})

    def update_config(self, config: Config) -> None:
        """Replaces the settings, in config.json too; the caller must hold the lock."""
        if config != self.config:
            record = json.loads(
                (self.path / "config.json").read_text(encoding="utf-8-sig")
            )
            record["config"] = config.as_dict()
            write_json(self.path, "config.json", record)
            self.config = config

    def sample_grids(self) -> dict[int, Path]:
        """Returns {step: file} of the sample grids, in order of the steps."""
        files = self.path.glob("samples/*.png")  # real.png is one of them
        grids = {int(file.stem): file for file in files if file.stem.isdecimal()}
        return dict(sorted(grids.items()))

    def save(self, checkpoint: tf.train.Checkpoint, step: int) -> None:
        """Writes a checkpoint and deletes old ones, but not the best."""
        self.checkpoints.save(checkpoint, step)
        # In this order: a damaged metrics.json must not cost the checkpoint.
        best = evaluations.best_of_each_kind(self.path, self.checkpoints.steps())
        self.checkpoints.prune(self.config.keep_checkpoints, protected=best)

    def is_evaluated(self, step: int) -> bool:
        """Returns whether the EMA weights of checkpoint `step` have been evaluated."""
        return (step, "ema") in map(evaluations.key, evaluations.read(self.path))

    def best_step(self) -> int | None:
        """Returns the step of the best evaluated checkpoint, or None if there is none."""
        return evaluations.best(self.path, self.checkpoints.steps())

    def resolve_checkpoint(self, checkpoint: str | None) -> int:
        """Returns the step of `checkpoint`: in digits, "best", or None for the newest.

        Raises:
            InputError: there is no checkpoint, or none has been evaluated.
        """
        if checkpoint is None:
            if steps := self.checkpoints.steps():
                return steps[-1]
            raise InputError(
                f"run_dir ({self.path}) has no checkpoint yet: train first, or wait for "
                "the first checkpoint of the training (--save_every)"
            )
        if checkpoint != "best":
            return int(checkpoint)
        step = self.best_step()
        if step is None:
            more = ["--data", "THE_SAME_IMAGES"] * (self.config.data == IN_MEMORY)
            raise InputError(
                f"checkpoint (best) is not known: none in run_dir ({self.path}) has been "
                "evaluated with EMA weights; first run python -m gan_tf.evaluate "
                f"--checkpoint all {command_line(['--run_dir', str(self.path), *more])}"
            )
        return step

    def sampler(self, checkpoint: int | None = None, weights: str = "ema") -> Sampler:
        """Returns the generator of a checkpoint, of the newest one by default.

        `weights` are "ema", the EMA of the generator's, or "raw", those that are trained.

        Raises:
            InputError: there is no such checkpoint, or it cannot be read.
        """
        newest = self.resolve_checkpoint(None)
        class_names = tuple(self.data["class_names"])
        names = {"ema": "ema_generator", "raw": "generator"}
        if weights not in names:
            raise InputError(f"weights ({weights}) must be one of {', '.join(names)}")
        model = model_class(self.config.model)
        shape = tuple(self.data["image_shape"])
        generator = model.build_generator(self.config, shape, len(class_names))
        self.checkpoints.restore_part(
            tf.train.Checkpoint(**{names[weights]: generator}),
            newest if checkpoint is None else checkpoint,
        )
        image_range = model.architecture(self.config.architecture).image_range
        class_names = class_names if model.conditional else ()
        return Sampler(generator, image_range, self.config.noise, class_names)

    def model(self, checkpoint: int) -> GAN:
        """Returns both networks of the checkpoint of a step, read as `sampler` does."""
        model = self.new_model()
        networks = {"generator": model.generator, "discriminator": model.discriminator}
        self.checkpoints.restore_part(tf.train.Checkpoint(**networks), checkpoint)
        return model

    def new_model(self) -> GAN:
        """Returns the run's model with initial weights."""
        shape, num_classes = tuple(self.data["image_shape"]), len(self.data["class_names"])
        return model_class(self.config.model)(self.config, shape, num_classes)
