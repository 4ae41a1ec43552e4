"""Format onnx: a file for ONNX runtimes, with a batch of any size."""

import warnings
from pathlib import Path

import tensorflow as tf

from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import plain_keras
from gan_tf.exporting.verification import inputs, largest_difference


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the file, runs it and returns the largest difference of a pixel."""
    import onnxruntime

    sampler = model_info.sampler
    plain = plain_keras(sampler.generator)
    plain(inputs(sampler))  # Keras exports what was called once
    with warnings.catch_warnings():
        # Keras checks names that NumPy 2 has not.
        warnings.simplefilter("ignore", FutureWarning)
        plain.export(str(out), format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(
        str(out), providers=["CPUExecutionProvider"]
    )
    names = [entry.name for entry in session.get_inputs()]

    def run(inputs):
        (images,) = session.run(None, dict(zip(names, tf.nest.flatten(inputs))))
        return images

    return largest_difference(sampler, run)
