"""Whatever is given for a setting is refused in one line, or obeys the setting's rule."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_tf.config import FIELDS, Config
from gan_tf.errors import InputError
from gan_tf.fields import Field

SETTINGS = {field.name: field for field in dataclasses.fields(Config)}
drawn = settings(derandomize=True, max_examples=300, deadline=None, database=None)
NUMBERS = st.one_of(st.integers(), st.floats(), st.fractions())
TEXTS = st.one_of(
    NUMBERS.map(str),
    st.text(max_size=20),
    st.text("0123456789.,+-eE_ \t", max_size=8),
    st.text(st.characters(categories=["Cc", "Cs", "Nd", "Zs"]), max_size=5),
)
VALUES = st.one_of(NUMBERS, TEXTS, st.none(), st.booleans(), st.lists(st.integers()))


def refused(rule, value):
    with pytest.raises(ValueError, match="^must be ") as error:
        rule.parse(value)
    assert str(error.value) == f"must be {rule.text}"
    return True


@drawn
@given(st.sampled_from(sorted(SETTINGS)), VALUES)
def test_a_config_names_a_bad_value_or_holds_a_good_one(name, value):
    default = SETTINGS[name].default
    try:
        config = Config(**{name: value})
    except InputError as error:
        assert str(error).isprintable() and name in str(error)
        return
    parsed = getattr(config, name)
    assert type(parsed) is type(default) and parsed == parsed
    assert Config.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        assert parsed == type(default)(value)


# Taken by no setting, and by no number although Python would convert some of them.
NO_VALUES = [None, [], {"a": 1}, "", " ", -1.5, "a\nb", "\udcff"]
NO_NUMBERS = [True, np.float32(1.5), "1j", "½", "七", "9" * 5000]
OUT_OF_RANGE = [
    *(("steps", 0), ("steps", 10**12), ("batch_size", 0), ("seed", -1), ("seed", 2**31)),
    *(("beta_1", 1.0), ("lr_decay_start", 1.5), ("g_learning_rate", -1e-9)),
    ("augment", "translate,spin"),
]


@pytest.mark.parametrize(
    "name, value",
    [
        *itertools.product(SETTINGS, NO_VALUES),
        *itertools.product(["steps", "beta_1"], NO_NUMBERS),
        *OUT_OF_RANGE,
    ],
)
def test_what_a_setting_does_not_take_is_named_with_its_rule(name, value):
    with pytest.raises(InputError) as error:
        Config(**{name: value})
    assert str(error.value) == f"{name} ({value!r}) must be {FIELDS[name].text}"


@drawn
@given(st.integers(), st.integers(), st.integers())
def test_whole_numbers_are_taken_in_their_range_alone(low, high, value):
    rule = Field(int, low, high)
    if low <= value <= high:
        assert rule.parse(value) == rule.parse(f" {value} ") == value
    else:
        assert refused(rule, value) and refused(rule, str(value))
    assert refused(rule, value + 0.5) and refused(rule, f"{value}.0")


@drawn
@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats())
def test_numbers_are_taken_in_their_range_alone(low, high, value):
    rule = Field(float, low, high)
    if low <= value <= high:
        assert rule.parse(value) == rule.parse(str(value)) == value
    else:
        assert refused(rule, value) and refused(rule, str(value))
    for endless in (math.nan, math.inf, -math.inf, "nan", "inf", "1e999"):
        assert refused(Field(float), endless)


@drawn
@given(TEXTS)
def test_text_is_one_printable_line_one_of_the_choices_or_a_number(text):
    if not any(c.isdigit() for c in text):
        assert all(refused(Field(kind), text) for kind in (int, float, bool))
    assert refused(Field(str, choices=("auto", "on")), text)
    if text.isprintable() and text.strip():
        assert Field(str).parse(text) == text
    if not text.strip() or any(c < " " or "\ud800" <= c <= "\udfff" for c in text):
        assert refused(Field(str), text)


def test_texts_numbers_of_numpy_and_paths_are_read_as_python_reads_them(tmp_path):
    for text in ("4", " 4 ", "+4", "1_000", "٣"):
        assert Config(steps=text).steps == int(text)
    config = Config(steps=np.int32(4), beta_1=np.float32(0.5), data=tmp_path)
    assert (config.steps, config.beta_1, config.data) == (4, 0.5, str(tmp_path))
    assert type(config.steps) is int and type(config.beta_1) is float
