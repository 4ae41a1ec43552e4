"""What sharing a batch among 1, 2 and 4 devices costs and gains on this machine.

    python experiments/scaling.py

The devices are parts of one CPU and share its cores, so this shows what the sharing
costs, in processor time, and not what more hardware gains. Writes
experiments/results/scaling.json.
"""

import concurrent.futures
import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from speed import hardware

from gan_tf import cli
from gan_tf.config import Config
from gan_tf.fields import Rule

FLAGS = [
    cli.Flag("rounds", Rule(int, 1, 100), "times that each case is measured", "3"),
    cli.Flag("steps", Rule(int, 1, 10_000), "steps of a measurement", "100"),
    cli.Flag("out", Rule(str), "the file to write", "experiments/results/..."),
]
_MODELS = ("gan", "acgan")
_REPLICAS = (1, 2, 4)
_BATCH = 64
_MEASURED = ("steps_per_second", "cpu_seconds_per_step")


def measure(model_name: str, replicas: int, steps: int) -> dict:
    """Trains with `replicas` devices that share batches of 64 images, in float32.

    To be called in a process of its own: devices are chosen once.

    Returns:
        {"steps_per_second", "cpu_seconds_per_step": of all cores, "gradient_bytes": what
        a replica sends and receives in a step at the least}.
    """
    cli.import_tensorflow()
    import tensorflow as tf

    from gan_tf import data
    from gan_tf.models import model_class
    from gan_tf.training.trainer import Trainer
    from gan_tf.training.workers import JOIN

    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * replicas
    tf.config.set_logical_device_configuration(cpu, parts)
    name = "none" if replicas == 1 else "mirrored"
    strategy = JOIN[name]().strategy
    config = Config.from_preset(model_name, strategy=name, batch_size=_BATCH)
    dataset = data.load("mnist")
    with strategy.scope():
        model = model_class(model_name)(
            config, dataset.image_shape, dataset.num_classes
        )
    trainer = Trainer(
        model, dataset.x_train, dataset.y_train, config, strategy=strategy
    )
    trainer.train(config.steps_per_loop)
    start, cpu_start = time.perf_counter(), time.process_time()
    trainer.train(steps)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    weights = [*model.generator.trainable_weights]
    weights += model.discriminator.trainable_weights
    return {
        "steps_per_second": steps / seconds,
        "cpu_seconds_per_step": cpu / steps,
        "gradient_bytes": sum(4 * w.value.shape.num_elements() for w in weights),
    }


def rows(rounds: int, steps: int) -> list[dict]:
    """Returns a row for each model and number of replicas; rounds take turns."""
    cases = [(m, r) for m in _MODELS for r in _REPLICAS]
    measured: dict[tuple[str, int], list[dict]] = {case: [] for case in cases}
    spawn = multiprocessing.get_context("spawn")
    for _ in range(rounds):
        for case in cases:
            with concurrent.futures.ProcessPoolExecutor(1, spawn) as pool:
                measured[case].append(pool.submit(measure, *case, steps).result())
    return [
        {
            "model": model,
            "replicas": replicas,
            "batch_size": _BATCH,
            **{key: [m[key] for m in results] for key in _MEASURED},
            "gradient_bytes": results[0]["gradient_bytes"],
        }
        for (model, replicas), results in measured.items()
    ]


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, __doc__, FLAGS)
    cli.import_tensorflow()
    from gan_tf.run_dir.versions import versions

    machine = hardware()  # before it is busy with this
    table = rows(values.get("rounds", 3), values.get("steps", 100))
    for row in table:
        speed, cpu = (statistics.median(row[key]) for key in _MEASURED)
        print(
            f"{row['model']}, {row['replicas']} replicas: {speed:.1f} steps/s, "
            f"{1e3 * cpu:.1f} ms of processor time a step"
        )
    default = Path(__file__).parent / "results" / "scaling.json"
    # Without paths, which are of one machine.
    given = [f"--{k} {values[k]}" for k in ("rounds", "steps") if k in values]
    record = {
        "command": " ".join(["python experiments/scaling.py", *given]),
        "hardware": machine,
        "versions": versions(),
        "rows": table,
    }
    out = Path(values.get("out", default))
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
