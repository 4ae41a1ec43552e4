"""The pages and their fenced blocks."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]


def blocks(page):
    """Returns [(language, text)] of the page's fenced blocks, in order."""
    pattern = r"^( *)```(\w*)\n(.*?)^\1```$"
    found = re.findall(pattern, page.read_text(encoding="utf-8"), re.S | re.M)
    return [(language, text) for _, language, text in found]
