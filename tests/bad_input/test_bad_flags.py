"""Every flag of every command with wrong values, and flags that contradict one another."""

import pytest
from flag_contract import contracts
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import COMMANDS, Accepted, Outcome, stopped_when_accepted

# What else the command needs, so that nothing but the flag is wrong.
BASE = {
    "train": {"model": "gan", "data": "blobs.npz", "run_dir": "new", "steps": "4"},
    "generate": {"run_dir": "runs/acgan", "label": "1", "out": "new.png"},
    "evaluate": {"run_dir": "runs/gan"},
}
# Wrong types, negative, zero, huge, not a number, empty, other alphabets, other bytes.
VALUES = [
    *("", " ", "x", "None", "[]", "{}", "yes please", "auto,on", "..", "a" * 300),
    *("-1", "-0.1", "0", "1.5", "1e3", "0x10", "1,000", "1 2", "1/2", "--1", "+-1"),
    *("99999999999999999999", "9" * 5000, "1e999", "-1e999", "1e-9999x"),
    *(
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "½",
        "七",
        "٣x",
        "🙂",
        "É",
        "\u202e1",
        "x\u0000",
    ),
    *("a\nb", "\x1b[31mred", "\udcff", "%s", "$HOME", "no/such/place", "x.jpg"),
]
ALL = {command: contracts(command) for command in COMMANDS}
FLAGS = [contract for found in ALL.values() for contract in found]


def arguments(contract, text):
    base = dict(BASE[contract.command])
    if contract.flag == "images":
        del base["run_dir"]
    if contract.flag == "digits":
        del base["label"]
    return [f"--{k}={v}" for k, v in {**base, contract.flag: text}.items()]


def refuse_value(refuse, area, contract, text):
    """Tries it; the line names the flag and, if it can be printed, the value."""
    line = refuse(area, contract.command, *arguments(contract, text))
    assert contract.flag in line, line
    if text.isprintable() and text == " ".join(text.split()):
        # Of a list, and of digits, only the wrong part is shown.
        shown = text[:1] if contract.flag == "digits" else text.split(",")[0]
        assert shown in line, line


def test_help_tells_a_rule_of_every_flag():
    from gan_tf import evaluate, generate, train
    from gan_tf.config import SETTINGS

    tables = {"generate": generate.FLAGS, "evaluate": evaluate.FLAGS}
    tables["train"] = [*train.FLAGS, *map(train.flag_of, SETTINGS)]
    for command, table in tables.items():
        assert sorted(c.flag for c in ALL[command]) == sorted(f.name for f in table)


@pytest.mark.parametrize("contract", FLAGS, ids=lambda c: f"{c.command}-{c.flag}")
def test_every_flag_refuses_the_listed_values(refuse, contract):
    bad = [text for text in VALUES if contract.is_bad(text)]
    assert bad
    if (contract.command, contract.flag) == ("generate", "label"):
        bad = bad[::4]  # each of them reads a checkpoint
    for text in bad:
        refuse_value(refuse, "flags", contract, text)


def texts():
    """Texts of all kinds, near numbers more often than chance would have it."""
    numbers = st.one_of(st.integers(), st.floats(), st.fractions()).map(str)
    return st.one_of(
        numbers,
        st.text(max_size=20),
        st.text("0123456789.,+-eE_ \t", max_size=8),
        st.text(st.characters(categories=["Cc", "Cs", "Nd", "Zs"]), max_size=5),
    )


@settings(derandomize=True, max_examples=400, deadline=None, database=None)
@given(st.sampled_from([c for c in FLAGS if c.flag != "label"]), texts())
def test_every_flag_refuses_what_its_help_excludes(refuse, contract, text):
    if contract.is_bad(text):
        refuse("flags, drawn", contract.command, *arguments(contract, text))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["--no_such_flag=1"],
        ["--no_such_flag"],
        ["extra"],
        ["--", "extra"],
        ["-"],
        ["--=1"],
        ["---steps=1"],
        ["--run_dir"],
        ["--help=maybe"],
        ["--nohelp=1"],
        ["--norun_dir"],
        ["--\udcff=1"],
        ["--run dir=1"],
    ],
    ids=" ".join,
)
def test_what_is_no_flag_is_refused(refuse, command, arguments):
    refuse("flags", command, *arguments)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "line",
    [
        "--flagfile=no/such/file",
        "--flagfile thesis/notes.txt",
        "-flagfile=blobs.npz",
        "--flagfile=thesis",
        "--undefok=sead --sead=1",
    ],
)
def test_hidden_flags_are_no_flags(refuse, command, line):
    """absl reads more flags from a file, and lets unknown ones pass, if asked to."""
    name = line.lstrip("-").split("=")[0].split()[0]
    refuse("flags", command, *line.split(), says=[f"command line flag '{name}'"])


TRAIN = "--data=blobs.npz"
RUN = "--run_dir=runs/acgan"
CONTRADICTIONS = [
    ("train --model=gan --preset=acgan", "model (gan) contradicts preset (acgan)"),
    ("train --model=gan --preset=acgan-best", "contradicts preset (acgan-best)"),
    ("train --model=gan --preset=acgan-classic", "contradicts preset (acgan-classic)"),
    ("train --model=acgan --preset=gan", "model (acgan) contradicts preset (gan)"),
    ("train --model=acgan --preset=gan-classic", "contradicts preset (gan-classic)"),
    ("train", "model is missing"),
    (f"train --run_dir=new {TRAIN}", "model is missing"),
    ("train --noresample_z=1", "does not take an argument"),
    ("train --steps", "Missing value"),
    ("train --model=acgan --data=bare.npz", "learns labels, and the data (bare.npz)"),
    (
        f"train --model=gan {TRAIN} --batch_size=65536 --steps_per_loop=100000",
        "steps_per_loop (100000) x batch_size x d_steps must be at most",
    ),
    (
        f"train --model=gan {TRAIN} --d_steps=100 --batch_size=65536 --steps_per_loop=999",
        "choose a smaller steps_per_loop",
    ),
    (
        f"train --model=acgan {TRAIN} --run_dir=new --architecture=classic --r1_gamma=1",
        "r1_gamma (1.0) needs a discriminator without batch normalisation",
    ),
    (f"train --model=acgan {TRAIN} --run_dir=runs/gan", "model=gan (now acgan)"),
    (f"train --model=gan {TRAIN} --run_dir=runs/acgan", "model=acgan (now gan)"),
    (
        f"train --model=gan {TRAIN} --run_dir=thesis",
        "has files in it and no config.json",
    ),
    (f"train --model=gan {TRAIN} --run_dir=blobs.npz", "run_dir (blobs.npz) cannot be"),
    (f"train --model=gan {TRAIN} --run_dir=set.npz/new", "cannot be written"),
    (f"train --model=gan {TRAIN} --gpu=1000", "gpu (1000)"),
    ("train --model=gan --data=set.npz", "but no x_train"),
    (f"generate {RUN} --label=1 --digits=12", "label and digits exclude one another"),
    (f"generate {RUN} --digits=12 --num=3", "num does not go with digits"),
    (f"generate {RUN} --digits=123", "digits (3) must be one of 0, 1, 2"),
    (f"generate {RUN} --digits=1,2", "digits (1,2) must be digits"),
    (f"generate {RUN}", "label is missing: add --label"),
    (f"generate {RUN} --label=2-1", "must be a range upwards: 1-2"),
    (f"generate {RUN} --label=0-999999", "label (3) must be one of"),
    (f"generate {RUN} --label=1,,2", "label () must be one of"),
    (f"generate {RUN} --label=1 --checkpoint=3", "checkpoint (3) must be one of 2"),
    (f"generate {RUN} --label=1 --checkpoint=best", "checkpoint (best) is not known"),
    (f"generate {RUN} --label=1 --out=thesis/.png", "out (thesis/.png) must end in"),
    (f"generate {RUN} --label=1 --out=..", "out (..) must end in"),
    (f"generate {RUN} --label=0-2 --num=1000000 --out=new.gif", "ask for fewer"),
    (f"generate {RUN} --num=1000000 --label=" + "1," * 99 + "1", "of 100 labels would"),
    ("generate --run_dir=runs/gan --label=1", "label (1) cannot be asked for"),
    ("generate --run_dir=runs/gan --digits=1", "digits (1) cannot be asked for"),
    ("generate --run_dir=thesis --label=1", "run_dir (thesis) is not a run"),
    ("generate --run_dir=blobs.npz --label=1", "run_dir (blobs.npz) is not a run"),
    ("evaluate --images=set.npz --run_dir=runs/gan", "images and run_dir exclude"),
    ("evaluate --images=set.npz --checkpoint=all", "images and checkpoint exclude"),
    ("evaluate --images=set.npz --weights=raw", "images and weights exclude"),
    (
        "evaluate --images=set.npz --data=blobs.npz --num=61",
        "num (61) must be at most 60",
    ),
    ("evaluate --images=set.npz --data=bare.npz", "data (bare) have no labels"),
    ("evaluate --images=set.npz", "images (shape (8, 8, 1)) must be (28, 28, 1)"),
    ("evaluate --run_dir=runs/gan --data=bare.npz", "data (bare) have no labels"),
    ("evaluate --run_dir=runs/gan --data=mnist", "images of shape (28, 28, 1)"),
    ("evaluate --run_dir=runs/gan --checkpoint=3", "checkpoint (3) must be one of 2"),
    ("evaluate --run_dir=runs/gan --checkpoint=best", "checkpoint (best) is not known"),
    ("evaluate --run_dir=runs/gan --num=61", "num (61) must be from 10 to 60"),
    ("evaluate --run_dir=thesis", "run_dir (thesis) is not a run"),
]


@pytest.mark.parametrize("line, message", CONTRADICTIONS)
def test_contradictions_are_refused(refuse, line, message):
    refuse("contradictions", *line.split(), says=[message])


# Not settings of a run, or free to change in it.
FREE = ("preset", "run_dir", "gpu", "on_nan")
OTHER = {"whole": "3", "number": "0.25", "true or false": "true"}


@pytest.mark.parametrize("contract", [c for c in ALL["train"] if c.flag not in FREE])
def test_a_setting_that_is_not_the_runs_own_is_refused(refuse, home, contract):
    kind = next((k for k in OTHER if k in contract.rule), None)
    text = OTHER.get(kind) or {
        "model": "acgan",
        "network": "classic",
        "data": "bare.npz",
        "noise": "uniform",
        "class_loss": "adc",
        "strategy": "mirrored",
    }.get(contract.flag, "on")
    given = {"model": "gan", "data": home / "blobs.npz", contract.flag: text}
    flags = [f"--{name}={value}" for name, value in given.items()]
    refuse(
        "contradictions",
        "train",
        "--run_dir=runs/gan",
        *flags,
        says=["run_dir (runs/gan)", contract.flag],
    )


def out_is_refused(refuse, out, says):
    flags = ["--run_dir=runs/acgan", "--label=1", "--num=1"]
    refuse("contradictions", "generate", *flags, f"--out={out}", says=["out (", says])


def test_a_place_that_cannot_be_written_is_refused(refuse):
    for ending in (".png", ".npz", ".gif"):
        out_is_refused(refuse, f"blobs.npz/new{ending}", "cannot be written")
        out_is_refused(refuse, "a" * 300 + ending, "cannot be written")
    out_is_refused(refuse, "thesis", "is not empty and is left as it is")
    out_is_refused(refuse, "blobs.npz/new", "cannot be written")
    out_is_refused(refuse, ".", "is not empty")


def test_good_values_are_not_refused(home, tmp_path, monkeypatch):
    """Else commands that refuse everything would pass all of this."""
    monkeypatch.chdir(home)
    flags = ["--run_dir=runs/acgan", "--label=0-2", f"--out={tmp_path / 'new.png'}"]
    assert Outcome("generate", flags).status == 0
    assert (tmp_path / "new.png").exists()
    for command, flags in {
        "train": ["--model=gan", "--run_dir=runs/gan", "--steps=4"],
        "evaluate": ["--images=set.npz", "--data=blobs.npz", "--num=50"],
    }.items():
        with stopped_when_accepted(), pytest.raises(Accepted):
            Outcome(command, flags)
