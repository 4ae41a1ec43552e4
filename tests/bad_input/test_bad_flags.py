"""Every flag of every command with a bad value, and flags that contradict one another."""

import contextlib
import dataclasses
import io
import os
import re
import subprocess
import sys

import pytest
from bad_input_helpers import COMMANDS

from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.run_dir.run import Run

# What else the command needs, so that the flag alone is wrong.
OTHERS = {
    "train": {"model": "gan", "data": "blobs.npz", "run_dir": "new", "steps": "4"},
    "generate": {"run_dir": "runs/acgan", "label": "1", "out": "new.png"},
    "evaluate": {"run_dir": "runs/gan"},
    "export": {"run_dir": "runs/gan", "format": "keras", "out": "new.keras"},
}
# Bad values of the flags whose rule is more than a type: x is no number and no choice.
BAD = {
    "train run_dir": "thesis",
    "architecture": "unet",
    "out": "x.bmp",
    "data": "no/such/place",
    "images": "no/such/file.npz",
    "run_dir": "no/such/run",
}


def flags(command):
    """The names of the flags that `--help` lists."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        COMMANDS[command]([command, "--help"])
    return re.findall(r"^  --(\w+)", out.getvalue(), re.MULTILINE)


@pytest.mark.parametrize(
    "command, flag", [(command, flag) for command in COMMANDS for flag in flags(command)]
)
def test_every_flag_refuses_a_bad_value(refuse, command, flag):
    text = BAD.get(f"{command} {flag}", BAD.get(flag, "x"))
    others = dict(OTHERS[command])
    if flag == "morph":
        others["out"] = "new.gif"
    if flag in ("images", "digits", "morph"):
        del others["run_dir" if flag == "images" else "label"]
    arguments = [f"--{k}={v}" for k, v in {**others, flag: text}.items()]
    refuse(command, *arguments, expected=[flag, text])


NO_FLAGS = [
    *("--no_such_flag=1", "--no_such_flag", "extra", "-- extra", "-", "--=1", "---seed=1"),
    *("--run_dir", "--help=maybe", "--nohelp=1", "--norun_dir", "--\udcff=1"),
    *("--run\tdir=1", "--run_dir=", "--run_dir=a\x00b", "--run_dir=\x1b[31mred"),
    "--run_dir=a\udcff",
    # absl would read flags from a file, and ignore unknown ones.
    *("--flagfile=no/such/file", "--flagfile thesis/notes.txt", "-flagfile=blobs.npz"),
    *("--flagfile=thesis", "--undefok=sead --sead=1"),
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("line", NO_FLAGS)
def test_what_is_no_flag_is_refused(refuse, command, line):
    hidden = re.match(r"-+(flagfile|undefok)", line)
    others = [f"--{k}={v}" for k, v in OTHERS[command].items()]
    expected = [f"flag '{hidden[1]}'"] if hidden else []
    refuse(command, *others, *line.split(" "), expected=expected)


TRAIN = "train --model=gan --data=blobs.npz"
ACGAN = "train --model=acgan --data=blobs.npz"
GENERATE = "generate --run_dir=runs/acgan"
EXPORT = "export --run_dir=runs/acgan"
OUT = f"{GENERATE} --label=1 --num=1 --out"
UNWRITABLE = ["a" * 300 + ending for ending in (".png", ".npz", ".gif")]
CONTRADICTIONS = [
    *((f"{OUT}=blobs.npz/{p}", "cannot be written below") for p in ("new", "new.png")),
    *((f"{OUT}={p}", f"out ({p}): cannot be written") for p in UNWRITABLE),
    *((f"{OUT}={p}", f"out ({p}): is not empty and") for p in ("thesis", ".")),
    ("train --model=gan --preset=acgan-best", "contradicts preset (acgan-best)"),
    ("train --model=acgan --preset=gan", "model (acgan) contradicts preset (gan)"),
    ("train --data=blobs.npz",
     "model is missing: add --model gan or --model acgan, or a --preset"),
    ("train --run_dir=new --data=blobs.npz",
     "run_dir (new) holds no run: name another one, or add --model gan or --model acgan"),
    ("train --model=gan --stepz=3", "Unknown command line flag 'stepz'"),
    ("train --model=gan extra", "unexpected argument 'extra'"),
    ("train --noresample_z=1", "does not take an argument"),
    ("train --steps", "Missing value"),
    ("train --model=acgan --data=bare.npz --run_dir=new", "on labels, and the data (bare"),
    (f"{TRAIN} --batch_size=65536 --steps_per_loop=100000", "steps_per_loop (100000) x"),
    (f"{TRAIN} --d_steps=100 --batch_size=65536 --steps_per_loop=999", "smaller steps_"),
    (f"{ACGAN} --run_dir=new --architecture=classic", "has it: give --r1_gamma 0"),
    (f"{ACGAN} --run_dir=new --d_class_fake_weight=0", "class_loss (adc) needs both a"),
    (f"{ACGAN} --run_dir=new --d_class_real_weight=0 --d_class_fake_weight=0",
     "leave D's class head untrained"),
    (f"{TRAIN} --run_dir=new --freeze_d=1", "freeze_d (1) keeps"),
    (f"{TRAIN} --run_dir=new --g_class_weight=0.7", "g_class_weight (0.7) is of models"),
    (f"{OUT}=blobs.npz", "out (blobs.npz) is in the training data ("),
    (f"{TRAIN} --run_dir=blobs.npz", "run_dir (blobs.npz) is in the training data ("),
    (f"{ACGAN} --augment=auto --augment_preview=blobs.npz",
     "augment_preview (blobs.npz) is in the training data ("),
    ("train --model=gan --data=. --run_dir=runs/new",
     "run_dir (runs/new) is in the training data (.): name another --run_dir"),
    (f"{TRAIN} --run_dir=new --init_from=thesis", "init_from (thesis): is not a run"),
    (f"{TRAIN} --augment_preview=a.png", "augment_preview (a.png): nothing is augmented"),
    (f"{ACGAN} --run_dir=runs/gan", "model=gan (now acgan)"),
    (f"{TRAIN} --run_dir=runs/acgan", "model=acgan (now gan)"),
    (f"{TRAIN} --run_dir=runs/gan --augment=auto", "augment=none (now translate)"),
    ("train --model=gan --steps=3", "steps (3) must be at least the run's 4"),
    (f"{TRAIN} --run_dir=thesis", "has files in it (notes.txt) and no config.json"),
    (f"{TRAIN} --run_dir=set.npz", "run_dir (set.npz) cannot be"),
    (f"{TRAIN} --run_dir=set.npz/new", "cannot be written"),
    (f"{TRAIN} --gpu=1000", "gpu (1000)"),
    ("train --model=gan --run_dir=new --data=bare.npz --balance=sqrt", "needs labels"),
    (f"{TRAIN} --run_dir=new --size=3", "size ('3') must be own, a side such as 32"),
    (f"{TRAIN} --run_dir=new --background=sky", "background ('sky') must be the name of"),
    (f"{TRAIN} --run_dir=new --background=rgb(300,0,0)", "background ('rgb(300,0,0)')"),
    (f"{TRAIN} --run_dir=new --subset=2", "subset (2) must be at least 3"),
    (f"{GENERATE} --digits=1,2", "digits (1,2) must be digits"),
    (f"{GENERATE} --digits=2025", "needs the classes 5, and this run has 0, 1, 2: name"),
    (f"{GENERATE} --label=2-1", "must be an ascending range: 1-2"),
    (f"{GENERATE} --label=0-999999", "label (3) must be one of 0, 1, 2"),
    (f"{GENERATE} --label=1,,2", "label () must be one of"),
    (f"{GENERATE} --label=1 --out=thesis/.png", "out (thesis/.png) must end in"),
    (f"{GENERATE} --label=1 --out=..", "out (..): is not empty"),
    # 8x8 pixels, 16 times in each of 12 frames, z of 5 numbers and 3 probabilities.
    (f"{GENERATE} --label=0-2 --num=1000000 --out=new.gif",
     "num (1000000) of 3 labels would take 36,984,000,000 bytes"),
    (f"{GENERATE} --num=1000000 --label=" + "1," * 99 + "1", "of 100 labels would"),
    (GENERATE, "label is missing: add --label with one of 0, 1, 2"),
    (f"{GENERATE} --digits=19", "needs the classes 9, and"),
    (f"{GENERATE} --digits=12 --num=3", "num and digits exclude each other"),
    (f"{GENERATE} --digits=12 --label=1", "label and digits exclude each other"),
    (f"{GENERATE} --morph=1,2 --label=1 --out=new.gif", "label and morph exclude each"),
    (f"{GENERATE} --morph=1,2 --num=3 --out=new.gif", "num and morph exclude each other"),
    (f"{GENERATE} --morph=1 --out=new.gif", "morph (1) must be two labels or more"),
    (f"{GENERATE} --morph=1,2 --out=new.png", "morph (1,2) makes a .gif"),
    (f"{GENERATE} --label=1 --verify --out=new.gif", "out (new.gif) is a .gif"),
    (f"{GENERATE} --label=1 --data=mnist", "is read by verify and for_training"),
    (f"{GENERATE} --label=1 --verify=1", "from 0.01 to 0.9999"),
    (f"{GENERATE} --label=1 --for_training", "label and for_training exclude each other"),
    (f"{GENERATE} --digits=1 --for_training", "digits and for_training exclude each"),
    (f"{GENERATE} --for_training --out=new.png", "for_training makes an .npz, and out"),
    (f"{GENERATE} --for_training --out=thesis", "and out (thesis) is none: name one"),
    (f"{GENERATE} --for_training=0.9", "must be a number from 1 to 4"),
    ("generate --run_dir=runs/gan --for_training", "for_training needs a model with"),
    (f"{GENERATE} --label=1 --out=new.tar", "out (new.tar) must end in"),
    ("generate --run_dir=runs/gan --verify", "verify needs a model with labels"),
    ("generate --run_dir=runs/gan --morph=1,2 --out=a.gif", "morph (1,2) is not possible"),
    (f"{GENERATE} --label=1 --checkpoint=3", "checkpoint (3) must be one of 2"),
    (f"{GENERATE} --label=1 --checkpoint=best", "checkpoint (best) is not known: none"),
    (f"{GENERATE} --label=1 --checkpoint=-1", "checkpoint (-1) must be a step, or best"),
    ("generate --run_dir=runs/gan --digits=1", "digits (1) is not possible"),
    ("generate --run_dir=runs/gan --label=7", "label (7) is not possible: this model is"),
    ("generate --run_dir=thesis --label=1", "run_dir (thesis) is not a run"),
    (f"{EXPORT} --out=new.keras", "format is missing"),
    (f"{EXPORT} --format=keras", "out is missing"),
    (f"{EXPORT} --format=keras --out=new.h5", "out (new.h5) must be a file that ends in"),
    (f"{EXPORT} --format=hub --out=thesis", "out (thesis) exists: name a new folder"),
    (f"{EXPORT} --format=keras --out=blobs.npz/x.keras", "cannot be written"),
    (f"{EXPORT} --format=keras --out={'a' * 300}.keras", "cannot be written"),
    (f"{EXPORT} --format=hub --out={'a' * 300}", "cannot be written"),
    (f"{EXPORT} --format=keras --out=x.keras --checkpoint=3", "must be one of 2"),
    (f"{EXPORT} --format=keras --out=gs://x.keras", "out (gs://x.keras) must be a path of"),
    (f"{EXPORT} --format=hub --out=x.onnx", "name ends in .onnx: leave .onnx out"),
    (f"{EXPORT} --format=saved_model --out=lr[1]", "which TensorFlow takes for a pattern"),
    ("evaluate --images=set.npz --run_dir=runs/gan", "images and run_dir exclude"),
    ("evaluate --images=set.npz --checkpoint=all", "images and checkpoint exclude"),
    ("evaluate --images=set.npz --weights=raw", "images and weights exclude"),
    ("evaluate --images=set.npz --data=blobs.npz --num=61", "must be at most 60"),
    ("train --model=gan --run_dir=gs://bucket/x", "run_dir (gs://bucket/x) must be a path"),
    ("train --model=gan --run_dir=new --data=gs://x", "data (gs://x) must be a path of"),
    (f"{GENERATE} --label=1 --out=s3://x.png", "out (s3://x.png) must be a path of this"),
    ("evaluate --run_dir=hdfs://x", "run_dir (hdfs://x) must be a path of this machine's"),
    ("evaluate --images=set.npz", "images (shape (8, 8, 1)) must be (28, 28, 1)"),
    ("evaluate --run_dir=runs/gan --data=mnist", "images of shape (28, 28, 1)"),
    ("evaluate --run_dir=runs/gan --checkpoint=3", "checkpoint (3) must be one of 2"),
    ("evaluate --run_dir=runs/gan --checkpoint=best", "checkpoint (best) is not known"),
    ("evaluate --run_dir=runs/gan --num=61", "num (61) must be from 10 to 60"),
]  # fmt: skip


@pytest.mark.parametrize("line, message", CONTRADICTIONS)
def test_contradictions_are_refused(refuse, line, message):
    refuse(*line.split(), expected=[message])


OTHER_TEXTS = {
    **dict(architecture="classic", noise="uniform", class_loss="ac", balance="sqrt"),
    **dict(size="9", fit="pad", channels="3", background="red"),
    **dict(strategy="mirrored", augment="flip"),
}
# `model`, `minutes` and the last two are tried elsewhere; the others may change in a run.
NOT_TRIED = {"model", "preset", "data", "steps", "on_nan", "keep_checkpoints", "minutes"}
NOT_TRIED |= {"init_from", "freeze_d", "jit_compile", "mixed_precision"}
NOT_TRIED |= {f"{what}_every" for what in ("log", "print", "sample", "save", "eval")}
SETTINGS = {field.name for field in dataclasses.fields(Config)}


@pytest.mark.parametrize("name", sorted(SETTINGS - NOT_TRIED))
def test_a_run_refuses_a_changed_setting(home, name):
    run = Run(home / "runs" / "gan")
    run.check_resumable(run.config, run.data)
    value = getattr(run.config, name)
    if isinstance(value, str):
        other = OTHER_TEXTS[name] if value != OTHER_TEXTS[name] else "adc"
    else:
        other = {bool: not value, int: value + 1, float: value / 2 + 0.01}[type(value)]
    changed = dataclasses.replace(run.config, **{name: other})
    with pytest.raises(InputError, match=rf"run_dir .* {name}=.* \(now {other}\)"):
        run.check_resumable(changed, run.data)


def test_bad_input_in_a_process_is_one_line_and_status_2(tmp_path):
    arguments = [sys.executable, "-m", "gan_tf.train", "--model=gan", b"--data=\xff\xfe"]
    process = subprocess.run(arguments, capture_output=True, cwd=tmp_path)
    err = process.stderr.decode()
    assert (process.returncode, process.stdout) == (2, b""), err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert "a path in plain text" in err
    assert os.listdir(tmp_path) == []
