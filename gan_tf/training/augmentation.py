"""Augmentation of the inputs of D, with a probability that follows D's accuracy."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.data import Dataset
from gan_tf.models.base import ACCURACY, GAN
from gan_tf.models.types import Batch
from gan_tf.ops import random, replicas
from gan_tf.ops.augment import augment, num_ints

# With fewer training images, `augment=auto` is on. With 10,000 images of CIFAR-10
# augmentation lowers the FID by a third, with 50,000 by a tenth (BigGAN in Zhao et al.
# 2020, https://arxiv.org/abs/2006.10738).
AUTO_BELOW = 20_000
# By the channels of the images: of grey ones `translate` alone is better than these three
# (docs/few_pictures.md), which are the paper's for pictures in colour.
AUTO_KINDS = {1: "translate", 3: "color,translate,cutout"}
# For the D of `acgan`, whose accuracy on real images is 0.53 with the 60,000 images of
# MNIST, and 0.65 where it overfits to 1,000 of them. StyleGAN2's D is more often right: its
# target is 0.8, a mean sign of 0.6 (Karras et al. 2020, section 3).
TARGET = 0.6
# Up to here, G cannot profit from making augmented images (the same, section 2.2).
MAX_P = 0.8
# From p = 0 to 1 in this many steps, as https://keras.io/examples/generative/gan_ada/ does
# with the largest error; here, as in section 3 of the paper, its sign alone counts.
_STEPS_TO_ONE = 1_000
_DECAY = 0.99  # of the mean accuracy
_PURPOSE = 100  # apart from those of `TrainStep`


def auto_augment(shape: Sequence[int]) -> str:
    """Returns what `augment=auto` stands for with images of this `shape`, [N, ..., C]."""
    return AUTO_KINDS[shape[-1]] if shape[0] < AUTO_BELOW else "none"


def few_images_line(config: Config, model_type: type[GAN], dataset: Dataset) -> str:
    """Returns what to expect of few training images and what may help, or "" of many."""
    num_images = len(dataset.x_train)
    if num_images >= AUTO_BELOW:
        return ""
    flags = []
    if config.augment == "none" and ACCURACY in model_type.METRICS:
        flags.append("--augment auto")
    if config.init_from == "none":
        flags.append("--init_from RUN")
    advice = f"{' and '.join(flags)} may help, in another --run_dir; " if flags else ""
    if dataset.x_test is None:
        advice += "without test images (folders train/ and test/) nothing measures it; "
    return (
        f"{num_images:,} training images, fewer than {AUTO_BELOW:,}: D may memorize "
        "them within some thousand steps; the images then get worse, or are copies; "
        f"{advice}see docs/few_pictures.md"
    )


class Augmentation(tf.Module):
    """Changes real and fake images alike before D; without kinds, it returns them as is.

    p rises while D's accuracy on the real images of a step's last update is above
    `TARGET`, a sign of overfitting, and falls while it is below: adaptive discriminator
    augmentation (Karras et al. 2020, section 3, https://arxiv.org/abs/2006.06676).

    Attributes:
        kinds: of `ops.augment`.
        p: float32 variable, the probability of each kind for an image.
        accuracy: float32 variable, moving average of D's accuracy on real images.
    """

    def __init__(self, config: Config, model: GAN):
        """Creates the state."""
        super().__init__()
        self.kinds = () if config.augment == "none" else tuple(config.augment.split(","))
        self._seed = config.seed
        self._image_range = model.image_range
        if self.kinds:
            self.p = tf.Variable(0.0, trainable=False)
            self.accuracy = tf.Variable(TARGET, trainable=False)

    def __call__(self, batch: Batch, index: int, step) -> Batch:
        """Returns a replica's batch augmented, a function of (seed, index, step).

        Args:
            batch: the replica's shard.
            index: of the batch among those that a step augments.
            step: int64 scalar.
        """
        if not self.kinds:
            return batch
        key = np.random.SeedSequence([self._seed, _PURPOSE, index]).generate_state(1)
        seed = tf.stack([tf.constant(int(key[0] >> 1)), tf.cast(step, tf.int32)])
        # Of the global batch, so that the number of replicas does not matter.
        size = batch.images.shape[0] * replicas.num_replicas()
        bits = random.random_bits([size, num_ints(self.kinds)], seed)
        images = augment(
            batch.images,
            replicas.shard(bits, axis=0),
            self.p.read_value(),
            self.kinds,
            self._image_range,
        )
        return batch._replace(images=images)

    def update(self, metrics: dict[str, tf.Tensor]) -> None:
        """Moves p by the metrics of one step, means over the replicas."""
        if not self.kinds:
            return
        new = metrics[ACCURACY]
        accuracy = _DECAY * self.accuracy.read_value() + (1 - _DECAY) * new
        self.accuracy.assign(accuracy)
        p = self.p.read_value() + tf.sign(accuracy - TARGET) / _STEPS_TO_ONE
        self.p.assign(tf.clip_by_value(p, 0.0, MAX_P))

    def scalars(self) -> dict[str, float]:
        """Returns {tag: value} of the state."""
        return {"augmentation/p": float(self.p.numpy())} if self.kinds else {}
