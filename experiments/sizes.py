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
import time
from pathlib import Path

import numpy as np
import records

from gan_tf.sampling import image_io

SIZES = ("28x28x1", "97x61x1", "128x128x3")  # height, width, channels
_LINE = r"networks .* a step about ([\d.,]+) (b|m)illion, ([\d.,]+) GB of memory"


def train(size: str, run_dir: Path, **settings) -> tuple[str, list[float], float]:
    """Returns (output, CPU seconds when each step was logged, peak in GB) of a training."""
    pictures = run_dir.parent / "pictures" / run_dir.name
    for folder in (run_dir, pictures):
        shutil.rmtree(folder, ignore_errors=True)
    shape = 64, *map(int, size.split("x"))
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image_io.write_class_folders(pictures, noise, ["a", "b"] * 32)
    settings |= {"data": pictures, "run_dir": run_dir, "preset": "acgan"}
    command = records.train_command(**settings, log_every=1, steps_per_loop=1)
    log, logged, peak = run_dir / "metrics.jsonl", [], 0.0
    with open(run_dir.with_suffix(".log"), "w+", encoding="utf-8") as out:
        with subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as child:
            process = Path("/proc", str(child.pid))  # there until poll() finds the end
            while child.poll() is None:
                rows = log.read_text("utf-8").count("\n") if log.exists() else 0
                if rows > len(logged):
                    fields = (process / "stat").read_text("utf-8").rpartition(")")[2]
                    ticks = sum(map(int, fields.split()[11:13]))
                    logged.append(ticks / os.sysconf("SC_CLK_TCK"))
                # Not ru_maxrss, which is at least what the parent had at the start.
                status = (process / "status").read_text("utf-8")
                if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                    peak = max(peak, int(found[1]) * 1024 / 1e9)
                time.sleep(0.02)
        out.seek(0)
        return out.read(), logged, peak


def main(argv=None) -> None:
    """Measures every size, or those that are named."""
    parser = records.parser(__doc__)
    parser.add_argument("--rows", nargs="+", choices=SIZES, default=SIZES)
    args = records.parse(parser, argv)
    folder, file = args.out / "runs" / "sizes", args.out / records.RESULTS / "sizes.json"
    settings = {"steps": 20, "batch_size": 2} if args.quick else {"steps": 4}
    for size in args.rows:
        output, logged, peak = train(size, folder / size, **settings)
        line = re.search(_LINE, output)
        if line is None or len(logged) < 2:
            raise SystemExit(f"{size}: {output}")
        number, unit, memory = (group.replace(",", "") for group in line.groups())
        row = {
            "size": size,
            "settings": settings,
            "networks": line[0],
            "multiply_adds": float(number) * {"b": 1e9, "m": 1e6}[unit],
            "cpu_seconds_per_step": (spent := statistics.median(np.diff(logged))),
            "predicted_gigabytes": float(memory),
            "measured_gigabytes": peak,
            **records.provenance(),
        }
        record = records.read(file, {"rows": []})
        others = [one for one in record["rows"] if one["size"] != size]
        records.write(file, {**record, "rows": [*others, row]})
        took = f"{spent:.2f} s of CPU time and {peak:.1f} GB"
        print(f"{size}: {line[0]} were predicted; it took {took}", flush=True)
    output, _, _ = train(SIZES[-1], folder / "refused", batch_size=65_536)
    error = re.search(r"^error: batch_size \(65536\) .*", output, re.MULTILINE)
    if error is None or (folder / "refused").exists():
        raise SystemExit(f"a batch of 65,536 images is not refused: {output}")
    records.write(file, {**records.read(file, {}), "refused": error[0]})


if __name__ == "__main__":
    main()
