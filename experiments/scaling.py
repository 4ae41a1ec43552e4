"""Measures the cost of sharding a batch over 1, 2 and 4 devices on this machine.

    python experiments/scaling.py

The devices are parts of one CPU and use the same cores, so this shows the cost in processor
time, not the gain of more hardware. Writes experiments/results/scaling.json.
"""

import multiprocessing
import statistics
import time
from collections.abc import Sequence

import records

_MODELS, _REPLICAS, _BATCH = ("gan", "acgan"), (1, 2, 4), 64
_MEASURED = ("steps_per_second", "cpu_seconds_per_step")


def measure(model_name: str, replicas: int, steps: int) -> dict:
    """Trains with `replicas` devices that shard batches of 64 images, in float32.

    Call it in a new process: the devices of a process are chosen once.

    Returns:
        {"steps_per_second", "cpu_seconds_per_step": of all cores, "gradient_bytes": what
        a replica sends and receives in a step at least}.
    """
    records.start_tensorflow()
    import tensorflow as tf

    from gan_tf import data
    from gan_tf.config import Config
    from gan_tf.models import model_class
    from gan_tf.training.trainer import Trainer
    from gan_tf.training.workers import JOIN

    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * replicas
    tf.config.set_logical_device_configuration(cpu, parts)
    name = "none" if replicas == 1 else "mirrored"
    strategy = JOIN[name]().strategy
    config = Config.from_preset(model_name, strategy=name, batch_size=_BATCH)
    mnist = data.load("mnist")
    with strategy.scope():
        model = model_class(model_name)(config, mnist.image_shape, mnist.num_classes)
    trainer = Trainer(model, mnist.x_train, mnist.y_train, config, strategy=strategy)
    trainer.train(min(steps, config.steps_per_loop))
    start, cpu_start = time.perf_counter(), time.process_time()
    trainer.train(steps)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    networks = (model.generator, model.discriminator)
    weights = [weight for network in networks for weight in network.trainable_weights]
    return {
        "steps_per_second": steps / seconds,
        "cpu_seconds_per_step": cpu / steps,
        "gradient_bytes": sum(4 * w.value.shape.num_elements() for w in weights),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measures, prints and writes; the rounds of all cases take turns."""
    args = records.parse(records.parser(__doc__), argv)
    rounds, steps = (1, 2) if args.quick else (3, 100)
    machine, spawn = records.hardware(), multiprocessing.get_context("spawn")
    cases = [(model, replicas) for model in _MODELS for replicas in _REPLICAS]
    measured: dict[tuple[str, int], list[dict]] = {case: [] for case in cases}
    for case in cases * rounds:
        with spawn.Pool(1) as pool:
            measured[case].append(pool.apply(measure, (*case, steps)))
    rows = []
    for (model, replicas), results in measured.items():
        row = {"model": model, "replicas": replicas, "batch_size": _BATCH}
        row |= {key: [result[key] for result in results] for key in _MEASURED}
        rows.append({**row, "gradient_bytes": results[0]["gradient_bytes"]})
        speed, cpu = (statistics.median(row[key]) for key in _MEASURED)
        print(f"{model}, {replicas} replicas: {speed:.1f} steps/s, {1e3 * cpu:.1f} CPU ms")
    record = {"command": "python experiments/scaling.py", **records.provenance()}
    record |= {"hardware": machine, "rows": rows}
    records.write(args.out / records.RESULTS / "scaling.json", record)


if __name__ == "__main__":
    main()
