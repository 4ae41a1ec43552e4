"""The package's floors: a module imports from floors below its own, never from above."""

import ast
import subprocess
import sys
from pathlib import Path

import gan_tf

ROOT = Path(gan_tf.__file__).parent
FLOORS = [
    {"errors", "presets"},
    {"settings", "disk", "versions"},
    {"config", "losses", "noise", "histograms", "optimizers", "data", "images"},
    {"distribution", "workers", "variety", "doctor"},
    {"models"},
    {"step", "sampling", "metrics", "hardware"},
    {"trainer"},
    {"summaries", "events", "checkpoints", "locks", "log", "scores"},
    {"runs"},
    {"search"},
    {"progress", "flags", "stopping", "reporting", "evaluation"},
    {"nonfinite", "console", "recording"},
    {"loop"},
    {"session"},
    {"train", "generate", "evaluate"},
]
# The package itself is not a floor: it only names what is public.
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}


def modules():
    for file in ROOT.rglob("*.py"):
        yield file.relative_to(ROOT).with_suffix("").parts[0], file


def imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "gan_tf"
        ):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [a.name for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name.split(".") for a in node.names]
            yield from [n[1] for n in names if n[0] == "gan_tf" and len(n) > 1]


def test_every_module_has_a_floor():
    names = {name for name, _ in modules()} - {"__init__"}
    assert names == set(FLOOR)


def test_imports_only_point_down():
    upwards = [
        f"{file.relative_to(ROOT)} (floor {FLOOR[name]}) imports {other}"
        for name, file in modules()
        if name != "__init__"
        for other in imported(file)
        if other != name and FLOOR.get(other, -1) >= FLOOR[name]
    ]
    assert not upwards, upwards


def test_trainer_and_metrics_do_not_know_each_other():
    for name, file in modules():
        others = set(imported(file))
        if name == "metrics":
            assert not others & {"trainer", "step", "models", "runs", "summaries"}, file
        if name in ("trainer", "step", "models"):
            assert "metrics" not in others, file


def test_importing_the_package_or_a_command_does_not_import_tensorflow():
    code = (
        "import sys, gan_tf, gan_tf.data, gan_tf.images, gan_tf.models, gan_tf.metrics, "
        "gan_tf.train, gan_tf.generate, gan_tf.evaluate, gan_tf.evaluation; "
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
