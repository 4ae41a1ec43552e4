"""Injects faults into tiny trainings and checks that nothing is lost.

    python experiments/faults.py
    python experiments/faults.py --models gan --faults "Ctrl-C twice,clock put back"

The real command trains, in a process of its own, on the CPU. After each fault the same
command is repeated: it must resume at the newest intact checkpoint, print what it
skipped, and end as an undisturbed run did, bit for bit. Prints a table and, after all
faults, writes experiments/results/faults.json. Linux only; a limit on the size of files
stands for a full disk. Exits with status 1 if anything was lost.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import records

_MODELS = ("gan", "acgan")


def inject(name: str, trainings, seed: int) -> dict[str, Any]:
    """Injects one kind of fault; prints and returns its row of the table."""
    from injection.kinds import FAULTS
    from injection.remains import Lost

    start = time.monotonic()
    row: dict[str, Any] = {"model": trainings.model, "fault": name}
    try:
        # A random stream per fault, whichever others are injected.
        rng = np.random.default_rng([seed, list(FAULTS).index(name)])
        row |= {"injected": FAULTS[name](trainings, rng), "lost": 0}
    except Lost as error:
        row |= {"injected": 1, "lost": 1, "why": str(error)}
    row["seconds"] = round(time.monotonic() - start, 1)
    survived = row["injected"] - row["lost"]
    counts = f"{row['injected']:>4} injected {survived:>4} survived {row['lost']:>4} lost"
    text = f"{row['model']:<6} {name:<38} {counts} {row['seconds']:>6.0f} s"
    print(text, row.get("why", ""), flush=True)
    return row


def main(argv: Sequence[str] | None = None) -> None:
    """Injects the faults of the command."""
    records.start_tensorflow()
    from injection.kinds import FAULTS
    from injection.trainings import Trainings

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="of moments and damage")
    for flag, names in (("--models", _MODELS), ("--faults", FAULTS)):
        parser.add_argument(flag, default=",".join(names), help=", ".join(names))
    args = parser.parse_args(argv)
    models, faults = args.models.split(","), args.faults.split(",")
    for flag, given, known in (("models", models, _MODELS), ("faults", faults, FAULTS)):
        for one in set(given) - set(known):
            parser.error(f"--{flag} ({one}) must be one of {', '.join(known)}")
    start, provenance, rows = time.monotonic(), records.provenance(), []
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            trainings = Trainings(Path(folder) / model, model)
            rows += [inject(name, trainings, args.seed) for name in faults]
    totals = {key: sum(row[key] for row in rows) for key in ("injected", "lost")}
    print(f"in all: {totals['injected']} injected, {totals['lost']} lost")
    if len(rows) == len(FAULTS) * len(_MODELS):
        command = f"python experiments/faults.py --seed {args.seed}"
        record = {"command": command, **provenance, **totals, "rows": rows}
        record["seconds"] = time.monotonic() - start
        records.write(records.ROOT / records.RESULTS / "faults.json", record)
    if totals["lost"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
