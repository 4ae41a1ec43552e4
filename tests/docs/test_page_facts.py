"""What README and docs/ name exists: links, flags, settings, metrics, tags, presets."""

import re
import shlex
from pathlib import Path

import pytest
import records
import tables

from gan_tf import cli, evaluate, export, generate, train
from gan_tf.config import FIELDS, Config
from gan_tf.data import __main__ as data_command
from gan_tf.evaluation.table import METRICS
from gan_tf.models import MODELS, model_class
from gan_tf.monitoring.diagnostics import CHECKS
from gan_tf.presets import PRESETS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
FLAGS = {
    "train": train.flags(Config()),
    "generate": generate.FLAGS,
    "evaluate": evaluate.FLAGS,
    "export": export.FLAGS,
    "data": data_command.flags(),
}
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page):
    """Returns [(language, text)] of the page's fenced blocks, in order."""
    pattern = r"^( *)```(\w*)\n(.*?)^\1```$"
    found = re.findall(pattern, page.read_text(encoding="utf-8"), re.S | re.M)
    return [(language, text) for _, language, text in found]


def page_text(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def prose_of(page):
    """The text of a page without its blocks of code, where `#` begins a comment."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.S | re.M)


@each_page
def test_links_and_pictures_are_there(page):
    for target, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)]*))?\)", page.read_text()):
        if target.startswith("http"):
            continue
        file = page.parent / target if target else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.*)$", prose_of(file), re.M) if anchor else []
        # As GitHub makes them.
        anchors = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
        assert not anchor or anchor in anchors, f"{target}#{anchor}"


@each_page
def test_commands_within_the_text_parse(page):
    if page.name == "adding_a_model.md":
        return  # its model is not there; tests/models runs that page's example
    prose = prose_of(page)
    pattern = r"python -m gan_tf\.(\w+)( [^`\n]*)?`"
    for command, rest in re.findall(pattern, prose):
        positional = "path" if command == "data" else ""
        words = [command, *shlex.split(rest)]
        cli.parse(words, "", FLAGS[command], positional=positional)


@each_page
def test_every_flag_setting_and_make_target_exists(page):
    text, makefile = page.read_text(), (ROOT / "Makefile").read_text()
    known = {flag.name for table in FLAGS.values() for flag in table}
    known |= {"help", "logdir"}  # of every command, and of TensorBoard
    assert set(re.findall(r"`--(\w+)", text)) <= known
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    pattern = r"`([a-z]\w*_\w+|noise|seed|steps|data)(?:=| )([\w.]+)`"
    for name, value in re.findall(pattern, text):
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
        *(("quality", "results"), ("ablation", "results"), ("speed", "performance")),
        *(("gan_classic", "experiments"), ("gan_50k", "experiments")),
        *(("gan_deep", "experiments"), ("gan_100k", "experiments")),
        ("acgan_classic", "experiments"),
    ],
)
def test_the_tables_are_those_of_the_results(results, page, capsys):
    tables.main([results])
    for paragraph in capsys.readouterr().out.strip().split("\n\n"):
        assert paragraph in page_text(f"{page}.md"), paragraph


def test_the_rows_of_a_table_of_quality_are_of_one_classifier():
    """Each training of a classifier has features, and real images' metrics, of its own."""
    accuracies = {}
    for file in tables.quality_files(ROOT / "experiments" / "results"):
        for seed in records.read(file, {"seeds": []})["seeds"]:
            for name, scores in seed["classifiers"].items():
                accuracies.setdefault(name, set()).add(scores["test_accuracy"])
    assert len(accuracies) == 3
    assert all(len(values) == 1 for values in accuracies.values()), accuracies


def test_all_that_the_package_reports_and_offers_is_explained():
    classes = [model_class(model) for model in MODELS]
    tags = {tag for check in CHECKS for tag in check.tags}
    for page, names in {
        "docs/metrics.md": METRICS,
        "docs/tensorboard.md": [tag for cls in classes for tag in cls.METRICS],
        "docs/training_warnings.md": [
            *(check.name for check in CHECKS),
            *(tag for tag in tags if not tag.startswith("evaluation/")),
        ],
        "docs/models.md": [name for cls in classes for name in cls.ARCHITECTURES],
        "README.md": PRESETS,
    }.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for name in names:
            assert f"`{name}`" in text, (page, name)


def test_the_quickstart_has_the_values_of_every_preset():
    configs = [Config(preset=preset).as_dict() for preset in PRESETS]
    lines = [f"| | {' | '.join(f'`{preset}`' for preset in PRESETS)} |"]
    lines.append("|---" * (len(PRESETS) + 1) + "|")
    for name in sorted(set(FIELDS) - {"preset"}):
        values = [config[name] for config in configs]
        cells = [f"{v:,}" if type(v) is int else str(v).lower() for v in values]
        if len(set(cells)) > 1:
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    table = "\n".join(lines)
    assert f"presets -->\n{table}\n<!-- end of presets" in page_text("quickstart.md")
