"""Measures how fast everything is: against other programs, and against arithmetic.

    python experiments/speed.py
    python experiments/speed.py --quick --rows 1 4

Runs on the CPU. The sides of a comparison take turns, in three rounds; start-up and tracing
are timed only where they are the subject. Prints the rows and writes
experiments/results/speed.json; a part of the rows goes to runs/quick instead.
docs/performance.md describes the rows; `tables.py speed` prints its table.
"""

import os
import sys
import time
from collections.abc import Sequence

import records
import tables
from baselines.timing import Effort, interpreter


def main(argv: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    parser = records.parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", choices=range(1, 10))
    parser.add_argument("--torch_python", type=interpreter, default=sys.executable)
    args = parser.parse_args(argv)
    is_part = args.quick or args.rows is not None
    out = args.out or (records.ROOT / "runs" / "quick" if is_part else records.ROOT)
    # The other sides run on the CPU, so this side does too, and in every process.
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    start, machine = time.monotonic(), records.hardware()
    records.start_tensorflow()
    effort = Effort(1 if args.quick else 3, args.quick, args.torch_python)
    # Without paths, which are of one machine.
    command = "python experiments/speed.py" + " --quick" * args.quick
    if args.rows is not None:
        command += f" --rows {' '.join(map(str, args.rows))}"
    record = {"command": command, **records.provenance(), "hardware": machine}
    record |= {"seconds": 0.0, "rows": []}
    from baselines import process_rows, training_rows

    measure_rows = [
        training_rows.acgan_against_keras,
        training_rows.against_torch,
        training_rows.against_matrix_product,
        training_rows.gan_against_others,
        training_rows.outputs,
        process_rows.start_up,
        process_rows.memory,
        training_rows.generation,
        training_rows.batch_sizes,
    ]
    for number in args.rows or range(1, 10):
        rows = [{"row": number, **row} for row in measure_rows[number - 1](effort)]
        for cells in tables.speed_rows(rows):
            print(f"| {' | '.join(cells)} |", flush=True)
        record["rows"] += rows
        record["seconds"] = time.monotonic() - start
        records.write(out / records.RESULTS / "speed.json", record)


if __name__ == "__main__":
    main()
