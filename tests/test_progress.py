import pytest

from gan_tf.monitoring import progress
from gan_tf.monitoring.progress import Progress, duration


@pytest.mark.parametrize(
    "seconds, text",
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7440, "2 h 04 min")],
)
def test_durations_are_for_people(seconds, text):
    assert duration(seconds) == text


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_gets_one_line_with_speed_losses_and_time_left(
    clock, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = Progress(first_step=0, num_steps=1000)
    clock[0] += 7  # tracing: not part of the speed
    shown.show(20, {"d_loss": 1.25})
    clock[0] += 10
    shown.show(220, {"d_loss": 1.5, "g_loss": 0.75})
    line = capsys.readouterr().out.split("\r\x1b[2K")[-1]
    assert "220/1,000" in line and "20.0 steps/s" in line and "39 s left" in line
    assert "d_loss 1.500" in line and "g_loss 0.750" in line and "\n" not in line
    bar = line[1 : line.index("]")]
    assert len(line) < 80 and bar.count("#") == len(bar) * 220 // 1000
    clock[0] += 39
    shown.show(1000, {"d_loss": 1.0})
    assert capsys.readouterr().out.endswith("took 56 s\n")


def test_a_file_gets_a_line_every_ten_seconds_and_the_last(clock, capsys):
    shown = Progress(first_step=500, num_steps=1000)
    for step in range(520, 1001, 20):
        clock[0] += 1
        shown.show(step, {})
    lines = capsys.readouterr().out.splitlines()
    assert ["step " in line for line in lines] == [True] * 3
    assert "\r" not in "".join(lines) and "1,000/1,000" in lines[-1]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_line_that_stays_takes_the_place_of_the_bar(terminal, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    Progress(0, 10).tell("step 5")
    start = "\r\x1b[2K" if terminal else ""
    assert capsys.readouterr().out == f"{start}step 5\n"


def test_only_an_open_line_is_ended(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = Progress(0, 10)
    shown.interrupt()
    shown.tell("step 4")
    shown.interrupt()
    assert capsys.readouterr().out == "\r\x1b[2Kstep 4\n"
    shown.show(5, {})
    shown.interrupt()
    shown.interrupt()
    assert capsys.readouterr().out.count("\n") == 1
    shown.show(6, {})
    shown.tell("step 6")
    shown.interrupt()
    assert capsys.readouterr().out.count("\n") == 1
    shown.show(10, {})
    shown.interrupt()
    assert capsys.readouterr().out.count("\n") == 1
