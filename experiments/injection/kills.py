"""Kills of a training, as the system kills when memory is out."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import numpy as np
from injection.remains import (
    Lost,
    check_once,
    check_same,
    is_writing_checkpoint,
    whole_steps,
)
from injection.trainings import STEPS, Sitting, Trainings

Kill = Callable[[Sitting, np.random.Generator], bool]


def kills(trainings: Trainings, rng: np.random.Generator, kill: Kill, num: int) -> int:
    """SIGKILL until `num` have hit what they were aimed at.

    A run is started again after each kill until it has ended, then a new one is begun.
    """
    hits = runs = 0
    while hits < num:
        runs += 1
        run_dir = trainings.folder / f"killed-{kill.__name__}-{runs}"
        step, killed = 0, True
        while killed:
            sitting = trainings.start(run_dir)
            hits += hits < num and kill(sitting, rng)
            killed = sitting.process.poll() == -signal.SIGKILL
            if not killed:
                sitting.check_done()
            went_on = "is finished" if step == STEPS else f"from step {step}\n"
            if step and went_on not in sitting.out:
                # Unless it was killed before it could say anything.
                if not killed or "from step" in sitting.out:
                    raise Lost(f"it did not go on from {step}: {sitting.out}")
            check_once(run_dir)
            step = max(whole_steps(run_dir), default=0)
        check_same(run_dir, trainings.undisturbed, STEPS)
    return hits


def at_any_moment(sitting: Sitting, rng: np.random.Generator) -> bool:
    """Kills a sitting that has found its run; returns whether it was still there."""
    sitting.reaches(lambda: "writes " in sitting.out)
    time.sleep(rng.uniform(0, 5))
    return sitting.kill()


def while_saving(sitting: Sitting, rng: np.random.Generator) -> bool:
    """Kills a sitting in a checkpoint; returns whether that was left half written."""
    # What the kill before has left half done is then gone.
    sitting.wait_until_prepared()
    time.sleep(rng.uniform(0, 1))
    sitting.reaches(lambda: is_writing_checkpoint(sitting.run_dir))
    time.sleep(rng.uniform(0, 0.005))
    return sitting.kill() and is_writing_checkpoint(sitting.run_dir)
