"""Data that a Python caller gives: arrays, pairs of them, or a `tf.data.Dataset`."""

from typing import Any

import numpy as np

from gan_tf.data.progress import Progress
from gan_tf.data.validation import NamedArray, Raw, check_num_bytes
from gan_tf.errors import InputError

NAME = "<from Python>"  # in place of a path
_FORMS = (
    "images, (images, labels), ((x_train, y_train), (x_test, y_test)) as Keras's "
    "load_data() returns, or a finite tf.data.Dataset of (image, label)"
)
_SPLITS = {1: ["train"], 2: ["train", "test"], 3: ["train", "val", "test"]}


def read(source: Any) -> Raw:
    """Returns the arrays of `source`, whose forms `gan_tf.fit` describes.

    Raises:
        InputError: it has another form.
    """
    if hasattr(source, "cardinality"):  # an iterator over one has none
        return _read_tf_data(source)
    if _is_array(source):
        return Raw({"x_train": _named("x", source)})
    pairs, arrays, advice = {}, {}, ""
    if isinstance(source, (tuple, list)):
        if all(isinstance(part, (tuple, list)) and len(part) == 2 for part in source):
            pairs = dict(zip(_SPLITS.get(len(source), ()), source))
        elif len(source) == 2 and _is_array(source[0]):
            pairs = {"train": source}
        advice = "; make one array of a list of images with np.stack(images)"
    for split, (x, y) in pairs.items():
        suffix = f"_{split}" if len(pairs) > 1 else ""
        arrays[f"x_{split}"] = _named(f"x{suffix}", x)
        if y is not None:
            arrays[f"y_{split}"] = _named(f"y{suffix}", y)
    if arrays:
        return Raw(arrays)
    raise InputError(f"has the type {type(source).__name__}, but must be {_FORMS}{advice}")


def _is_array(value):
    return hasattr(value, "__array__") or hasattr(value, "__array_interface__")


def _named(name, values):
    try:
        array = np.asarray(values)
    except Exception as error:  # of ragged lists, of other libraries
        raise InputError(f"{name}: is no array ({error}): must be {_FORMS}") from None
    if array.ndim == 0:
        raise InputError(f"{name}: is one value, not an array: must be {_FORMS}")
    if array.dtype.hasobject:
        items = array.reshape(-1).tolist()
        others = [item for item in items if not isinstance(item, (str, bytes))]
        if others and name.startswith("y"):
            raise InputError(
                f"{name}: has the label {others[0]!r} as a Python object, but labels are "
                "all numbers or all names: replace missing ones, then use y.astype(int) or "
                "y.astype(str)"
            )
        if others:
            raise InputError(
                f"{name}: holds Python objects, often because images differ in size: make "
                "it one array of numbers"
            )
        # NumPy would decode bytes, as h5py gives them, as ASCII.
        if any(isinstance(item, bytes) for item in items):
            items = [x if isinstance(x, bytes) else x.encode() for x in items]
        array = np.array(items).reshape(array.shape)
    return NamedArray(name, array)


def _read_tf_data(source):
    if int(source.cardinality()) == -1:  # tf.data.INFINITE_CARDINALITY
        raise InputError("is an infinite tf.data.Dataset: remove repeat(), or use take(n)")
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    size = 0
    sides = getattr(_parts(source.element_spec)[0], "shape", None)
    sides = list(sides) if sides else []  # a side that varies is None
    shown = Progress(max(int(source.cardinality()), 0), "elements")
    for element in _elements(source):
        shown.add()
        image, label = _image_and_label(element)
        is_batch = _is_batch(image, label, sides)
        images.extend(image if is_batch else [image])
        if label is not None:
            labels.extend(label if is_batch else [label])
        size += image.nbytes
        advice = "use fewer images, with take(N), or smaller ones, with map()"
        check_num_bytes("the tf.data.Dataset", size, advice)
    shown.close()
    if not images:
        raise InputError("is an empty tf.data.Dataset: give at least one image")
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        a, b = sorted(shapes)[:2]
        raise InputError(
            f"has images of the shapes {a} and {b}: resize them with map(), so that all "
            "have the same"
        )
    arrays = {"x_train": _named("the images", np.stack(images))}
    if labels:
        arrays["y_train"] = _named("the labels", labels)
    # Of Keras's image_dataset_from_directory.
    names = getattr(source, "class_names", None) or []
    return Raw(arrays, dict(enumerate(names)))


def _elements(source):
    """Yields the elements; an `InputError` names what fails in the user's pipeline."""
    try:
        yield from source
    except Exception as error:  # TensorFlow's, of a file or of a function of the user's
        raise InputError(f"is a tf.data.Dataset that fails: {error}") from error


def _is_batch(image, label, sides):
    """Whether an element is several images; `sides` are those known of its spec."""
    num_first = sides[0] if sides else None
    if image.ndim == 4:
        return label is None or label.ndim > 0  # else a volume with its label
    if label is not None:
        is_list = image.ndim > 0 and image.shape[:1] == label.shape[:1]
        # A float row beside an image is its one-hot label.
        is_one_hot = num_first is not None and label.dtype.kind == "f"
        return is_list and (image.ndim == 3 or not is_one_hot)
    if image.ndim == 2:  # rows of pixels, if `batch` left their number open
        return len(sides) == 2 and num_first is None and sides[1] is not None
    has_channels = image.ndim == 3 and (image.shape[-1] in (1, 3, 4) or num_first in (1, 3))
    return image.ndim == 3 and not has_channels


def _parts(element):
    if isinstance(element, dict):
        element = tuple(element[key] for key in ("image", "label") if key in element)
    return element if isinstance(element, tuple) and element else (element,)


def _image_and_label(element):
    parts = _parts(element)
    if len(parts) > 2 or not all(hasattr(part, "numpy") for part in parts):
        raise InputError(
            "is a tf.data.Dataset whose elements are not (image, label) or images: change "
            "them with map()"
        )
    image, *label = (np.asarray(part.numpy()) for part in parts)
    return image, label[0] if label else None
