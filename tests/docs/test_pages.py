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
from page_blocks import PAGES, ROOT, blocks, commands

from gan_tf import cli, data, train
from gan_tf.config import FIELDS, Config
from gan_tf.presets import PRESETS
from gan_tf.sampling import image_io

pytestmark = pytest.mark.slow

SCALE = 1000
STEPS = {"steps", "checkpoint", *(name for name in FIELDS if name.endswith("_every"))}
LIMITS = {"batch_size": 16, "num": 100}
# tests/models runs the example of this page; the changelog has none.
RUN = [p for p in PAGES if p.name not in ("adding_a_model.md", "CHANGELOG.md")]
# The reader of this page has trained a run by `make train`.
AFTER_TRAINING = ("metrics.md",)


def tiny(name, value):
    """Returns the tiny value of a setting or flag; the order of two values remains."""
    if name in STEPS and str(value).isdecimal():
        return type(value)(int(value) and max(1, int(value) // SCALE))
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
def digits():
    mnist = data.load("mnist")
    return mnist._replace(
        x_train=mnist.x_train[:600],
        y_train=mnist.y_train[:600],
        x_test=mnist.x_test[:300],
        y_test=mnist.y_test[:300],
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def page_run(digits, cache, tmp_path, monkeypatch):
    """A `Page` in an empty directory, with tiny presets and data."""
    load = data.load
    named = ("mnist", "fashion_mnist")
    monkeypatch.setattr(data, "load", lambda s: digits if s in named else load(s))
    # The evaluation classifier of the tiny data is trained once for all pages.
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    for preset in list(PRESETS):
        settings = Config.from_preset(preset).as_dict()
        settings = {name: tiny(name, value) for name, value in settings.items()}
        settings |= {"jit_compile": "off", "mixed_precision": "off"}
        monkeypatch.setitem(PRESETS, preset, settings)
    defaults = Config.from_preset("acgan").as_dict()
    monkeypatch.setattr(Config.__init__, "__defaults__", tuple(defaults.values()))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for folder in ("my_pictures", "pets", "PATH"):  # the reader's own
        pictures = rng.integers(0, 256, (12, 28, 28, 1), np.uint8)
        image_io.write_class_folders(tmp_path / folder, pictures, 6 * ["cat", "dog"])
    return Page()


class Page:
    """Runs one page's blocks; `blocks`, `ran` and `checked` say how many and which."""

    def __init__(self):
        self.namespace = {"__name__": "page"}
        self.blocks, self.ran, self.checked = 0, [], []

    def python(self, code):
        exec(compile(tiny_code(code), "page", "exec"), self.namespace)
        self.blocks += 1

    def command(self, words):
        program = words[0].removeprefix(".venv/bin/")
        if program == "python" and words[1] == "-m":
            module, arguments = words[2], words[3:]
            if not module.startswith("gan_tf."):
                assert importlib.util.find_spec(module)
                self.check(words)
            elif "multi_worker" in words:  # waits for the others
                cli.parse([module, *arguments], "", train.flags(Config()))
                self.check(words)
            else:
                self.call(module, arguments)
        elif program == "make":
            self.make(words)
        elif program == "python":
            assert (ROOT / words[1]).exists(), words[1]
            sources = [f.read_text() for f in (ROOT / words[1]).parent.glob("*.py")]
            for flag in re.findall(r"--(\w+)", shlex.join(words)):
                assert any(f'"--{flag}"' in source for source in sources), flag
            self.check(words)
        elif program == "tensorboard":
            assert importlib.util.find_spec("tensorboard")
            assert words[1] == "--logdir"
            self.check(words)
        else:
            assert program in ("pip", "cd", "export", "srun"), shlex.join(words)
            self.check(words)

    def make(self, words):
        makefile = (ROOT / "Makefile").read_text()
        (target,) = (word for word in words[1:] if "=" not in word)
        (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)*)", makefile, re.M)
        self.check(words)
        for line in recipe.splitlines():
            line = line.replace("$(BIN)/", "").strip()
            if line.startswith("python -m gan_tf."):
                self.command(shlex.split(line))

    def call(self, module, arguments):
        words = tiny_words([module, *arguments])
        try:
            importlib.import_module(module).main(words)
        except SystemExit as end:  # after --help
            assert not end.code
        self.ran.append(shlex.join(words))

    def check(self, words):
        self.checked.append(shlex.join(words))


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_examples_run_in_page_order(page, page_run, capsys):
    if page.name in AFTER_TRAINING:
        page_run.command(["make", "train"])
    for language, text in blocks(page):
        if language == "python":
            page_run.python(text)
        elif language == "sh":
            for words in commands(text):
                page_run.command(words)
    with capsys.disabled():
        print(
            f"\n{page.name}: ran {page_run.blocks} Python blocks and "
            f"{len(page_run.ran)} commands; checked only: {page_run.checked}"
        )


def test_the_tags_of_a_run_are_those_of_the_page(page_run, tmp_path):
    flags = "--model acgan --steps 1000 --eval_every 1000 --run_dir runs/a"
    page_run.call("gan_tf.train", flags.split())
    written = {tag for file in tmp_path.rglob("events.*") for tag in tags_of(file)}
    text = (ROOT / "docs" / "tensorboard.md").read_text(encoding="utf-8")
    groups = "|".join({tag.split("/")[0] for tag in written})
    documented = set(re.findall(rf"`((?:{groups})/[^`]+)`", text))
    patterns = [re.sub(r"<\w+>", "[^/]+", re.sub(r"\.", r"\.", d)) for d in documented]
    for pattern in patterns:
        if not pattern.startswith(("warnings/", "networks/")):  # of a failure; of `dot`
            assert any(re.fullmatch(f"{pattern}(/.*)?", tag) for tag in written), pattern
    for tag in written:
        known = any(re.fullmatch(f"{p}(/.*)?", tag) for p in patterns)
        assert known or tag.startswith("_"), tag  # the graph and HParams


def tags_of(file):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for event in EventFileLoader(str(file)).Load():
        for value in event.summary.value:
            yield value.tag
