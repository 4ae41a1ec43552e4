"""The loop that runs the train step on the device."""

import functools

import numpy as np
import tensorflow as tf

from gan_tf import data
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models.base import GAN
from gan_tf.ops import replicas
from gan_tf.ops.random import random_bits_for_steps
from gan_tf.training.train_step import R1_TAG, Snapshot, TrainStep, weights_of


class Trainer:
    """Trains a GAN on images that stay on the device.

    Everything random, and the order of the data, is a function of (config.seed, step): a
    restored trainer continues as one that never stopped.

    Attributes:
        train_step: the `TrainStep`.
        checkpoint: `tf.train.Checkpoint` of everything that the next step depends on.
    """

    def __init__(
        self,
        model: GAN,
        images,
        labels,
        config: Config,
        strategy: tf.distribute.Strategy | None = None,
    ):
        """Puts the data on the device and creates every variable.

        Args:
            model: see `TrainStep`.
            images: uint8 [N, H, W, C].
            labels: int32 [N], or None of data without labels.
            config: the settings, without any "auto".
            strategy: see `TrainStep`.
        """
        self.config = config
        self._images = tf.constant(images)
        self._balance = None
        if config.balance != "none":
            self._balance = data.Balance(labels, config.balance)
        if labels is None:
            labels = np.zeros(len(images))
        self._labels = tf.constant(labels, tf.int32)
        self.train_step = TrainStep(model, config, images.shape[1:], strategy)
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._tags = [*model.METRICS, *self.train_step.lecam.tags]
        # Sums of the metrics since the last multiple of log_every, their number, the sum
        # of the R1 penalties and their number.
        self._totals = tf.Variable(tf.zeros([len(self._tags) + 3]), trainable=False)
        step = self.train_step
        parts: dict[str, tf.Module]
        parts = {"augmentation": step.augmentation, "lecam": step.lecam}
        self.checkpoint = tf.train.Checkpoint(
            **{name: part for name, part in parts.items() if part.variables},
            generator=model.generator,
            discriminator=model.discriminator,
            ema_generator=step.ema_generator,
            g_optimizer=step.g_optimizer,
            d_optimizer=step.d_optimizer,
            step=self._step,
            totals=self._totals,
            lr_scale=step.lr_scale,
        )
        self._loop = tf.function(
            self._run, jit_compile=config.jit_compile == "on", autograph=False
        )
        # `train_and_evaluate` stops at each multiple of log_every.
        self._longest = min(config.steps_per_loop, config.log_every)
        # Outside of the loop, so without XLA.
        shape = self.train_step.bits_shape
        draw = functools.partial(random_bits_for_steps, self._longest, shape, config.seed)
        self._draw = tf.function(draw, autograph=False)

    @property
    def step(self) -> int:
        """Number of steps done."""
        return int(self._step.numpy())

    @property
    def state(self) -> dict[str, list[tf.Variable]]:
        """Every variable of `checkpoint`, by the network that it belongs to."""
        step = self.train_step
        model = step.model
        discriminator = [*model.discriminator.weights, *step.d_optimizer.variables]
        generator = [
            *model.generator.weights,
            *step.g_optimizer.variables,
            *step.ema_generator.weights,
        ]
        return {
            "discriminator": [variable.value for variable in discriminator],
            "generator": [variable.value for variable in generator],
            "both": [
                *(self._step, self._totals, step.lr_scale),
                *(*step.augmentation.variables, *step.lecam.variables),
            ],
        }

    def learning_rates(self) -> dict[str, float]:
        """Returns the rates of the last updates."""
        step = self.train_step
        return {
            "learning_rates/d": float(step.d_optimizer.learning_rate.numpy()),
            "learning_rates/g": float(step.g_optimizer.learning_rate.numpy()),
        }

    def train(self, num_steps: int) -> tuple[dict[str, float], Snapshot]:
        """Runs `num_steps` steps, up to `config.steps_per_loop` in each call to the device.

        Returns:
            {tag: mean} of the metrics over the steps since the last multiple of
            `log_every`, however many calls ran them, with `losses/r1_penalty` where R1
            acted on one of them; and the `Snapshot` of the last step of the call on
            which R1 acted, or of the last step where it acted on none.

        Raises:
            InputError: a batch does not fit into memory.
        """
        config, first = self.config, self.step
        longest = self._longest
        for done in range(0, num_steps, longest):
            length = min(longest, num_steps - done)
            rows = data.batch_rows(
                config.seed,
                first + done,
                length,
                config.batch_size * config.d_steps,
                len(self._images),
                self._balance,
            )
            # Always of one shape, so that one trace and one compilation serve all calls.
            rows = np.pad(rows, ((0, longest - length), (0, 0)))
            try:
                totals, snapshot = self._loop(
                    self._images,
                    self._labels,
                    tf.constant(rows),
                    self._draw(tf.constant(first + done, tf.int64)),
                    tf.constant(length),
                )
            except tf.errors.ResourceExhaustedError:
                raise InputError(
                    f"batch_size ({config.batch_size}) needs more memory than there is: "
                    "choose a smaller one in another --run_dir"
                ) from None
        *sums, count, r1_sum, r1_count = totals.numpy()
        means = {tag: float(total / count) for tag, total in zip(self._tags, sums)}
        if r1_count:
            means[R1_TAG] = float(r1_sum / r1_count)
        return means, snapshot

    def tensors(self, snapshot: Snapshot) -> dict[str, tf.Tensor]:
        """Returns {tag: tensor} of the histograms of a step.

        They are every trainable weight, every gradient, and D's source logits on real and
        on fake images.
        """
        groups = {
            "weights": weights_of(self.train_step.model),
            "gradients": snapshot.gradients,
            "logits": snapshot.logits,
        }
        return {
            f"{g}/{name}": t for g, named in groups.items() for name, t in named.items()
        }

    def _run(self, images, labels, rows, bits, num_steps):
        """The loop over the first `num_steps` of `rows` and `bits`.

        `rows`, int32 [S, d_steps * B], are the images of each step, and `bits`, int32
        [S, *bits_shape], its random numbers; S is the largest number of a call.
        """
        strategy, config = self.train_step.strategy, self.config

        def body(i, totals, snapshot, snapshot_has_r1):
            step = self._step.read_value()
            # More steps than this interval has had: those of an interval of another length,
            # before a resumption.
            num_summed, num_before = totals[-3], step % config.log_every
            is_older = num_summed > tf.cast(num_before, tf.float32)
            totals = tf.where(is_older, tf.zeros_like(totals), totals)
            batch = tf.gather(images, rows[i]), tf.gather(labels, rows[i])
            metrics, new = strategy.run(self.train_step, (*batch, bits[i], step))
            metrics = replicas.local_value(strategy, metrics)
            self.train_step.augmentation.update(metrics)
            self.train_step.lecam.update(metrics, step)
            if config.ema_decay:
                self.train_step.update_ema(step)
            self._step.assign_add(1)
            has_r1 = self.train_step.has_r1(step)
            # The penalty is 0 on the steps without R1.
            r1 = [metrics.get(R1_TAG, 0.0), tf.cast(has_r1, tf.float32)]
            sums = tf.stack([*(metrics[tag] for tag in self._tags), 1.0, *r1])
            if config.r1_gamma:
                new = tf.cond(
                    has_r1 | tf.logical_not(snapshot_has_r1), lambda: new, lambda: snapshot
                )
            return i + 1, totals + sums, new, snapshot_has_r1 | has_r1

        _, totals, snapshot, _ = tf.while_loop(
            lambda i, *_: i < num_steps,
            body,
            (
                tf.constant(0),
                self._totals.read_value(),
                strategy.run(self._empty_snapshot),
                tf.constant(False),
            ),
            parallel_iterations=1,
        )
        # At a multiple of log_every they are logged. Another log_every may follow.
        is_logged = self._step.read_value() % config.log_every == 0
        self._totals.assign(tf.where(is_logged, tf.zeros_like(totals), totals))
        if not config.ema_decay:
            self.train_step.update_ema(self._step.read_value())  # a copy
        gradients = replicas.local_value(strategy, snapshot.gradients)
        logits = {n: strategy.gather(t, axis=0) for n, t in snapshot.logits.items()}
        return totals, Snapshot(gradients, logits)

    def _empty_snapshot(self):
        """Returns zeros of the shapes of a replica's snapshot."""
        model = self.train_step.model
        size = self.config.batch_size // replicas.num_replicas()
        gradients = tf.nest.map_structure(tf.zeros_like, weights_of(model))
        return Snapshot(gradients, {name: tf.zeros([size]) for name in ("real", "fake")})
