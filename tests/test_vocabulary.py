"""Code, printed text, tags, docs and file names use the field's terms, and no others."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [*ROOT.glob("gan_tf/**/*.py"), *ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
THING = "(row|column|line|class|label|image|picture|z|step|call|pixel|value|feature|folder)"
# The terms to use instead are those of the comments.
WORDS = [
    "sheets?|shares? of",  # sample grid, fraction of
    "judg(e|es|ed|ing|ements?)",  # evaluation classifier, or evaluate
    "sittings?|doctors?|symptoms?|findings?",  # session, diagnostics, check, warning
    "passed over|met for the first time",  # skipped, new
    r"(?<!\.)tell|tells|told|telling|asked",  # print or report, requested or target
    "thorough|variety|(a|the|each|every) look|looks in",  # slow, diversity, statistics
    "floors?|handwritings?",  # real-data baseline or layer, z
    "bins|cells?|drafts?|spare",  # clusters or class logits, temporary or protected
    "log entr(y|ies)|(an|per|one|two) entr(y|ies)",  # log step
    f"(a|an|one) {THING} an? {THING}",  # one row per class
    "fresh noise|decay_from|r1 every|z words",  # resample_z, lr_decay_start, ...
    "running average|copying error",  # EMA, data_copying_ct_error
    "nearest ratio|ndb",  # nn_distance_ratio
    "sees|(D|G) is shown",  # the inputs of a network
]


def old_words(text):
    """The old words of a text; an underscore separates words, as a space does."""
    pattern = rf"(?<![a-z])({'|'.join(WORDS)})(?![a-z])"
    return [m.group() for m in re.finditer(pattern, text.replace("_", " "), re.IGNORECASE)]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_old_word_in_the_text(path):
    assert not old_words(path.read_text(encoding="utf-8"))


def test_no_old_word_in_a_file_name():
    folders = [ROOT / folder for folder in ("gan_tf", "docs", "experiments", "tests")]
    paths = [path for folder in folders for path in folder.rglob("*")]
    names = [str(p.relative_to(ROOT)) for p in paths if "__pycache__" not in p.parts]
    assert not old_words("\n".join(names))
