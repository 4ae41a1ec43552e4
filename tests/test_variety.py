import numpy as np
import pytest

from gan_tf.monitoring.sample_stats import compare, look, look_at_real


def test_the_numbers_are_standard_deviations():
    # Two images of two pixels each; within an image 0/40 and 0/80.
    images = np.array([[0, 40], [0, 80]], np.uint8).reshape(2, 1, 2, 1)
    seen = look([images])
    assert seen.contrast == pytest.approx((20 + 40) / 2)
    # Unbiased variances of the pixels: 0 and 40^2 / 2.
    assert seen.variety == pytest.approx([np.sqrt((0 + 800) / 2)])


def test_equal_images_have_no_variety_and_even_ones_no_contrast():
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (50, 8, 8, 1)).astype(np.uint8)
    same = np.repeat(real[:1], 10, axis=0)
    ratios = compare(look([same]), look([real]))
    assert ratios["samples/variety"] == 0
    assert ratios["samples/contrast"] == pytest.approx(1, abs=0.2)
    even = np.zeros([10, 8, 8, 1], np.uint8)
    assert compare(look([even]), look([real]))["samples/contrast"] == 0


def test_real_images_are_like_themselves_however_few():
    rng = np.random.default_rng(0)
    levels = rng.normal(128, 20, (2000, 8, 8, 1)).clip(0, 255).astype(np.uint8)
    ratios = compare(look([levels[:10]]), look_at_real(levels, None))
    assert ratios["samples/variety"] == pytest.approx(1, abs=0.1)
    assert ratios["samples/contrast"] == pytest.approx(1, abs=0.1)


def test_the_least_varied_class_decides():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 4, 4, 3)).astype(np.uint8)
    labels = np.arange(40) % 2
    real = look_at_real(images, labels)
    assert real.variety.shape == (2,)
    groups = [images[labels == 0], images[labels == 1] // 4]
    assert compare(look(groups), real)["samples/variety"] == pytest.approx(
        0.25, abs=0.02
    )


def test_sorted_data_are_looked_at_from_end_to_end():
    images = np.repeat(np.arange(200, dtype=np.uint8), 10).reshape(-1, 1, 1, 1)
    expected = images.std(ddof=1)
    assert look_at_real(images, None).variety[0] == pytest.approx(expected, rel=0.02)


def test_what_real_images_lack_is_not_missed():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 4, 4, 1)).astype(np.uint8)
    black = np.zeros_like(image)
    assert set(compare(look([image]), look([image]))) == {"samples/contrast"}
    assert compare(look([black]), look([black])) == {}
