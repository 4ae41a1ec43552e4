"""Asking a trained generator for images."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_tf.errors import InputError
from gan_tf.sampling import image_io as image_files

# Images are always made in blocks of this many, of one label, so that the arithmetic of
# each, and with it every last bit, does not depend on what else was asked for.
_BLOCK = 64


class Sampler:
    """A generator that makes images of a chosen label.

    The image of (seed, label, index) is always the same, whatever else is asked for with
    it. Images of equal seed and index share their z, their handwriting, across labels.

    Attributes:
        generator: Keras model; see `gan_tf.models`.
        class_names: names of the labels; empty for an unconditional model.
    """

    def __init__(
        self,
        generator: keras.Model,
        image_range: tuple[float, float],
        noise: str,
        class_names: Sequence[str] = (),
    ):
        """Wraps `generator`, whose weights may go on changing.

        Args:
            generator: Keras model of z, or of [z, labels], to images.
            image_range: (low, high) of its images.
            noise: "normal" or "uniform", the distribution of z.
            class_names: of the labels, in their order.
        """
        self.generator = generator
        self.class_names = tuple(class_names)
        self._image_range = image_range
        self._noise = noise
        self._latent_dim = generator.inputs[0].shape[-1]
        self._run = tf.function(
            lambda inputs: generator(inputs, training=False), autograph=False
        )

    def generate(self, label: int | None = None, num: int = 16, seed: int = 0):
        """Returns `num` images of `label`, uint8 [num, H, W, C].

        Args:
            label: index of a class; None for an unconditional model.
            num: how many images, 1 or more.
            seed: decides the noise, 0 or more.

        Raises:
            InputError: the model cannot do that.
        """
        if num < 1:
            raise InputError(f"num ({num}) must be at least 1")
        if seed < 0:
            raise InputError(f"seed ({seed}) must be 0 or more")
        return self.generate_from_z(self.z(seed, num), label)

    def z(self, seed: int, num: int) -> np.ndarray:
        """Returns noise, float32 [num, latent_dim]; row i depends on (seed, i) alone."""
        blocks = []
        for block in range(-(-num // _BLOCK)):
            rng = np.random.default_rng([seed, block])
            shape = (_BLOCK, self._latent_dim)
            if self._noise == "uniform":
                blocks.append(rng.uniform(-1, 1, shape))
            else:
                blocks.append(rng.standard_normal(shape))
        return np.concatenate(blocks)[:num].astype(np.float32)

    def between(self, start: np.ndarray, end: np.ndarray, share: np.ndarray):
        """Returns the z on the way from `start` to `end`, both [latent_dim].

        Args:
            start: where `share` is 0.
            end: where `share` is 1.
            share: float [T, 1].

        Returns:
            float32 [T, latent_dim]. Normal noise goes along an arc (White 2016,
            https://arxiv.org/abs/1609.04468): in the middle of a straight line z would be
            shorter than any that the generator was trained on.
        """
        if self._noise == "uniform":
            return (start + share * (end - start)).astype(np.float32)
        cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
        angle = np.arccos(np.clip(cosine, -1, 1))
        if np.sin(angle) < 1e-6:
            return (start + share * (end - start)).astype(np.float32)
        arc = np.sin((1 - share) * angle) * start + np.sin(share * angle) * end
        return (arc / np.sin(angle)).astype(np.float32)

    def generate_from_z(self, z: np.ndarray, label: int | None = None) -> np.ndarray:
        """Returns the images of `z` [N, latent_dim], all of `label`, uint8 [N, H, W, C].

        Raises:
            InputError: `label` is not one of the model's, or it has none.
        """
        self._check(label)
        made = []
        for start in range(0, len(z), _BLOCK):
            block = z[start : start + _BLOCK]
            num = len(block)
            inputs = tf.constant(np.pad(block, ((0, _BLOCK - num), (0, 0))))
            if label is not None:
                inputs = [inputs, tf.fill([_BLOCK], tf.constant(label, tf.int32))]
            images = self._run(inputs).numpy()[:num]
            made.append(image_files.to_uint8(images, *self._image_range))
        return np.concatenate(made)

    def _check(self, label):
        names = self.class_names
        if not names and label is not None:
            raise InputError(
                f"label ({label}) cannot be asked for: this model is unconditional and "
                "makes images of no chosen label; leave the label out"
            )
        if names and label is None:
            raise InputError(
                f"label is missing: this model makes images of {', '.join(names)}"
            )
        if names and not 0 <= label < len(names):
            raise InputError(
                f"label ({label}) must be from 0 to {len(names) - 1}: "
                f"this model makes images of {', '.join(names)}"
            )
