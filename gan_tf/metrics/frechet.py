"""The Frechet distance between two Gaussians fitted to features, and its bias.

Taken in the features of a classifier of the very dataset it is the *classifier Frechet
distance*. It is not an FID, which is taken in Inception features; the two are not
comparable.
"""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.validation import check_features, check_labels, check_pair


class Moments(NamedTuple):
    """Mean, float64 [D], and covariance, float64 [D, D], normalized by N - 1."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(features):
    """Returns the `Moments` of features [N, D], N >= 2."""
    features = check_features(features, min_rows=2)
    mean = features.mean(axis=0)
    centred = features - mean
    return Moments(mean, centred.T @ centred / (len(features) - 1))


def frechet_distance(mean_1, covariance_1, mean_2, covariance_2):
    """Returns the squared Frechet (2-Wasserstein) distance of two Gaussians, >= 0.

        |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))

    Dowson & Landau 1982; used on features by Heusel et al. 2017, eq. (6),
    https://arxiv.org/abs/1706.08500. The trace of the root is the sum of the square
    roots of the eigenvalues of S1^(1/2) S2 S1^(1/2), which is symmetric, so no complex
    matrix root is needed and singular covariances do no harm.

    Args:
        mean_1: float [D].
        covariance_1: float [D, D], symmetric, positive semidefinite.
        mean_2: float [D].
        covariance_2: float [D, D], like the first.
    """
    values, vectors = np.linalg.eigh(covariance_1)
    root = (vectors * np.sqrt(values.clip(min=0.0))) @ vectors.T
    # Rounding can push an eigenvalue of a rank-deficient product just below zero.
    squares = np.linalg.eigvalsh(root @ covariance_2 @ root).clip(min=0.0)
    difference = np.asarray(mean_1) - np.asarray(mean_2)
    distance = difference @ difference + np.trace(covariance_1) + np.trace(covariance_2)
    return max(float(distance - 2.0 * np.sqrt(squares).sum()), 0.0)


def frechet_bias(covariance, num_1, num_2):
    """Returns the mean distance of two samples of one Gaussian.

    Sampling noise alone gives, to first order in 1/n and for n >> D,

        (1/n1 + 1/n2) / 2 * (3 tr(S) + sum_{i != j} l_i l_j / (l_i + l_j))

    with l the eigenvalues of S: two traces from the means, and from the covariances the
    second-order expansion of the Bures distance with the variances of a Wishart matrix.
    Features are not Gaussian, so after it is subtracted some bias is left.

    Args:
        covariance: float [D, D], of the common distribution.
        num_1: rows behind the first pair of moments.
        num_2: rows behind the second.
    """
    values = np.linalg.eigvalsh(covariance).clip(min=0.0)
    sums, products = np.add.outer(values, values), np.outer(values, values)
    pairs = np.divide(products, sums, out=np.zeros_like(sums), where=sums > 0)
    off_diagonal = pairs.sum() - np.trace(pairs)
    return float(0.5 * (1.0 / num_1 + 1.0 / num_2) * (3.0 * values.sum() + off_diagonal))


def class_frechet_distances(real, real_labels, fake, fake_labels):
    """Returns the Frechet distance within each class, float64 [K].

    A generator that ignores its label can still match the mixture; it cannot match the
    classes. Each class has fewer rows, so the bias is larger than that of the whole.

    Args:
        real: features [N, D].
        real_labels: integers [N]; K is the greatest of them + 1.
        fake: features [M, D].
        fake_labels: integers [M], the requested labels.

    Raises:
        InputError: a class with fewer than two rows on either side.
    """
    real, fake = check_pair(real, fake, min_rows=2, names=("real", "fake"))
    real_labels = check_labels(real_labels, len(real), name="real_labels")
    num_classes = int(real_labels.max()) + 1
    fake_labels = check_labels(fake_labels, len(fake), num_classes, "fake_labels")
    distances = np.zeros(num_classes)
    for label in range(num_classes):
        real_rows, fake_rows = real[real_labels == label], fake[fake_labels == label]
        if min(len(real_rows), len(fake_rows)) < 2:
            raise InputError(
                f"class {label} ({len(real_rows)} real, {len(fake_rows)} fake rows) "
                "must have two of each or more."
            )
        distances[label] = frechet_distance(*moments(real_rows), *moments(fake_rows))
    return distances
