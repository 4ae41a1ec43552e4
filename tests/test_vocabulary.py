"""Code, printed text, tags, docs and file names use the field's terms, and no others."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [
    *(ROOT / "gan_tf").rglob("*.py"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "README.md",
]
THING = "(row|column|line|class|label|image|picture|z|step|call|pixel|value|feature|folder)"
# Each with the term to use instead.
WORDS = {
    "sheets?": "sample grid",
    "judg(e|es|ed|ing|ements?)": "evaluation classifier, or evaluate",
    "sittings?": "session",
    "doctors?": "diagnostics",
    "symptoms?": "check",
    "findings?": "warning",
    "passed over": "skipped",
    "met for the first time": "new",
    r"(?<!\.)tell|tells|told|telling": "print, report",
    "thorough": "slow metrics",
    "(a|the|each|every) look|looks in": "statistics",
    "variety": "diversity",
    "floors?": "real-data baseline, layer",
    "shares? of": "fraction of",
    "asked": "requested, target",
    "handwritings?": "z",
    "bins|cells?": "clusters, class logits",
    "log entr(y|ies)|(an|per|one|two) entr(y|ies)": "log step",
    "drafts?|spare": "temporary, protected",
    f"(a|an|one) {THING} an? {THING}": "one row per class",
    "fresh noise|decay_from|r1 every|z words": "resample_z, lr_decay_start, ...",
    "running average": "EMA",
    "copying error|nearest ratio|ndb": "data_copying_ct_error, nn_distance_ratio",
}


def old_words(text):
    """[(line number, words)] of a text; an underscore separates words, as a space does."""
    return [
        (number, match.group())
        for number, line in enumerate(text.splitlines(), start=1)
        for words in WORDS
        for match in re.finditer(
            rf"(?<![a-z])({words})(?![a-z])", line.replace("_", " "), re.IGNORECASE
        )
    ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_old_word_in_the_text(path):
    found = old_words(path.read_text(encoding="utf-8"))
    assert not found, found


def test_no_old_word_in_a_file_name():
    names = [
        str(path.relative_to(ROOT))
        for folder in ("gan_tf", "docs", "experiments", "tests")
        for path in (ROOT / folder).rglob("*")
        if "__pycache__" not in path.parts
    ]
    assert not old_words("\n".join(names))
