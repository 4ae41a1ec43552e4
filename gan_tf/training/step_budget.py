"""The number of steps of a training that is limited by time."""

from __future__ import annotations

import math
import time

from gan_tf.config import Config

_MEASURED = 0.05  # fraction of the minutes after which the number is first chosen
_SECONDS_AFTER_LAST_STEP = 3.0  # the networks are written, and the process ends
_SAFETY = 0.99


class StepBudget:
    """How many steps a training has: `config.steps`, or what `config.minutes` buy.

    The number is chosen twice. The first steps measure the speed. Shortly before the
    learning rates start to decay, the average speed up to there corrects the number, since
    it also contains what was written meanwhile. Until then no step depends on the number.

    Attributes:
        num_steps: the number, infinite while it is unknown.
        deadline: on the clock of `time.monotonic`; infinite without a limit.
    """

    def __init__(self, config: Config, step: int, started: float):
        """Starts to measure if the training is limited by time and new.

        Args:
            config: the settings. A run that resumes has its number of steps in them.
            step: the steps that are done.
            started: when the command started, on the clock of `time.monotonic`.
        """
        self.num_steps: float = config.steps
        self.deadline = math.inf
        self._decay_start = config.lr_decay_start
        self._from = step, time.monotonic()
        self._traced = False
        if config.minutes and not step:
            self.num_steps = math.inf
            self.deadline = started + 60 * config.minutes
            self._window = _MEASURED * 60 * config.minutes
            self._second_choice = math.inf

    def update(self, step: int, stopped: bool, reserve: float = 0.0) -> bool:
        """Measures, after a call to the device; returns whether it chose a number.

        Args:
            step: the steps that are done.
            stopped: the training is being interrupted: a number is needed now.
            reserve: seconds that an evaluation after the last step takes.
        """
        if self.deadline == math.inf:
            return False
        now, unknown = time.monotonic(), math.isinf(self.num_steps)
        seconds = now - self._from[1]
        if unknown and not stopped:
            if not self._traced:
                # The first call also traces the step: it does not count.
                self._from, self._traced = (step, now), True
                return False
            if seconds < self._window:
                return False
        elif not unknown and step < self._second_choice:
            return False
        left = self.deadline - now - _SECONDS_AFTER_LAST_STEP - reserve
        more = int((step - self._from[0]) / seconds * max(left, 0.0) * _SAFETY)
        # The learning rates have not decayed so far, and the number must agree with that.
        self.num_steps = max(step + more, math.ceil(step / self._decay_start))
        start = 0.9 * self._decay_start * self.num_steps
        self._second_choice = start if unknown and step < start else math.inf
        return True
