"""The train step: `d_steps` updates of D, then `g_steps` of G."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.models.base import GAN
from gan_tf.models.types import Batch
from gan_tf.ops import replicas
from gan_tf.training.optimizers import FusedAdam

# What a random number is for. Each purpose has a stream of its own.
_SAMPLE, _D_DROPOUT, _G_DROPOUT, _R1_DROPOUT = range(4)


class Snapshot(NamedTuple):
    """What a step computed on its way, for histograms; it stays on the device.

    Attributes:
        gradients: {"generator/..." or "discriminator/...": gradient of that weight}.
        logits: {name: float32 [B]}, D's source logits; each replica's share until
            `Trainer.train` returns them.
    """

    gradients: dict[str, tf.Tensor]
    logits: dict[str, tf.Tensor]


def weights_of(*networks) -> dict[str, tf.Variable]:
    """Returns {"<network>/<layer>/<weight>": trainable variable}."""
    return {
        f"{network.name}/{v.path}": v.value
        for network in networks
        for v in network.trainable_variables
    }


@contextlib.contextmanager
def watch(network):
    """Records, on the tape it yields, what depends on `network`'s weights alone."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in network.trainable_variables])
        yield tape


class TrainStep:
    """A GAN's train step, with an Adam for each network and the average of G.

    Everything random in it is a function of (config.seed, step).

    Attributes:
        model: the GAN.
        d_optimizer: Adam of the discriminator.
        g_optimizer: Adam of the generator.
        ema_generator: a float32 network of its own that holds the running average of the
            generator's weights. Where `config.ema_decay` is 0 the step leaves it alone:
            see `copy_to_ema`.
        lr_scale: float32 variable, what both learning rates are multiplied by.
    """

    def __init__(self, model: GAN, config: Config, image_shape, strategy=None):
        """Creates every variable.

        They must be there before the step is traced, and before a checkpoint is restored:
        Adam's moments that are made later would silently stay zero.

        Args:
            model: the GAN, made from the same config.
            config: the settings.
            image_shape: (H, W, C).
            strategy: the `tf.distribute.Strategy` in whose scope the model was made;
                None for one device.

        Raises:
            InputError: the replicas cannot have equal shares of a batch.
        """
        self.model = model
        self.config = config
        self.strategy = strategy or tf.distribute.get_strategy()
        replicas.check_batch_size(self.strategy, config.batch_size)
        with self.strategy.scope():
            self.d_optimizer = FusedAdam(beta_1=config.beta_1, beta_2=config.beta_2)
            self.d_optimizer.build(model.discriminator.trainable_variables)
            self.g_optimizer = FusedAdam(beta_1=config.beta_1, beta_2=config.beta_2)
            self.g_optimizer.build(model.generator.trainable_variables)
        # Outside of the strategy: nobody but the host asks for images.
        self.ema_generator = model.build_generator(
            config, image_shape, model.num_classes
        )
        self.ema_generator.set_weights(model.generator.get_weights())
        self.lr_scale = tf.Variable(1.0, trainable=False)

    @property
    def bits_shape(self) -> tuple[int, int, int]:
        """Shape of the random int32 that a step takes: z of each batch that G makes."""
        shared = 0 if self.config.resample_z else 1
        num_batches = self.config.d_steps + self.config.g_steps - shared
        return num_batches, self.config.batch_size, self.model.z_words

    def __call__(self, images, labels, bits, step):
        """Trains both networks once, every replica on its share of each batch.

        Args:
            images: uint8 [d_steps * B, H, W, C], real.
            labels: int32 [d_steps * B].
            bits: int32 `bits_shape`, random.
            step: int64 scalar, from 0 on.

        Returns:
            ({name: scalar metric}, Snapshot), as `strategy.run` returns them.
        """
        batches = (images, labels, bits, step)
        metrics, snapshot = self.strategy.run(self._train_replica, batches)
        if self.config.ema_decay:
            self._update_ema(step)
        return metrics, snapshot

    def _train_replica(self, images, labels, bits, step):
        config, model = self.config, self.model
        images, labels = self._share(images), self._share(labels)
        bits = replicas.shard(bits, axis=1)
        low, high = model.image_range
        images = low + tf.cast(images, tf.float32) * ((high - low) / 255)
        reals = zip(tf.split(images, config.d_steps), tf.split(labels, config.d_steps))
        z = iter(tf.unstack(model.z(bits)))
        for index, real in enumerate(Batch(*pair) for pair in reals):
            with watch(model.generator) as g_tape:
                seed = self._seed(_SAMPLE, index, step)
                fake, statistics = model.sample(next(z), real.labels, seed)
            d_loss, d_gradients = self.update_discriminator(real, fake, index, step)
        for index in range(config.g_steps):
            # The first update shares D's last fakes, and the tape of their making.
            if config.resample_z or index:
                with watch(model.generator) as g_tape:
                    seed = self._seed(_SAMPLE, config.d_steps + index, step)
                    fake, statistics = model.sample(next(z), real.labels, seed)
            g_loss, g_gradients = self.update_generator(
                g_tape, fake, statistics, index, step
            )
        names = weights_of(model.generator, model.discriminator)
        gradients = dict(zip(names, [*g_gradients, *d_gradients]))
        return {**d_loss.metrics, **g_loss.metrics}, Snapshot(gradients, d_loss.logits)

    def update_discriminator(self, real: Batch, fake: Batch, index: int, step):
        """Updates D, and nothing of G.

        Args:
            real: the real images.
            fake: the fake ones; how they were made is not looked at.
            index: which of the step's updates of D this is.
            step: int64 scalar.

        Returns:
            (Loss, the gradients of D's trainable variables); gradients and metrics are
            means over the replicas.
        """
        config, network = self.config, self.model.discriminator
        with watch(network) as tape:
            seed = self._seed(_D_DROPOUT, index, step)
            loss = self.model.discriminator_loss(real, fake, seed)
        gradients = _dense(tape.gradient(loss.value, _values(network)))
        if config.r1_gamma:
            penalty = tf.cond(
                tf.equal(step % config.r1_interval, 0),
                lambda: self._penalty_gradients(real, index, step),
                lambda: [tf.zeros_like(gradient) for gradient in gradients],
            )
            gradients = [gradient + p for gradient, p in zip(gradients, penalty)]
        rate = self._rate(config.d_learning_rate, step)
        return _update(network, self.d_optimizer, gradients, loss, rate)

    def update_generator(self, tape, fake: Batch, statistics, index: int, step):
        """Updates G, and nothing of D.

        Args:
            tape: has recorded how G made `fake`.
            fake: the fake images.
            statistics: G's new batch statistics, [(variable, value)].
            index: which of the step's updates of G this is.
            step: int64 scalar.

        Returns:
            (Loss, the gradients of G's trainable variables); gradients and metrics are
            means over the replicas.
        """
        network = self.model.generator
        with tape:
            loss = self.model.generator_loss(fake, self._seed(_G_DROPOUT, index, step))
        gradients = _dense(tape.gradient(loss.value, _values(network)))
        rate = self._rate(self.config.g_learning_rate, step)
        loss = loss._replace(statistics=statistics)
        return _update(network, self.g_optimizer, gradients, loss, rate)

    def _penalty_gradients(self, real, index, step):
        network = self.model.discriminator
        with watch(network) as tape:
            seed = self._seed(_R1_DROPOUT, index, step)
            # Once in r1_interval steps, that many times as strong (Karras et al. 2020,
            # appendix B, https://arxiv.org/abs/1912.04958).
            strength = self.config.r1_gamma * self.config.r1_interval
            penalty = strength * self.model.gradient_penalty(real, seed)
        # The last biases do not show in the gradient of the logits.
        zero = tf.UnconnectedGradients.ZERO
        return _dense(
            tape.gradient(penalty, _values(network), unconnected_gradients=zero)
        )

    def copy_to_ema(self):
        """Gives the average G's own weights."""
        pairs = zip(self.ema_generator.weights, self.model.generator.weights)
        for average, weight in pairs:
            average.assign(weight)

    def _update_ema(self, step):
        done = tf.cast(step, tf.float32)
        # A ramp: the average of a short past at first, of 1 / (1 - decay) steps later.
        decay = tf.minimum(self.config.ema_decay, (1 + done) / (10 + done))
        pairs = zip(self.ema_generator.weights, self.model.generator.weights)
        for average, weight in pairs:
            average.value.assign(weight.value + decay * (average.value - weight.value))

    def _share(self, values):
        """This replica's share of each of the step's `d_steps` batches, end to end."""
        batches = tf.reshape(values, [self.config.d_steps, -1, *values.shape[1:]])
        shares = replicas.shard(batches, axis=1)
        return tf.reshape(shares, [-1, *values.shape[1:]])

    def _seed(self, purpose, index, step):
        """Returns int32 [2], of its own for every purpose, update, replica and step."""
        replica = replicas.replica_index()
        key = np.random.SeedSequence([self.config.seed, purpose, index, replica])
        # Room above: a network's dropout layers count on from here.
        first = int(key.generate_state(1)[0]) % (2**31 - 10_000)
        return tf.stack([tf.constant(first), tf.cast(step, tf.int32)])

    def _rate(self, rate, step):
        """The learning rate at `step`: `rate`, from `lr_decay_start` on in a line to 0.

        All of it times `lr_scale`.
        """
        rate = rate * self.lr_scale.read_value()
        start = self.config.lr_decay_start
        if start == 1:
            return rate
        left = 1 - tf.cast(step, tf.float32) / self.config.steps
        return rate * tf.minimum(left / (1 - start), 1.0)


def _values(network):
    return [v.value for v in network.trainable_variables]


def _dense(gradients):
    """An embedding's gradient is sparse; its table is small."""
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def _update(network, optimizer, gradients, loss, learning_rate):
    """Updates `network`; returns `loss` and `gradients` as means over the replicas."""
    # Together: between machines, one message is much faster than many.
    gradients, metrics, statistics = replicas.all_reduce_mean(
        (gradients, loss.metrics, [value for _, value in loss.statistics])
    )
    optimizer.learning_rate.assign(learning_rate)
    optimizer.apply(gradients, network.trainable_variables)
    for (variable, _), value in zip(loss.statistics, statistics):
        variable.assign(value)
    return loss._replace(metrics=metrics), gradients
