"""Scores of predicted class probabilities: inception score, label accuracy, classes."""

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.validation import check_labels


def inception_score(probabilities):
    """Returns exp(mean_x KL(p(y|x) || p(y))), in [1, K].

    Salimans et al. 2016, section 4, https://arxiv.org/abs/1606.03498; with a classifier
    of digits it is known as the MNIST score. p(y) is the mean over the given rows and
    there is one estimate, no splits. Even for perfect images it depends on N: one-hot rows
    drawn with the class fractions of MNIST's test images have 9.29 for N = 64, and 9.98
    for 10,000. Never compare two N.

    Args:
        probabilities: float [N, K], rows adding up to 1.
    """
    p = _check_probabilities(probabilities)
    marginal = p.mean(axis=0)
    # 0 log 0 = 0; the mean of the smallest positive numbers may be 0, too.
    ratio = np.divide(p, marginal, out=np.ones_like(p), where=(p > 0) & (marginal > 0))
    return float(np.exp((p * np.log(ratio)).sum(axis=1).mean()))


def label_accuracy(probabilities, labels):
    """Returns the fraction of rows whose most probable class is the label, in [0, 1].

    With the labels requested of a generator this is GAN-test (Shmelkov et al. 2018,
    https://arxiv.org/abs/1807.09499). It can exceed the classifier's accuracy on real
    images, when the generator avoids what is hard to classify: read it beside recall.

    Args:
        probabilities: float [N, K].
        labels: integers [N].
    """
    p, labels = _check_with_labels(probabilities, labels)
    return float(np.mean(p.argmax(axis=1) == labels))


def label_cross_entropy(probabilities, labels):
    """Returns the mean of -log p(label), in nats; see `label_accuracy`."""
    p, labels = _check_with_labels(probabilities, labels)
    of_label = p[np.arange(len(p)), labels]
    # A probability that underflowed to 0 must not make the mean infinite.
    return float(-np.log(of_label.clip(min=np.finfo(np.float64).tiny)).mean())


def confusion_matrix(probabilities, labels):
    """Returns counts, int64 [K, K]: row = requested label, column = predicted class.

    The arguments are those of `label_accuracy`.
    """
    p, labels = _check_with_labels(probabilities, labels)
    num_classes = p.shape[1]
    pairs = labels * num_classes + p.argmax(axis=1)
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, -1)


def class_total_variation(probabilities, prior):
    """Returns half the L1 distance of the predicted classes' fractions from `prior`.

    In [0, 1]; for an unconditional generator 0 means that every class appears as often
    as it should. N perfect images drawn at random give about sum_k sqrt(p_k (1 - p_k) /
    (2 pi N)) on average, 0.012 for ten equal classes and N = 10,000.

    Args:
        probabilities: float [N, K].
        prior: float [K], the fractions of real images, adding up to 1.
    """
    p = _check_probabilities(probabilities)
    prior = np.asarray(prior, np.float64)
    if prior.shape != (p.shape[1],) or not np.isclose(prior.sum(), 1.0):
        raise InputError(
            f"prior (shape {prior.shape}, sum {prior.sum():.3f}) must be {p.shape[1]} "
            "fractions that add up to 1."
        )
    fractions = np.bincount(p.argmax(axis=1), minlength=p.shape[1]) / len(p)
    return float(0.5 * np.abs(fractions - prior).sum())


def _check_probabilities(probabilities):
    """Returns float64 [N, K], or raises InputError."""
    p = np.asarray(probabilities, np.float64)
    if p.ndim != 2 or p.size == 0:
        raise InputError(f"probabilities (shape {p.shape}) must be [N, K].")
    if not (p >= 0).all() or not np.allclose(p.sum(axis=1), 1.0, atol=1e-4):
        raise InputError("probabilities must be >= 0, each row adding up to 1.")
    return p


def _check_with_labels(probabilities, labels):
    p = _check_probabilities(probabilities)
    return p, check_labels(labels, len(p), p.shape[1])
