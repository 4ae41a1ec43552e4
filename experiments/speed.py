"""How fast everything is: this package against other programs, and against arithmetic.

    python experiments/speed.py
    python experiments/speed.py --quick --rows 1,4

Runs on the CPU. The sides of a comparison take turns in one run, three rounds; start-up
and tracing are timed only where they are the subject. Prints a table and, after a run of
everything, writes it into docs/performance.md and all numbers into
experiments/results/speed.json. docs/performance.md says what the rows mean.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from baselines.timing import Effort, interpreter

from gan_tf import cli
from gan_tf.errors import InputError
from gan_tf.fields import Rule

FLAGS = [
    cli.Flag("rows", Rule(str), "which rows, such as 1,4", "all"),
    cli.Flag(
        "quick",
        Rule(bool),
        "a few steps of each, to see that it runs",
        "false",
    ),
    cli.Flag(
        "torch_python", Rule(str), "an interpreter that has PyTorch", "this one"
    ),
    cli.Flag(
        "out", Rule(str), "the file to write", "results/speed.json, if all is measured"
    ),
]
_ROOT = Path(__file__).resolve().parents[1]
_RESULTS = _ROOT / "experiments" / "results" / "speed.json"
_PAGE = _ROOT / "docs" / "performance.md"
_START, _END = "<!-- speed.json -->", "<!-- end of speed.json -->"
_NUM_ROWS = 9
_CPU_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def row_functions() -> dict[int, list[Callable[[Any], list[dict]]]]:
    """Returns {number of a row: what measures it}; imports TensorFlow."""
    from baselines import (
        image_rows,
        length_row,
        output_row,
        process_rows,
        training_rows,
    )

    return {
        1: [training_rows.acgan_against_keras],
        2: [training_rows.acgan_against_torch],
        3: [training_rows.share_of_the_floor],
        4: [training_rows.gan_against_others],
        5: [output_row.outputs],
        6: [process_rows.start_up],
        7: [process_rows.memory],
        8: [image_rows.generation],
        9: [length_row.long_run, image_rows.batch_sizes],
    }


def hardware() -> dict[str, Any]:
    """Returns what of the machine decides its speed, and how busy it is now."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
        cores = len(os.sched_getaffinity(0))
    except (OSError, AttributeError):
        words, cores = set(), os.cpu_count() or 0  # not Linux
    return {
        "machine": f"{platform.machine()}, {platform.system()}",
        "cores": cores,
        "cpu_flags": [flag for flag in _CPU_FLAGS if flag in words],
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def provenance() -> dict[str, Any]:
    """Returns what a measurement that has just been made depends on, for its record."""
    from gan_tf.run_dir.versions import versions

    return {"versions": versions(), "hardware": hardware()}


def table(record: dict[str, Any]) -> str:
    """Returns the Markdown table of what `main` wrote."""
    lines = [
        "| | what | this side | other side | ratio (rounds) |",
        "|---|---|---|---|---|",
    ]
    for row in record["rows"]:
        start = f"| {row['row']} | {row['what']} |"
        if "skipped" in row:
            lines.append(f"{start} | skipped: {row['skipped']} | |")
            continue
        sides = [_cell(row, row[side]) for side in ("ours", "against")]
        if "version" in row:
            sides[1] += f" ({row['version']})"
        ratio = f"{row['ratio']:.3g}"
        if len(row["rounds"][row["ours"]]) > 1:
            ratio += f" ({row['ratio_least']:.3g} - {row['ratio_greatest']:.3g})"
        if row["unit"] == "s":
            ours, against = (row["medians"][row[k]] for k in ("ours", "against"))
            ratio += f"; {ours - against:+.2f} s"
        lines.append(f"{start} {sides[0]} | {sides[1]} | {ratio} |")
    return "\n".join(lines)


def _cell(row, side):
    value = row["medians"][side]
    number = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{side}: {number} {row['unit']}"


def page_with(page: str, record: dict[str, Any]) -> str:
    """Returns the text `page` with the table of `record` between its two markers."""
    before, rest = page.split(_START)
    after = rest.split(_END)[1]
    machine = record["hardware"]
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    text = (
        f"`{record['command']}`, {record['seconds'] / 60:.0f} minutes on "
        f"{machine['cores']} cores ({', '.join(machine['cpu_flags'])}); {versions}."
    )
    return f"{before}{_START}\n{text}\n\n{table(record)}\n{_END}{after}"


def _parse_rows(text):
    numbers = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if not all(1 <= number <= _NUM_ROWS for number in numbers):
        raise InputError(f"rows ({text}) must be numbers from 1 to {_NUM_ROWS}: 1,4")
    return sorted(set(numbers))


def main(argv: Sequence[str]) -> None:
    """Runs the command `argv`."""
    values = cli.parse(argv, __doc__, FLAGS)
    numbers = _parse_rows(values.get("rows", "1,2,3,4,5,6,7,8,9"))
    quick = values.get("quick", False)
    whole = len(numbers) == _NUM_ROWS and not quick
    out = Path(values["out"]) if "out" in values else _RESULTS if whole else None
    python = interpreter(values.get("torch_python", sys.executable))
    # The other sides run on the CPU, so this side does too, and in every process.
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    start, machine = time.monotonic(), hardware()
    cli.import_tensorflow()
    import tensorflow as tf

    from gan_tf.run_dir.versions import versions

    # Many trainers in one process look to TensorFlow like one that is traced again.
    tf.get_logger().setLevel("ERROR")
    effort = Effort(1 if quick else 3, quick, python)
    # Without paths, which are of one machine.
    given = ["--quick"] * quick
    if "rows" in values:
        given.append(f"--rows {values['rows']}")
    record: dict[str, Any] = {
        "command": " ".join(["python experiments/speed.py", *given]),
        "versions": versions(),
        "hardware": machine,
        "seconds": 0,
        "rows": [],
    }
    functions = row_functions()
    for number in numbers:
        for function in functions[number]:
            rows = [{"row": number, **row} for row in function(effort)]
            record["rows"] += rows
            for line in table({"rows": rows}).splitlines()[2:]:
                print(line, flush=True)
            record["seconds"] = time.monotonic() - start
            if out:
                out.parent.mkdir(parents=True, exist_ok=True)
                text = json.dumps(record, indent=1) + "\n"
                out.write_text(text, encoding="utf-8")
    if out == _RESULTS and whole:
        page = _PAGE.read_text(encoding="utf-8")
        _PAGE.write_text(page_with(page, record), encoding="utf-8")


if __name__ == "__main__":
    cli.run(main)
