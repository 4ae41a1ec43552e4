import numpy as np
import pytest
import tensorflow as tf
from tensorboard.plugins.histogram import summary_v2

from gan_tf.ops.histogram import NUM_BUCKETS, histogram


@pytest.mark.parametrize("shape", [(1000,), (20, 30, 7)])
def test_counts_and_edges_equal_numpy_and_tensorboard(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    buckets = histogram(values).numpy()
    counts, edges = np.histogram(values, NUM_BUCKETS)
    np.testing.assert_allclose(buckets[:, 0], edges[:-1], atol=1e-5)
    np.testing.assert_allclose(buckets[:, 1], edges[1:], atol=1e-5)
    # A value on an edge may fall to either side of it.
    assert np.abs(buckets[:, 2] - counts).sum() <= 4
    assert buckets[:, 2].sum() == values.size
    theirs = tf.make_ndarray(summary_v2.histogram_pb("x", values).value[0].tensor)
    np.testing.assert_allclose(buckets, theirs, atol=1.5, rtol=1e-4)


def test_values_that_are_not_finite_are_left_out():
    values = np.array([np.nan, 1.0, np.inf, 2.0, -np.inf], np.float32)
    buckets = histogram(values).numpy()
    assert np.isfinite(buckets).all()
    assert buckets[0, 2] == 1 and buckets[-1, 2] == 1 and buckets[:, 2].sum() == 2
    assert buckets[0, 0] == 1 and buckets[-1, 1] == pytest.approx(2)
    np.testing.assert_array_equal(histogram(tf.fill([3], np.nan)), np.zeros((30, 3)))


def test_a_range_of_0_or_of_all_of_float32_is_divided():
    buckets = histogram(tf.fill([7], 3.0)).numpy()
    assert buckets[:, 2].max() == 7 == buckets[:, 2].sum()
    assert buckets[0, 0] == 2.5 and buckets[-1, 1] == pytest.approx(3.5)
    buckets = histogram(tf.constant([-3e38, 0.0, 3e38])).numpy()
    assert np.isfinite(buckets).all() and buckets[:, 2].sum() == 3


@pytest.mark.slow  # takes a gigabyte
def test_more_values_are_counted_than_float32_can_count_by_ones():
    num = 2**25 + 2**23  # by two threads, 2^24 and more each
    counts = histogram(tf.zeros([num]))[:, 2].numpy()
    assert counts.sum() == counts.max() == num
