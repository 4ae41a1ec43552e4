import io
import re

import pytest

from gan_tf.monitoring import progress
from gan_tf.monitoring.progress import ProgressBar, duration


@pytest.mark.parametrize(
    "seconds, text",
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_live_line_and_other_output_stays_above_it(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    bar = ProgressBar(first_step=500, num_steps=1000)
    bar.update(520, {"d_loss": 1.25})
    print("a line that stays")
    bar.update(740, {"d_loss": 1.5, "g_loss": 0.75})
    bar.close()
    bar.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())
    assert "a line that stays\n" in text
    last = text.rstrip().rpartition("\n")[2]
    assert "step 740/1,000" in last and "d_loss 1.500  g_loss 0.750" in last
    assert text.endswith("\n") and "━" in last


def test_a_terminal_that_cannot_replace_lines_gets_those_of_a_file(monkeypatch, clock):
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    bar = ProgressBar(first_step=0, num_steps=1000)
    clock[0] += 11
    bar.update(100, {})
    assert terminal.getvalue().startswith("step 100/1,000  ? left")


def test_the_time_goes_on_after_a_rollback(clock, capsys):
    bar = ProgressBar(first_step=500, num_steps=520, started=clock[0] - 60)
    bar.update(520, {})
    assert "  took 1 min 00 s  " in capsys.readouterr().out


def test_a_file_gets_a_line_every_ten_seconds_and_the_last(clock, capsys):
    bar = ProgressBar(first_step=500, num_steps=1000)
    clock[0] += 7  # the first call traces: it does not count towards the speed
    for step in range(520, 1001, 20):
        bar.update(step, {"d_loss": 0.5})
        clock[0] += 1
    bar.close()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["600/1,000", "820/1,000", "1,000/1,000"]
    assert lines[0] == "step 600/1,000  20 s left  20.0 steps/s  d_loss 0.500"
    assert "  took 31 s  " in lines[-1]


def test_a_machine_that_becomes_slower_prints_how_late_it_is(clock, capsys):
    bar = ProgressBar(first_step=0, num_steps=1000)
    bar.update(20, {}, deadline=200.0)
    for step, seconds in ((220, 20), (320, 11), (420, 20), (520, 40)):
        clock[0] += seconds
        bar.update(step, {}, deadline=200.0)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    assert [remaining for _, remaining, _ in lines] == [
        "1 min 18 s left",
        "1 min 10 s left",  # 1 s late, within 5 % of the 100 s
        "1 min 14 s left, 25 s late: slower than planned",
        "1 min 27 s left, 1 min 18 s late: slower than planned",
    ]


def test_an_evaluation_does_not_make_a_training_late(clock, capsys):
    bar, deadline = ProgressBar(first_step=0, num_steps=1000), 222.0
    bar.pause(7)  # of a resumed training, before its first step
    bar.update(0, {}, deadline)
    for step in (100, 200):
        clock[0] += 40
        bar.pause(30)
        deadline += 30
        bar.update(step, {}, deadline)
    lines = capsys.readouterr().out.splitlines()
    # The evaluations to come are part of what is left.
    assert lines == [
        "step 100/1,000  6 min 00 s left  10.0 steps/s",
        "step 200/1,000  5 min 20 s left  10.0 steps/s",
    ]
