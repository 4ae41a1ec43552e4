"""Format saved_model: TensorFlow's folder format, with the endpoint `serve`."""

from pathlib import Path

import tensorflow as tf

from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import plain_keras
from gan_tf.exporting.verification import largest_difference
from gan_tf.files import reason_of


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the folder, reads it back and returns the largest difference of a pixel."""
    sampler = model_info.sampler
    plain = plain_keras(sampler.generator)
    try:
        plain.export(str(out), format="tf_saved_model", verbose=False)
    except tf.errors.OpError as error:  # of a full disk, too
        raise OSError(reason_of(error)) from error
    loaded = tf.saved_model.load(str(out))

    def run(inputs):
        return loaded.serve(tf.nest.map_structure(tf.constant, inputs)).numpy()

    return largest_difference(sampler, run)
