""".npz files that are good; tests/bad_input has the broken ones."""

import numpy as np
import pytest
from data_helpers import error_of, save
from tiny import little_memory, random_images

from gan_tf import data
from gan_tf.data import validation


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
@pytest.mark.parametrize("label_shape", [(6,), (6, 1)])
@pytest.mark.parametrize("label_dtype", ["u1", "i2", "u8", ">i4"])
def test_npz_round_trip(tmp_path, channels, label_shape, label_dtype):
    x_train, x_test = (random_images(n, 4, 5, *channels, seed=n) for n in (6, 2))
    x_train = np.asfortranarray(x_train)
    y_train = np.array([0, 1, 2, 2, 1, 0], label_dtype).reshape(label_shape)
    arrays = dict(x_train=x_train, y_train=y_train, x_test=x_test, y_test=[2, 0])
    loaded = data.load(str(save(tmp_path, **arrays)))
    assert loaded.name == "d"
    assert loaded.image_shape == (4, 5, *(channels or (1,)))
    assert loaded.x_train.flags.c_contiguous
    np.testing.assert_array_equal(loaded.x_train.reshape(x_train.shape), x_train)
    np.testing.assert_array_equal(loaded.x_test.reshape(x_test.shape), x_test)
    np.testing.assert_array_equal(loaded.y_train, [0, 1, 2, 2, 1, 0])
    np.testing.assert_array_equal(loaded.y_test, [2, 0])
    assert loaded.y_train.dtype == loaded.y_test.dtype == np.int32
    assert loaded.class_names == ("0", "1", "2")


def test_all_images_or_those_of_the_test_may_lack_labels(tmp_path):
    x = random_images(3, 4, 4)
    loaded = data.load(str(save(tmp_path, x_train=x, other=[1])))
    assert loaded.y_train is None and loaded.x_test is None and loaded.y_test is None
    assert loaded.num_classes == 0 and loaded.class_names == ()
    assert loaded.summary() == "d: 3 images 4x4x1, no labels"
    loaded = data.load(str(save(tmp_path, x_train=x, y_train=[0, 1, 1], x_test=x)))
    assert loaded.x_test is not None and loaded.y_test is None


def test_npz_that_compresses_a_lot_is_read_up_to_the_limit(tmp_path, monkeypatch):
    blank = np.zeros((20_000, 32, 32), np.uint8)
    blank[0, 0, 0] = 255
    path = save(tmp_path, x_train=blank)
    assert path.stat().st_size < blank.size / 500
    monkeypatch.setattr(validation, "MAX_BYTES", blank.size - 1)
    with little_memory():
        assert "20,480,000 bytes" in error_of(path)
    monkeypatch.setattr(validation, "MAX_BYTES", blank.size)
    assert len(data.load(str(path)).x_train) == 20_000
