"""Injects faults into tiny trainings and checks that nothing is lost.

    python experiments/faults.py
    python experiments/faults.py --models gan --faults "Ctrl-C twice,clock put back"

The real command trains, in a process of its own, on the CPU. After each fault the same
command is repeated: it must resume at the newest intact checkpoint, print what it
skipped, and end as an undisturbed run did, bit for bit. Prints a table and, after all
faults, writes experiments/results/faults.json. Linux only; a limit on the size of files
stands for a full disk. Exits with status 1 if anything was lost.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import records

_MODELS = ("gan", "acgan")


def inject(name: str, faults, trainings) -> dict:
    """Injects one kind of the faults; prints and returns its row of the table."""
    from injection.remains import Lost

    start = time.monotonic()
    row = {"model": trainings.model, "fault": name}
    try:
        # A random stream per fault, whichever others are injected.
        rng = np.random.default_rng([0, list(faults).index(name)])
        row |= {"injected": faults[name](trainings, rng), "lost": 0}
    except Lost as error:
        row |= {"injected": 1, "lost": 1, "why": str(error)}
    row["seconds"] = round(time.monotonic() - start, 1)
    survived = row["injected"] - row["lost"]
    counts = f"{row['injected']:>4} injected {survived:>4} survived {row['lost']:>4} lost"
    text = f"{row['model']:<6} {name:<38} {counts} {row['seconds']:>6.0f} s"
    print(text, row.get("why", ""), flush=True)
    return row


def main(argv=None) -> None:
    """Injects the faults of the command."""
    records.start_tensorflow()
    from injection.kinds import FAULTS
    from injection.trainings import Trainings

    parser, known = records.plain_parser(__doc__), {"models": _MODELS, "faults": FAULTS}
    parser.add_argument("--out", type=Path, default=records.ROOT, help="of the result")
    for flag, names in known.items():
        parser.add_argument(f"--{flag}", default=",".join(names), help=", ".join(names))
    args = parser.parse_args(argv)
    given = {flag: getattr(args, flag).split(",") for flag in known}
    for flag, names in known.items():
        for one in set(given[flag]) - set(names):
            parser.error(f"--{flag} ({one}) must be one of {', '.join(names)}")
    start, provenance, rows = time.monotonic(), records.provenance(), []
    with tempfile.TemporaryDirectory() as folder:
        for model in given["models"]:
            trainings = Trainings(Path(folder) / model, model)
            rows += [inject(name, FAULTS, trainings) for name in given["faults"]]
    totals = {key: sum(row[key] for row in rows) for key in ("injected", "lost")}
    print(f"in all: {totals['injected']} injected, {totals['lost']} lost")
    if len(rows) == len(FAULTS) * len(_MODELS):
        record = {"command": "python experiments/faults.py", **provenance, **totals}
        record |= {"rows": rows, "seconds": time.monotonic() - start}
        records.write(args.out / records.RESULTS / "faults.json", record)
    if totals["lost"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
