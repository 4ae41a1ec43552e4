"""Precision, recall, density and coverage (PRDC) by nearest neighbours."""

from typing import NamedTuple

import numpy as np

from gan_tf.errors import InputError
from gan_tf.metrics.distances import distance_blocks
from gan_tf.metrics.validation import check_features, check_pair


class PRDC(NamedTuple):
    """The four metrics. None of them is 1 for two samples of one distribution.

    Attributes:
        precision: fraction of fakes inside the ball of at least one real, [0, 1].
        recall: fraction of reals inside the ball of at least one fake, [0, 1].
        density: mean number of real balls a fake is in, over k; about 1 for equals.
        coverage: fraction of real balls that hold a fake; about 1 - 2^-k for equals.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def knn_squared_radii(features, k):
    """Returns the squared distance of each row to its k-th nearest other row, [N].

    Args:
        features: [N, D], N > k.
        k: int, or several in a tuple: the result is then [len(k), N].
    """
    features = check_features(features)
    ks = np.atleast_1d(k)
    if not 1 <= ks.min() <= ks.max() < len(features):
        raise InputError(f"k ({k}) must be in [1, {len(features) - 1}], the other rows.")
    radii = np.empty([len(ks), len(features)])
    for part, squares in distance_blocks(features, features):
        # A row is not its own neighbour, and rounding may leave its distance above 0.
        rows = np.arange(len(squares))
        squares[rows, rows + part.start] = np.inf
        radii[:, part] = np.partition(squares, ks - 1, axis=1)[:, ks - 1].T
    return radii[0] if np.ndim(k) == 0 else radii


def prdc(real, fake, k_recall=3, k_coverage=5, real_radii=None):
    """Returns the `PRDC` of fakes against reals, by exact neighbour search.

    Precision and recall: Kynkaanniemi et al. 2019, eqs. (1) and (2),
    https://arxiv.org/abs/1904.06991, balls reaching to the `k_recall`-th neighbour. Density
    and coverage: Naeem et al. 2020, https://arxiv.org/abs/2002.09797, balls reaching to the
    `k_coverage`-th. The balls are closed, and a centre does not count among its own
    neighbours. All four depend on the number of rows: compare at equal N and M only.

    Fakes that all coincide, or each with `k_recall` others, have balls of zero radius
    and form no manifold. One ball of an outlying real could make them all precise, so
    precision and density are then NaN.

    Args:
        real: features [N, D].
        fake: features [M, D].
        k_recall: k of precision and recall.
        k_coverage: k of density and coverage.
        real_radii: `knn_squared_radii(real, (k_recall, k_coverage))`, when known already.
    """
    real, fake = check_pair(real, fake, names=("real", "fake"))
    if real_radii is None:
        real_radii = knn_squared_radii(real, (k_recall, k_coverage))
    fake_radii = knn_squared_radii(fake, k_recall)
    in_recall_balls = np.zeros(len(fake), bool)
    num_coverage_balls = 0
    recalled, covered = np.empty(len(real), bool), np.empty(len(real), bool)
    for part, squares in distance_blocks(real, fake):
        in_recall_balls |= (squares <= real_radii[0, part, None]).any(axis=0)
        in_ball = squares <= real_radii[1, part, None]
        num_coverage_balls += int(np.count_nonzero(in_ball))
        covered[part] = in_ball.any(axis=1)
        recalled[part] = (squares <= fake_radii).any(axis=1)
    precision = float(in_recall_balls.mean())
    density = float(num_coverage_balls / (k_coverage * len(fake)))
    # Features of equal images may differ by the rounding of float32.
    if fake_radii.max() <= 1e-9 * real.var(axis=0).sum():
        precision = density = np.nan
    return PRDC(precision, float(recalled.mean()), density, float(covered.mean()))
