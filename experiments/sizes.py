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
from PIL import Image

# (height, width, channels).
SIZES = ((28, 28, 1), (97, 61, 1), (64, 64, 3), (128, 128, 3))
_HAS_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
_LINE = r"networks .* a step about ([\d.,]+) (b|m)illion, ([\d.,]+) GB of memory"


def write_pictures(folder: Path, shape: Sequence[int], num: int = 64) -> None:
    """Writes `num` pictures of noise into the class folders a and b."""
    rng, (height, width, channels) = np.random.default_rng(0), shape
    for index in range(num):
        file = folder / "ab"[index % 2] / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        size = (height, width, channels)[: 3 if channels > 1 else 2]
        Image.fromarray(rng.integers(0, 256, size, np.uint8)).save(file)


def train(data: Path, run_dir: Path, **settings: Any) -> tuple[str, list[float], float]:
    """Trains a run in a process of its own, and watches its log.

    Returns:
        (output, CPU seconds when each step was logged, largest memory in GB).
    """
    shutil.rmtree(run_dir, ignore_errors=True)
    run_dir.parent.mkdir(parents=True, exist_ok=True)
    settings |= {"data": data, "run_dir": run_dir, "preset": "acgan"}
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


def measure(shape: Sequence[int], folder: Path, **settings: Any) -> dict[str, Any]:
    """Returns the predicted and the measured cost of training images of a shape."""
    name = "x".join(map(str, shape))
    data = folder / "pictures" / name
    write_pictures(data, shape)
    output, logged, peak = train(data, folder / name, **settings)
    line = re.search(_LINE, output)
    if line is None or len(logged) < 2:
        raise SystemExit(f"{name}: {output}")
    number, unit, memory = (group.replace(",", "") for group in line.groups())
    return {
        "size": name,
        "settings": settings,
        "networks": line[0],
        "multiply_adds": float(number) * {"b": 1e9, "m": 1e6}[unit],
        "cpu_seconds_per_step": statistics.median(np.diff(logged)),
        "predicted_gigabytes": float(memory),
        "measured_gigabytes": peak,
    }


def check_refused(shape: Sequence[int], folder: Path) -> str:
    """Returns the line that refuses batches of 65,536 images; nothing may be written."""
    data, run_dir = folder / "pictures" / "refused", folder / "refused"
    write_pictures(data, shape)
    output, _, _ = train(data, run_dir, batch_size=65_536)
    error = re.search(r"^error: batch_size \(65536\) .*", output, re.MULTILINE)
    if error is None or run_dir.exists():
        raise SystemExit(f"a batch of 65,536 images is not refused: {output}")
    return error[0]


def main(argv: Sequence[str] | None = None) -> None:
    """Measures every size, or those that are named."""
    parser = records.parser(__doc__)
    names = ["x".join(map(str, shape)) for shape in SIZES]
    parser.add_argument("--rows", nargs="+", choices=names, default=names)
    args = records.parse(parser, argv)
    folder = args.out / "runs" / "sizes"
    file = args.out / records.RESULTS / "sizes.json"
    settings = {"steps": 20, "batch_size": 2} if args.quick else {"steps": 4}
    for name, shape in zip(names, SIZES):
        if name not in args.rows:
            continue
        row = {**measure(shape, folder, **settings), **records.provenance()}
        record = records.read(file, {"rows": []})
        others = [one for one in record["rows"] if one["size"] != name]
        records.write(file, {**record, "rows": [*others, row]})
        print(
            f"{name}: {row['multiply_adds'] / 1e9:.2f} billion multiply-adds took "
            f"{row['cpu_seconds_per_step']:.2f} s of CPU time; memory "
            f"{row['predicted_gigabytes']:.1f} GB predicted, "
            f"{row['measured_gigabytes']:.1f} GB measured",
            flush=True,
        )
    record = records.read(file, {})
    records.write(file, {**record, "refused": check_refused(SIZES[-1], folder)})


if __name__ == "__main__":
    main()
