"""How much bad input the tests of this folder have really tried."""

from pathlib import Path

import pytest

LEAST = {
    "flags": 600,
    "flags, drawn": 150,
    "contradictions": 80,
    "data": 300,
    "data, drawn": 300,
    "images": 80,
    "runs": 400,
}


def test_as_many_distinct_bad_inputs_were_refused_as_promised(refuse):
    """An input is a command, its flags, and the content of the file that they name."""
    others = {file.name for file in Path(__file__).parent.glob("test_bad_*.py")}
    if not others <= refuse.modules:
        pytest.skip("counts when the whole folder is run")
    tried = {area: len(inputs) for area, inputs in refuse.tried.items()}
    assert set(tried) == set(LEAST)
    for area, least in LEAST.items():
        assert tried[area] >= least, tried
