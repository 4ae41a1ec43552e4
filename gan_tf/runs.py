"""A run directory: config, checkpoints, samples, metrics, TensorBoard's events.

Nothing in it is code: checkpoints hold arrays, and the networks are built from the
config. Files are replaced in one step, so that a kill leaves the old one or the new one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import gan_tf
from gan_tf import scores
from gan_tf.checkpoints import Checkpoints
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.sampling import Sampler


def versions() -> dict[str, str]:
    """Returns the version of all that decides a run's bits."""
    return {
        "gan_tf": gan_tf.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


class Run:
    """An existing run directory.

    Attributes:
        path: the directory.
        config: the run's settings, without any "auto".
        data: {"name", "image_shape", "class_names", "num_images", "crc32"} of its data.
        checkpoints: its `Checkpoints`.
    """

    def __init__(self, path: str | Path):
        """Reads the directory's config.json.

        Raises:
            InputError: there is none, or it is not one of this version's.
        """
        self.path = Path(path)
        file = self.path / "config.json"
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            self.config = Config.from_dict(record["config"])
            self.data = record["data"]
            self._class_names = tuple(self.data["class_names"])
            self._image_shape = tuple(self.data["image_shape"])
        except OSError as error:
            raise InputError(
                f"run_dir ({self.path}) is not a run: {file.name} cannot be read "
                f"({error.strerror}); train first, or name another --run_dir"
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"run_dir ({self.path}): config.json is damaged or of another version "
                f"({error}); use another --run_dir"
            ) from None
        self.checkpoints = Checkpoints(self.path, self.config.keep_checkpoints)

    @classmethod
    def create(
        cls, path: Path, config: Config, data: dict[str, Any], device: str
    ) -> Run:
        """Makes the directory and writes its config.json, and nothing else.

        Args:
            path: a directory that holds no run; it is made where it is missing.
            config: the settings, without any "auto".
            data: see the class.
            device: name of what computes.

        Raises:
            InputError: the directory cannot be written, or holds something else.
        """
        if path.is_dir() and {f.name for f in path.iterdir()} - {"config.json.tmp"}:
            raise InputError(
                f"run_dir ({path}) has files in it and no config.json, so it is not a "
                "run: name a new or an empty folder"
            )
        record = {
            "config": config.as_dict(),
            "data": data,
            "versions": versions(),
            "device": device,
            "created": datetime.datetime.now()
            .astimezone()
            .isoformat(timespec="seconds"),
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            _write_json(path / "config.json", record)
        except OSError as error:
            raise InputError(
                f"run_dir ({path}) cannot be written ({error.strerror}): "
                "name another --run_dir"
            ) from None
        return cls(path)

    def check(self, config: Config, data: dict[str, Any]) -> None:
        """Checks that a training of `config` continues this run; it may be longer.

        Raises:
            InputError: a setting or the data differ; each difference is named.
        """
        mine, asked = self.config.as_dict(), config.resolved(self.config.as_dict())
        differences = [
            f"{name}={mine[name]} (now {value})"
            for name, value in asked.as_dict().items()
            if value != mine[name] and name != "steps"
        ]
        if differences:
            raise InputError(
                f"run_dir ({self.path}) was started with {', '.join(differences)}: "
                "drop the changed settings to continue it, or name another --run_dir"
            )
        if json.loads(json.dumps(data)) != self.data:
            raise InputError(
                f"data ({config.data}) are not those that run_dir ({self.path}) was "
                "started with: restore them, or name another --run_dir"
            )
        if config.steps < self.config.steps:
            raise InputError(
                f"steps ({config.steps}) must be at least the run's {self.config.steps} "
                f"in run_dir ({self.path}): name another --run_dir for a shorter one"
            )

    def extend(self, steps: int) -> None:
        """Makes the run `steps` long, in config.json too; to be called while locked."""
        if steps != self.config.steps:
            record = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
            record["config"]["steps"] = steps
            _write_json(self.path / "config.json", record)
            self.config = dataclasses.replace(self.config, steps=steps)

    def log(self, metrics: dict[str, float], step: int) -> None:
        """Appends one line to metrics.jsonl: {"step": step, **metrics}."""
        with open(self.path / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")

    def note(self, text: str) -> None:
        """Appends one line to train.log, which keeps what was told of the training."""
        with open(self.path / "train.log", "a", encoding="utf-8") as file:
            file.write(f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}  {text}\n")

    def rewind_log(self, step: int) -> None:
        """Drops from metrics.jsonl what was logged after `step`, and a half line."""
        file = self.path / "metrics.jsonl"
        if not file.exists():
            return
        kept = []
        for line in file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
        _replace(file, "".join(kept))

    def best(self) -> int | None:
        """Returns the step of the checkpoint that scored best, None if none has."""
        return scores.best(self.path, self.checkpoints.steps())

    def find(self, checkpoint: str | None) -> int | None:
        """Returns the step that `checkpoint` names: a number, or "best".

        Raises:
            InputError: no checkpoint has been evaluated.
        """
        if checkpoint != "best":
            return None if checkpoint is None else int(checkpoint)
        step = self.best()
        if step is None:
            raise InputError(
                f"checkpoint (best) is not known: none in run_dir ({self.path}) has been "
                "evaluated; run python -m gan_tf.evaluate --checkpoint all first"
            )
        return step

    def sampler(self, checkpoint: int | None = None, weights: str = "ema") -> Sampler:
        """Returns the generator of a checkpoint, ready to be asked for images.

        Args:
            checkpoint: its step; None for the newest.
            weights: "ema" for the running average, "raw" for what is being trained.

        Raises:
            InputError: there is no such checkpoint, or it cannot be read.
        """
        steps = self.checkpoints.steps()
        if not steps:
            raise InputError(
                f"run_dir ({self.path}) has no checkpoint yet: train first"
            )
        names = {"ema": "ema_generator", "raw": "generator"}
        if weights not in names:
            raise InputError(f"weights ({weights}) must be one of {', '.join(names)}")
        model = model_class(self.config.model)
        generator = model.build_generator(
            self.config, self._image_shape, len(self._class_names)
        )
        self.checkpoints.read_part(
            tf.train.Checkpoint(**{names[weights]: generator}),
            steps[-1] if checkpoint is None else checkpoint,
        )
        image_range = model.networks(self.config.network).image_range
        class_names = self._class_names if model.conditional else ()
        return Sampler(generator, image_range, self.config.noise, class_names)


def load(
    run_dir: str | Path, checkpoint: int | None = None, weights: str = "ema"
) -> Sampler:
    """Returns the generator of a run; see `Run.sampler`."""
    return Run(run_dir).sampler(checkpoint, weights)


def newest(root: str | Path, conditional: bool) -> Run:
    """Returns the run under `root` with the newest checkpoint.

    Args:
        root: the directory to search.
        conditional: only runs whose model can be asked for a label.

    Raises:
        InputError: there is no such run.
    """
    candidates = []
    for file in Path(root).rglob("config.json"):
        with contextlib.suppress(InputError):
            run = Run(file.parent)
            steps = run.checkpoints.steps()
            if steps and model_class(run.config.model).conditional >= conditional:
                made = run.checkpoints.index(steps[-1]).stat().st_mtime
                candidates.append((made, run))
    if not candidates:
        kind = "a model that takes labels" if conditional else "a trained model"
        raise InputError(
            f"run_dir was left out and no run under {root}/ holds {kind}: train one "
            "(python -m gan_tf.train --model acgan), or name its --run_dir"
        )
    return max(candidates, key=lambda pair: pair[0])[1]


def _write_json(file: Path, record) -> None:
    _replace(file, json.dumps(record, indent=2) + "\n")


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(file.name + ".tmp")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)
