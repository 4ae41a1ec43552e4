"""Trains on one and on two CPU devices, and saves the results as arrays.

A separate process: devices are configured before TensorFlow computes anything.

    PYTHONPATH=tests:tests/training python tests/distribution/mirrored_program.py FILE.npz
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from test_trainer import IMAGES, LABELS, make_trainer, state
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
    return {
        **{f"state/{name}": value for name, value in state(trainer).items()},
        **{f"metrics/{name}": value for name, value in metrics.items()},
        **{f"gradients/{name}": g for name, g in snapshot.gradients.items()},
        **{f"logits/{name}": logits for name, logits in snapshot.logits.items()},
    }


def max_difference(trainer):
    """Returns the greatest difference between the replicas' copies of a variable."""
    step = trainer.train_step
    variables = [
        *step.model.generator.variables,
        *step.model.discriminator.variables,
        *step.d_optimizer.variables,
        *step.g_optimizer.variables,
    ]
    copies = [[copy.numpy() for copy in v.value.values] for v in variables]
    assert all(len(of_one) == 2 for of_one in copies)
    return max(np.abs(one - other).max() for one, other in copies)


def count_unordered_sums(trainer):
    """Returns the number of sums in the graph whose order may vary."""
    graph = trainer.traced().graph.as_graph_def()
    nodes = [n for f in graph.library.function for n in f.node_def]
    return sum(n.op == "AddN" and len(n.input) > 2 for n in nodes)


# Without dropout, which differs. Groups of the minibatch standard deviation have 16
# images: of 32 images, each device has one group.
CASES = {
    "plain": (20, "gan", {"architecture": "classic", "batch_size": 12}),
    "groups": (1, "gan", {"d_steps": 2, "resample_z": True, "r1_gamma": 1}),
    "norm": (1, "acgan", {"batch_size": 12}),
}


def compare(strategy):
    """Returns {"<case>/<one or both>/<name>": array}, and numbers that must be 0."""
    results = {}
    for case, (num_steps, name, settings) in CASES.items():
        settings = {"batch_size": 32, "log_every": num_steps, **settings}
        one = make_trainer(name, **settings)
        both = mirrored_trainer(strategy, name, **settings)
        for devices, trainer in (("one", one), ("both", both)):
            for key, value in trained(trainer, num_steps).items():
                results[f"{case}/{devices}/{key}"] = value
        results[f"{case}/max_difference"] = max_difference(both)
        results[f"{case}/unordered_sums"] = count_unordered_sums(both)
    return results


def resume(strategy, folder):
    """Returns the results of steps 3 and 4, and the same from a checkpoint of step 2."""
    trainer = mirrored_trainer(
        strategy, "acgan", architecture="classic", batch_size=12, log_every=4
    )
    trainer.train(2)
    trainer.checkpoint.write(str(folder / "step-2"))
    results = {f"resumed/one/{k}": v for k, v in trained(trainer, 2).items()}
    trainer.checkpoint.read(str(folder / "step-2")).assert_consumed()
    results |= {f"resumed/both/{k}": v for k, v in trained(trainer, 2).items()}
    results["resumed/max_difference"] = max_difference(trainer)
    results["resumed/unordered_sums"] = count_unordered_sums(trainer)
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
