"""What logging costs: training with an entry every 100 steps against training without.

    python experiments/logging_cost.py

An entry is what the commands write: all scalars, every histogram, one line of
metrics.jsonl. Both ways alternate in one process, on MNIST, with the default presets;
start-up, tracing and the first entry are left out. Writes
experiments/results/logging_cost.json.
"""

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from gan_tf import flags
from gan_tf.settings import Rule

FLAGS = [
    flags.Flag("rounds", Rule(int, 1, 100), "times that each way is measured", "5"),
    flags.Flag("out", Rule(str), "the file to write", "experiments/results/..."),
]
EVERY = 100
_ENTRIES = 3


def measure(model_name: str, rounds: int, every: int = EVERY) -> dict:
    """Returns the seconds of both ways, and the share that logging adds.

    Args:
        model_name: what to train, by its default preset.
        rounds: times that each way is measured.
        every: steps to an entry.
    """
    from baselines.ours import mnist_description, trainer

    from gan_tf.reporting import entry_metrics, log_entry
    from gan_tf.runs import Run
    from gan_tf.summaries import Summaries

    ours = trainer(model_name)
    model = ours.train_step.model
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as folder:
        run = Run.create(Path(folder), ours.config, mnist_description(), "")
        writer = Summaries(Path(folder))
        for number in range(rounds + 1):
            for way, times in seconds.items():
                start = time.perf_counter()
                for _ in range(_ENTRIES):
                    means, snapshot = ours.train(every)
                    if way == "with":
                        entry = entry_metrics(ours, writer, means, snapshot, 1.0)
                        log_entry(entry, model, writer, run, ours.step)
                writer.flush()
                if number:
                    times.append(time.perf_counter() - start)
        writer.close()
    with_it, without = (statistics.median(seconds[way]) for way in seconds)
    return {
        "model": model_name,
        "steps_per_second": _ENTRIES * every / without,
        "seconds_with": seconds["with"],
        "seconds_without": seconds["without"],
        "added_share": with_it / without - 1,
    }


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = flags.parse(argv, __doc__, FLAGS)
    flags.import_tensorflow()
    from gan_tf.versions import versions

    rows = [measure(name, values.get("rounds", 5)) for name in ("gan", "acgan")]
    for row in rows:
        print(
            f"{row['model']}: {row['steps_per_second']:.1f} steps/s without logging, "
            f"which adds {100 * row['added_share']:.2f} %"
        )
    default = Path(__file__).parent / "results" / "logging_cost.json"
    out = Path(values.get("out", default))
    record = {
        "command": "python experiments/logging_cost.py",
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": versions(),
        "rows": rows,
    }
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    flags.run(main)
