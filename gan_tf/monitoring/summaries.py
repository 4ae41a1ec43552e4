"""What TensorBoard shows of a run.

Tags are `<group>/<name>`; docs/tensorboard.md says how to read each.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.hparams import api as hparams_api
from tensorboard.util import tensor_util

from gan_tf.models.base import GAN
from gan_tf.monitoring import sample_stats as variety
from gan_tf.ops.histogram import histogram
from gan_tf.run_dir.files import writing
from gan_tf.training.train_step import Snapshot, weights_of

_DESCRIPTIONS = {
    "learning_rates/d": "Adam's learning rate of the discriminator",
    "learning_rates/g": "Adam's learning rate of the generator",
    "gradient_norms/d": "L2 norm of D's gradient over all weights, at this step",
    "gradient_norms/g": "L2 norm of G's gradient over all weights, at this step",
    "dead_kernels/d": "share of D's kernels whose gradient is all but 0, at this step",
    "dead_kernels/g": "share of G's kernels whose gradient is all but 0, at this step",
    "speed/steps_per_second": "training steps a second since the entry before",
    "speed/images_per_second": "real images a second since the entry before",
    **variety.DESCRIPTIONS,
}

# Adam's epsilon in Keras: it does not normalise a gradient that is smaller, so that a
# kernel whose gradient has no larger element hardly moves.
_DEAD = 1e-7


def histogram_inputs(model: GAN, snapshot: Snapshot) -> dict[str, tf.Tensor]:
    """Returns {tag: tensor} of what is shown as histograms.

    Every trainable weight, every gradient, and D's logits on real and fake images.
    """
    weights = weights_of(model.generator, model.discriminator)
    return {
        **{f"weights/{name}": weight for name, weight in weights.items()},
        **{f"gradients/{name}": g for name, g in snapshot.gradients.items()},
        **{f"logits/{name}": logits for name, logits in snapshot.logits.items()},
    }


class Summaries:
    """Writes one run's entries for TensorBoard into a directory.

    Every method raises an InputError if the directory cannot be written.
    """

    def __init__(self, directory: Path):
        """Opens an event file in `directory`."""
        self._directory = directory
        # Written when asked (`flush`), not by a clock: a file on disk then never runs
        # ahead of what the run has reported.
        with writing(directory):
            self._writer = tf.summary.create_file_writer(
                str(directory), max_queue=100_000, flush_millis=2**31 - 1
            )
        self._device_part = tf.function(_histograms_and_health, autograph=False)
        self._described: set[str] = set()

    def scalars(
        self, values: dict[str, float], descriptions: dict[str, str], step: int
    ):
        """Writes {tag: value}; a tag's description goes with its first value."""
        with self._at(step):
            for tag, value in values.items():
                text = {**_DESCRIPTIONS, **descriptions}.get(tag)
                first = tag not in self._described
                tf.summary.scalar(tag, value, description=text if first else None)
                self._described.add(tag)

    def histograms(self, model: GAN, snapshot: Snapshot, step: int) -> dict[str, float]:
        """Writes all histograms; returns {tag: value} of what the gradients are like."""
        tensors = histogram_inputs(model, snapshot)
        buckets, gradients = self._device_part(tensors)
        plugin = histogram_metadata.create_summary_metadata("", "")
        # One event with all of them: an op a histogram would take as long as counting.
        event = summary_pb2.Summary()
        for tag, value in zip(sorted(tensors), buckets.numpy().astype(np.float64)):
            tensor = tensor_util.make_tensor_proto(value)
            event.value.add(tag=tag, tensor=tensor, metadata=plugin)
        with self._at(step):
            tf.summary.experimental.write_raw_pb(event.SerializeToString())
        return {tag: float(value) for tag, value in gradients.items()}

    def text(self, tag: str, text: str, step: int):
        """Writes a text, Markdown."""
        with self._at(step):
            tf.summary.text(tag, text)

    def image(self, tag: str, image: np.ndarray, step: int, description: str = ""):
        """Writes one picture, uint8 [H, W, C]."""
        with self._at(step):
            tf.summary.image(tag, image[None], description=description)

    def start(
        self, model: GAN, name: str, settings: dict[str, Any], texts: dict[str, str]
    ):
        """Writes what does not change: the graph, texts and hyperparameters.

        Args:
            model: its two networks are drawn.
            name: of the run, in the table of hyperparameters.
            settings: the hyperparameters.
            texts: {tag: Markdown}.
        """

        @tf.function(autograph=False)
        def both(inputs):
            with tf.name_scope("generator"):
                fake = model.generator(inputs, training=False)
            with tf.name_scope("discriminator"):
                return model.discriminator(fake, training=False)

        signature = [
            tf.TensorSpec(i.shape, i.dtype, name=i.name) for i in model.generator.inputs
        ]
        graph = both.get_concrete_function(
            signature if len(signature) > 1 else signature[0]
        ).graph
        with self._at(0):
            tf.summary.graph(graph)
            hparams_api.hparams(settings, trial_id=name)
            for tag, text in texts.items():
                tf.summary.text(tag, text)

    def flush(self):
        """Puts all entries on disk."""
        with writing(self._directory):
            self._writer.flush()

    def close(self):
        """Puts all entries on disk and ends the event file."""
        with writing(self._directory):
            self._writer.close()

    @contextlib.contextmanager
    def _at(self, step):
        with writing(self._directory), self._writer.as_default(step):
            yield


def _histograms_and_health(tensors):
    buckets = tf.stack([histogram(tensors[tag]) for tag in sorted(tensors)])
    health = {}
    for network in ("discriminator", "generator"):
        gradients = [
            t for tag, t in tensors.items() if tag.startswith(f"gradients/{network}/")
        ]
        # Biases may rest in health: batch normalisation takes away those before it.
        kernels = [gradient for gradient in gradients if gradient.shape.rank > 1]
        largest = tf.stack([tf.reduce_max(tf.abs(kernel)) for kernel in kernels])
        dead = tf.cast(largest < _DEAD, tf.float32)
        health[f"gradient_norms/{network[0]}"] = tf.linalg.global_norm(gradients)
        health[f"dead_kernels/{network[0]}"] = tf.reduce_mean(dead)
    return buckets, health


def model_pictures(model: GAN, folder: Path) -> dict[str, Path]:
    """Draws the layers and shapes of both networks and of the two stacked.

    Args:
        model: the GAN.
        folder: of a run; it is made where it is missing.

    Returns:
        {"generator" | "discriminator" | "stacked": the file written}: a .png where
        graphviz's `dot` is installed, and otherwise the same drawing as text, a .dot.
    """
    fake = model.generator(model.generator.inputs)
    stacked = keras.Model(
        model.generator.inputs, model.discriminator(fake), name="stacked"
    )
    with writing(folder.parent):
        folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for network in (model.generator, model.discriminator, stacked):
        graph = keras.utils.model_to_dot(
            network, show_shapes=True, expand_nested=True, dpi=96
        )
        file = folder / f"{network.name}.png"
        try:
            drawing = graph.create_png()
        except FileNotFoundError:  # there is no `dot` to draw it
            file = file.with_suffix(".dot")
            drawing = graph.to_string().encode()
        with writing(folder.parent):
            file.write_bytes(drawing)
        files[network.name] = file
    return files
