"""Measures how fast everything is: against other programs, and against arithmetic.

    python experiments/speed.py
    python experiments/speed.py --quick --rows 1 4
    python experiments/speed.py --rows gpu

Runs on the CPU. The sides of a comparison take turns, in three rounds; start-up and tracing
are timed only where they are the subject. Prints the rows and writes
experiments/results/speed.json; a part of the rows goes to runs/quick instead.
docs/performance.md describes the rows; `tables.py speed` prints its table.

The row "gpu" is measured alone. It uses the first GPU, or the CPU where there is none, and
writes experiments/results/speed-gpu.json.
"""

import os
import sys
import time

import records
import tables
from baselines.timing import Effort, interpreter

GPU = "gpu"


def main(argv=None) -> None:
    """Measures, prints and writes."""
    parser = records.parser(__doc__)
    rows = [*map(str, range(1, 10)), GPU]
    parser.add_argument("--rows", nargs="+", choices=rows)
    parser.add_argument("--torch_python", type=interpreter, default=sys.executable)
    args = records.parse(parser, argv)
    on_gpu = args.rows == [GPU]
    if GPU in (args.rows or ()) and not on_gpu:
        parser.error(f"--rows {GPU} must be measured alone: the other rows hide the GPU")
    out = args.out
    if args.rows is not None and not on_gpu and out == records.ROOT:
        out = records.ROOT / "runs" / "quick"
    if not on_gpu:
        # The other sides run on the CPU, so this side does too, and in every process.
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    start, provenance = time.monotonic(), records.provenance()
    records.start_tensorflow()
    from baselines.training_rows import ROWS

    # Without paths, which are of one machine.
    command = "python experiments/speed.py" + " --quick" * args.quick
    if args.rows is not None:
        command += f" --rows {' '.join(args.rows)}"
    record = {"command": command, **provenance, "seconds": 0.0, "rows": []}
    effort = Effort(args.quick, args.torch_python)
    file = out / records.RESULTS / ("speed-gpu.json" if on_gpu else "speed.json")
    for name in args.rows or rows[:-1]:
        number = name if on_gpu else int(name)
        measured = [{"row": number, **row} for row in ROWS[name](effort)]
        for cells in tables.speed_rows(measured):
            print(f"| {' | '.join(cells)} |", flush=True)
        record["rows"] += measured
        record["seconds"] = time.monotonic() - start
        records.write(file, record)


if __name__ == "__main__":
    main()
