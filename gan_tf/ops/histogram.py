"""Histograms of tensors, computed on the device where the tensors are."""

import tensorflow as tf

NUM_BUCKETS = 30


def histogram(values):
    """Returns the histogram of a tensor as TensorBoard's histogram plugin stores it.

    `tf.summary.histogram` counts by a one-hot matrix in float64, 240 bytes per value;
    `bincount` takes a tenth of the time. Values that are not finite are left out.

    Args:
        values: float tensor of any shape.

    Returns:
        float32 [NUM_BUCKETS, 3]: left edge, right edge and count of each bucket. The
        buckets divide [min, max] evenly, or [x - 0.5, x + 0.5] where all values are x.
        All zeros where no value is finite.
    """
    values = tf.reshape(tf.cast(values, tf.float32), [-1])
    finite = tf.math.is_finite(values)
    any_finite = tf.reduce_any(finite)
    low = tf.reduce_min(tf.where(finite, values, tf.float32.max))
    high = tf.reduce_max(tf.where(finite, values, tf.float32.min))
    low = tf.where(any_finite, low, 0.0)
    high = tf.where(any_finite, high, 0.0)
    margin = tf.where(high > low, 0.0, 0.5)
    low, high = low - margin, high + margin
    # Halved, so that the width of [-max, max] does not overflow.
    place = (values / 2 - low / 2) / (high / 2 - low / 2)
    bucket = tf.cast(place * NUM_BUCKETS, tf.int32)
    bucket = tf.clip_by_value(bucket, 0, NUM_BUCKETS - 1)
    # One more bucket, for values that are not finite.
    counts = tf.math.bincount(
        tf.where(finite, bucket, NUM_BUCKETS),
        minlength=NUM_BUCKETS + 1,
        maxlength=NUM_BUCKETS + 1,
    )[:NUM_BUCKETS]  # int32: a sum of ones in float32 stops at 2^24
    fraction = tf.range(NUM_BUCKETS + 1, dtype=tf.float32) / NUM_BUCKETS
    edges = low * (1 - fraction) + high * fraction
    counts = tf.cast(counts, tf.float32)
    buckets = tf.stack([edges[:-1], edges[1:], counts], axis=1)
    return tf.where(any_finite, buckets, tf.zeros_like(buckets))
