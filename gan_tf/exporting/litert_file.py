"""Format litert: a .tflite file whose signatures have fixed batches."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import plain_keras
from gan_tf.exporting.verification import NUM, largest_difference
from gan_tf.files import write_errors

# By batch: with a dynamic one, shapes are computed in the graph, which delegates refuse.
_SIGNATURES = {1: "batch_1", 16: "batch_16"}


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the file, runs it and returns the largest difference of a pixel."""
    from ai_edge_litert.interpreter import Interpreter

    sampler = model_info.sampler
    out.write_bytes(_converted(plain_keras(sampler.generator), sampler.latent_dim))
    interpreter = Interpreter(model_path=str(out))
    runners = {
        batch: interpreter.get_signature_runner(name) for batch, name in _SIGNATURES.items()
    }

    def run(inputs):
        named = dict(zip(("z", "labels"), tf.nest.flatten(inputs)))
        images, start = [], 0
        while start < NUM:  # whole batches, then one by one
            batch = max(size for size in _SIGNATURES if size <= NUM - start)
            rows = slice(start, start + batch)
            block = {name: values[rows] for name, values in named.items()}
            images.append(runners[batch](**block)["images"])
            start += batch
        return np.concatenate(images)

    return largest_difference(sampler, run)


def _converted(generator, latent_dim):
    """Returns the bytes of the .tflite file; the signatures share the weights."""
    archive = keras.export.ExportArchive()
    archive.track(generator)

    def generate(z, labels=None):
        return {"images": generator(z if labels is None else [z, labels], training=False)}

    for batch, name in _SIGNATURES.items():
        specs = [tf.TensorSpec([batch, latent_dim], tf.float32, "z")]
        if len(generator.inputs) > 1:
            specs.append(tf.TensorSpec([batch], tf.int32, "labels"))
        archive.add_endpoint(name, generate, specs)
    # Not beside `out`: TensorFlow would take a [ in its path for a pattern.
    with tempfile.TemporaryDirectory() as folder:
        advice = "free some space, or set TMPDIR to another folder"
        with write_errors(f"{folder}:", tf.errors.OpError, advice=advice):
            archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=list(_SIGNATURES.values())
        )
        return converter.convert()
