"""What README and docs/ name exists: links, flags, settings, metrics, tags, presets."""

import re
import shlex
import subprocess
import sys

import pytest
from page_blocks import PAGES, ROOT, anchors, blocks

from gan_tf import cli, evaluate, generate, train
from gan_tf.config import FIELDS, Config
from gan_tf.evaluation.table import METRICS
from gan_tf.models import MODELS, model_class
from gan_tf.monitoring.diagnostics import CHECKS
from gan_tf.presets import PRESETS

FLAGS = {
    "train": train.flags(Config()),
    "generate": generate.FLAGS,
    "evaluate": evaluate.FLAGS,
}
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def page_text(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@each_page
def test_links_and_pictures_are_there(page):
    for target, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)]*))?\)", page.read_text()):
        if target.startswith("http"):
            continue
        file = page.parent / target if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), f"{target}#{anchor}"


@each_page
def test_commands_within_the_text_parse(page):
    if page.name == "adding_a_model.md":
        return  # its model is not there; tests/models runs that page's example
    prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.S | re.M)
    pattern = r"python -m gan_tf\.(\w+)( [^`\n]*)?`"
    for command, rest in re.findall(pattern, prose):
        cli.parse([command, *shlex.split(rest)], "", FLAGS[command])


@each_page
def test_every_flag_exists(page):
    if page.name == "CHANGELOG.md":
        return  # it also names flags that were removed
    known = {flag.name for table in FLAGS.values() for flag in table}
    others = {"help", "logdir"}  # of every command, and of TensorBoard
    for name in re.findall(r"`--(\w+)", page.read_text()):
        assert name in known | others, name


@each_page
def test_every_make_target_exists(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


@each_page
def test_every_setting_exists_and_may_have_its_value(page):
    pattern = r"`([a-z]\w*_\w+|noise|seed|steps|data)(?:=| )([\w.]+)`"
    for name, value in re.findall(pattern, page.read_text()):
        assert name in FIELDS, name
        Config.from_dict({name: value})


@each_page
def test_every_block_names_its_language(page):
    """`python` and `sh` blocks are run by `test_pages`; output samples are `text`."""
    for language, text in blocks(page):
        assert language in ("python", "sh", "bash", "text", "yaml"), text


@pytest.mark.parametrize(
    "results, page",
    [
        ("quality", "results.md"),
        ("ablation", "results.md"),
        ("speed", "performance.md"),
    ],
)
def test_the_tables_are_those_of_the_results(results, page):
    command = [sys.executable, ROOT / "experiments" / "tables.py", results]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for paragraph in printed.strip().split("\n\n"):
        assert paragraph in page_text(page), paragraph


def test_every_metric_is_explained():
    text = page_text("metrics.md")
    for metric in METRICS:
        assert f"`{metric}`" in text, metric


def test_every_reported_loss_is_explained():
    text = page_text("tensorboard.md")
    for model in MODELS:
        for tag in model_class(model).METRICS:
            assert f"`{tag}`" in text, tag


def test_every_training_warning_is_explained():
    text = page_text("training_warnings.md")
    for check in CHECKS:
        assert f"`{check.name}`" in text, check.name
        for tag in check.tags:
            assert f"`{tag}`" in text or tag.startswith("evaluation/"), tag


def test_every_preset_and_every_architecture_is_listed():
    readme, models = (ROOT / "README.md").read_text(), page_text("models.md")
    for preset in PRESETS:
        assert f"`{preset}`" in readme, preset
    for model in MODELS:
        for architecture in model_class(model).ARCHITECTURES:
            assert f"`{architecture}`" in models, architecture


def test_the_quickstart_has_the_values_of_every_preset():
    configs = [Config.from_preset(preset).as_dict() for preset in PRESETS]
    lines = [f"| | {' | '.join(f'`{preset}`' for preset in PRESETS)} |"]
    lines.append("|---" * (len(PRESETS) + 1) + "|")
    for name in sorted(set(FIELDS) - {"preset"}):
        values = [config[name] for config in configs]
        cells = [f"{v:,}" if type(v) is int else str(v).lower() for v in values]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    table = "\n".join(lines)
    written = page_text("quickstart.md").split("presets -->")[1]
    assert written == f"\n{table}\n<!-- end of ", f"the page lacks\n{table}"
