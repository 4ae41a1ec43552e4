"""Does to trainings what the world does to them, and looks whether anything is lost.

    python experiments/faults.py
    python experiments/faults.py --models gan --faults "Ctrl-C twice,clock put back"

Each training is tiny and is run by the real command, in a process of its own, on the CPU.
After each fault the same command is repeated: it must go on from the newest whole
checkpoint, say what it passed over, and end as an undisturbed run did, bit for bit. Prints
a table and, after all faults, writes experiments/results/faults.json. Linux only; a limit
on the size of files stands for a full disk. Exits with status 1 if anything was lost.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speed import hardware

from gan_tf import cli
from gan_tf.errors import InputError
from gan_tf.fields import Rule

FLAGS = [
    cli.Flag("seed", Rule(int, 0, 2**31 - 1), "decides moments and damage", "0"),
    cli.Flag("models", Rule(str), "what to train", "gan,acgan"),
    cli.Flag("faults", Rule(str), "which, by the table's names", "all"),
]
_RESULTS = Path(__file__).parent / "results" / "faults.json"
_MODELS = ("gan", "acgan")


def inject(name: str, trainings, seed: int) -> dict[str, Any]:
    """Does one kind of fault; returns its row of the table."""
    import numpy as np
    from injection.kinds import FAULTS
    from injection.remains import Lost

    start = time.monotonic()
    row: dict[str, Any] = {"model": trainings.model, "fault": name}
    try:
        # A stream for each fault, whatever else is done.
        rng = np.random.default_rng([seed, list(FAULTS).index(name)])
        row |= {"injected": FAULTS[name](trainings, rng), "lost": 0}
    except Lost as error:
        row |= {"injected": 1, "lost": 1, "why": str(error)}
    row["seconds"] = round(time.monotonic() - start, 1)
    return row


def line(row: dict[str, Any]) -> str:
    """Returns a row as text."""
    survived = row["injected"] - row["lost"]
    counts = (
        f"{row['injected']:>4} injected {survived:>4} survived {row['lost']:>4} lost"
    )
    why = f"  {row['why']}" if row["lost"] else ""
    return (
        f"{row['model']:<6} {row['fault']:<38} {counts} {row['seconds']:>6.0f} s{why}"
    )


def _chosen(values, name, known):
    chosen = values[name].split(",") if name in values else list(known)
    for one in chosen:
        if one not in known:
            raise InputError(f"{name} ({one}) must be some of {', '.join(known)}")
    return chosen


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, __doc__, FLAGS)
    seed, start, machine = values.get("seed", 0), time.monotonic(), hardware()
    models = _chosen(values, "models", _MODELS)
    cli.import_tensorflow()
    from injection.kinds import FAULTS
    from injection.trainings import Trainings

    from gan_tf.run_dir.versions import versions

    names = _chosen(values, "faults", FAULTS)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            trainings = Trainings(Path(folder) / model, model)
            for name in names:
                rows.append(inject(name, trainings, seed))
                print(line(rows[-1]), flush=True)
    totals = {key: sum(row[key] for row in rows) for key in ("injected", "lost")}
    print(f"in all: {totals['injected']} injected, {totals['lost']} lost")
    if len(names) == len(FAULTS) and len(models) == len(_MODELS):
        record = {
            "command": f"python experiments/faults.py --seed {seed}",
            "versions": versions(),
            "hardware": machine,
            "seconds": time.monotonic() - start,
            **totals,
            "rows": rows,
        }
        _RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if totals["lost"]:
        sys.exit(1)


if __name__ == "__main__":
    cli.run(main)
