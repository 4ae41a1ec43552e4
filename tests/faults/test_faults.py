"""A short version of `make faults`, and the harness's own ability to see a loss."""

import json

import numpy as np
import pytest

RNG_SEED = 0


@pytest.fixture
def rng():
    return np.random.default_rng(RNG_SEED)


@pytest.fixture
def kinds(harness):
    from injection import kinds

    return kinds


@pytest.fixture
def remains(harness):
    from injection import remains

    return remains


def test_a_killed_run_ends_as_if_undisturbed(gan, rng):
    from injection.kinds import kills, while_saving

    assert kills(gan, rng, while_saving, num=1) == 1


def test_a_new_process_goes_on_in_the_middle_of_a_log_interval(acgan, apart):
    run_dir = acgan.stopped("resumed", 45)  # entries are those of 42 and 48
    apart(acgan).check_continues(run_dir, 45)


def test_ctrl_c_twice_loses_nothing(kinds, gan, rng):
    assert kinds.ctrl_c_twice(gan, rng, pauses=(0.05,)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        "disk full while writing a checkpoint",
        "run directory read-only",
        "last checkpoint of a finished run cut",
        "clock put back",
    ],
)
def test_a_fault_loses_nothing(fault, kinds, gan, rng):
    assert kinds.FAULTS[fault](gan, rng) == 1


def test_a_damaged_checkpoint_is_moved_aside_and_made_again(remains, gan, rng):
    from injection import kinds

    run_dir = gan.stopped("aside", 110)
    kinds.cut(gan, run_dir, rng)
    out = gan.check_continues(run_dir, 105)
    assert "Skipped corrupt checkpoint 110" in out
    assert remains.intact_steps(run_dir) == [110, 115, 120]
    aside = {file.name for file in (run_dir / "checkpoints/corrupt").iterdir()}
    assert aside == {file.name for file in remains.checkpoint_files(run_dir, 110)}


def changed_entry(run_dir):
    file = run_dir / "metrics.jsonl"
    lines = file.read_text().splitlines()
    entry = json.loads(lines[-1])
    entry["losses/d_loss"] = np.nextafter(entry["losses/d_loss"], 9.0)
    file.write_text("\n".join([*lines[:-1], json.dumps(entry), ""]))


def entry_twice(run_dir):
    file = run_dir / "metrics.jsonl"
    text = file.read_text()
    file.write_text(text + text.splitlines(keepends=True)[-1])


def events_twice(run_dir):
    (file,) = run_dir.glob("*tfevents*")
    file.with_name(f"draft.{file.name}").write_bytes(file.read_bytes())


def changed_sheet(run_dir):
    sheet = max(run_dir.glob("samples/0*.png"))
    sheet.write_bytes(sheet.read_bytes() + b" ")


def other_arrays(run_dir):
    """The checkpoint before the last in the place of the last."""
    for file in run_dir.glob("checkpoints/step-115.*"):
        file.replace(file.with_name(file.name.replace("115", "120")))


@pytest.mark.parametrize(
    "change, text",
    [
        (changed_entry, "metrics.jsonl differs"),
        (entry_twice, "metrics.jsonl has the steps"),
        (events_twice, "has the steps"),
        (changed_sheet, "samples differ"),
        (other_arrays, "arrays differ"),
    ],
)
def test_what_differs_is_seen(change, text, remains, gan):
    from injection.trainings import STEPS

    run_dir = gan.stopped(change.__name__, STEPS)
    remains.check_same(run_dir, gan.undisturbed, STEPS)
    change(run_dir)
    with pytest.raises(remains.Lost, match=text):
        remains.check_same(run_dir, gan.undisturbed, STEPS)


def test_a_loss_is_counted_and_ends_the_command_with_1(harness, monkeypatch, capsys):
    import faults
    from injection import kinds
    from injection.remains import Lost

    def losing(trainings, rng):
        raise Lost("all of it")

    known = {"one": losing, "two": lambda *_: 3, "three": losing}
    monkeypatch.setattr(kinds, "FAULTS", known)
    with pytest.raises(SystemExit) as exit_:
        faults.main(["--models=gan", "--faults=one,two"])
    assert exit_.value.code == 1
    printed = capsys.readouterr().out
    assert "1 injected    0 survived    1 lost" in printed and "all of it" in printed
    assert "3 injected    3 survived    0 lost" in printed
    assert "in all: 4 injected, 1 lost" in printed
