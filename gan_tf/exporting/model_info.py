"""What a user of an exported generator must know, as a record and as model.json."""

import contextlib
import dataclasses
import json
import zlib
from pathlib import Path
from typing import Any

from gan_tf.errors import InputError
from gan_tf.files import atomic_write
from gan_tf.run_dir.run import Run
from gan_tf.run_dir.versions import versions
from gan_tf.sampling.sampler import Sampler

FILE = "model.json"
_SEEDS = (
    "The image of (seed, label, index) is generated from row `index` of the seed's z, "
    "whatever the label. The row takes 32-bit words in order, four at a time: block j is "
    "Philox4x32-10 of the counter (j, index mod 2^32, index div 2^32, 0) and the key "
    "(seed mod 2^32, seed div 2^32), the least significant word first. "
)
_WORDS = {
    "normal": "Each pair of words (a, b) gives two values in float64, rounded to float32: "
    "r cos(2 pi v), then r sin(2 pi v), with u = (a + 1) / 2^32, v = b / 2^32 and "
    "r = sqrt(-2 ln u).",
    "uniform": "Each word a gives one value in float64, rounded to float32: "
    "2 (a + 0.5) / 2^32 - 1.",
}


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """The origin of an exported generator.

    Attributes:
        run: its run.
        step: its checkpoint.
        weights: "ema" or "raw".
        sampler: the generator itself.
    """

    run: Run
    step: int
    weights: str
    sampler: Sampler

    @property
    def kind_of_weights(self) -> str:
        """Returns "ema" or "raw"; of a run without EMA always "raw"."""
        return self.weights if self.run.config.ema_decay else "raw"

    def as_dict(self) -> dict[str, Any]:
        """Returns the content of model.json: plain values, no path of this machine."""
        sampler, config = self.sampler, self.run.config
        low, high = sampler.image_range
        return {
            "model": config.model,
            "architecture": config.architecture,
            "preset": config.preset,
            "data": self.run.data["name"],
            "step": self.step,
            "weights": self.kind_of_weights,
            "weights_crc32": zlib.crc32(
                b"".join(w.tobytes() for w in sampler.generator.get_weights())
            ),
            "labels": list(sampler.class_names),
            "z": {
                "length": sampler.latent_dim,
                "distribution": sampler.noise,
                "parameters": [0, 1] if sampler.noise == "normal" else [-1, 1],
                "from_seed": _SEEDS + _WORDS[sampler.noise],
            },
            "images": {
                "shape": list(sampler.image_shape),
                "layout": "NHWC",
                "range": [low, high],
                "to_uint8": "round(255 (x - low) / (high - low)), clipped to 0..255",
            },
            "versions": versions(),
        }

    def write(self, folder: Path, replace: bool) -> None:
        """Writes model.json into `folder`.

        Raises:
            InputError: there is one that no export wrote; or one of another model, and
                not `replace`.
        """
        file, content = folder / FILE, self.as_dict()
        if file.exists():
            found = None
            with contextlib.suppress(ValueError):
                found = json.loads(file.read_text(encoding="utf-8", errors="replace"))
            if not isinstance(found, dict) or not {"model", "step", "z"} <= found.keys():
                raise InputError(
                    f"out: {file} is a file of something else: export into another folder"
                )
            # The versions are those of the last export.
            if not replace and {**found, "versions": versions()} != content:
                raise InputError(
                    f"out: {file} describes step {found['step']} of {found['model']}, of "
                    "which this folder has exports: export into another folder"
                )
        with atomic_write(file, "w") as out:
            out.write(json.dumps(content, indent=2) + "\n")
