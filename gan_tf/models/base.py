"""What a GAN is to the rest of the package: two networks and their losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import losses
from gan_tf.models.layers import MinibatchStdDev
from gan_tf.models.types import Batch, Logits, Loss, stateless_forward
from gan_tf.ops import random as noise

# Keeps the dropout of two passes apart: no network has as many dropout layers.
_NEXT_PASS = 1_000


class Networks(NamedTuple):
    """A pair of networks, a row of a model's `ARCHITECTURES`.

    Attributes:
        generator: builder, called with latent_dim, image_shape and dtype (and
            num_classes, by a conditional model).
        discriminator: builder, called with image_shape and dtype (and the model's
            `head_arguments`).
        image_range: (low, high) of the images they make and judge.
        convolutional: whether convolutions are most of their work.
    """

    generator: Callable[..., keras.Model]
    discriminator: Callable[..., keras.Model]
    image_range: tuple[float, float]
    convolutional: bool


class GAN:
    """Two networks and their losses: no optimizer, loop, log or device.

    A subclass names its networks in `ARCHITECTURES`, says in `conditional` whether it takes
    labels, and may override the two class losses, which are nothing here. What its losses
    report is described in `METRICS`, {TensorBoard tag: meaning}.

    Attributes:
        generator: Keras model of z (or of [z, labels]) to images.
        discriminator: Keras model of images to logits [B, 1] (or to [logits, class
            logits]).
        num_classes: 0 for an unconditional model.
        image_range: (low, high) of the images.
    """

    ARCHITECTURES: dict[str, Networks] = {}
    METRICS: dict[str, str] = {
        "losses/d_loss": "what D descends: the sum of its parts",
        "losses/d_loss_real": "-log D(x), sigmoid cross-entropy on real images",
        "losses/d_loss_fake": "-log(1 - D(G(z))), sigmoid cross-entropy on fake images",
        "d_prob/real": "D(x): how real D finds real images; 0.5 if it cannot tell",
        "d_prob/fake": "D(G(z)): how real D finds fake images, before its update",
        "d_accuracy/real": "share of real images that D takes for real",
        "d_accuracy/fake": "share of fake images that D takes for fake",
        "losses/g_loss": "what G descends: the sum of its parts",
        "losses/g_loss_source": "-log D(G(z)), after D's update",
    }
    LOGITS = ("real", "fake")
    conditional = False

    def __init__(self, config: Config, image_shape, num_classes, dtype="float32"):
        """Builds both networks; equal seeds give equal weights.

        Args:
            config: decides the networks, the noise and the losses.
            image_shape: (H, W, C) of the images.
            num_classes: of the data; an unconditional model ignores it.
            dtype: Keras dtype policy of the layers, such as "mixed_bfloat16".

        Raises:
            InputError: see `check`.
        """
        self.check(config, num_classes)
        keras.utils.set_random_seed(config.seed)
        networks = self.networks(config.architecture)
        self.config = config
        self.num_classes = num_classes if self.conditional else 0
        self.image_range = networks.image_range
        uniform = config.noise == "uniform"
        self._distribution = noise.UNIFORM if uniform else noise.NORMAL
        self.generator = self.build_generator(config, image_shape, num_classes, dtype)
        self.discriminator = networks.discriminator(
            image_shape=image_shape, dtype=dtype, **self.head_arguments()
        )
        kinds = {type(layer) for layer in self.discriminator.layers}
        has_batch_norm = any(
            issubclass(kind, keras.layers.BatchNormalization) for kind in kinds
        )
        # Statistics of real and of fake images must not be mixed. And of small matrix
        # products, two use the cores better than one of twice the size.
        self._one_pass = networks.convolutional and not (
            has_batch_norm or MinibatchStdDev in kinds
        )
        if config.r1_gamma and has_batch_norm:
            raise InputError(
                f"r1_gamma ({config.r1_gamma}) needs a discriminator without batch "
                f"normalisation, and architecture ({config.architecture}) has it: leave it out"
            )

    @classmethod
    def networks(cls, name: str) -> Networks:
        """Returns the row `name` of `ARCHITECTURES`; raises InputError if there is none."""
        if name not in cls.ARCHITECTURES:
            choices = ", ".join(cls.ARCHITECTURES)
            raise InputError(f"architecture ({name}) of this model must be one of {choices}")
        return cls.ARCHITECTURES[name]

    @classmethod
    def check(cls, config: Config, num_classes: int) -> None:
        """Raises InputError if the model cannot be made of `config` for such data."""
        cls.networks(config.architecture)
        if cls.conditional and not num_classes:
            raise InputError(
                f"model ({config.model}) learns labels, and the data ({config.data}) "
                "have none: add labels, or use --model gan"
            )

    @classmethod
    def build_generator(cls, config, image_shape, num_classes, dtype="float32"):
        """Returns the generator alone: all that making images needs."""
        arguments = {"num_classes": num_classes} if cls.conditional else {}
        return cls.networks(config.architecture).generator(
            latent_dim=config.latent_dim,
            image_shape=image_shape,
            dtype=dtype,
            **arguments,
        )

    def head_arguments(self) -> dict:
        """Returns the arguments that only this model's discriminators take."""
        return {}

    @property
    def z_words(self) -> int:
        """Number of random int32 that one z is made of."""
        return self._distribution.words * self.config.latent_dim

    def z(self, bits):
        """Makes noise of random int32 [..., z_words]: float32 [..., latent_dim]."""
        return self._distribution.numbers(bits)

    def sample(self, z, labels, seed):
        """Makes fake images, in training mode.

        Args:
            z: float32 [B, latent_dim].
            labels: int32 [B].
            seed: int32 [2]; decides all dropout.

        Returns:
            (Batch, [(variable, new value)] of the generator's batch normalisation).
        """
        inputs = [z, labels] if self.conditional else z
        images, statistics = stateless_forward(self.generator, inputs, seed)
        return Batch(tf.cast(images, tf.float32), labels), statistics

    def discriminator_loss(self, real: Batch, fake: Batch, seed) -> Loss:
        """Returns what D descends: tell `real` from `fake`, and name their classes.

        Goodfellow et al. 2014, equation 1 (https://arxiv.org/abs/1406.2661), plus
        `discriminator_class_loss`.
        """
        real_logits, fake_logits, statistics = self.judge_both(real, fake, seed)
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
            "d_accuracy/real": _share(real_logits.source > 0),
            "d_accuracy/fake": _share(fake_logits.source <= 0),
            **class_metrics,
        }
        logits = {"real": real_logits.source, "fake": fake_logits.source}
        return Loss(value, metrics, logits, statistics)

    def generator_loss(self, fake: Batch, seed) -> Loss:
        """Returns what G descends: make D say that `fake` is real, and of its class.

        The non-saturating loss (Goodfellow et al. 2014, section 3) plus
        `generator_class_loss`.
        """
        logits, _ = self.judge(fake.images, seed)
        g_source = losses.real_loss(logits.source)
        g_class, class_metrics = self.generator_class_loss(logits.classes, fake.labels)
        value = g_source + g_class
        metrics = {
            "losses/g_loss": value,
            "losses/g_loss_source": g_source,
            **class_metrics,
        }
        return Loss(value, metrics, {}, [])

    def gradient_penalty(self, real: Batch, seed):
        """Returns R1 of the source logit on `real`, a scalar without its weight."""
        return losses.r1_penalty(
            lambda images: self.judge(images, seed)[0].source, real.images
        )

    def discriminator_class_loss(
        self, real_class_logits, real_labels, fake_class_logits, fake_labels
    ):
        """Returns (what D descends besides, {name: metric}); nothing here.

        Args:
            real_class_logits: float32 [B, class cells], of real images.
            real_labels: int32 [B].
            fake_class_logits: float32 [B, class cells], of fake images.
            fake_labels: int32 [B], what G was asked for.
        """
        del real_class_logits, real_labels, fake_class_logits, fake_labels
        return 0.0, {}

    def generator_class_loss(self, fake_class_logits, fake_labels):
        """Returns (what G descends besides, {name: metric}); nothing here."""
        del fake_class_logits, fake_labels
        return 0.0, {}

    def judge(self, images, seed):
        """Returns (Logits of `images`, statistics), D in training mode."""
        outputs, statistics = stateless_forward(self.discriminator, images, seed)
        source, classes = outputs if self.conditional else (outputs, None)
        return Logits(tf.squeeze(source, -1), classes), statistics

    def judge_both(self, real, fake, seed):
        """Returns (Logits of real, Logits of fake, statistics)."""
        if self._one_pass:
            images = tf.concat([real.images, fake.images], axis=0)
            logits, statistics = self.judge(images, seed)
            real_source, fake_source = tf.split(logits.source, 2)
            if logits.classes is None:
                return Logits(real_source, None), Logits(fake_source, None), statistics
            real_classes, fake_classes = tf.split(logits.classes, 2)
            return (
                Logits(real_source, real_classes),
                Logits(fake_source, fake_classes),
                statistics,
            )
        real_logits, of_real = self.judge(real.images, seed)
        fake_logits, of_fake = self.judge(fake.images, seed + [_NEXT_PASS, 0])
        # The moving statistics follow both; training does not read them.
        statistics = [(v, (a + b) / 2) for (v, a), (_, b) in zip(of_real, of_fake)]
        return real_logits, fake_logits, statistics


def _share(hits):
    return tf.reduce_mean(tf.cast(hits, tf.float32))
