"""What the experiments share: flags, JSON files, trainings, and where one was measured."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path

from gan_tf import startup
from gan_tf.files import atomic_write
from gan_tf.run_dir.versions import versions

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path("experiments", "results")
# The settings of a training with --quick; compiling would take longer.
QUICK = {"steps": 2, "jit_compile": "off"}
QUICK |= dict.fromkeys(("log_every", "sample_every", "save_every"), 2)
_CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def plain_parser(usage: str | None) -> argparse.ArgumentParser:
    """Returns a parser without flags, whose help is `usage` as it is."""
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=usage, formatter_class=form)


def parser(usage: str | None) -> argparse.ArgumentParser:
    """Returns a parser of --quick and --out, to which a script adds its own flags."""
    made = plain_parser(usage)
    made.add_argument("--quick", action="store_true", help="a few steps of each, to try it")
    made.add_argument("--out", type=Path, help="default: this folder, or its runs/quick")
    return made


def parse(made: argparse.ArgumentParser, argv) -> argparse.Namespace:
    """Returns the flags in `argv`, or in the process's own, with a folder as `out`."""
    args = made.parse_args(argv)
    if args.out is None:  # a quick run must not replace a committed result
        args.out = ROOT / "runs" / "quick" if args.quick else ROOT
        return args
    mark = args.out / ".quick"
    if args.quick:
        if not mark.exists() and (args.out / RESULTS).exists():
            made.error(f"--out ({args.out}) has results without --quick: name another")
        args.out.mkdir(parents=True, exist_ok=True)
        mark.touch()
    elif mark.exists():
        made.error(f"--out ({args.out}) has results of --quick: name another folder")
    return args


def read(file: Path, missing: dict) -> dict:
    """Returns what a JSON file holds, or `missing` if there is no such file."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else missing


def write(file: Path, record) -> None:
    """Writes a JSON file and the folder that it is in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(file, "w") as out:
        out.write(json.dumps(record, indent=1) + "\n")


def has_row(file: Path, key: dict) -> bool:
    """Whether a JSON file has a row with all of `key`."""
    return any(key.items() <= row.items() for row in read(file, {"rows": []})["rows"])


def append_row(file: Path, row: dict, **facts) -> None:
    """Adds a row, measured just now; `facts` are of all rows, a dict adds to that there."""
    record = read(file, {"rows": []})  # other processes may write it, too
    record["rows"].append({**row, **provenance()})
    for name, fact in facts.items():
        record[name] = {**record.get(name, {}), **fact} if isinstance(fact, dict) else fact
    write(file, record)


def provenance() -> dict:
    """Returns {"versions": ..., "hardware": ...}: the machine's speed, and its load now."""
    is_linux = hasattr(os, "sched_getaffinity")
    hardware = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "cores": len(os.sched_getaffinity(0)) if is_linux else os.cpu_count(),
        "cpu_flags": [flag for flag in _CPU_FLAGS if flag in startup.cpu_flags()],
        # Set to imitate an older processor.
        "onednn_max_cpu_isa": os.environ.get("ONEDNN_MAX_CPU_ISA"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    return {"versions": versions(), "hardware": hardware}


def start_tensorflow() -> None:
    """Imports TensorFlow without its start-up output."""
    startup.import_tensorflow()
    import tensorflow as tf

    # Many trainers in one process make TensorFlow warn of retracing.
    tf.get_logger().setLevel("ERROR")


def load_run(path: Path):
    """Returns the `gan_tf.run_dir.run.Run` of a folder; imports TensorFlow."""
    from gan_tf.run_dir.run import Run

    return Run(path)


def train_command(**flags) -> list[str]:
    """Returns the command of a training in a process of its own."""
    return [sys.executable, "-m", "gan_tf.train", *(f"--{k}={v}" for k, v in flags.items())]


def is_complete(run_dir: Path, steps: int) -> bool:
    """Whether `run_dir` holds a run whose newest checkpoint is that of step `steps`."""
    from gan_tf.run_dir.checkpoints import Checkpoints

    return Checkpoints(run_dir).steps()[-1:] == [steps]


def seconds_at(rows: list[dict[str, float]]) -> dict[int, float]:
    """Returns {step: seconds of all steps until then, in all sessions} of log rows."""
    step, spent, at = 0, 0.0, {}
    for row in rows:
        spent += (row["step"] - step) / row["speed/steps_per_second"]
        step = int(row["step"])
        at[step] = spent
    return at
