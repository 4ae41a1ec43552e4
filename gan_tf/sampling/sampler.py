"""Images of chosen classes from a trained generator."""

import operator
from collections import Counter
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from gan_tf.errors import InputError, listed
from gan_tf.sampling import latents
from gan_tf.sampling.image_io import to_uint8

# Images are always generated in blocks of this many, of one label, so that the arithmetic
# of an image, and with it every last bit, does not depend on the others in the call.
_BLOCK = 64


class Sampler:
    """A generator that makes images of chosen classes.

    The image of (seed, label, index) is always the same, whatever else the call
    generates. Images of equal seed and index have the same z, whatever their label.

    Attributes:
        generator: Keras model of z, or of [z, labels], to images.
        class_names: of the labels, in their order; empty for an unconditional model.
        noise: "normal" or "uniform", the distribution of z.
        latent_dim: length of z.
        image_shape: (H, W, C) of an image.
    """

    def __init__(
        self,
        generator: keras.Model,
        image_range: tuple[float, float],
        noise: str,
        class_names: Sequence[str] = (),
    ):
        """Wraps `generator`, of images in `image_range`; its weights may go on changing."""
        self.generator = generator
        self.class_names = tuple(class_names)
        self.noise = noise
        self.latent_dim: int = generator.inputs[0].shape[-1]
        self.image_shape: tuple[int, int, int] = tuple(generator.outputs[0].shape[1:])
        self._image_range = image_range
        self._run = tf.function(
            lambda inputs: generator(inputs, training=False), autograph=False
        )

    def __repr__(self):
        size = "x".join(map(str, self.image_shape))
        names = f", classes {self._names()}" if self.class_names else ""
        z = f"{self.noise} z of length {self.latent_dim}"
        return f"<Sampler of {size} images, {z}{names}>"

    def generate(self, labels=None, num: int = 16, seed: int = 0) -> np.ndarray:
        """Returns `num` images per listed label, uint8 [len(labels) * num, H, W, C].

        Args:
            labels: the index of a class (an integer), its name (a string), or a list,
                tuple or array of them; None for an unconditional model. A label that is
                listed k times gets its first k * `num` images, so that no two are equal.
            num: images per listed label, 1 or more.
            seed: random seed of z, 0 or more.

        Raises:
            InputError: the model has no such label, or `num` or `seed` is out of range.
        """
        if isinstance(labels, np.ndarray):
            labels = labels.tolist()
        is_list = isinstance(labels, (list, tuple))
        if is_list and not labels:
            raise InputError(f"labels ([]) must not be empty: {self._rule()}")
        indices = [self._index(k) for k in (labels if is_list else [labels])]
        if num < 1:
            raise InputError(f"num ({num}) must be at least 1")
        if seed < 0:
            raise InputError(f"seed ({seed}) must be 0 or more")
        batches = {}
        for index, count in Counter(indices).items():
            images = self.generate_from_z(self.z(seed, count * num), index)
            batches[index] = iter(np.split(images, count))
        return np.concatenate([next(batches[index]) for index in indices])

    def generate_from_z(self, z: np.ndarray, label=None) -> np.ndarray:
        """Returns one image per row of `z`, all of one label, uint8 [N, H, W, C].

        Args:
            z: float32 [N, latent_dim], N at least 1.
            label: the index or the name of a class; None for an unconditional model.

        Raises:
            InputError: the model has no such label.
        """
        index = self._index(label)
        made = []
        for start in range(0, len(z), _BLOCK):
            block = z[start : start + _BLOCK]
            num = len(block)
            inputs = tf.constant(np.pad(block, ((0, _BLOCK - num), (0, 0))))
            if index is not None:
                inputs = [inputs, tf.fill([_BLOCK], tf.constant(index, tf.int32))]
            images = self._run(inputs).numpy()[:num]
            made.append(to_uint8(images, *self._image_range))
        return np.concatenate(made)

    def z(self, seed: int, num: int) -> np.ndarray:
        """Returns the z of `generate`, float32 [num, latent_dim]; see `sample_z`."""
        return latents.sample_z(seed, num, self.latent_dim, self.noise)

    def _index(self, label) -> int | None:
        """Returns the index of the class that `label`, an index or a name, means."""
        names = self.class_names
        if label is None and not names:
            return None
        if not names:
            raise InputError(f"label ({label!r}) is not possible: {self._rule()}")
        if label is None:
            raise InputError(f"label is missing: {self._rule()}")
        if isinstance(label, str) and label in names:
            return names.index(label)
        if not isinstance(label, (str, bool, np.bool_)):
            try:
                index = operator.index(label)
            except TypeError:
                index = -1
            if 0 <= index < len(names):
                return index
        raise InputError(f"label ({label!r}) does not exist: {self._rule()}")

    def _rule(self):
        if not self.class_names:
            return "this model is unconditional; leave the label out"
        return (
            f"a label is an index from 0 to {len(self.class_names) - 1} or one of the "
            f"classes {self._names()}"
        )

    def _names(self):
        return listed(self.class_names)
