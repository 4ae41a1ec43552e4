"""The examples of README and docs/ run as written, in page order, on tiny trainings.

Each page has a directory of its own. Python blocks are executed and the commands of `sh`
blocks are called in this process, after one mechanical substitution: numbers of steps are
divided by `SCALE`, batches and sets of images are cut, and `mnist` is a few hundred of its
images. What installs, opens a browser, needs other machines or takes an hour is checked
for the existence of its target, script and flags. `bash` blocks are scripts of clusters.
"""

import importlib.util
import re
import shlex

import numpy as np
import pytest
from test_page_facts import PAGES, ROOT, blocks

from gan_tf import cli, data, train
from gan_tf.config import FIELDS, Config
from gan_tf.presets import PRESETS
from gan_tf.run_dir.event_files import read_events
from gan_tf.sampling import image_io

pytestmark = pytest.mark.slow

SCALE = 1000
STEPS = {"steps", "checkpoint", *(name for name in FIELDS if name.endswith("_every"))}
LIMITS = {"batch_size": 16, "num": 100}
# tests/models runs the example of this page; the changelog has none.
RUN = [p for p in PAGES if p.name not in ("adding_a_model.md", "CHANGELOG.md")]
# The reader of these pages has trained a run by `make train`.
AFTER_TRAINING = ("metrics.md", "export.md", "few_pictures.md")


def tiny(name, value):
    """Returns the tiny value of a setting or flag; the order of two values remains."""
    if name in STEPS and str(value).isdecimal():
        return type(value)(int(value) and max(1, int(value) // SCALE))
    if name == "minutes" and float(value):
        return type(value)("0.02")
    if name in LIMITS:
        return type(value)(min(int(value), LIMITS[name]))
    return value


def tiny_words(words):
    """Returns the words of a command with tiny values."""
    text = "\0".join(words)
    pattern = r"(--(\w+)[=\0])([^\0]+)"
    return re.sub(pattern, lambda m: m[1] + tiny(m[2], m[3]), text).split("\0")


def tiny_code(code):
    """Returns Python code with tiny values of keyword arguments."""
    pattern = r"\b((\w+)=)(\d[\d_]*)"
    return re.sub(pattern, lambda m: m[1] + tiny(m[2], m[3].replace("_", "")), code)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tiny_page(cache, tmp_path, monkeypatch):
    """An empty directory, tiny presets and data for one page."""
    load, mnist = data.load, data.load("mnist")
    first = {"x_train": 600, "y_train": 600, "x_test": 300, "y_test": 300}
    digits = mnist._replace(**{k: getattr(mnist, k)[:num] for k, num in first.items()})

    def tiny_load(source, **settings):
        named = isinstance(source, str) and source in ("mnist", "fashion_mnist")
        return load(digits if named else source, **settings)

    monkeypatch.setattr(data, "load", tiny_load)
    # Of networks of a few steps, few images are verified.
    monkeypatch.setattr("gan_tf.sampling.verified_images.MAX_DRAWS", 2)
    # The evaluation classifier of the tiny data is trained once for all pages.
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    for preset in list(PRESETS):
        settings = Config(preset=preset).as_dict()
        settings = {name: tiny(name, value) for name, value in settings.items()}
        settings |= {"jit_compile": "off", "mixed_precision": "off"}
        monkeypatch.setitem(PRESETS, preset, settings)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for folder in ("my_pictures", "pets", "PATH"):  # the reader's own
        pictures = rng.integers(0, 256, (12, 28, 28, 1), np.uint8)
        image_io.write_class_folders(tmp_path / folder, pictures, 6 * ["cat", "dog"])


def run(words):
    """Runs a command of a page, or checks that what it names exists."""
    program = words[0].removeprefix(".venv/bin/")
    if program == "python" and words[1] == "-m":
        if not words[2].startswith("gan_tf."):
            assert importlib.util.find_spec(words[2])
        elif "multi_worker" in words:  # waits for the others
            cli.parse(words[2:], "", train.flags(Config()))
        else:
            call(words[2:])
    elif program == "make":
        run_make(words)
    elif program == "python":
        assert (ROOT / words[1]).exists(), words[1]
        sources = [f.read_text() for f in (ROOT / words[1]).parent.glob("*.py")]
        for flag in re.findall(r"--(\w+)", shlex.join(words)):
            assert any(f'"--{flag}"' in source for source in sources), flag
    elif program == "tensorboard":
        assert importlib.util.find_spec("tensorboard")
        assert words[1] == "--logdir"
    elif program == ".":
        assert words[1:] == [".venv/bin/activate"]  # which `make train` makes
    else:
        assert program in ("pip", "cd", "export", "srun"), shlex.join(words)


def run_make(words):
    makefile = (ROOT / "Makefile").read_text()
    (target,) = (word for word in words[1:] if "=" not in word)
    (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)*)", makefile, re.M)
    for line in recipe.splitlines():
        line = line.replace("$(BIN)/", "").strip()
        if line.startswith("python -m gan_tf."):
            run(shlex.split(line))


def call(words):
    try:
        module = words[0] + ".__main__" * (words[0] == "gan_tf.data")
        importlib.import_module(module).main(tiny_words(words))
    except SystemExit as end:  # after --help
        assert not end.code


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_examples_run_in_page_order(page, tiny_page):
    if page.name == "export.md":
        for package in ("onnxruntime", "ai_edge_litert"):
            pytest.importorskip(package)
    if page.name in AFTER_TRAINING:
        run(["make", "train"])
    namespace = {"__name__": "page"}
    for language, text in blocks(page):
        if language == "python":
            exec(compile(tiny_code(text), "page", "exec"), namespace)
        elif language == "sh":
            for line in text.replace("\\\n", " ").splitlines():
                if words := shlex.split(line, comments=True):
                    run(words)


def test_the_tags_of_a_run_are_those_of_the_page(tiny_page, tmp_path):
    command = "gan_tf.train --model acgan --steps 1000 --eval_every 1000 --run_dir runs/a"
    call([*command.split(), "--augment=color,translate", "--lecam=0.01"])
    events = [event for file in tmp_path.rglob("events.*") for event in read_events(file)]
    written = {value.tag for event in events for value in event.summary.value}
    text = (ROOT / "docs" / "tensorboard.md").read_text(encoding="utf-8")
    assert written > {"augmentation/p", "lecam/penalty", "lecam/real_logits"}
    groups = "|".join({tag.split("/")[0] for tag in written})
    documented = set(re.findall(rf"`((?:{groups})/[^`]+)`", text))
    patterns = [re.sub(r"<\w+>", "[^/]+", re.sub(r"\.", r"\.", d)) for d in documented]
    for pattern in patterns:
        if not pattern.startswith(("warnings/", "networks/")):  # of a failure; of `dot`
            assert any(re.fullmatch(f"{pattern}(/.*)?", tag) for tag in written), pattern
    for tag in written:
        known = any(re.fullmatch(f"{p}(/.*)?", tag) for p in patterns)
        assert known or tag.startswith("_"), tag  # the graph and HParams
