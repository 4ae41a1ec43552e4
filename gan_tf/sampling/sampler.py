"""Images of chosen classes from a trained generator."""

import contextlib
import operator
from collections import Counter
from collections.abc import Sequence

import keras
import numpy as np
import PIL.Image
import tensorflow as tf

from gan_tf.data.labels import normalized
from gan_tf.errors import InputError, listed
from gan_tf.sampling import image_io, latents

# Images are always generated in blocks of this many, of one label, so that the arithmetic
# of an image, and with it every last bit, does not depend on the others in the call.
_BLOCK = 64
_ROWS = 10  # of a grid that has no labels, or many
_MAX_ROWS = 100  # with labels


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
        image_range: (low, high) of the generator's outputs.
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
        self.image_range = image_range
        self._run = tf.function(
            lambda inputs: generator(inputs, training=False), autograph=False
        )

    def __repr__(self):
        size = "x".join(map(str, self.image_shape))
        names = f", classes {listed(self.class_names)}" if self.class_names else ""
        z = f"{self.noise} z of length {self.latent_dim}"
        return f"<Sampler of {size} images, {z}{names}>"

    def generate(
        self, labels=None, num: int = 16, seed: int = 0, on_images=None
    ) -> np.ndarray:
        """Returns `num` images per listed label, uint8 [len(labels) * num, H, W, C].

        Args:
            labels: the index of a class (an integer), its name (a string), or a list,
                tuple, range, array or tensor of them; None for an unconditional model. A
                label that is listed k times gets its first k * `num` images, so that no two
                are equal.
            num: images per listed label, 1 or more.
            seed: random seed of z, from 0 to 2^64 - 1.
            on_images: called with a number of images whenever so many are ready, or None.

        Raises:
            InputError: the model has no such label, or `num` or `seed` is out of range.
        """
        if hasattr(labels, "__array__"):
            labels = np.asarray(labels).tolist()
        is_list = isinstance(labels, (list, tuple, range))
        if is_list and not labels:
            raise InputError(f"labels ([]) must not be empty: {self._rule()}")
        indices = [self._index(k) for k in (labels if is_list else [labels])]
        num, seed = _whole("num", num), _whole("seed", seed)
        if num < 1:
            raise InputError(f"num ({num}) must be at least 1")
        if not 0 <= seed < 2**64:
            raise InputError(f"seed ({seed}) must be from 0 to 2^64 - 1")
        batches = {}
        for index, count in Counter(indices).items():
            images = self.generate_from_z(self.z(seed, count * num), index, on_images)
            batches[index] = iter(np.split(images, count))
        return np.concatenate([next(batches[index]) for index in indices])

    def generate_from_z(self, z: np.ndarray, label=None, on_images=None) -> np.ndarray:
        """Returns one image per row of `z`, all of one label, uint8 [N, H, W, C].

        Args:
            z: float32 [N, latent_dim], N at least 1.
            label: the index or the name of a class; None for an unconditional model.
            on_images: see `generate`.

        Raises:
            InputError: the model has no such label, or `z` has another shape.
        """
        index, z = self._index(label), np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(z):
            raise InputError(
                f"z has the shape {z.shape}, but must be [N, {self.latent_dim}] with "
                "N at least 1"
            )
        made = []
        for start in range(0, len(z), _BLOCK):
            block = z[start : start + _BLOCK]
            num = len(block)
            inputs = tf.constant(np.pad(block, ((0, _BLOCK - num), (0, 0))))
            if index is not None:
                inputs = [inputs, tf.fill([_BLOCK], tf.constant(index, tf.int32))]
            images = self._run(inputs).numpy()[:num]
            made.append(image_io.to_uint8(images, *self.image_range))
            if on_images is not None:
                on_images(num)
        return np.concatenate(made)

    def grid(self, labels=None, num: int = 10, seed: int = 0) -> PIL.Image.Image:
        """Returns a grid of images: one row per label, one column per z.

        Args:
            labels: as in `generate`; None for all, or for the first 100 of more. An
                unconditional model has ten rows.
            num: columns, 1 or more.
            seed: random seed of z, from 0 to 2^64 - 1.

        Returns:
            A picture with `save(path)`, which a notebook shows.

        Raises:
            InputError: see `generate`.
        """
        if labels is None and self.class_names:
            labels = list(range(len(self.class_names)))[:_MAX_ROWS]
        rows = 1 if self.class_names else _ROWS
        images = self.generate(labels, rows * num, seed)
        return image_io.to_pil(image_io.grid(images, num))

    def _repr_png_(self) -> bytes | None:
        """A grid of the first labels, which a notebook shows in place of the text."""
        labels = list(range(len(self.class_names)))[:_ROWS]
        return self.grid(labels or None)._repr_png_()

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
        if isinstance(label, str):
            alike = [normalized(name) for name in names]
            if normalized(label) in alike:
                return alike.index(normalized(label))
        elif not isinstance(label, (bool, np.bool_)):
            with contextlib.suppress(TypeError):
                if 0 <= (index := operator.index(label)) < len(names):
                    return index
        raise InputError(f"label ({label!r}) does not exist: {self._rule()}")

    def _rule(self):
        if not self.class_names:
            return "this model is unconditional; leave the label out"
        return (
            f"a label is an index from 0 to {len(self.class_names) - 1} or one of the "
            f"classes {listed(self.class_names)}"
        )


def _whole(name, number):
    try:
        return operator.index(number)
    except TypeError:
        raise InputError(f"{name} ({number!r}) must be a whole number") from None
