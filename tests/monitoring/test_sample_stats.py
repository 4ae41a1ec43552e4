import numpy as np
import pytest

from gan_tf.monitoring.sample_stats import (
    real_sample_stats,
    sample_stat_ratios,
    sample_stats,
)

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (50, 8, 8, 1)).astype(np.uint8)


def test_the_numbers_are_standard_deviations():
    # Two images of two pixels each; within an image 0/40 and 0/80.
    images = np.array([[0, 40], [0, 80]], np.uint8).reshape(2, 1, 2, 1)
    stats = sample_stats([images])
    assert stats.contrast == pytest.approx((20 + 40) / 2)
    # Unbiased variances of the pixels: 0 and 40^2 / 2.
    assert stats.diversity == pytest.approx([np.sqrt((0 + 800) / 2)])


def test_few_real_images_have_ratios_near_one():
    levels = RNG.normal(128, 20, (2000, 8, 8, 1)).clip(0, 255).astype(np.uint8)
    few, real = sample_stats([levels[:10]]), real_sample_stats(levels, None, [0])
    expected = {"samples/contrast": 1, "samples/diversity": 1}
    assert sample_stat_ratios(few, real) == pytest.approx(expected, abs=0.1)


def test_the_least_diverse_class_decides():
    labels = np.arange(50) % 2
    real = real_sample_stats(NOISE, labels, range(2))
    assert real.diversity.shape == (2,)
    groups = sample_stats([NOISE[labels == 0], NOISE[labels == 1] // 4])
    ratios = sample_stat_ratios(groups, real)
    assert ratios["samples/diversity"] == pytest.approx(0.25, abs=0.02)


def test_sorted_data_are_sampled_from_end_to_end():
    images = np.repeat(np.arange(200, dtype=np.uint8), 10).reshape(-1, 1, 1, 1)
    diversity = real_sample_stats(images, None, [0]).diversity[0]
    assert diversity == pytest.approx(images.std(ddof=1), rel=0.02)


def test_what_real_images_lack_is_left_out():
    one = sample_stats([NOISE[:1]])
    assert set(sample_stat_ratios(one, one)) == {"samples/contrast"}
    black = sample_stats([np.zeros_like(NOISE[:1])])
    assert sample_stat_ratios(black, black) == {}
