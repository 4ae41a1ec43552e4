"""Format litert: a .tflite file whose signatures have fixed batches."""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from gan_tf.exporting.model_info import ModelInfo
from gan_tf.exporting.plain_keras import plain_keras
from gan_tf.exporting.verification import NUM, largest_difference

# With a dynamic batch, shapes are computed in the graph, which delegates refuse.
_BATCHES = 1, 16


def write(out: Path, model_info: ModelInfo) -> int:
    """Writes the file, runs it and returns the largest difference of a pixel."""
    from ai_edge_litert.interpreter import Interpreter

    sampler = model_info.sampler
    out.write_bytes(_converted(plain_keras(sampler.generator), sampler.latent_dim))
    interpreter = Interpreter(model_path=str(out))
    runners = {
        batch: interpreter.get_signature_runner(_signature(batch)) for batch in _BATCHES
    }

    def run(inputs):
        named = dict(zip(("z", "labels"), tf.nest.flatten(inputs)))
        images, start = [], 0
        while start < NUM:  # whole batches, then one by one
            batch = _BATCHES[-1] if NUM - start >= _BATCHES[-1] else 1
            rows = slice(start, start + batch)
            block = {name: values[rows] for name, values in named.items()}
            images.append(runners[batch](**block)["images"])
            start += batch
        return np.concatenate(images)

    return largest_difference(sampler, run)


def _signature(batch):
    return f"batch_{batch}"


def _converted(generator, latent_dim):
    """Returns the bytes of the .tflite file; the signatures share the weights."""
    archive = keras.export.ExportArchive()
    archive.track(generator)

    def generate(z, labels=None):
        return {"images": generator(z if labels is None else [z, labels], training=False)}

    for batch in _BATCHES:
        specs = [tf.TensorSpec([batch, latent_dim], tf.float32, "z")]
        if len(generator.inputs) > 1:
            specs.append(tf.TensorSpec([batch], tf.int32, "labels"))
        archive.add_endpoint(_signature(batch), generate, specs)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=[_signature(batch) for batch in _BATCHES]
        )
        return converter.convert()
