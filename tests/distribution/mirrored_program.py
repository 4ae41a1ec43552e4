"""Trains on one and on two CPU devices, and saves the results as arrays.

A separate process: devices are configured before TensorFlow computes anything.

    PYTHONPATH=tests:tests/training python tests/distribution/mirrored_program.py FILE.npz
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from test_trainer import FEW_IMAGES, IMAGES, LABELS, graph_of, make_trainer, state
from tiny import tiny_config

from gan_tf.models import model_class
from gan_tf.training.trainer import Trainer
from gan_tf.training.workers import JOIN


def mirrored_trainer(strategy, name, **settings):
    config = tiny_config(name, **settings)
    with strategy.scope():
        model = model_class(name)(config, IMAGES.shape[1:], 3)
    return Trainer(model, IMAGES, LABELS, config, strategy=strategy)


def trained(trainer, num_steps):
    """Returns all results and the state of a training, {name: array}."""
    metrics, snapshot = trainer.train(num_steps)
    kinds = {"state": state(trainer), "metrics": metrics, **snapshot._asdict()}
    return {f"{kind}/{k}": value for kind in kinds for k, value in kinds[kind].items()}


def zeros(trainer):
    """Returns two numbers that must be 0.

    They are the greatest difference between the replicas' copies of a variable, and the
    number of sums in the graph whose order may vary.
    """
    step = trainer.train_step
    parts = [step.model.generator, step.model.discriminator]
    parts += [step.d_optimizer, step.g_optimizer]
    variables = [variable for part in parts for variable in part.variables]
    copies = [[copy.numpy() for copy in v.value.values] for v in variables]
    assert all(len(of_one) == 2 for of_one in copies)
    library = graph_of(trainer).as_graph_def().library
    sums = [n for f in library.function for n in f.node_def if n.op == "AddN"]
    return {
        "max_difference": max(np.abs(one - other).max() for one, other in copies),
        "unordered_sums": sum(len(n.input) > 2 for n in sums),
    }


def prefixed(prefix, results):
    return {f"{prefix}/{name}": result for name, result in results.items()}


# Without dropout, which differs. Groups of the minibatch standard deviation have 64
# images: of 128 images, each device has one group.
CLASSIC = {"architecture": "classic", "batch_size": 12}
GROUPS = {"batch_size": 128, "d_steps": 2, "resample_z": True, "r1_gamma": 1}
CASES = {
    "plain": (20, "gan", CLASSIC),
    "groups": (1, "gan", GROUPS),
    "norm": (1, "acgan", {"batch_size": 12}),
    "augmented": (5, "gan", {**CLASSIC, **FEW_IMAGES}),
}


def compare(strategy):
    """Returns {"<case>/<one or both>/<name>": array}, and numbers that must be 0."""
    results = {}
    for case, (num_steps, name, settings) in CASES.items():
        one = make_trainer(name, log_every=num_steps, **settings)
        both = mirrored_trainer(strategy, name, log_every=num_steps, **settings)
        results |= prefixed(f"{case}/one", trained(one, num_steps))
        results |= prefixed(f"{case}/both", trained(both, num_steps))
        results |= prefixed(case, zeros(both))
    return results


def resume(strategy, folder):
    """Returns the results of steps 3 and 4, and the same from a checkpoint of step 2."""
    trainer = mirrored_trainer(strategy, "acgan", log_every=4, **CLASSIC)
    trainer.train(2)
    trainer.checkpoint.write(str(folder / "step-2"))
    results = prefixed("resumed/one", trained(trainer, 2))
    trainer.checkpoint.read(str(folder / "step-2")).assert_consumed()
    results |= prefixed("resumed/both", trained(trainer, 2))
    results |= prefixed("resumed", zeros(trainer))
    seeds = strategy.run(lambda: trainer.train_step._seed(0, 0, tf.constant(0)))
    results["seeds"] = np.stack(strategy.experimental_local_results(seeds))
    return results


def main(file):
    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)
    strategy = JOIN["mirrored"]().strategy
    np.savez(file, **compare(strategy), **resume(strategy, file.parent))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
