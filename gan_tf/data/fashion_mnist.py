"""Reads Fashion-MNIST from the cache of Keras, which downloads it once."""

import contextlib
import io

from gan_tf.data.validation import ARRAYS, NamedArray
from gan_tf.errors import InputError

CLASS_NAMES = tuple(
    "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(
        ","
    )
)


def read() -> list[NamedArray | None]:
    """Returns the arrays in the order of `validation.ARRAYS`."""
    try:
        import keras

        with contextlib.redirect_stdout(io.StringIO()):  # hides the download progress
            train, test = keras.datasets.fashion_mnist.load_data()
    except Exception as error:  # Keras raises plain Exception when a download fails
        raise InputError(
            f"is not in Keras's cache and cannot be downloaded ({error}): put"
            " train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz,"
            " t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into"
            " ~/.keras/datasets/fashion-mnist, or give a folder with them as --data"
        ) from error
    return [
        NamedArray(name, array)
        for name, array in zip(ARRAYS, (*train, *test), strict=True)
    ]
