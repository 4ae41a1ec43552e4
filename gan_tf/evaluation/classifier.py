"""The judge: a small classifier of real images; metrics compare in its features."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.evaluation.classifier_networks import build_network
from gan_tf.evaluation.classifier_training import fit, predict, shift_and_rotate
from gan_tf.metrics.validation import check_images, check_labels


class Judgement(NamedTuple):
    """What a judge makes of N images.

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


class Judge:
    """A frozen classifier, and the only one of its kind in a comparison.

    Distances in the features of two different judges are not comparable, so a report
    states `name` and `seed`.

    Attributes:
        name: row of `networks.NETWORKS`: "judge", or "audit" for the second opinion.
        image_shape: (H, W, C) of the images it knows.
        num_classes: K.
        seed: the seed it was trained with.
    """

    def __init__(self, name, image_shape, num_classes, seed):
        self.name = name
        self.image_shape = tuple(int(size) for size in image_shape)
        self.num_classes = int(num_classes)
        self.seed = int(seed)
        self.network = build_network(
            name, self.image_shape, self.num_classes, self.seed
        )

    def judge(self, images):
        """Returns the `Judgement` of uint8 images [N, H, W(, C)], in one pass."""
        images = check_images(images)
        if images.shape[1:] != self.image_shape:
            raise InputError(
                f"images (shape {images.shape[1:]}) must be {self.image_shape}, "
                "the shape this judge was trained on."
            )
        import keras

        network = keras.Model(
            self.network.inputs,
            [self.network.get_layer("features").output, self.network.outputs[0]],
        )
        return Judgement(*predict(network, images))

    def features(self, images):
        """Returns float32 [N, 128] for uint8 images [N, H, W(, C)]."""
        return self.judge(images).features

    def probabilities(self, images):
        """Returns float64 [N, K] for uint8 images [N, H, W(, C)]."""
        return self.judge(images).probabilities

    def save(self, path):
        """Writes the judge to `path` as an .npz of plain arrays, weights in float16."""
        weights = {
            f"weight_{index:02d}": weight.astype(np.float16)
            for index, weight in enumerate(self.network.get_weights())
        }
        with open(path, "wb") as file:
            np.savez_compressed(
                file,
                name=np.array(self.name),
                image_shape=np.array(self.image_shape),
                num_classes=np.array(self.num_classes),
                seed=np.array(self.seed),
                **weights,
            )

    @classmethod
    def load(cls, path):
        """Reads a judge that `save` wrote. Reading cannot run code: no pickles."""
        with np.load(path, allow_pickle=False) as file:
            judge = cls(
                str(file["name"]),
                file["image_shape"],
                file["num_classes"],
                file["seed"],
            )
            names = sorted(name for name in file.files if name.startswith("weight_"))
            judge.network.set_weights([file[name].astype(np.float32) for name in names])
        return judge


def train_judge(x, y, seed=0, *, name="judge", epochs=20, on_epoch=None):
    """Trains a judge on real images; 1/12 of them (5,000 of 60,000) choose the epoch.

    Args:
        x: uint8 [N, H, W] or [N, H, W, C].
        y: integer labels [N]; the number of classes is the greatest label + 1.
        seed: of the weights, the held-out rows, the order and the augmentation.
        name: row of `networks.NETWORKS`.
        epochs: passes over the training rows.
        on_epoch: called with (epoch, held-out accuracy), or None.

    Returns:
        A `Judge`, its weights rounded to float16 as they would be saved.
    """
    x = check_images(x, "x")
    y = check_labels(y, len(x), name="y")
    if len(x) < 24:
        raise InputError(f"x ({len(x)} images) must have 24 images or more.")
    judge = Judge(name, x.shape[1:], int(y.max()) + 1, seed)
    rows = np.random.default_rng(seed).permutation(len(x))
    held_out, train = rows[: len(x) // 12], rows[len(x) // 12 :]
    fit(
        judge.network,
        (x[train], y[train]),
        (x[held_out], y[held_out]),
        epochs=epochs,
        batch_size=128,
        seed=seed,
        cosine_decay=True,
        augment=shift_and_rotate,
        on_epoch=on_epoch,
    )
    _scale_features(judge.network, x[train[:5000]])
    # A judge read back from its file must be the judge that was measured.
    judge.network.set_weights(
        [w.astype(np.float16).astype(np.float32) for w in judge.network.get_weights()]
    )
    return judge


def _scale_features(network, images):
    """Makes the mean square of the features 1 and leaves the logits as they are.

    A ReLU passes a positive factor through, so one layer takes it and the next gives it
    back. It puts distances of judges of different datasets on one scale, and the kernel
    distance's x.y / D near 1, where its polynomial is meant to work.
    """
    import keras

    layer = network.get_layer("features")
    features = predict(keras.Model(network.inputs, layer.output), images)[0]
    factor = 1.0 / np.sqrt(np.mean(features.astype(np.float64) ** 2))
    below, above = [layer for layer in network.layers if layer.weights][-2:]
    below.set_weights([weight * factor for weight in below.get_weights()])
    kernel, bias = above.get_weights()
    above.set_weights([kernel / factor, bias])
