"""The evaluation classifier: most metrics are computed from its features and outputs."""

from typing import Any, NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier_networks import (
    augmentation,
    build_network,
    fit,
    images_at_once,
)
from gan_tf.files import atomic_write
from gan_tf.metrics.validation import check_images, check_labels


class ClassifierOutputs(NamedTuple):
    """The outputs of a classifier for N images.

    Attributes:
        features: float32 [N, 128], the penultimate activations (after the ReLU).
        logits: float32 [N, K].
    """

    features: np.ndarray
    logits: np.ndarray

    @property
    def probabilities(self):
        """float64 [N, K]: the softmax of the logits; rows add up to 1."""
        logits = self.logits.astype(np.float64)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


class Classifier:
    """A frozen evaluation classifier.

    Distances in the features of two classifiers are not comparable, so a report states
    `name` and `seed`.

    Attributes:
        name: key of `classifier_networks.NETWORKS`: "default", or "audit".
        image_shape: (H, W, C) of its images.
        num_classes: K.
        seed: the seed it was trained with.
        network: Keras model, images in [0, 255] -> logits.
    """

    def __init__(self, name, image_shape, num_classes, seed):
        import keras

        self.name = name
        self.image_shape = tuple(int(size) for size in image_shape)
        self.num_classes = int(num_classes)
        self.seed = int(seed)
        self.network = build_network(name, self.image_shape, self.num_classes, self.seed)
        outputs = [self.network.get_layer("features").output, self.network.outputs[0]]
        self._with_features = keras.Model(self.network.inputs, outputs)
        self._with_features.compile(jit_compile=False)  # slow on a CPU

    def outputs(self, images):
        """Returns the `ClassifierOutputs` of uint8 images [N, H, W(, C)]."""
        images = check_images(images)
        if images.shape[1:] != self.image_shape:
            raise InputError(
                f"images (shape {images.shape[1:]}) must be {self.image_shape}, "
                "the shape that this classifier was trained on."
            )
        batch_size = images_at_once(self.image_shape)
        return ClassifierOutputs(
            *self._with_features.predict(images, batch_size=batch_size, verbose=0)
        )

    def probabilities(self, images):
        """Returns the probabilities, float64 [N, K], of uint8 images [N, H, W(, C)]."""
        return self.outputs(images).probabilities

    def save(self, path):
        """Writes the classifier as an .npz of plain arrays, the weights in float16."""
        names = "name", "image_shape", "num_classes", "seed"
        arrays: dict[str, Any] = {name: np.array(getattr(self, name)) for name in names}
        for index, weight in enumerate(self.network.get_weights()):
            arrays[f"weight_{index:02d}"] = weight.astype(np.float16)
        with atomic_write(path) as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path):
        """Reads a classifier that `save` wrote; no pickles, so reading runs no code."""
        # NumPy leaves a damaged file that it is to open itself open.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            classifier = cls(
                str(file["name"]), file["image_shape"], file["num_classes"], file["seed"]
            )
            names = sorted(name for name in file.files if name.startswith("weight_"))
            classifier.network.set_weights(
                [file[name].astype(np.float32) for name in names]
            )
        return classifier


def train_classifier(x, y, seed=0, *, name="default", epochs=20, on_epoch=None):
    """Trains a classifier on real images; 1/12 of them (5,000 of 60,000) choose the epoch.

    Args:
        x: uint8 [N, H, W] or [N, H, W, C].
        y: integer labels [N]; the number of classes is the greatest label + 1.
        seed: of the weights, the held-out images, the order and the augmentation.
        name: key of `classifier_networks.NETWORKS`.
        epochs: passes over the training images.
        on_epoch: called with (epoch, held-out accuracy), or None.

    Returns:
        A `Classifier`, its weights rounded to float16 as `save` stores them.
    """
    x = check_images(x, "x")
    y = check_labels(y, len(x), name="y")
    if len(x) < 24:
        raise InputError(f"x ({len(x)} images) must have 24 images or more.")
    classifier = Classifier(name, x.shape[1:], int(y.max()) + 1, seed)
    rows = np.random.default_rng(seed).permutation(len(x))
    held_out, train = rows[: len(x) // 12], rows[len(x) // 12 :]
    fit(
        classifier.network,
        (x[train], y[train]),
        (x[held_out], y[held_out]),
        epochs=epochs,
        batch_size=128,
        seed=seed,
        cosine_decay=True,
        augment=augmentation(classifier.image_shape, seed),
        on_epoch=on_epoch,
    )
    _scale_features(classifier, x[train[:5000]])
    # A classifier read from its file must equal the one that was measured.
    classifier.network.set_weights(
        [w.astype(np.float16).astype(np.float32) for w in classifier.network.get_weights()]
    )
    return classifier


def untrained_classifier(x, seed=0, *, name="default"):
    """Returns a `Classifier` of one class with random weights, for data without classes.

    Features of an untrained network compare images of any kind; Naeem et al. 2020
    (https://arxiv.org/abs/2002.09797) found them the better ones far from ImageNet.

    Args:
        x: uint8 [N, H, W, C], real images, which the features are scaled by.
        seed: of the weights.
        name: key of `classifier_networks.NETWORKS`.
    """
    classifier = Classifier(name, x.shape[1:], 1, seed)
    _scale_features(classifier, x[:5000])
    classifier.name = "untrained"
    return classifier


def _scale_features(classifier, images):
    """Scales the features to mean square 1 and leaves the logits as they are.

    A positive factor passes through a ReLU, so one layer takes the factor and the next
    its inverse. Distances of the classifiers of different datasets are then on one
    scale, and the kernel distance's x.y / D is near 1.
    """
    features = classifier.outputs(images).features.astype(np.float64)
    factor = 1.0 / np.sqrt(np.mean(features**2))
    body, head = [layer for layer in classifier.network.layers if layer.weights][-2:]
    body.set_weights([weight * factor for weight in body.get_weights()])
    kernel, bias = head.get_weights()
    head.set_weights([kernel / factor, bias])
