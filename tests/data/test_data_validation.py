"""The rules of arrays, tested with .npz files that break them."""

import numpy as np
import pytest
from data_helpers import X, error_of, save
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tiny import random_images

from gan_tf import data
from gan_tf.data import pixels
from gan_tf.errors import InputError

Y = [0, 1, 0, 1]
ERRORS = [
    (dict(x_train=X - 9.5),
     "x_train: is float64 from -5.5 to 238.5, but images are 0 to 255, [0, 1] or "
     "[-1, 1]: convert them, if -5.5 is black and 238.5 white, with "),
    (dict(x_train=X * 0.5), 'convert them with x.round().astype("uint8")'),
    (dict(x_train=X / 2**9 - 0.5), "convert them, if"),  # half of [-1, 1]
    (dict(x_train=X.astype("i2") - 9), "x_train: is int16 from -5 to 239"),
    (dict(x_train=X.astype("u2") * 16), "if 64 is black and 3968 white"),
    (dict(x_train=X.astype("U3")), "x_train: is <U3, but images are numbers"),
    (dict(x_train=np.zeros([4, 8, 8], "u1")), "every pixel of every image is 0"),
    (dict(x_train=random_images(4, 8, 8, 8)), "of volumes (3-D), save slices x[:, k]"),
    (dict(x_train=random_images(4, 768)), "x.reshape(-1, 3, 16, 16).transpose(0, 2, 3, 1)"),
    (dict(x_train=np.uint8(3)), "the shape ()"),
    (dict(x_train=X.ravel()), "the shape (64,)"),
    (dict(x_train=X[0]), "the shape (4, 4)"),
    (dict(x_train=random_images(4, 8, 2, 5)), "C 1 or 3"),
    *((dict(x_train=random_images(4, *shape)), "one line: reshape rows of pixels with "
       "x.reshape(-1, height, width)") for shape in [(1, 64), (64, 1, 1), (1, 1, 64)]),
    (dict(x_train=random_images(28, 28, 3)), "the first axis to a single image"),
    (dict(x_train=X[:0]), "x_train: has no images"),
    (dict(x_train=random_images(4, 3, 9)), "3 pixels high and 9 wide, but sides must be 4"),
    (dict(x_train=random_images(1, 9, 257)), "257 wide, but sides must be 4 to 256"),
    (dict(x_train=X, x_test=X / 2), "x_test: is float64"),
    (dict(x_train=X, x_test=random_images(2, 5, 5)),
     "x_test: has images 5 wide and 5 high, those of x_train are 4 wide and 4 high"),
    (dict(x_train=X, y_train=Y[:2]), "y_train: has 2 labels for 4"),
    (dict(x_train=X, y_train=[0.5, 1, 0, 1]), "y_train: is float64 with the value 0.5"),
    (dict(x_train=X, y_train=np.eye(4) / 2), "of probabilities y.argmax(axis=1)"),
    (dict(x_train=X, y_train=np.tri(4, dtype=int)), "several or none are 1 (multi-label)"),
    (dict(x_train=X, y_train=["a", "b", "", "a"]), "the label '', which is not plain text"),
    (dict(x_train=X, y_train=Y, x_test=X, y_test=list("aabb")), "labels of another type"),
    (dict(x_train=X, y_train=[0, -1, 1, 0]), "the label -1"),
    (dict(x_train=X, y_train=np.array([0, 1, 2, 2**64 - 1], "u8")), "too large a number"),
    (dict(x_train=random_images(10_001, 4, 4), y_train=np.arange(10_001)),
     "10,001 classes, but the limit is 10,000"),
    (dict(x_train=X, y_train=Y, x_test=X, y_test=[0, 1, 1, 2]),
     "y_test: has the label 2, but the training labels are 0 to 1"),
    (dict(x_train=X, y_train=Y, x_test=X, y_test=[0, 1]), "y_test: has 2 labels for 4"),
    (dict(x_train=X, y_train=Y, y_test=[0]), "y_test: needs test images"),
    (dict(x_train=X, x_test=X, y_test=[0, 0, 0, 0]), "y_test: needs"),
]  # fmt: skip


@pytest.mark.parametrize("arrays, part", ERRORS)
def test_npz_that_breaks_a_rule(tmp_path, arrays, part):
    message = error_of(save(tmp_path, **arrays))
    assert message.startswith(f"data ({tmp_path / 'd.npz'}): ") and part in message


# --- drawn by hypothesis -------------------------------------------------------------

drawn = settings(derandomize=True, max_examples=250, deadline=None, database=None)
SIDES = st.sampled_from([0, 1, 2, 3, 4, 5, 8, 257])
SHAPES = st.lists(SIDES, max_size=5).map(tuple).filter(lambda s: np.prod(s) < 1e5)
TYPES = ["u1", "u1", "u1", "i1", "u2", "i8", "f2", "f4", "f8", "?", "U1", "c8", "M8[s]"]


def load_if_good(folder, **arrays):
    try:
        return data.load(str(save(folder, **arrays)))
    except InputError as error:
        assert str(error).isprintable() and "_train: " in str(error)


@drawn
@given(st.sampled_from(TYPES), SHAPES)
def test_loaded_images_obey_every_rule(tmp_path_factory, dtype, shape):
    images = np.zeros(shape, dtype)
    images.reshape(-1)[:1] = 1  # all of one value are refused
    loaded = load_if_good(tmp_path_factory.getbasetemp(), x_train=images)
    if loaded:
        num, height, width, channels = loaded.x_train.shape
        assert images.dtype.kind in "buif" and num >= 1 and channels in (1, 3)
        assert 4 <= height <= 256 and 4 <= width <= 256
        assert loaded.x_train.dtype == np.uint8 and num == shape[0]
        assert loaded.x_train.min() < loaded.x_train.max()


@drawn
@given(
    arrays.arrays(
        st.sampled_from(["i1", "i4", "u1", "u8", "f4", "?"]),
        st.sampled_from([(4,), (4,), (4,), (4, 1), (3,), (5,), (0,), (2, 2), ()]),
        elements=dict(min_value=0, max_value=3),
    )
)
def test_loaded_labels_obey_every_rule(tmp_path_factory, labels):
    folder = tmp_path_factory.getbasetemp()
    loaded = load_if_good(folder, x_train=X, y_train=labels)
    if loaded:
        names = [str(int(label)) for label in labels.ravel()]
        assert [loaded.class_names[k] for k in loaded.y_train] == names
        assert loaded.y_train.shape == (4,)
        assert set(loaded.y_train.tolist()) == set(range(loaded.num_classes))


@drawn
@given(st.binary(max_size=60), st.booleans())
def test_bytes_of_any_kind_are_refused(tmp_path_factory, content, is_idx):
    folder = tmp_path_factory.getbasetemp() / "drawn"
    folder.mkdir(exist_ok=True)
    file = folder / "train-images-idx3-ubyte"
    file.write_bytes(b"\0\0\x08\x03" + content if is_idx else content)
    assume(content[:3] != bytes(3))  # the size of an image set that may be good
    error_of(folder if is_idx else file)


def test_nan_is_found_in_every_block(monkeypatch):
    monkeypatch.setattr(pixels, "_BLOCK_BYTES", 4 * 16)
    images = np.float32(X / 255)
    images[-1, -1, -1] = np.nan
    with pytest.raises(InputError, match="has values that are NaN"):
        data.load(images)


def test_floats_up_to_255_are_levels_of_grey():
    images = X + np.float32(0.25)  # as Keras's image_dataset_from_directory resizes
    loaded = data.load(np.minimum(images, 255))
    np.testing.assert_array_equal(loaded.x_train[..., 0], X)
    assert "taken as 0 (black) to 255 (white)" in loaded.notes[0]
