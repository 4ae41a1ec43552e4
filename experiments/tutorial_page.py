"""Writes the measured parts of docs/experiments.md from the records of the experiments.

A record is experiments/results/experiments-<experiment>.json:

    command
    runs      {group: {seed: {preset, settings, steps, seconds, curve, metrics, ...}}};
              each with its versions and hardware, or else the record has those of all
    against   the tutorial's own loop, as `baselines.timing.compared` says it
    real      {metric: what real images score}
    notes     [paragraph of Markdown]
    pictures  {file in docs/images/experiments: caption}
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from quality_page import over_seeds

_METRICS = {
    "frechet_ratio": "{:.2f}",
    "coverage": "{:.3f}",
    "recall": "{:.3f}",
    "precision": "{:.3f}",
    "class_tv": "{:.3f}",
    "label_accuracy": "{:.4f}",
}
_CURVES = {
    "losses/d_loss": "D loss",
    "losses/g_loss": "G loss",
    "d_prob/real": "D(x)",
    "d_prob/fake": "D(G(z))",
}
_MARKERS = re.compile(r"<!-- (\w+)\.json -->.*?<!-- end of \1\.json -->", re.DOTALL)


def table(record: dict[str, Any]) -> str:
    """Returns the Markdown table of all judged trainings."""
    names = [*_CURVES.values(), *_METRICS]
    lines = [
        f"| training | steps | seconds | {' | '.join(names)} |",
        "|---" * (len(names) + 3) + "|",
    ]
    for group, seeds in record["runs"].items():
        judged = [seed for seed in seeds.values() if "metrics" in seed]
        if judged:
            lines.append(_row(group, judged))
    real = record.get("real", {})
    cells = [over_seeds([real.get(name)], text) for name, text in _METRICS.items()]
    lines.append(f"| real images | | |{' |' * len(_CURVES)} {' | '.join(cells)} |")
    return "\n".join(lines)


def _row(group, judged):
    name = group if len(judged) == 1 else f"{group}, {len(judged)} seeds"
    cells = [f"{judged[0]['steps']:,}"]
    cells.append(over_seeds([seed["seconds"] for seed in judged], "{:.0f}"))
    for tag in _CURVES:
        last = [(seed["curve"].get(tag) or [None])[-1] for seed in judged]
        cells.append(over_seeds(last, "{:.3g}"))
    for metric, text in _METRICS.items():
        values = [seed["metrics"].get(metric) for seed in judged]
        cells.append(over_seeds(values, text))
    return f"| {name} | {' | '.join(cells)} |"


def against(record: dict[str, Any]) -> str:
    """Returns what the tutorial's own loop needs for as many steps."""
    row = record["against"]
    if "skipped" in row:
        return f"Its own loop was not timed: {row['skipped']}."
    first = next(iter(record["runs"].values()))["0"]
    medians = row["medians"]
    ours, theirs = (medians[row[side]] for side in ("ours", "against"))
    version = f" ({row['version']})" if row["version"] else ""
    return (
        f"Its own loop, as a {row['against']}{version}, makes {theirs:,.3g} steps/s in "
        f"turns of {row['steps']:,} beside {ours:,.3g} of this package's: "
        f"{first['steps'] / theirs:,.0f} seconds for all {first['steps']:,} steps without "
        f"any output, against {first['seconds']:,.0f} with all of it."
    )


def digits(record: dict[str, Any]) -> str:
    """Returns a list of the digits that the judge sees least and most, by group."""
    lines = ["The digits that the judge sees least often, and most often:", ""]
    for group, seeds in record["runs"].items():
        shares = [s["class_shares"] for s in seeds.values() if "class_shares" in s]
        if shares:
            lines.append(f"- {group}: {'; '.join(map(_extremes, shares))}")
    return "\n".join(lines)


def _extremes(shares):
    order = sorted(range(len(shares)), key=shares.__getitem__)
    low, next_low, high = (f"{k} ({shares[k]:.1%})" for k in (*order[:2], order[-1]))
    return f"{low}, {next_low}, and {high}"


def provenance(record: dict[str, Any]) -> str:
    """Returns what the trainings were made on and with; each, where they differ."""
    results = [result for seeds in record["runs"].values() for result in seeds.values()]
    loads: dict[tuple[str, str], list[float | None]] = {}
    for result in results:
        made = result if "hardware" in result else record
        machine = made["hardware"]
        versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
        place = f"on {machine['cores']} cores ({', '.join(machine['cpu_flags'])})"
        # The one load of a whole record counts once.
        found = loads.setdefault((place, versions), [])
        if machine["load"] not in found:
            found.append(machine["load"])
    texts = []
    for (place, versions), values in loads.items():
        load = over_seeds(values, "{:.1f}")
        busy = f", load average {load} at the end" if load else ""
        texts.append(f"{place}{busy}; {versions}")
    return "; and ".join(texts)


def section(record: dict[str, Any]) -> str:
    """Returns the measured part of an experiment's section."""
    parts = [
        f"`{record['command']}`, {provenance(record)}.",
        table(record),
        digits(record),
    ]
    if "against" in record:
        parts.append(against(record))
    parts += record["notes"]
    for file, caption in record["pictures"].items():
        parts += [f"![{caption}](images/experiments/{file})", f"*{caption}*"]
    return "\n\n".join(parts)


def page_with(page: str, records: dict[str, dict[str, Any]]) -> str:
    """Returns the text `page`, between its markers what `records` say.

    Args:
        page: docs/experiments.md.
        records: {experiment: record}, of those that are measured.
    """

    def measured(match):
        name = match[1]
        text = f"**Not measured yet.** `python experiments/{name}.py` fills this in."
        if name in records:
            text = section(records[name])
        return f"<!-- {name}.json -->\n{text}\n<!-- end of {name}.json -->"

    return _MARKERS.sub(measured, page)


def write(results: Path, template: Path, docs: Path) -> None:
    """Writes `docs`/experiments.md: the text of `template`/experiments.md, and results."""
    prefix = "experiments-"
    records = {
        file.stem.removeprefix(prefix): json.loads(file.read_text(encoding="utf-8"))
        for file in results.glob(f"{prefix}*.json")
    }
    page = (template / "experiments.md").read_text(encoding="utf-8")
    docs.mkdir(parents=True, exist_ok=True)
    text = page_with(page, records)
    (docs / "experiments.md").write_text(text, encoding="utf-8")
