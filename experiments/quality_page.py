"""Writes the tables and the picture of docs/results.md from what was measured."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from gan_tf.presets import PRESETS

_MARKERS = "<!-- {}.json -->", "<!-- end of {}.json -->"
_METRICS = {
    "frechet_ratio": "{:.2f}",
    "coverage": "{:.3f}",
    "recall": "{:.3f}",
    "precision": "{:.3f}",
    "label_accuracy": "{:.4f}",
    "class_tv": "{:.3f}",
    "score": "{:.2f}",
    "cas": "{:.4f}",
}
# (network, seed): of the judge, of one that only began elsewhere, and of one unlike it.
JUDGE = ("judge", 0)
AUDITS = {
    ("judge", 1): "a judge like it, trained from another seed",
    ("audit", 0): "a judge with another network",
}
_SECONDS = (15, 30, 60, 120, 300, 600, 1200, 3600)


def read(folder: Path) -> list[dict[str, Any]]:
    """Returns the records of all presets that were measured."""
    files = [folder / f"quality-{preset}.json" for preset in PRESETS]
    return [json.loads(file.read_text("utf-8")) for file in files if file.exists()]


def judge_key(name: str, seed: int) -> str:
    """Returns what a judge is called in the results."""
    return f"{name}, seed {seed}" if seed else name


def table(records: list[dict[str, Any]], judge: str) -> str:
    """Returns the Markdown table of medians over seeds, least and greatest in brackets.

    Args:
        records: of `read`.
        judge: its key.
    """
    lines = [
        f"| preset | seconds | {' | '.join(_METRICS)} |",
        "|---" * (len(_METRICS) + 2) + "|",
    ]
    real: dict[str, float] = {}
    for record in records:
        seeds = [s for s in record["seeds"] if judge in s["judges"]]
        if not seeds:
            continue
        real |= seeds[-1]["judges"][judge]["real"]
        seconds = statistics.median(seed["seconds"] for seed in seeds)
        cells = [
            over_seeds([s["judges"][judge]["metrics"].get(name) for s in seeds], text)
            for name, text in _METRICS.items()
        ]
        name = f"`{record['preset']}`, {_count(len(seeds))}"
        lines.append(f"| {name} | {seconds:.0f} | {' | '.join(cells)} |")
    cells = [over_seeds([real.get(name)], text) for name, text in _METRICS.items()]
    lines.append(f"| real images | | {' | '.join(cells)} |")
    return "\n".join(lines)


def _count(num):
    return "one seed" if num == 1 else f"{num} seeds"


def over_seeds(values: list[float | None], text: str) -> str:
    """Returns the median in the format `text`, least and greatest in brackets."""
    found = [value for value in values if value is not None]
    if not found:
        return ""
    middle = text.format(statistics.median(found))
    if len(found) == 1:
        return middle
    return f"{middle} ({text.format(min(found))} - {text.format(max(found))})"


def plot(records: list[dict[str, Any]], file: Path) -> None:
    """Draws quality against seconds, for the presets with a curve."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for record in records:
        for points in (s["curve"] for s in record["seeds"] if "curve" in s):
            seconds = [point["seconds"] for point in points]
            for axes, name in ((left, "frechet_ratio"), (right, "coverage")):
                values = [point[name] for point in points]
                axes.plot(seconds, values, ".-", label=record["preset"])
    left.set(yscale="log", ylabel="Frechet ratio to real (1: like real)")
    left.axhline(1, color="grey", linewidth=0.8)
    right.set(ylabel="coverage", ylim=(0, 1))
    for axes in (left, right):
        axes.set(xscale="log", xlabel="seconds from the start of the command")
        axes.set_xticks(_SECONDS, [str(seconds) for seconds in _SECONDS])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    left.legend()
    figure.savefig(file, dpi=110)


def ablation_table(record: dict[str, Any]) -> str:
    """Returns the Markdown table of an ablation: a row a training."""
    names = [name for name in _METRICS if name in record["rows"][0]["metrics"]]
    lines = [
        f"| `{record['preset']}`, {record['steps']:,} steps | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    rows = [(row["name"], row["metrics"]) for row in record["rows"]]
    for name, metrics in (*rows, ("real images", record["real"])):
        cells = [over_seeds([metrics.get(key)], _METRICS[key]) for key in names]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(results: Path, docs: Path) -> None:
    """Rewrites what lies between the markers of docs/results.md, and its picture."""
    page = docs / "results.md"
    text = page.read_text(encoding="utf-8")
    text = _between(text, "quality", _quality(read(results), docs))
    tables = [
        ablation_table(json.loads(file.read_text(encoding="utf-8")))
        for file in sorted(results.glob("ablation-*.json"))
    ]
    text = _between(text, "ablation", "\n\n".join(tables))
    page.write_text(text, encoding="utf-8")


def _between(page, name, text):
    start, end = (marker.format(name) for marker in _MARKERS)
    before, rest = page.split(start)
    return f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}"


def _quality(records, docs):
    parts = [table(records, judge_key(*JUDGE)), ""]
    for audit, what in AUDITS.items():
        judge = judge_key(*audit)
        if any(judge in s["judges"] for r in records for s in r["seeds"]):
            parts += [f"The same by {what}:", "", table(records, judge), ""]
    if any("curve" in seed for record in records for seed in record["seeds"]):
        plot(records, docs / "images" / "quality.png")
        parts += ["![quality against seconds](images/quality.png)", ""]
        parts += ["*One seed of each preset; every checkpoint was judged.*", ""]
    return "\n".join(parts)
