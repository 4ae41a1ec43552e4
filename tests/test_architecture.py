"""The package's layers: a module imports only from layers below its own."""

import ast
from pathlib import Path

import gan_tf

ROOT = Path(gan_tf.__file__).parent
# Top to bottom; the names in one line do not import one another.
LAYERS = """
gan_tf
train generate evaluate export __main__
training
monitoring
exporting
evaluation
run_dir
sampling
models
ops
cli
config
data metrics
presets files startup
fields
errors
"""
LAYER = {n: i for i, names in enumerate(LAYERS.split("\n")) for n in names.split()}
FILES = sorted(ROOT.rglob("*.py"))


def name_of(file):
    if file.name == "__main__.py":  # the command of a folder
        return "__main__"
    name = file.relative_to(ROOT).with_suffix("").parts[0]
    return "gan_tf" if name == "__init__" else name


def imported_names(file):
    """The modules and folders of gan_tf that a file imports, in functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert not getattr(node, "level", 0), "a relative import"
            # `from gan_tf import data` imports `gan_tf.data`.
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                package, *rest = f"{start}{alias.name}".split(".")
                if package == "gan_tf":
                    yield rest[0] if rest and rest[0] in LAYER else "gan_tf"


def test_imports_only_point_down():
    assert {name_of(file) for file in FILES} == set(LAYER)
    upwards = [
        f"{file.relative_to(ROOT)} imports {other}"
        for file in FILES
        for other in imported_names(file)
        if other != name_of(file) and LAYER[other] <= LAYER[name_of(file)]
    ]
    assert not upwards, upwards


def test_folders_and_modules_stay_small():
    assert len(list(ROOT.glob("*.py"))) <= 12
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert max(lengths.values()) <= 300, max(lengths, key=lengths.get)
