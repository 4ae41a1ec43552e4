"""A short version of `make faults`; and every loss is detected and reported."""

import json
from functools import partial

import faults
import numpy as np
import pytest
from injection import kinds, remains
from injection.trainings import STEPS, Trainings

pytestmark = pytest.mark.slow


def test_a_new_process_resumes_in_the_middle_of_a_log_interval(tmp_path):
    acgan = Trainings(tmp_path / "acgan", "acgan")
    acgan.check_continues(acgan.stopped("resumed", 45), 45)  # log steps are 42 and 48


FAULTS = {
    **kinds.FAULTS,
    "SIGKILL in a checkpoint": partial(kinds.kills, kill=kinds.while_saving, num=1),
    "Ctrl-C twice": partial(kinds.ctrl_c_twice, pauses=(0.05,)),
}


@pytest.mark.parametrize(
    "fault",
    [
        *("SIGKILL in a checkpoint", "Ctrl-C twice", "run directory read-only"),
        *("last checkpoint of a finished run cut", "clock put back"),
        "disk full while writing a checkpoint",
    ],
)
def test_a_fault_loses_nothing(fault, gan):
    assert FAULTS[fault](gan, np.random.default_rng(0)) == 1


def other_loss(content):
    *lines, last = content.splitlines(keepends=True)
    row = json.loads(last)
    row["losses/d_loss"] = np.nextafter(row["losses/d_loss"], 9.0)
    return b"".join([*lines, json.dumps(row).encode(), b"\n"])


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("metrics.jsonl", other_loss, "metrics.jsonl differs"),
        ("metrics.jsonl", lambda c: c + c.splitlines(True)[-1], "jsonl has the steps"),
        ("metrics.jsonl", lambda c: b'{"step": 6, "los\n' + c, "no JSON"),
        ("*tfevents*", lambda content: 2 * content, "has the steps"),
        ("samples/0*.png", lambda content: content + b" ", "samples differ"),
        ("checkpoints/step-115.*", None, "arrays differ"),
    ],
)
def test_a_difference_is_detected(name, change, message, gan):
    run_dir = gan.stopped(message, STEPS)
    remains.check_same(run_dir, gan.undisturbed, STEPS)
    if change:
        file = max(run_dir.glob(name))
        file.write_bytes(change(file.read_bytes()))
    else:  # the last checkpoint is replaced by this one
        for file in run_dir.glob(name):
            file.replace(file.with_name(file.name.replace("115", "120")))
    with pytest.raises(remains.Lost, match=message):
        remains.check_same(run_dir, gan.undisturbed, STEPS)


def test_a_loss_is_counted_and_ends_the_command_with_1(monkeypatch, capsys):
    def losing(trainings, rng):
        raise remains.Lost("all of it")

    known = {"one": losing, "two": lambda *_: 3, "three": losing}
    monkeypatch.setattr(kinds, "FAULTS", known)
    with pytest.raises(SystemExit) as exit_:
        faults.main(["--models=gan", "--faults=one,two"])
    assert exit_.value.code == 1
    printed = capsys.readouterr().out
    assert "1 injected    0 survived    1 lost" in printed and "all of it" in printed
    assert "3 injected    3 survived    0 lost" in printed
    assert "in all: 4 injected, 1 lost" in printed
