"""NDB: in how many bins of the data is the share of generated images off?"""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.clustering import kmeans, nearest_rows
from gan_tf.metrics.validation import check_features


class Bins(NamedTuple):
    """K-means cells of real training images.

    Attributes:
        centres: float64 [K, D].
        counts: int64 [K], training rows in each.
    """

    centres: np.ndarray
    counts: np.ndarray


class BinReport(NamedTuple):
    """How the shares of a sample differ from those of the training images.

    Attributes:
        different: number of bins whose |z| exceeds the threshold, of K.
        js: Jensen-Shannon divergence of the two histograms, nats, in [0, log 2].
        z: float64 [K], > 0 where the sample has too many.
    """

    different: int
    js: float
    z: np.ndarray


def make_bins(train, num_bins=100, seed=0):
    """Returns the `Bins` of real training rows [N, D] (or images, flattened).

    Args:
        train: [N, D]; about 500 rows for each bin are enough.
        num_bins: K.
        seed: of k-means.
    """
    train = check_features(train, min_rows=num_bins, name="train")
    centres = kmeans(train, num_bins, seed)
    cells, _ = nearest_rows(train, centres)
    return Bins(centres, np.bincount(cells, minlength=num_bins))


def count_different_bins(bins, sample, threshold=3.0):
    """Returns the `BinReport` of a sample: Richardson & Weiss 2018.

    https://arxiv.org/abs/1805.12462. Each row falls in the bin of the nearest centre; a
    two-proportion z-test compares the shares of each bin, with pooled variance. At 3
    standard errors a perfect sample has 0.27 false alarms in 100 bins; real MNIST has
    a few, for the writers of its test split are other people.

    Args:
        bins: `Bins` of the real training rows.
        sample: [M, D] (or images, flattened).
        threshold: |z| beyond which a bin is different.
    """
    sample = check_features(sample, name="sample")
    if sample.shape[1] != bins.centres.shape[1]:
        raise InputError(
            f"sample ({sample.shape[1]} wide) must be as wide as the bins, "
            f"{bins.centres.shape[1]}."
        )
    cells, _ = nearest_rows(sample, bins.centres)
    counts = np.bincount(cells, minlength=len(bins.counts))
    z = two_proportion_z(counts, len(sample), bins.counts, bins.counts.sum())
    js = jensen_shannon(counts / len(sample), bins.counts / bins.counts.sum())
    return BinReport(int(np.count_nonzero(np.abs(z) > threshold)), js, z)


def two_proportion_z(counts_1, num_1, counts_2, num_2):
    """Returns z, float64 [K], > 0 where the first share is the greater.

    z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), p the pooled share. Where both shares
    are 0, or both are 1, z is 0.

    Args:
        counts_1: integers [K] of the first sample.
        num_1: its size.
        counts_2: integers [K] of the second sample.
        num_2: its size.
    """
    counts_1, counts_2 = np.asarray(counts_1), np.asarray(counts_2)
    pooled = (counts_1 + counts_2) / (num_1 + num_2)
    error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / num_1 + 1.0 / num_2))
    difference = counts_1 / num_1 - counts_2 / num_2
    return np.divide(difference, error, out=np.zeros_like(error), where=error > 0)


def jensen_shannon(p, q):
    """Returns the Jensen-Shannon divergence of two histograms [K], in nats.

    Lin 1991: the mean of KL(p || m) and KL(q || m) with m the mean of p and q; 0 for
    equal histograms, log 2 for disjoint ones.

    Args:
        p: float [K], adding up to 1.
        q: float [K], adding up to 1.
    """
    p, q = np.asarray(p, np.float64), np.asarray(q, np.float64)
    middle = 0.5 * (p + q)
    total = 0.0
    for part in (p, q):
        some = part > 0
        total += 0.5 * (part[some] * np.log(part[some] / middle[some])).sum()
    return float(total)
