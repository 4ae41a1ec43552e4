"""The summaries that a training writes for TensorBoard.

Tags are `<group>/<name>`; docs/tensorboard.md explains each group.
"""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.hparams import api as hparams_api
from tensorboard.util import tensor_util

from gan_tf.models.base import GAN
from gan_tf.monitoring import overfitting, sample_stats
from gan_tf.ops.histogram import histogram
from gan_tf.run_dir.files import writing

_DESCRIPTIONS = {
    "losses/r1_penalty": "R1 times its weight (r1_gamma, above 28x28 pixels in proportion "
    "to their number), mean over the steps on which it acted",
    "learning_rates/d": "Adam's learning rate of the discriminator",
    "learning_rates/g": "Adam's learning rate of the generator",
    "gradient_norms/d": "L2 norm of D's gradient over all weights, on the last step with "
    "R1 of the last loop on the device; where it had none, on its last step",
    "gradient_norms/g": "L2 norm of G's gradient over all weights, of the same step",
    "dead_kernels/d": "fraction of D's kernels whose gradient is almost 0, same step",
    "dead_kernels/g": "fraction of G's kernels whose gradient is almost 0, same step",
    "speed/steps_per_second": "training steps per second since the last log step",
    "speed/images_per_second": "real images per second since the last log step",
    "lecam/penalty": "lecam times LeCam's penalty, which is not part of d_loss",
    "lecam/real_logits": "mean of D's source logits on real images",
    "lecam/fake_logits": "mean of D's source logits on fake images, before D's update",
    "augmentation/p": "probability with which each augmentation acts on an image",
    **sample_stats.DESCRIPTIONS,
    **overfitting.DESCRIPTIONS,
}

# Adam's epsilon in Keras: it does not normalize a gradient that is smaller, so a kernel
# whose gradient has no larger element hardly moves.
_DEAD = 1e-7


class Summaries:
    """Writes a run's scalars, histograms, images and texts into a directory.

    Every method raises an InputError if the directory cannot be written.
    """

    def __init__(self, directory: Path):
        """Opens an event file in `directory`."""
        self._directory = directory
        with writing(directory):
            self._writer = tf.summary.create_file_writer(str(directory))
        self._count = tf.function(_histograms_and_gradients, autograph=False)
        self._described: set[str] = set()

    def scalars(self, values: dict[str, float], descriptions: dict[str, str], step: int):
        """Writes {tag: value}; a tag's description goes with its first value."""
        with self._at(step):
            for tag, value in values.items():
                text = {**_DESCRIPTIONS, **descriptions}.get(tag)
                first = tag not in self._described
                tf.summary.scalar(tag, value, description=text if first else None)
                self._described.add(tag)

    def histograms(self, tensors: dict[str, tf.Tensor], step: int) -> dict[str, float]:
        """Writes histograms, counted on the tensors' device.

        Args:
            tensors: {tag: tensor}; gradients have the tags gradients/<network>/<weight>.
            step: of the histograms.

        Returns:
            {tag: value} of each network's gradient norm and fraction of dead kernels.
        """
        buckets, gradients = self._count(tensors)
        plugin = histogram_metadata.create_summary_metadata("", "")
        # One event with all of them: one op per histogram would take as long as counting.
        event = summary_pb2.Summary()
        for tag, value in zip(sorted(tensors), buckets.numpy().astype(np.float64)):
            tensor = tensor_util.make_tensor_proto(value)
            event.value.add(tag=tag, tensor=tensor, metadata=plugin)
        with self._at(step):
            tf.summary.experimental.write_raw_pb(event.SerializeToString())
        return {tag: float(value) for tag, value in gradients.items()}

    def text(self, tag: str, text: str, step: int):
        """Writes a text in Markdown."""
        with self._at(step):
            tf.summary.text(tag, text)

    def image(self, tag: str, image: np.ndarray, step: int, description: str = ""):
        """Writes an image, uint8 [H, W, C]."""
        with self._at(step):
            tf.summary.image(tag, image[None], description=description)

    def graph_and_settings(self, model: GAN, settings: dict[str, Any]):
        """Writes the graph of both networks, and the hyperparameters of the run."""

        @tf.function(autograph=False)
        def both(inputs):
            with tf.name_scope("generator"):
                fake = model.generator(inputs, training=False)
            with tf.name_scope("discriminator"):
                return model.discriminator(fake, training=False)

        signature = [
            tf.TensorSpec(i.shape, i.dtype, name=i.name) for i in model.generator.inputs
        ]
        traced = both.get_concrete_function(
            signature if model.conditional else signature[0]
        )
        with self._at(0):
            tf.summary.graph(traced.graph)
            # TensorBoard would merge runs of one name, in different folders, into one.
            hparams_api.hparams(settings, trial_id="")

    def close(self):
        """Writes all events to disk and ends the event file."""
        with writing(self._directory):
            self._writer.close()

    @contextlib.contextmanager
    def _at(self, step):
        with writing(self._directory), self._writer.as_default(step):
            yield


def _histograms_and_gradients(tensors):
    buckets = tf.stack([histogram(tensors[tag]) for tag in sorted(tensors)])
    metrics = {}
    for network in ("discriminator", "generator"):
        start = f"gradients/{network}/"
        gradients = [t for tag, t in tensors.items() if tag.startswith(start)]
        # A bias before batch normalization has no gradient in a healthy network.
        kernels = [gradient for gradient in gradients if gradient.shape.rank > 1]
        largest = tf.stack([tf.reduce_max(tf.abs(kernel)) for kernel in kernels])
        dead = tf.cast(largest < _DEAD, tf.float32)
        metrics[f"gradient_norms/{network[0]}"] = tf.linalg.global_norm(gradients)
        metrics[f"dead_kernels/{network[0]}"] = tf.reduce_mean(dead)
    return buckets, metrics
