"""The interface of a GAN: two networks and their losses."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import losses
from gan_tf.models.forward import stateless_forward
from gan_tf.models.layers import MinibatchStdDev
from gan_tf.models.network_checks import check_network
from gan_tf.models.transfer import freeze_first
from gan_tf.models.types import Batch, Logits, Loss
from gan_tf.ops import random

ACCURACY = "d_accuracy/real"  # the metric that `--augment` follows
# Separates the dropout seeds of two passes: no network has as many dropout layers.
_NEXT_PASS = 1_000
_OF_LABELS = "class_loss", "d_class_real_weight", "d_class_fake_weight", "g_class_weight"


class Architecture(NamedTuple):
    """A generator and a discriminator that are trained together.

    Attributes:
        build_generator: called with latent_dim, image_shape and dtype (and num_classes,
            by a conditional model).
        build_discriminator: called with image_shape and dtype (and the model's
            `head_arguments`).
        image_range: (low, high) of the images.
        convolutional: whether convolutions are most of the computation.
    """

    build_generator: Callable[..., keras.Model]
    build_discriminator: Callable[..., keras.Model]
    image_range: tuple[float, float]
    convolutional: bool


class GAN:
    """Two networks and their losses: no optimizer, loop, log or device.

    A subclass lists its networks in `ARCHITECTURES`, sets `conditional` if it takes labels,
    and may override the two class losses, which are 0 here. `METRICS` describes what its
    losses report, {TensorBoard tag: meaning}.

    Attributes:
        generator: Keras model of z (or of [z, labels]) to images.
        discriminator: Keras model of images to logits [B, 1] (or to [logits, class
            logits]).
        num_classes: 0 for an unconditional model.
        image_range: (low, high) of the images.
    """

    ARCHITECTURES: dict[str, Architecture] = {}
    METRICS: dict[str, str] = {
        "losses/d_loss": "D's loss: cross-entropies and class losses; the R1 penalty, "
        "where used, is added to the gradient and reported as losses/r1_penalty",
        "losses/d_loss_real": "-log D(x), sigmoid cross-entropy on real images, whose "
        "target is 1 - label_smoothing",
        "losses/d_loss_fake": "-log(1 - D(G(z))), sigmoid cross-entropy on fake images",
        "d_prob/real": "mean D(x), the probability of being real that D gives real images",
        "d_prob/fake": "mean D(G(z)), the same of fake images, before D's update",
        "d_accuracy/real": "fraction of real images that D classifies as real",
        "d_accuracy/fake": "fraction of fake images that D classifies as fake",
        "losses/g_loss": "G's loss: cross-entropy and class loss",
        "losses/g_loss_source": "-log D(G(z)), after D's update",
    }
    conditional = False

    def __init__(self, config: Config, image_shape, num_classes, dtype="float32"):
        """Builds both networks; equal seeds give equal weights.

        Args:
            config: decides the networks, the noise and the losses.
            image_shape: (H, W, C) of the images.
            num_classes: of the data; an unconditional model ignores it.
            dtype: Keras dtype policy of the layers, such as "mixed_bfloat16".

        Raises:
            InputError: see `check_config` and `check_network`; or R1 and batch
                normalization are combined, or D does not have `config.freeze_d` layers.
        """
        self.check_config(config, num_classes)
        architecture = self.architecture(config.architecture)
        self.config = config
        self.num_classes = num_classes if self.conditional else 0
        self.image_range = architecture.image_range
        self._ints_per_element, self._from_bits = random.DISTRIBUTIONS[config.noise]
        with random.keras_seed(config.seed):
            self.generator = self.build_generator(config, image_shape, num_classes, dtype)
            self.discriminator = architecture.build_discriminator(
                image_shape=image_shape, dtype=dtype, **self.head_arguments()
            )
        self.discriminator.name = "discriminator"
        check_network(self.generator)
        check_network(self.discriminator)
        freeze_first(self.discriminator, config.freeze_d)
        layers = list(self.discriminator._flatten_layers())  # of models inside it, too
        has_batch_norm = any(isinstance(v, keras.layers.BatchNormalization) for v in layers)
        has_deviations = any(isinstance(v, MinibatchStdDev) for v in layers)
        # Statistics of real and of fake images must not be mixed; and two small matrix
        # products use the cores better than one of twice the size.
        self._one_pass = architecture.convolutional and not (
            has_batch_norm or has_deviations
        )
        if config.r1_gamma and has_batch_norm:
            raise InputError(
                f"r1_gamma ({config.r1_gamma}) needs a discriminator without batch "
                f"normalization, and architecture ({config.architecture}) has it: "
                "give --r1_gamma 0"
            )

    @classmethod
    def architecture(cls, name: str) -> Architecture:
        """Returns `ARCHITECTURES[name]`; raises InputError if there is none."""
        if name not in cls.ARCHITECTURES:
            names = ", ".join(cls.ARCHITECTURES)
            raise InputError(f"architecture ({name}) of this model must be one of {names}")
        return cls.ARCHITECTURES[name]

    @classmethod
    def check_config(cls, config: Config, num_classes: int) -> None:
        """Raises InputError if the model cannot be built from `config` for such data."""
        cls.architecture(config.architecture)
        if cls.conditional and not num_classes:
            raise InputError(
                f"model ({config.model}) is conditioned on labels, and the data "
                f"({config.data}) have none: add labels (pictures in one subfolder are of "
                "one class), or use --model gan"
            )
        if config.augment != "none" and ACCURACY not in cls.METRICS:
            raise InputError(
                f"augment ({config.augment}) follows the metric {ACCURACY}, which model "
                f"({config.model}) does not report: leave it out"
            )

    @classmethod
    def check_new(cls, config: Config) -> None:
        """Raises InputError if a new run should not have the settings `config`."""
        unchanged = Config(preset=config.preset, model=config.model)
        for name in _OF_LABELS:
            value = getattr(config, name)
            if not cls.conditional and value != getattr(unchanged, name):
                raise InputError(f"{name} ({value}) is of models with labels: leave it out")

    @classmethod
    def build_generator(cls, config, image_shape, num_classes, dtype="float32"):
        """Returns the generator alone, which is enough to make images."""
        labels = {"num_classes": num_classes} if cls.conditional else {}
        generator = cls.architecture(config.architecture).build_generator(
            latent_dim=config.latent_dim, image_shape=image_shape, dtype=dtype, **labels
        )
        generator.name = "generator"  # which tags and files have
        return generator

    def head_arguments(self) -> dict[str, Any]:
        """Returns the arguments that only this model's discriminators take."""
        return {}

    @property
    def z_ints(self) -> int:
        """Number of random int32 per z."""
        return self._ints_per_element * self.config.latent_dim

    def z(self, bits):
        """Returns z for the training, float32 [..., latent_dim], with `config.z_scale`.

        Args:
            bits: random int32 [..., z_ints].
        """
        return self.config.z_scale * self._from_bits(bits)

    def from_uint8(self, images):
        """Returns uint8 images as float32 in `image_range`."""
        low, high = self.image_range
        return low + tf.cast(images, tf.float32) * ((high - low) / 255)

    def sample(self, z, labels, seed):
        """Makes fake images, in training mode.

        Args:
            z: float32 [B, latent_dim].
            labels: int32 [B].
            seed: int32 [2]; decides all dropout.

        Returns:
            (Batch, [(variable, new value)] of the generator's batch normalization).
        """
        inputs = [z, labels] if self.conditional else z
        images, statistics = stateless_forward(self.generator, inputs, seed)
        return Batch(tf.cast(images, tf.float32), labels), statistics

    def discriminate(self, *image_batches, seed):
        """Returns D's logits of each batch, in training mode.

        The batches go through a convolutional D in one pass, unless it computes statistics
        over a batch; otherwise each has a pass of its own.

        Args:
            *image_batches: float32 [B, H, W, C] each, with a static B.
            seed: int32 [2]; decides all dropout.

        Returns:
            (list of Logits, [(variable, new value)] of the discriminator's batch
            normalization, means over the passes).
        """
        batches = [tf.concat(image_batches, 0)] if self._one_pass else image_batches
        heads, statistics = [], []
        for index, images in enumerate(batches):
            outputs, updates = stateless_forward(
                self.discriminator, images, seed + [index * _NEXT_PASS, 0]
            )
            heads.append(outputs if self.conditional else [outputs])
            statistics.append(updates)
        if self._one_pass:
            sizes = [images.shape[0] for images in image_batches]
            heads = list(zip(*(tf.split(head, sizes) for head in heads[0])))
        logits = [Logits(tf.squeeze(source, -1), *classes) for source, *classes in heads]
        # The moving statistics follow all passes; training does not read them.
        means = [
            (updates[0][0], tf.add_n([value for _, value in updates]) / len(updates))
            for updates in zip(*statistics)
        ]
        return logits, means

    def discriminator_loss(self, real: Batch, fake: Batch, seed) -> Loss:
        """Returns D's loss: separate `real` from `fake`, and classify both.

        Goodfellow et al. 2014, equation 1 (https://arxiv.org/abs/1406.2661), plus
        `discriminator_class_loss`.
        """
        (real_logits, fake_logits), statistics = self.discriminate(
            real.images, fake.images, seed=seed
        )
        d_real = losses.real_loss(real_logits.source, self.config.label_smoothing)
        d_fake = losses.fake_loss(fake_logits.source)
        d_class, class_metrics = self.discriminator_class_loss(
            real_logits.classes, real.labels, fake_logits.classes, fake.labels
        )
        value = d_real + d_fake + d_class
        metrics = {
            "losses/d_loss": value,
            "losses/d_loss_real": d_real,
            "losses/d_loss_fake": d_fake,
            "d_prob/real": tf.reduce_mean(tf.sigmoid(real_logits.source)),
            "d_prob/fake": tf.reduce_mean(tf.sigmoid(fake_logits.source)),
            "d_accuracy/real": _fraction(real_logits.source > 0),
            "d_accuracy/fake": _fraction(fake_logits.source <= 0),
            **class_metrics,
        }
        logits = {"real": real_logits.source, "fake": fake_logits.source}
        return Loss(value, metrics, logits, statistics)

    def generator_loss(self, fake: Batch, seed) -> Loss:
        """Returns G's loss: `fake` shall be classified as real, and by its labels.

        The non-saturating loss (Goodfellow et al. 2014, section 3,
        https://arxiv.org/abs/1406.2661) plus `generator_class_loss`.
        """
        (logits,), _ = self.discriminate(fake.images, seed=seed)
        g_source = losses.real_loss(logits.source)
        g_class, class_metrics = self.generator_class_loss(logits.classes, fake.labels)
        value = g_source + g_class
        metrics = {"losses/g_loss": value, "losses/g_loss_source": g_source}
        return Loss(value, {**metrics, **class_metrics}, {}, [])

    def gradient_penalty(self, real: Batch, seed):
        """Returns R1 of the source logit on `real`, a scalar without its weight."""

        def source_logits(images):
            (logits,), _ = self.discriminate(images, seed=seed)
            return logits.source

        return losses.r1_penalty(source_logits, real.images)

    def discriminator_class_loss(
        self, real_class_logits, real_labels, fake_class_logits, fake_labels
    ):
        """Returns (term of D's loss, {name: metric}); 0 and no metrics here.

        Args:
            real_class_logits: float32 [B, class logits], of real images.
            real_labels: int32 [B].
            fake_class_logits: float32 [B, class logits], of fake images.
            fake_labels: int32 [B], the labels G was conditioned on.
        """
        return 0.0, {}

    def generator_class_loss(self, fake_class_logits, fake_labels):
        """Returns (term of G's loss, {name: metric}); 0 and no metrics here."""
        return 0.0, {}


def _fraction(hits):
    return tf.reduce_mean(tf.cast(hits, tf.float32))
