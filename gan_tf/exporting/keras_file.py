"""Format keras: a .keras file of Keras's own layers."""

from pathlib import Path

import keras

from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import check_plain, plain_keras, save
from gan_tf.exporting.verification import largest_difference


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the file, reads it back and returns the largest difference of a pixel."""
    sampler = model_info.sampler
    plain = plain_keras(sampler.generator)
    check_plain(plain)
    save(plain, out)
    generator = keras.saving.load_model(out, custom_objects={})
    return largest_difference(sampler, generator.predict_on_batch)
