"""A run directory: config, checkpoints, samples, metrics, TensorBoard's events.

Nothing in it is code: checkpoints hold arrays, and the networks are built from the
config. Files are replaced in one step, so that a kill leaves the old one or the new one.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from pathlib import Path
from typing import Any

import tensorflow as tf

from gan_tf.config import Config
from gan_tf.data.fingerprint import check_description
from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.run_dir import evaluations as scores
from gan_tf.run_dir.checkpoints import Checkpoints
from gan_tf.run_dir.files import replace_text, writing
from gan_tf.run_dir.lock import locked
from gan_tf.run_dir.metrics_log import MetricsLog
from gan_tf.run_dir.versions import versions
from gan_tf.sampling.sampler import Sampler

# What a run may change on its way.
_FREE = ("steps", "on_nan")


class Run:
    """An existing run directory.

    Attributes:
        path: the directory.
        config: the run's settings, without any "auto".
        data: {"name", "image_shape", "class_names", "num_images", "crc32"} of its data.
        checkpoints: its `Checkpoints`.
        log: its `Log`.
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
            check_description(self.data)
            self._class_names = tuple(self.data["class_names"])
            self._image_shape = tuple(self.data["image_shape"])
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
        self.checkpoints = Checkpoints(self.path, self.config.keep_checkpoints)
        self.metrics_log = MetricsLog(self.path)

    @classmethod
    def create(
        cls, path: Path, config: Config, data: dict[str, Any], device: str
    ) -> Run:
        """Makes the directory and writes its config.json, and nothing else but a lock.

        Args:
            path: a directory that holds no run; it is made where it is missing.
            config: the settings, without any "auto".
            data: see the class.
            device: name of what computes.

        Raises:
            InputError: the directory cannot be written, or holds something else, or
                another process has just made a run of it.
        """
        try:
            found = set(os.listdir(path)) if os.path.isdir(path) else set()
        except OSError as error:
            raise InputError(
                f"run_dir ({path}) cannot be read ({error.strerror}): "
                "name another --run_dir"
            ) from None
        if "config.json" not in found and found - {"config.json.tmp", "lock"}:
            raise InputError(
                f"run_dir ({path}) has files in it and no config.json, so it is not a "
                "run: name a new or an empty folder, or put the run's config.json back"
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
        except OSError as error:
            raise InputError(
                f"run_dir ({path}) cannot be written ({error.strerror}): "
                "name another --run_dir"
            ) from None
        with locked(path):
            if (path / "config.json").exists():
                raise InputError(
                    f"run_dir ({path}) was made into a run by another process meanwhile: "
                    "wait for its end, or name another --run_dir"
                )
            cls._write_record(path, record)
        return cls(path)

    @staticmethod
    def _write_record(path, record):
        with writing(path):
            replace_text(path / "config.json", json.dumps(record, indent=2) + "\n")

    def check_resumable(self, config: Config, data: dict[str, Any]) -> None:
        """Checks that a training of `config` continues this run.

        It may be longer, and take another way out of a NaN.

        Raises:
            InputError: a setting or the data differ; each difference is named.
        """
        mine, asked = self.config.as_dict(), config.resolved(self.config.as_dict())
        differences = [
            f"{name}={mine[name]} (now {value})"
            for name, value in asked.as_dict().items()
            if value != mine[name] and name not in _FREE
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

    def updated_config(self, config: Config) -> Config:
        """Returns the run's settings with what it may take over of `config`."""
        return dataclasses.replace(
            self.config, **{name: getattr(config, name) for name in _FREE}
        )

    def update_config(self, config: Config) -> None:
        """Makes what `adopted` returned the run's settings, in config.json too.

        To be called while locked.
        """
        if config != self.config:
            record = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
            record["config"] = config.as_dict()
            self._write_record(self.path, record)
            self.config = config

    def best_step(self) -> int | None:
        """Returns the step of the checkpoint that scored best, None if none has."""
        return scores.best(self.path, self.checkpoints.steps())

    def resolve_checkpoint(self, checkpoint: str | None) -> int | None:
        """Returns the step that `checkpoint` names: a number, or "best".

        Raises:
            InputError: no checkpoint has been evaluated.
        """
        if checkpoint != "best":
            return None if checkpoint is None else int(checkpoint)
        step = self.best_step()
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
        self.checkpoints.restore_part(
            tf.train.Checkpoint(**{names[weights]: generator}),
            steps[-1] if checkpoint is None else checkpoint,
        )
        image_range = model.networks(self.config.architecture).image_range
        class_names = self._class_names if model.conditional else ()
        return Sampler(generator, image_range, self.config.noise, class_names)


def load(
    run_dir: str | Path, checkpoint: int | None = None, weights: str = "ema"
) -> Sampler:
    """Returns the generator of a run; see `Run.sampler`."""
    return Run(run_dir).sampler(checkpoint, weights)
