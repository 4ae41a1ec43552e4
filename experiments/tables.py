"""Prints tables of results.md, performance.md and experiments.md in docs/.

    python experiments/tables.py quality ablation
    python experiments/tables.py speed
    python experiments/tables.py gan_classic

The output, from experiments/results/*.json, is Markdown, to be copied into the page.
"""

import statistics
from pathlib import Path

import records

from gan_tf.presets import PRESETS

_METRICS = {
    "frechet_ratio": "{:.2f}", "coverage": "{:.3f}", "recall": "{:.3f}",
    "precision": "{:.3f}", "label_accuracy": "{:.4f}", "class_tv": "{:.3f}",
    "score": "{:.2f}", "cas": "{:.4f}",
}  # fmt: skip
_TUTORIAL_METRICS = [name for name in _METRICS if name not in ("score", "cas")]
CURVES = {
    "losses/d_loss": "D loss", "losses/g_loss": "G loss", "d_prob/real": "D(x)",
    "d_prob/fake": "D(G(z))",
}  # fmt: skip
_CLASSIFIERS = {
    "default": "By the evaluation classifier:",
    "default, seed 1": "By the same network trained with another seed:",
    "audit": "By a classifier with another architecture:",
}


def over_seeds(values: list[float | None], text: str) -> str:
    """Returns the median in the format `text`, with the minimum and the maximum."""
    found = sorted(value for value in values if value is not None)
    if not found:
        return ""
    low, middle, high = map(text.format, (found[0], statistics.median(found), found[-1]))
    return f"{middle} ({low} - {high})" if len(found) > 1 else middle


def _table(*rows: list[str]) -> str:
    """A Markdown table; the first row is its heading."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _metrics(names, *results: dict[str, float]) -> list[str]:
    """One cell per metric, over seeds."""
    return [over_seeds([r.get(name) for r in results], _METRICS[name]) for name in names]


def quality_files(folder: Path) -> list[Path]:
    """Returns the files of the tables of `quality`; some may not be there."""
    kinds = "", "-3_minutes", "-5_minutes"
    return [folder / f"quality-{name}{kind}.json" for name in PRESETS for kind in kinds]


def quality(folder: Path) -> str:
    """Returns the tables of quality-*.json: one row per preset, one per classifier."""
    files, parts = quality_files(folder), []
    for classifier, title in _CLASSIFIERS.items():
        rows, real = [], {}
        for record in (records.read(file, {"seeds": []}) for file in files):
            seeds = [s for s in record["seeds"] if classifier in s["classifiers"]]
            if not seeds:
                continue
            scores = [seed["classifiers"][classifier] for seed in seeds]
            for score in scores:  # a seed may lack the slow metrics
                real |= score["real"]
            num = "one seed" if len(seeds) == 1 else f"{len(seeds)} seeds"
            seconds = statistics.median(seed["seconds"] for seed in seeds)
            cells = _metrics(_METRICS, *(score["metrics"] for score in scores))
            minutes = record["config"].get("minutes")
            limit = f", `--minutes {minutes:g}`" if minutes else ""
            row_title = f"`{record['preset']}`{limit}, {num}"
            rows.append([row_title, f"{seconds:.0f}", *cells])
        if rows:
            rows.append(["real images", "", *_metrics(_METRICS, real)])
            parts += [title, _table(["preset", "seconds", *_METRICS], *rows)]
    return "\n\n".join(parts)


def ablation(folder: Path) -> str:
    """Returns one table per ablation-*.json: one row per training."""
    parts = []
    for file in sorted(folder.glob("ablation-*.json")):
        record = records.read(file, {})
        names = [name for name in _METRICS if name in record["rows"][0]["metrics"]]
        scores = {row["name"]: row["metrics"] for row in record["rows"]}
        scores["real images"] = record["real"]
        rows = [[name, *_metrics(names, values)] for name, values in scores.items()]
        heading = f"`{record['preset']}`, {record['steps']:,} steps"
        parts.append(_table([heading, *names], *rows))
    return "\n\n".join(parts)


def speed_rows(rows: list[dict]) -> list[list[str]]:
    """Returns the cells of speed.json's rows."""
    lines = []
    for row in rows:
        start = [str(row["row"]), row["what"]]
        if "skipped" in row:
            lines.append([*start, f"skipped: {row['skipped']}", "", ""])
            continue
        ours, against = (row["medians"][row[side]] for side in ("ours", "against"))
        sides = [
            f"{row[side]}: {value:{',.0f' if value >= 100 else '.3g'}} {row['unit']}"
            for side, value in (("ours", ours), ("against", against))
        ]
        sides[1] += f" ({row['version']})" if "version" in row else ""
        ratio = f"{row['ratio']:.3g}"
        if len(row["rounds"][row["ours"]]) > 1:
            ratio += f" ({row['ratio_least']:.3g} - {row['ratio_greatest']:.3g})"
        if row["unit"] == "s":
            ratio += f"; {ours - against:+.2f} s"
        lines.append([*start, *sides, ratio])
    return lines


def speed(folder: Path) -> str:
    """Returns the table of each speed*.json, after where it was measured."""
    heading = ["", "comparison", "first side", "second side", "ratio (rounds)"]
    parts = []
    for file in sorted(folder.glob("speed*.json")):
        record = records.read(file, {})
        start = f"`{record['command']}`, {record['seconds'] / 60:.0f} minutes "
        parts.append(f"{start}{_provenance(record)}.")
        parts.append(_table(heading, *speed_rows(record["rows"])))
    return "\n\n".join(parts)


def _provenance(record):
    machine = record["hardware"]
    versions = ", ".join(f"{name} {one}" for name, one in record["versions"].items())
    flags = ", ".join(machine["cpu_flags"])
    if limit := machine.get("onednn_max_cpu_isa"):
        flags += f"; ONEDNN_MAX_CPU_ISA={limit}"
    return f"on {machine['cores']} cores ({flags}); {versions}"


def tutorial(folder: Path, name: str) -> str:
    """Returns the tables of a tutorial's record."""
    record = records.read(folder / f"experiments-{name}.json", {})
    names, classes, places = [*CURVES.values(), *_TUTORIAL_METRICS], [], {}
    rows = [["training", "steps", "seconds", *names]]
    for group, seeds in record["runs"].items():
        places |= dict.fromkeys(map(_provenance, seeds.values()))
        runs = [run for run in seeds.values() if "metrics" in run]
        if runs:
            last = [[run["curve"].get(tag, [None])[-1] for run in runs] for tag in CURVES]
            rows.append([
                group if len(runs) == 1 else f"{group}, {len(runs)} seeds",
                f"{runs[0]['steps']:,}",
                over_seeds([run["seconds"] for run in runs], "{:.0f}"),
                *(over_seeds(values, "{:.3g}") for values in last),
                *_metrics(_TUTORIAL_METRICS, *(run["metrics"] for run in runs)),
            ])
            extremes = "; ".join(_extremes(run["class_fractions"]) for run in runs)
            classes.append(f"- {group}: {extremes}")
    real = _metrics(_TUTORIAL_METRICS, record.get("real", {}))
    rows.append(["real images", *[""] * (2 + len(CURVES)), *real])
    return "\n\n".join([
        f"`{record['command']}`, {'; and '.join(places)}.",
        _table(*rows),
        "The two least and the most frequent predicted classes:",
        "\n".join(classes),
        *([_against(record)] if "against" in record else []),
        *record["notes"],
    ])


def _extremes(fractions):
    order = sorted(range(len(fractions)), key=fractions.__getitem__)
    low, next_low, high = (f"{k} ({fractions[k]:.1%})" for k in (*order[:2], order[-1]))
    return f"{low}, {next_low}, and {high}"


def _against(record):
    row = record["against"]
    if "skipped" in row:
        return f"Its own loop was not timed: {row['skipped']}."
    first = next(iter(record["runs"].values()))["0"]
    ours, theirs = (row["medians"][row[side]] for side in ("ours", "against"))
    version = f" ({row['version']})" if row["version"] else ""
    return (
        f"Its own loop, a {row['against']}{version}, runs at {theirs:,.3g} steps/s, "
        f"interleaved in turns of {row['steps']:,} steps with {ours:,.3g} of this package: "
        f"{first['steps'] / theirs:,.0f} seconds for {first['steps']:,} steps without "
        f"output, against {first['seconds']:,.0f} with all output."
    )


def author_losses(author: dict[str, list], curves: list[dict[str, list]]) -> str:
    """Returns the losses that a tutorial's author printed beside those of our seeds."""
    who = ("author", "ours")
    rows = [["iteration", *(f"{name} loss, {one}" for name in "DG" for one in who)]]
    for index, step in enumerate(author["step"]):
        points = [(c, c["step"].index(step)) for c in curves if step in c["step"]]
        if points:
            row = [f"{step:,}"]
            for tag in ("losses/d_loss", "losses/g_loss"):
                ours = [curve[tag][at] for curve, at in points]
                row += [f"{author[tag][index]:g}", f"{min(ours):.3g} - {max(ours):.3g}"]
            rows.append(row)
    return _table(*rows)


def main(argv=None) -> None:
    """Prints the tables named by the command."""
    parser, folder = records.plain_parser(__doc__), records.ROOT / records.RESULTS
    parser.add_argument("--results", type=Path, default=folder, help="folder of the JSON")
    made = {"quality": quality, "ablation": ablation, "speed": speed}
    parser.add_argument("names", nargs="+", metavar="NAME", help="as above")
    args = parser.parse_args(argv)
    files = args.results.glob("experiments-*.json")
    known = [*made, *sorted(file.stem.removeprefix("experiments-") for file in files)]
    if unknown := set(args.names) - set(known):
        parser.error(f"{min(unknown)} must be one of {', '.join(known)}")
    for name in args.names:
        page = made[name](args.results) if name in made else tutorial(args.results, name)
        print(page)


if __name__ == "__main__":
    main()
