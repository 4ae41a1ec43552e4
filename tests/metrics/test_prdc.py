import numpy as np
import pytest
from numpy.testing import assert_allclose

from gan_tf.metrics import distances, knn_squared_radii, prdc


def test_radii_on_a_line():
    points = np.array([[0.0], [1.0], [3.0], [7.0]])
    assert_allclose(np.sqrt(knn_squared_radii(points, 1)), [1, 1, 2, 4])
    assert_allclose(
        np.sqrt(knn_squared_radii(points, (1, 3))), [[1, 1, 2, 4], [7, 6, 4, 7]]
    )


def test_values_on_a_line():
    """Reals 0, 1, 3, 7 with radii 1, 1, 2, 4; fakes 2, 20, 22 with radii 18, 2, 2."""
    real = np.array([[0.0], [1.0], [3.0], [7.0]])
    fake = np.array([[2.0], [20.0], [22.0]])
    values = prdc(real, fake, k_recall=1, k_coverage=1)
    # 2 lies in the balls of 1 and of 3, the first on its rim; the others in none.
    assert_allclose(values, [1 / 3, 1.0, 2 / 3, 2 / 4])
    # Reals 0, 1 have radius 1 and fakes 2, 4 radius 2: 2 and 0 lie on a rim.
    real, fake = np.array([[0.0], [1.0]]), np.array([[2.0], [4.0]])
    values = prdc(real, fake, k_recall=1, k_coverage=1)
    assert_allclose(values, [0.5, 1.0, 0.5, 0.5])


def test_against_every_pair_by_hand(monkeypatch):
    monkeypatch.setattr(distances, "BLOCK_ENTRIES", 700)
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=[90, 2]), rng.normal(0.7, 0.8, size=[70, 2])

    def gaps(x, y):
        return np.linalg.norm(x[:, None] - y[None], axis=2)

    def balls(x, y, k):
        """[i, j]: is y_j in the ball of x_i?"""
        return gaps(x, y) <= np.sort(gaps(x, x), axis=1)[:, k, None]

    values = prdc(real, fake)
    assert_allclose(values.precision, balls(real, fake, 3).any(axis=0).mean())
    assert_allclose(values.recall, balls(fake, real, 3).any(axis=0).mean())
    assert_allclose(values.density, balls(real, fake, 5).sum(axis=0).mean() / 5)
    assert_allclose(values.coverage, balls(real, fake, 5).any(axis=1).mean())


@pytest.mark.parametrize("rounding", [0.0, 1e-7])
def test_fakes_that_coincide_have_no_precision(rounding):
    """One ball of an outlier would hold them all; recall and coverage are 0."""
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(size=[50, 3]), [[9.0] * 3]])
    fake = np.full([60, 3], 6.0) + rng.normal(0, 1 + 1e-9, [60, 3]) * rounding
    values = prdc(real, fake)
    assert np.isnan(values.precision) and np.isnan(values.density)
    assert values.recall == 0.0 and values.coverage < 0.1
    spread = prdc(real, fake + rng.normal(0, 0.1, [60, 3]))
    assert spread.precision == 1.0
