"""`--minutes`: a clock that the test moves stands for the machine."""

import math

import pytest

from gan_tf.config import Config
from gan_tf.training import step_budget
from gan_tf.training.step_budget import StepBudget


class Machine:
    """Takes `seconds(step)` for a step; 10 more for the first call, which traces."""

    now = 100.0

    def seconds(self, step):
        return 0.05

    def train(self, budget, stop_at=10**9, pause=0):
        step, chosen = 0, []
        while step < budget.num_steps and step < stop_at:
            length = int(min(20, budget.num_steps - step))
            self.now += sum(self.seconds(step + i) for i in range(length))
            self.now += 0 if step else 10
            step += length
            if budget.update(step, stopped=step >= stop_at):
                chosen.append((step, budget.num_steps))
            if pause and step % 1_000 == 0:  # an evaluation
                self.now += pause
                budget.pause(pause)
        return step, chosen


@pytest.fixture
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(step_budget.time, "perf_counter", lambda: machine.now)
    return machine


def budget_of(minutes=5, first_step=0, started=100.0, **settings):
    return StepBudget(Config(minutes=minutes, **settings), first_step, started=started)


@pytest.mark.parametrize("minutes", [1, 5, 20])
@pytest.mark.parametrize("start", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("constant", [0, 800, 1_500, 4_000])
def test_a_machine_that_keeps_its_speed_ends_in_time(machine, minutes, start, constant):
    settings = {"lr_decay_start": start, "lr_constant_steps": constant}
    _, chosen = machine.train(budget_of(minutes, started=95.0, **settings))
    took = machine.now - 95 + 3  # the seconds after the last step
    assert 0.95 * 60 * minutes <= took <= 60 * minutes
    # Neither number was chosen after the learning rates had begun to decay.
    assert all(at <= max(start * number, constant) for at, number in chosen)
    # Where tracing takes until the time of the second choice, there is one: the speed
    # would be that of one call, and of what is saved after the first choice.
    is_early = minutes == 1 and start == 0.2 and not constant
    assert len(chosen) == (1 if is_early else 2)


def test_the_second_number_corrects_a_speed_that_changed(machine):
    machine.seconds = lambda step: 0.05 if step < 500 else 0.1
    _, ((_, first), (_, second)) = machine.train(budget_of())
    assert first > 1.2 * second
    assert 0.95 * 300 <= machine.now - 100 <= 1.15 * 300


def test_a_machine_that_becomes_faster_before_the_decay_ends_in_time(machine):
    # The first number is below the steps at constant learning rates. If they were over at
    # the second choice, it would have to be twice the steps that are done.
    machine.seconds = lambda step: 0.05 if step < 80 else 0.02
    budget = budget_of(1, lr_decay_start=0.5, lr_constant_steps=1_200)
    _, ((_, first), (at, second)) = machine.train(budget)
    assert first < 1_200 < second and at <= 1_200
    assert 55 <= machine.now - 100 + 3 <= 60


def test_the_second_number_agrees_with_the_learning_rates_so_far(machine):
    # The machine becomes slow at the end of the first half. There the learning rates start
    # to decay, and they have not decayed so far.
    machine.seconds = lambda step: 0.05 if step < 2_000 else 3.0
    _, ((_, first), (at, second)) = machine.train(budget_of(lr_constant_steps=0))
    assert second == 2 * at < first


def test_evaluations_come_on_top(machine):
    numbers = []
    for seconds in (0, 40):
        machine.now = 100.0
        step, _ = machine.train(budget_of(), pause=seconds)
        assert step // 1_000 == 5
        assert 290 <= machine.now - 100 - 5 * seconds <= 300
        numbers.append(step)
    assert numbers[0] == numbers[1]


def test_a_first_call_that_takes_longer_than_the_minutes_is_the_last(machine):
    machine.seconds = lambda step: 5
    step, chosen = machine.train(budget_of(1))
    assert (step, chosen) == (20, [(20, 20)])


def test_a_rollback_measures_anew(machine):
    budget = budget_of()
    for step in range(20, 2_000, 20):
        machine.now += 1 + 10 * (step == 20)
        budget.update(step, stopped=False)
    assert budget.num_steps > 5_000
    budget.restart(1_000)
    for step in range(1_020, 3_000, 20):
        machine.now += 1
        budget.update(step, stopped=False)
    # Half of the time bought 1,000 steps less: what is left was measured from 1,000 on.
    assert 4_000 < budget.num_steps < 5_200


def test_an_interrupted_training_gets_its_number_at_once_after_the_first_call(machine):
    budget = budget_of()
    assert machine.train(budget, stop_at=20) == (20, [])
    assert budget.num_steps == math.inf
    machine.now = 100.0
    _, [(at, number)] = machine.train(budget_of(), stop_at=40)
    # After the first call, 11 s with the tracing, 20 steps took a second.
    assert at == 40 and number == pytest.approx(40 + 20 * (300 - 12 - 3), rel=0.02)


def test_the_number_is_one_that_a_config_accepts(machine):
    budget = budget_of(100_000)
    machine.now += 10
    assert not budget.update(20, stopped=False)
    machine.now += 0.05 * 60 * 100_000
    assert budget.update(3 * 10**8, stopped=False)  # 1,000 steps/s
    assert budget.num_steps == 10**9


def test_a_resumed_run_keeps_its_number(machine):
    assert machine.train(budget_of(first_step=500, steps=1_000)) == (1_000, [])
