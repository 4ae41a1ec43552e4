"""The number of steps of a training that is limited by time."""

import math
import time

from gan_tf.config import MAX_COUNT, Config

_MEASURED = 0.05  # fraction of the minutes after which the number is first chosen
_SECONDS_AFTER_LAST_STEP = 3.0  # the networks are written, and the process ends
_SAFETY = 0.99
_CORRECTED = 0.9  # fraction of the steps before the decay after which it is corrected

# Stands for an unknown number of steps: the learning rates do not decay.
UNKNOWN = 2**62


class StepBudget:
    """How many steps a training has: `config.steps`, or what `config.minutes` allow.

    The number is chosen twice. The first steps measure the speed. Shortly before the
    learning rates start to decay, or the training ends, the average speed since then
    corrects the number: it also contains what was written meanwhile. Until then no step
    depends on the number: the training uses `UNKNOWN`, and saves nothing before the first
    choice, so a run that is killed earlier starts anew and has all of its minutes.

    Attributes:
        num_steps: the number, infinite while it is unknown.
        deadline: on the clock of `time.perf_counter`, infinite without a limit; `pause`
            moves it.
    """

    def __init__(self, config: Config, step: int, started: float):
        """Starts to measure if the training is limited by time and new.

        Args:
            config: the settings. A run that resumes has its number of steps in them.
            step: the steps that are done.
            started: when the command started, on the clock of `time.perf_counter`.
        """
        self.num_steps: float = config.steps
        self.deadline = math.inf
        self._config = config
        self._from = step, time.perf_counter()
        self._choices_left = 0
        if config.minutes and not step:
            self.num_steps, self.deadline = math.inf, started + 60 * config.minutes
            self._is_traced = False
            self._started = self._from[1]
            self._choices_left = 2
            # The number is chosen at this time, or from this step on.
            self._next = self._started + _MEASURED * (self.deadline - self._started)
            self._next_step = math.inf

    def restart(self, step: int) -> None:
        """Measures the speed from here on: the training has returned to `step`."""
        self._from = step, time.perf_counter()

    def pause(self, seconds: float) -> None:
        """Leaves out of the minutes the last `seconds`, which an evaluation took."""
        self.deadline += seconds
        if self._choices_left:
            self._from = self._from[0], self._from[1] + seconds
            self._started += seconds
            self._next += seconds

    def update(self, step: int, stopped: bool) -> bool:
        """Measures, after a call to the device; returns whether it chose a number.

        Args:
            step: the steps that are done.
            stopped: the training is being interrupted: a number is needed now.
        """
        if not self._choices_left:
            return False
        now, unknown = time.perf_counter(), math.isinf(self.num_steps)
        if unknown and not self._is_traced and now < self.deadline:
            # The first call also traces the step: it does not count, so that a training
            # that is stopped in it has no speed to save, and starts anew.
            self._next += now - self._from[1]
            self._from, self._is_traced = (step, now), True
            return False
        is_due = now >= self._next or step >= self._next_step
        if not is_due and not (unknown and stopped):
            return False
        first_step, first_time = self._from
        left = self.deadline - now - _SECONDS_AFTER_LAST_STEP
        rate = (step - first_step) / (now - first_time)
        target = step + int(rate * max(left, 0.0) * _SAFETY)
        # The learning rates have not decayed so far, and the number must agree with that.
        start, constant = self._config.lr_decay_start, self._config.lr_constant_steps
        if step > constant:
            target = max(target, math.ceil(step / start))
        self.num_steps = max(min(target, MAX_COUNT), step)
        decay_from = max(start * self.num_steps, constant)
        self._next_step = _CORRECTED * min(decay_from, self.num_steps)
        fraction = self._next_step / self.num_steps
        self._next = self._started + fraction * (self.deadline - self._started)
        self._choices_left -= 1
        # Another choice needs as long a measurement as this one had.
        if self._next - now < now - first_time:
            self._choices_left = 0
        self._from = step, now
        return True
