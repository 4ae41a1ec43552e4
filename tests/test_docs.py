"""What README and docs/ say exists: links, images, flags, tags, presets."""

import re
import shlex
from pathlib import Path

import pytest

from gan_tf import cli
from gan_tf import evaluate, generate, train
from gan_tf.config import SETTINGS
from gan_tf.evaluation.table import METRICS
from gan_tf.models import MODELS, model_class
from gan_tf.monitoring.diagnostics import SYMPTOMS
from gan_tf.presets import PRESETS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
TABLES = {
    "train": [*train.FLAGS, *(train.flag_of(setting) for setting in SETTINGS)],
    "generate": generate.FLAGS,
    "evaluate": evaluate.FLAGS,
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_parse(page):
    if page.name == "adding_a_model.md":
        return  # its model is not there; tests/models runs that page's example
    pattern = r"python -m gan_tf\.(train|generate|evaluate) ([^`\n#|]*)"
    for command, rest in re.findall(pattern, page.read_text()):
        # Anything after two spaces is a remark.
        arguments = shlex.split(re.split(r"\s{2,}", rest.strip())[0])
        if "[flags]" not in arguments:
            cli.parse([command, *arguments], "", TABLES[command])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flags_exist(page):
    known = {flag.name for table in TABLES.values() for flag in table}
    others = {"help", "logdir"}  # of TensorBoard
    for name in re.findall(r"`--(\w+)", page.read_text()):
        assert name in known | others, name


def test_every_metric_is_explained():
    text = (ROOT / "docs" / "metrics.md").read_text()
    for metric in METRICS:
        assert f"`{metric}`" in text, metric


def test_every_tensorboard_tag_is_explained():
    text = (ROOT / "docs" / "tensorboard.md").read_text()
    for model in MODELS:
        for tag in model_class(model).METRICS:
            assert f"`{tag}`" in text, tag


def test_every_finding_of_the_doctor_is_explained():
    text = (ROOT / "docs" / "doctor.md").read_text()
    for symptom in SYMPTOMS:
        assert f"`{symptom.name}`" in text, symptom.name
        for tag in symptom.tags:
            assert f"`{tag}`" in text or tag.startswith("evaluation/"), tag


def test_every_preset_and_every_network_is_listed():
    readme = (ROOT / "README.md").read_text()
    models = (ROOT / "docs" / "models.md").read_text()
    for preset in PRESETS:
        assert f"`{preset}`" in readme, preset
    for model in MODELS:
        for network in model_class(model).NETWORKS:
            assert f"`{network}`" in models, network
