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
from collections.abc import Sequence

import records
import tables
from baselines.timing import Effort, interpreter

GPU = "gpu"


def main(argv: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    parser = records.parser(__doc__)
    rows = [*map(str, range(1, 10)), GPU]
    parser.add_argument("--rows", nargs="+", choices=rows)
    parser.add_argument("--torch_python", type=interpreter, default=sys.executable)
    args = parser.parse_args(argv)
    on_gpu = args.rows == [GPU]
    if GPU in (args.rows or ()) and not on_gpu:
        parser.error(f"--rows {GPU} must be measured alone: the other rows hide the GPU")
    is_part = args.quick or args.rows is not None and not on_gpu
    out = args.out or (records.ROOT / "runs" / "quick" if is_part else records.ROOT)
    if not on_gpu:
        # The other sides run on the CPU, so this side does too, and in every process.
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    start, provenance = time.monotonic(), records.provenance()
    records.start_tensorflow()
    effort = Effort(args.quick, args.torch_python)
    # Without paths, which are of one machine.
    command = "python experiments/speed.py" + " --quick" * args.quick
    if args.rows is not None:
        command += f" --rows {' '.join(args.rows)}"
    record = {"command": command, **provenance, "seconds": 0.0, "rows": []}
    from baselines import process_rows, training_rows

    measure_rows = {
        "1": training_rows.acgan_against_keras,
        "2": training_rows.against_torch,
        "3": training_rows.against_matrix_product,
        "4": training_rows.gan_against_others,
        "5": training_rows.outputs,
        "6": process_rows.start_up,
        "7": process_rows.memory,
        "8": training_rows.generation,
        "9": training_rows.batch_sizes,
        GPU: training_rows.gpu,
    }
    file = out / records.RESULTS / ("speed-gpu.json" if on_gpu else "speed.json")
    for name in args.rows or rows[:-1]:
        number = name if on_gpu else int(name)
        measured = [{"row": number, **row} for row in measure_rows[name](effort)]
        for cells in tables.speed_rows(measured):
            print(f"| {' | '.join(cells)} |", flush=True)
        record["rows"] += measured
        record["seconds"] = time.monotonic() - start
        records.write(file, record)


if __name__ == "__main__":
    main()
