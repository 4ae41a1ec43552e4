"""The train step: `d_steps` updates of D, then `g_steps` of G."""

import contextlib
import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan_tf.config import Config
from gan_tf.models.base import GAN
from gan_tf.models.types import Batch
from gan_tf.ops import replicas
from gan_tf.training.augmentation import Augmentation
from gan_tf.training.lecam import LeCam
from gan_tf.training.optimizers import FusedAdam

R1_TAG = "losses/r1_penalty"
# What a random number is for. Each purpose has a stream of its own.
_SAMPLE, _D_DROPOUT, _G_DROPOUT, _R1_DROPOUT = range(4)


class Snapshot(NamedTuple):
    """Intermediate values of a step, for histograms; they stay on the device.

    Attributes:
        gradients: {"generator/..." or "discriminator/...": gradient of that weight}, D's
            with that of R1 if it acted on the step.
        logits: {name: float32 [B]}, D's source logits; a replica's shard until
            `Trainer.train` returns all of them.
    """

    gradients: dict[str, tf.Tensor]
    logits: dict[str, tf.Tensor]


def weights_of(model: GAN) -> dict[str, tf.Variable]:
    """Returns {"<network>/<layer>/<weight>": trainable variable} of both networks."""
    return {
        f"{network.name}/{v.path}": v.value
        for network in (model.generator, model.discriminator)
        for v in network.trainable_variables
    }


@contextlib.contextmanager
def watch(network):
    """Yields a tape that records what depends on the weights of `network` alone."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(_values(network))
        yield tape


class TrainStep:
    """A GAN's train step, with an Adam per network and the EMA of G.

    Everything random in it is a function of (config.seed, step).

    Attributes:
        model: the GAN.
        d_optimizer: Adam of the discriminator.
        g_optimizer: Adam of the generator.
        ema_generator: a float32 Keras model that holds the exponential moving average of
            the generator's weights.
        lr_scale: float32 variable, the factor of both learning rates.
        num_steps: int64 variable, the step at which the learning rates are 0.
        augmentation: of the inputs of D.
        lecam: the `LeCam` of D.
    """

    def __init__(self, model: GAN, config: Config, image_shape, strategy=None):
        """Creates every variable.

        They must exist before the step is traced, and before a checkpoint is restored:
        Adam's moments that are created later would silently stay zero.

        Args:
            model: the GAN, made from the same config.
            config: the settings.
            image_shape: (H, W, C).
            strategy: the `tf.distribute.Strategy` in whose scope the model was made, and
                whose replicas have equal shards of a batch; None for one device.
        """
        self.model = model
        self.config = config
        # The gradient by the pixels of a picture that is twice as large on each side, but
        # shows the same, is 1/4 in each of 4 times as many, so R1 is 1/4. StyleGAN2-ADA's
        # gamma, too, is in proportion to the pixels (`auto` in
        # https://github.com/NVlabs/stylegan2-ada/blob/main/train.py).
        self._r1_gamma = config.r1_gamma * max(math.prod(image_shape[:2]) / 28**2, 1.0)
        self.strategy = strategy or tf.distribute.get_strategy()
        with self.strategy.scope():
            self.d_optimizer = FusedAdam(beta_1=config.beta_1, beta_2=config.beta_2)
            self.d_optimizer.build(model.discriminator.trainable_variables)
            self.g_optimizer = FusedAdam(beta_1=config.beta_1, beta_2=config.beta_2)
            self.g_optimizer.build(model.generator.trainable_variables)
        # Outside of the strategy: the host alone generates images with it.
        self.ema_generator = model.build_generator(config, image_shape, model.num_classes)
        self.ema_generator.set_weights(model.generator.get_weights())
        self.lr_scale = tf.Variable(1.0, trainable=False)
        self.augmentation = Augmentation(config, model)
        self.lecam = LeCam(config.lecam)
        # Not a constant of the graph: `config.minutes` decides it during the training.
        self.num_steps = tf.Variable(config.steps, dtype=tf.int64, trainable=False)

    @property
    def bits_shape(self) -> tuple[int, int, int]:
        """Shape of the random int32 that a step takes: z of each batch that G makes."""
        shared = 0 if self.config.resample_z else 1
        num_batches = self.config.d_steps + self.config.g_steps - shared
        return num_batches, self.config.batch_size, self.model.z_ints

    def __call__(self, images, labels, bits, step):
        """Updates both networks, in one replica and on its shard of each batch.

        Args:
            images: uint8 [d_steps * B, H, W, C], real.
            labels: int32 [d_steps * B].
            bits: int32 `bits_shape`, random.
            step: int64 scalar, from 0 on.

        Returns:
            ({tag: scalar metric}, Snapshot).
        """
        config, model = self.config, self.model
        images, labels = self._shard(images), self._shard(labels)
        bits = replicas.shard(bits, axis=1)
        images = model.from_uint8(images)
        z = iter(tf.unstack(model.z(bits)))
        for index, real in enumerate(map(Batch, tf.unstack(images), tf.unstack(labels))):
            with watch(model.generator) as g_tape:
                seed = self._seed(_SAMPLE, index, step)
                fake, statistics = model.sample(next(z), real.labels, seed)
            real = self.augmentation(real, 2 * index, step)
            d_fake = self.augmentation(fake, 2 * index + 1, step)
            with watch(model.discriminator) as d_tape:
                seed = self._seed(_D_DROPOUT, index, step)
                d_loss = model.discriminator_loss(real, d_fake, seed)
                d_loss = self.lecam.penalized(d_loss)
            d_loss, d_gradients = self.update_discriminator(
                d_tape, d_loss, real, index, step
            )
        for index in range(config.g_steps):
            # The first update reuses D's last fakes, and the tape that recorded them.
            if config.resample_z or index:
                with watch(model.generator) as g_tape:
                    seed = self._seed(_SAMPLE, config.d_steps + index, step)
                    fake, statistics = model.sample(next(z), real.labels, seed)
            with g_tape:
                seed = self._seed(_G_DROPOUT, index, step)
                g_fake = self.augmentation(fake, 2 * config.d_steps + index, step)
                g_loss = model.generator_loss(g_fake, seed)._replace(statistics=statistics)
            g_loss, g_gradients = self.update_generator(g_tape, g_loss, step)
        gradients = dict(
            zip(weights_of(model), [*g_gradients, *d_gradients], strict=True)
        )
        return {**d_loss.metrics, **g_loss.metrics}, Snapshot(gradients, d_loss.logits)

    def update_discriminator(self, tape, loss, real: Batch, index: int, step):
        """Updates D, and nothing of G.

        Args:
            tape: has recorded D's weights and `loss`.
            loss: `Loss` of D.
            real: the real inputs of D, for R1.
            index: which of the step's updates of D this is.
            step: int64 scalar.

        Returns:
            (Loss, the gradients of D's trainable variables); gradients and metrics are
            means over the replicas.
        """
        config, network = self.config, self.model.discriminator
        gradients = _gradients(tape, loss.value, network)
        if config.r1_gamma:
            penalty, *penalty_gradients = tf.cond(
                self.has_r1(step),
                lambda: self._r1(real, index, step),
                lambda: [tf.constant(0.0), *map(tf.zeros_like, gradients)],
            )
            gradients = [g + p for g, p in zip(gradients, penalty_gradients)]
            loss = loss._replace(metrics={**loss.metrics, R1_TAG: penalty})
        learning_rate = self._learning_rate(config.d_learning_rate, step)
        return _update(network, self.d_optimizer, gradients, loss, learning_rate)

    def update_generator(self, tape, loss, step):
        """Updates G, and nothing of D; see `update_discriminator`."""
        network = self.model.generator
        gradients = _gradients(tape, loss.value, network)
        learning_rate = self._learning_rate(self.config.g_learning_rate, step)
        return _update(network, self.g_optimizer, gradients, loss, learning_rate)

    def has_r1(self, step):
        """Returns whether R1 acts on `step`, a bool scalar."""
        if not self.config.r1_gamma:
            return tf.constant(False)
        return tf.equal(step % self.config.r1_interval, 0)

    def _r1(self, real, index, step):
        """Returns [gamma * R1, *its gradients by D's trainable variables].

        The gradients are multiplied by `r1_interval`, since R1 acts once in so many steps
        (Karras et al. 2020, appendix B, https://arxiv.org/abs/1912.04958).
        """
        network = self.model.discriminator
        gamma, interval = self._r1_gamma, self.config.r1_interval
        with watch(network) as tape:
            r1 = self.model.gradient_penalty(real, self._seed(_R1_DROPOUT, index, step))
            penalty = gamma * interval * r1
        # The last biases do not appear in the gradient of the logits.
        return [gamma * r1, *_gradients(tape, penalty, network, unconnected="zero")]

    def update_ema(self, step):
        """Moves the EMA towards G's weights, after `step`."""
        done = tf.cast(step, tf.float32)
        # A ramp: it averages few steps at first, and 1 / (1 - decay) steps later.
        decay = tf.minimum(self.config.ema_decay, (1 + done) / (10 + done))
        pairs = zip(self.ema_generator.weights, self.model.generator.weights)
        for ema, weight in pairs:
            ema.value.assign(weight.value + decay * (ema.value - weight.value))

    def _shard(self, values):
        """Returns this replica's shard of each batch, [d_steps, B / replicas, ...]."""
        batches = tf.reshape(values, [self.config.d_steps, -1, *values.shape[1:]])
        return replicas.shard(batches, axis=1)

    def _seed(self, purpose, index, step):
        """Returns int32 [2], of its own for every purpose, update, replica and step."""
        replica = replicas.replica_index()
        key = np.random.SeedSequence([self.config.seed, purpose, index, replica])
        # Room above: a network's dropout layers count on from here.
        first = int(key.generate_state(1)[0]) % (2**31 - 10_000)
        return tf.stack([tf.constant(first), tf.cast(step, tf.int32)])

    def _learning_rate(self, initial, step):
        """Returns the learning rate at `step`, times `lr_scale`.

        It is `initial` up to the fraction `lr_decay_start` of the steps, but at least for
        `lr_constant_steps`, and from there falls linearly to 0.
        """
        rate = initial * self.lr_scale.read_value()
        start = self.config.lr_decay_start
        if start == 1:
            return rate
        num_steps = tf.cast(self.num_steps.read_value(), tf.float32)
        constant = tf.maximum(start * num_steps, float(self.config.lr_constant_steps))
        # At least 1: a training that ends before has no decay.
        decaying = tf.maximum(num_steps - constant, 1.0)
        return rate * tf.minimum((num_steps - tf.cast(step, tf.float32)) / decaying, 1.0)


def _values(network):
    return [v.value for v in network.trainable_variables]


def _gradients(tape, value, network, unconnected="none"):
    """Returns dense gradients: an embedding's is sparse, and its table is small."""
    gradients = tape.gradient(value, _values(network), unconnected_gradients=unconnected)
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
