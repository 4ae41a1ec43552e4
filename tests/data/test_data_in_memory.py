"""Arrays and `tf.data` datasets in place of a path, and runs that continue with them."""

import dataclasses

import numpy as np
import pytest
from tiny import blobs, random_images, tiny_config

import gan_tf
from gan_tf import data
from gan_tf.data import validation
from gan_tf.data.fingerprint import describe
from gan_tf.errors import InputError
from gan_tf.run_dir.run import Run
from gan_tf.sampling.image_io import write_class_folders

X, Y = blobs(12)


def tf_data(*arrays, batch=0, repeat=1):
    import tensorflow as tf

    dataset = tf.data.Dataset.from_tensor_slices(arrays if len(arrays) > 1 else arrays[0])
    return (dataset.batch(batch) if batch else dataset).repeat(repeat)


FORMS = {
    "pair": lambda: (X, Y),
    "lists of arrays": lambda: [X[..., 0], Y.tolist()],
    "Keras": lambda: ((X, Y[:, None]), (X[:3], Y[:3, None])),
    "Dataset": lambda: data.load((X, Y)),
    "tf.data": lambda: tf_data(X, Y),
    "tf.data in batches": lambda: tf_data(X[..., 0], Y, batch=5),
    "tf.data in batches of rows": lambda: tf_data(X.reshape(12, 64), Y, batch=5),
    "tf.data in full batches of rows": lambda: tf_data(X.reshape(12, 64), Y).batch(
        4, drop_remainder=True
    ),
    "tf.data of [0, 1]": lambda: tf_data((X / 255).astype("f4"), Y),
    "tf.data of dicts": lambda: tf_data({"image": X, "label": Y, "id": Y}),
}


@pytest.mark.parametrize("make", FORMS.values(), ids=FORMS)
def test_all_forms_give_the_same_data(make):
    loaded = data.load(make())
    np.testing.assert_array_equal(loaded.x_train, X)
    np.testing.assert_array_equal(loaded.y_train, Y)
    assert loaded.class_names == ("0", "1", "2") and loaded.name == "my_data"


def test_images_without_labels_and_names_of_classes():
    assert data.load(X).y_train is None and data.load(tf_data(X)).y_train is None
    names = data.load((X, Y))._replace(class_names=("a", "b", "c"), name="mine")
    skipped = data.load(names._replace(notes=("skipped 1 bad file",)))
    assert "skipped 1 bad file" in skipped.notes
    assert data.load(names)[:1] + data.load(names)[5:6] == ("mine", ("a", "b", "c"))
    assert data.load(tf_data(X, np.array(list("xyz"))[Y])).class_names == ("x", "y", "z")


@pytest.mark.parametrize("batch", [1, 3, 5])
def test_batches_of_images_without_labels_and_without_channels(batch):
    np.testing.assert_array_equal(data.load(tf_data(X[..., 0], batch=batch)).x_train, X)


@pytest.mark.parametrize("batch", [1, 3, 4, 5])
def test_batches_of_rows_without_labels(batch):
    rows = tf_data(X.reshape(12, 64), batch=batch)
    np.testing.assert_array_equal(data.load(rows).x_train, X)


def test_single_images_with_the_channels_first():
    images = random_images(5, 3, 8, 8)
    loaded = data.load(tf_data(images))
    np.testing.assert_array_equal(loaded.x_train, images.transpose(0, 2, 3, 1))


def test_the_classes_of_a_directory_that_keras_reads_have_names(tmp_path):
    import keras

    write_class_folders(tmp_path, X, [f"c{label}" for label in Y])
    for mode in ("int", "categorical"):
        dataset = keras.utils.image_dataset_from_directory(
            tmp_path, label_mode=mode, color_mode="grayscale", image_size=(8, 8),
            shuffle=False, verbose=False,
        )  # fmt: skip
        loaded = data.load(dataset)
        assert loaded.class_names == ("c0", "c1", "c2")
        np.testing.assert_array_equal(loaded.x_train, X[Y.argsort(kind="stable")])


def _broken(image):
    import tensorflow as tf

    return tf.io.decode_png(tf.strings.as_string(tf.reduce_sum(tf.cast(image, tf.int32))))


def _two_sizes():
    import tensorflow as tf

    images = [random_images(5, 5, 1), random_images(6, 5, 1)]
    spec = tf.TensorSpec([None, None, 1], tf.uint8)
    return tf.data.Dataset.from_generator(lambda: images, output_signature=spec)


def _labels_of_lengths(*lengths):
    import tensorflow as tf

    def elements():
        for length in lengths:
            yield X[0], np.zeros(length, "i4")

    signature = tf.TensorSpec(X[0].shape, tf.uint8), tf.TensorSpec([None], tf.int32)
    return tf.data.Dataset.from_generator(elements, output_signature=signature)


BAD = [
    (_two_sizes, "has images of the shapes (5, 5, 1) and (6, 5, 1)"),
    (lambda: 3, "has the type int, but must be images, (images, labels), "),
    (lambda: (X, Y, Y), "has the type tuple, but must be"),
    (lambda: (X, 3), "y: is one value, not an array: must be images, (images, labels), "),
    (lambda: [[0, 1], [1, 0]], "x_train: is one value, not an array"),
    (lambda: np.uint8(3), "x: is one value, not an array"),
    (
        lambda: tf_data(random_images(5, 4, 8, 8, 1), np.arange(5)),
        "the images: has the shape (5, 4, 8, 8, 1), but images are",
    ),
    (lambda: {"x": X}, "has the type dict, but must be"),
    (lambda: list(X), "with np.stack(images)"),
    (lambda: (X, np.array(["a", None] * 6, object)), "y: has the label None as a Python"),
    (lambda: tf_data(X).map(_broken), "is a tf.data.Dataset that fails: "),
    (lambda: (np.array([X[0], None], object), Y), "x: holds Python objects"),
    (lambda: tf_data(X, Y, repeat=-1), "infinite tf.data.Dataset: remove repeat()"),
    (lambda: tf_data(X, Y, Y), "whose elements are not (image, label) or images"),
    (lambda: iter(tf_data(X, Y)), "has the type OwnedIterator, but must be images"),
    (lambda: tf_data(np.array(["a.png"]), np.eye(1)), "is |S5, but images are numbers"),
    (lambda: tf_data(X).take(0), "is an empty tf.data.Dataset"),
    (lambda: _labels_of_lengths(1, 2), "the labels: is no array ("),
    (lambda: (np.zeros((0, 8, 8), "u1"), np.zeros(0, int)), "y: is int64 (0,), but labels"),
    (data.IN_MEMORY.__str__, "is data that a Python program gave: give them again"),
]


@pytest.mark.parametrize("make, part", BAD)
def test_what_is_no_data_is_refused(make, part):
    with pytest.raises(InputError) as caught:
        data.load(make())
    assert str(caught.value).startswith("data (<from Python>): ")
    assert part in str(caught.value)


@pytest.mark.slow
def test_a_run_continues_with_the_same_images_wherever_they_are(tmp_path, monkeypatch):
    config = tiny_config(
        "acgan", steps=2, sample_every=9, balance="equal", lr_decay_start=1.0
    )
    run_dir = tmp_path / "run"
    first = gan_tf.fit(config, run_dir, data=(X, Y))
    assert first.class_names == ("0", "1", "2")
    run = Run(run_dir)
    assert run.config.data == data.IN_MEMORY
    assert run.data["crc32"] == describe(data.load((X, Y)))["crc32"]
    longer = dataclasses.replace(config, steps=4)
    with pytest.raises(InputError, match="data .*are not those that run_dir"):
        gan_tf.fit(longer, run_dir, data=(X + 1, Y))
    # The same images from a file, whose path may end in anything.
    np.savez(tmp_path / "moved.npz", x_train=X, y_train=Y)
    moved = dataclasses.replace(longer, data=str(tmp_path / "moved.npz"))
    gan_tf.fit(moved, run_dir)
    assert Run(run_dir).config.data == moved.data
    whole = gan_tf.fit(longer, tmp_path / "whole", data=(X, Y))
    for a, b in zip(gan_tf.load(run_dir).generator.weights, whole.generator.weights):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    "images",
    [
        random_images(12, 3, 8, 8).astype(np.int64),
        np.asfortranarray(random_images(12, 784).astype(np.int32)),
        np.asfortranarray(random_images(12, 8, 8) > 99),
    ],
    ids=["channels first", "columns", "bool"],
)
def test_arrays_in_any_order_of_memory_have_a_fingerprint(images):
    described = describe(data.load(images))
    again = describe(data.load(np.ascontiguousarray(images)))
    assert described["crc32"] == again["crc32"]


def test_pure_colours_are_no_grey():
    images = np.zeros([12, 8, 8, 3], np.uint8)
    images[:6, ..., 0] = images[6:, ..., 2] = 255
    assert data.load(images).image_shape == (8, 8, 3)
    assert data.load(images[..., :1].repeat(3, axis=3)).image_shape == (8, 8, 1)


def test_a_tf_data_dataset_that_is_too_large_says_what_makes_it_smaller(monkeypatch):
    monkeypatch.setattr(validation, "MAX_BYTES", X.nbytes // 2)
    with pytest.raises(InputError, match=r"use fewer images, with take\(N\), or smaller"):
        data.load(tf_data(X))
    assert len(data.load(tf_data(X).take(len(X) // 2)).x_train) == len(X) // 2


def test_subset_limits_the_images_with_those_of_validation():
    loaded = data.load([(X, Y)] * 3, subset=6)
    assert len(loaded.x_train) == len(loaded.y_train) == 6
    assert np.bincount(loaded.y_train).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    "balance, expected", [("equal", [1 / 3] * 3), ("sqrt", [10 / 14, 3 / 14, 1 / 14])]
)
def test_balance_of_an_epoch(balance, expected):
    labels = np.repeat([0, 1, 2], [100, 9, 1]).astype(np.int32)
    balanced = data.Balance(labels, balance)
    rows = data.batch_rows(3, 0, 11, 10, 110, balanced)
    counts = np.bincount(labels[rows.ravel()])
    np.testing.assert_allclose(counts, 110 * np.array(expected), atol=1)
    # Within a class, no image is used twice more than another one.
    for label in range(3):
        uses = np.bincount(rows.ravel(), minlength=110)[labels == label]
        assert uses.max() - uses.min() <= 1
    # A function of the seed and the step, over the end of an epoch too.
    whole = data.batch_rows(3, 0, 40, 7, 110, balanced)
    again = data.batch_rows(3, 13, 27, 7, 110, data.Balance(labels, balance))
    np.testing.assert_array_equal(whole[13:], again)
    assert (data.batch_rows(4, 0, 40, 7, 110, balanced) != whole).any()
    assert len({tuple(epoch) for epoch in whole.ravel()[:220].reshape(2, 110)}) == 2


def test_bytes_as_objects_are_text_of_utf_8_or_windows_1252():
    names = ["Käse", "Köse", "bun"]
    for encoding, is_noted in ("utf-8", False), ("cp1252", True):
        labels = np.array([names[y].encode(encoding) for y in Y], dtype=object)
        loaded = data.load((X, labels))
        assert loaded.class_names == ("Käse", "Köse", "bun")
        assert any("Windows-1252" in note for note in loaded.notes) == is_noted
    mixed = [names[0].encode(), *names[1:]] * 4
    assert data.load((X, np.array(mixed, dtype=object))).class_names == tuple(names)
