"""data.batch_rows."""

import numpy as np
import pytest

from gan_tf import data


@pytest.mark.parametrize("num_images", [10, 1000])
def test_batch_rows_is_a_pure_function(num_images):
    first = data.batch_rows(3, 7, 5, 4, num_images)
    expected = first.copy()
    first[:] = -1  # a caller may change its rows
    np.testing.assert_array_equal(data.batch_rows(3, 7, 5, 4, num_images), expected)
    data.batch_rows(4, 0, 50, 4, num_images)
    again = data.batch_rows(3, 7, 5, 4, num_images)
    assert again.shape == (5, 4) and again.dtype == np.int32
    np.testing.assert_array_equal(again, expected)


@pytest.mark.parametrize("batch_size", [1, 4, 10, 25])
def test_batch_rows_uses_each_row_once_per_epoch(batch_size):
    stream = data.batch_rows(0, 0, 40, batch_size, 10).ravel()
    epochs = stream[: len(stream) // 10 * 10].reshape(-1, 10)
    np.testing.assert_array_equal(np.sort(epochs), [range(10)] * len(epochs))
    assert len({tuple(epoch) for epoch in epochs}) == len(epochs)


@pytest.mark.parametrize("batch_size", [4, 10, 25])
def test_batch_rows_of_a_resumed_run_continue(batch_size):
    whole = data.batch_rows(1, 0, 10, batch_size, 10)
    for step in range(10):
        rest = data.batch_rows(1, step, 10 - step, batch_size, 10)
        np.testing.assert_array_equal(rest, whole[step:])


def test_batch_rows_depend_on_the_seed():
    assert (data.batch_rows(0, 0, 1, 99, 99) != data.batch_rows(1, 0, 1, 99, 99)).any()


def test_batch_rows_of_a_step_far_away():
    step = 10**15
    epoch, first = divmod(step * 4, 10)
    expected = np.random.default_rng([7, epoch]).permutation(10)[first : first + 4]
    assert first == 0
    np.testing.assert_array_equal(data.batch_rows(7, step, 1, 4, 10), [expected])


def test_batch_rows_of_a_numpy_step_do_not_overflow():
    rows = data.batch_rows(0, np.int32(2**31 - 8), 5, 4, 10)
    np.testing.assert_array_equal(rows, data.batch_rows(0, 2**31 - 8, 5, 4, 10))


def test_batch_rows_of_no_steps():
    assert data.batch_rows(0, 5, 0, 4, 10).shape == (0, 4)


def test_batch_rows_of_consecutive_calls_share_the_permutation(monkeypatch):
    seeds = []
    make = np.random.default_rng
    monkeypatch.setattr(
        np.random, "default_rng", lambda seed: seeds.append(seed) or make(seed)
    )
    for step in range(0, 100, 5):
        data.batch_rows(123, step, 5, 4, 1000)
    assert len(seeds) == 1
