"""data.batch_rows."""

from unittest import mock

import numpy as np
import pytest

from gan_tf import data


@pytest.mark.parametrize("num_images", [10, 1000])
def test_batch_rows_depend_on_the_arguments_alone(num_images):
    first = data.batch_rows(3, 7, 5, 4, num_images)
    expected = first.copy()
    first[:] = -1  # a caller may change its rows
    np.testing.assert_array_equal(data.batch_rows(3, 7, 5, 4, num_images), expected)
    assert (data.batch_rows(4, 7, 5, 4, num_images) != expected).any()
    data.batch_rows(4, 0, 50, 4, num_images)
    again = data.batch_rows(3, 7, 5, 4, num_images)
    assert again.shape == (5, 4) and again.dtype == np.int32
    np.testing.assert_array_equal(again, expected)


@pytest.mark.parametrize("batch_size", [1, 4, 10, 25])
def test_batch_rows_use_each_image_once_per_epoch_also_when_resumed(batch_size):
    whole = data.batch_rows(1, 0, 40, batch_size, 10)
    epochs = whole.ravel()[: whole.size // 10 * 10].reshape(-1, 10)
    np.testing.assert_array_equal(np.sort(epochs), [range(10)] * len(epochs))
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)
    for step in range(41):
        rest = data.batch_rows(1, step, 40 - step, batch_size, 10)
        np.testing.assert_array_equal(rest, whole[step:])


@pytest.mark.parametrize("step", [10**15, np.int32(2**31 - 8)])
def test_batch_rows_of_a_step_far_away(step):
    rows = data.batch_rows(7, step, 5, 4, 10)  # of two whole epochs
    np.testing.assert_array_equal(np.sort(rows.reshape(2, 10)), [range(10)] * 2)
    np.testing.assert_array_equal(data.batch_rows(7, step + 1, 4, 4, 10), rows[1:])


def test_batch_rows_of_consecutive_calls_share_the_permutation():
    make = np.random.default_rng
    with mock.patch.object(np.random, "default_rng", side_effect=make) as calls:
        for step in range(0, 100, 5):
            data.batch_rows(123, step, 5, 4, 1000)
    assert calls.call_count == 1
