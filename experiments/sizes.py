"""Trains a few steps on pictures of several sizes: what was predicted, and what it took.

    python experiments/sizes.py

Each size is one run of `python -m gan_tf.train --model acgan` on pictures of noise in
class folders, in a process of its own. Recorded are the line `networks` that it prints, the
CPU time of a step (the median, without the first step; other programs do not matter to it)
and the largest resident memory. A batch that does not fit into any memory must be refused
before a file is written. Linux only. Writes experiments/results/sizes.json.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import records

from gan_tf.sampling import image_io

SIZES = ("28x28x1", "97x61x1", "64x64x3", "128x128x3")  # height, width, channels
_HAS_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
_LINE = r"networks .* a step about ([\d.,]+) (b|m)illion, ([\d.,]+) GB of memory"


def train(size: str, run_dir: Path, **settings: Any) -> tuple[str, list[float], float]:
    """Trains a run on 64 pictures of a size in a process of its own, and watches its log.

    Returns:
        (output, CPU seconds when each step was logged, largest memory in GB).
    """
    pictures = run_dir.parent / "pictures" / run_dir.name
    for folder in (run_dir, pictures):
        shutil.rmtree(folder, ignore_errors=True)
    shape = 64, *map(int, size.split("x"))
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image_io.write_class_folders(pictures, noise, ["a", "b"] * 32)
    settings |= {"data": pictures, "run_dir": run_dir, "preset": "acgan"}
    settings |= {"log_every": 1, "steps_per_loop": 1}
    command = [sys.executable, "-m", "gan_tf.train"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    log, logged, peak = run_dir / "metrics.jsonl", [], 0
    with open(run_dir.with_suffix(".log"), "w+", encoding="utf-8") as out:
        with subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as child:
            while not os.waitid(os.P_PID, child.pid, _HAS_ENDED):
                rows = log.read_text("utf-8").count("\n") if log.exists() else 0
                if rows > len(logged):
                    logged.append(_cpu_seconds(child.pid))
                peak = max(peak, _peak_bytes(child.pid))
                time.sleep(0.02)
        out.seek(0)
        return out.read(), logged, peak / 1e9


def _peak_bytes(process: int) -> int:
    # Not ru_maxrss, which is at least what the parent had when it started the process.
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(size: str, folder: Path, **settings: Any) -> dict[str, Any]:
    """Returns the predicted and the measured cost of training pictures of a size."""
    output, logged, peak = train(size, folder / size, **settings)
    line = re.search(_LINE, output)
    if line is None or len(logged) < 2:
        raise SystemExit(f"{size}: {output}")
    number, unit, memory = (group.replace(",", "") for group in line.groups())
    return {
        "size": size,
        "settings": settings,
        "networks": line[0],
        "multiply_adds": float(number) * {"b": 1e9, "m": 1e6}[unit],
        "cpu_seconds_per_step": statistics.median(np.diff(logged)),
        "predicted_gigabytes": float(memory),
        "measured_gigabytes": peak,
    }


def check_refused(folder: Path) -> str:
    """Returns the line that refuses a batch of 65,536 large images; nothing is written."""
    run_dir = folder / "refused"
    output, _, _ = train(SIZES[-1], run_dir, batch_size=65_536)
    error = re.search(r"^error: batch_size \(65536\) .*", output, re.MULTILINE)
    if error is None or run_dir.exists():
        raise SystemExit(f"a batch of 65,536 images is not refused: {output}")
    return error[0]


def main(argv: Sequence[str] | None = None) -> None:
    """Measures every size, or those that are named."""
    parser = records.parser(__doc__)
    parser.add_argument("--rows", nargs="+", choices=SIZES, default=SIZES)
    args = records.parse(parser, argv)
    folder = args.out / "runs" / "sizes"
    file = args.out / records.RESULTS / "sizes.json"
    settings = {"steps": 20, "batch_size": 2} if args.quick else {"steps": 4}
    for size in args.rows:
        row = {**measure(size, folder, **settings), **records.provenance()}
        record = records.read(file, {"rows": []})
        others = [one for one in record["rows"] if one["size"] != size]
        records.write(file, {**record, "rows": [*others, row]})
        print(
            f"{size}: {row['multiply_adds'] / 1e9:.2f} billion multiply-adds took "
            f"{row['cpu_seconds_per_step']:.2f} s of CPU time; memory "
            f"{row['predicted_gigabytes']:.1f} GB predicted, "
            f"{row['measured_gigabytes']:.1f} GB measured",
            flush=True,
        )
    record = records.read(file, {})
    records.write(file, {**record, "refused": check_refused(folder)})


if __name__ == "__main__":
    main()
