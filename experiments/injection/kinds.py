"""The faults; each is done to a run of its own, which must get over it."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from injection import damage, kills
from injection.remains import (
    Lost,
    check_once,
    check_same,
    contents,
    whole_steps,
)
from injection.trainings import STEPS, Trainings

NonFiniteStep = Callable[[Trainings, np.random.Generator], int]


def full_disk(
    trainings: Trainings, rng: np.random.Generator, what: str, step: int
) -> int:
    """No file may grow beyond 1,000 bytes any more: what is written next fails.

    Args:
        trainings: where.
        rng: not used, nothing here is random.
        what: is written first when a run goes on from `step`.
        step: of the newest checkpoint.
    """
    del rng
    run_dir = trainings.stopped(f"full-{what}", step)
    sitting = trainings.start(run_dir)
    sitting.wait_until_prepared()
    resource.prlimit(sitting.process.pid, resource.RLIMIT_FSIZE, (1_000, 1_000))
    sitting.check_refused(str(run_dir), "cannot be written", "File too large")
    trainings.check_continues(run_dir, step)
    return 1


def damaged(
    trainings: Trainings,
    rng: np.random.Generator,
    damage_one: Callable[[Path, int, np.random.Generator], None],
    step: int = 45,
) -> int:
    """Damages the newest checkpoint, that of `step`."""
    run_dir = trainings.stopped(f"{damage_one.__name__}-{step}", step)
    damage_one(run_dir, step, rng)
    out = trainings.check_continues(run_dir, step - 5)
    if f"passed over: checkpoint {step} is damaged" not in out:
        raise Lost(f"it does not say that it passed over checkpoint {step}: {out}")
    return 1


def no_config(trainings: Trainings, rng: np.random.Generator) -> int:
    """Deletes config.json: refused, and the run goes on when it is back."""
    del rng
    run_dir = trainings.stopped("no-config", 45)
    config = run_dir / "config.json"
    text = config.read_text(encoding="utf-8")
    config.unlink()
    _check_refused_unchanged(trainings, run_dir, "has files in it and no config.json")
    config.write_text(text, encoding="utf-8")
    trainings.check_continues(run_dir, 45)
    return 1


def read_only(trainings: Trainings, rng: np.random.Generator) -> int:
    """Forbids to write: refused, and the run goes on when it is allowed again."""
    del rng
    run_dir = trainings.stopped("read-only", 45)
    paths = [run_dir, *run_dir.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    # Modes do not bind root, until it has lost that privilege.
    prefix = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    _check_refused_unchanged(trainings, run_dir, "Permission denied", prefix=prefix)
    for path, mode in modes.items():
        path.chmod(mode)
    trainings.check_continues(run_dir, 45)
    return 1


def _check_refused_unchanged(trainings, run_dir, *words, prefix=()):
    before = contents(run_dir)
    trainings.start(run_dir, prefix).check_refused(str(run_dir), *words)
    if contents(run_dir) != before:
        raise Lost("a refused training has changed files")


def two_at_once(trainings: Trainings, rng: np.random.Generator) -> int:
    """Starts two trainings of one new run: the later one is refused."""
    del rng
    run_dir = trainings.folder / "two"
    pair = [trainings.start(run_dir) for _ in range(2)]
    pair[0].reaches(lambda: pair[1].process.poll() is not None)
    first, second = sorted(pair, key=lambda sitting: sitting.end())
    first.check_done()
    second.check_refused(str(run_dir), "by another process")
    check_same(run_dir, trainings.undisturbed, STEPS)
    return 1


def stale_lock(trainings: Trainings, rng: np.random.Generator) -> int:
    """Leaves the lock file of a killed training, with the number of a living process."""
    del rng
    run_dir = trainings.stopped("stale-lock", 45)
    (run_dir / "lock").write_text(f"{os.getpid()}\n", encoding="utf-8")
    trainings.check_continues(run_dir, 45)
    return 1


def clock_back(trainings: Trainings, rng: np.random.Generator) -> int:
    """Puts the clock back by a day between two sittings."""
    del rng
    run_dir = trainings.stopped("clock", 45)
    damage.date_forward(run_dir)
    trainings.check_continues(run_dir, 45)
    return 1


def ctrl_c_twice(
    trainings: Trainings, rng: np.random.Generator, pauses=(0.0, 0.05, 0.5)
) -> int:
    """Ctrl-C, and again `pauses` seconds later: at once, while it saves, or too late."""
    for number, pause in enumerate(pauses):
        run_dir = trainings.stopped(f"ctrl-c-{number}", 45)
        sitting = trainings.start(run_dir)
        sitting.wait_until_prepared()
        time.sleep(rng.uniform(0, 1))
        for _ in range(2):
            if sitting.process.poll() is None:
                sitting.process.send_signal(signal.SIGINT)
                time.sleep(pause)
        # The last is of a Ctrl-C when Python had already put its own handler away.
        if sitting.end() not in (0, 130, -signal.SIGINT) or sitting.err:
            raise Lost(f"status {sitting.end()}: {sitting.err}")
        check_once(run_dir)
        trainings.check_continues(run_dir, max(whole_steps(run_dir)))
    return len(pauses)


FAULTS: dict[str, NonFiniteStep] = {
    "SIGKILL at any moment": partial(kills.kills, kill=kills.at_any_moment, num=7),
    "SIGKILL in a checkpoint": partial(kills.kills, kill=kills.while_saving, num=8),
    "disk full while writing events": partial(full_disk, what="events", step=35),
    "disk full while writing samples": partial(full_disk, what="samples", step=15),
    "disk full while writing a checkpoint": partial(
        full_disk, what="checkpoint", step=90
    ),
    "checkpoint cut": partial(damaged, damage_one=damage.cut),
    "bit of a checkpoint flipped": partial(damaged, damage_one=damage.flip_a_bit),
    "shard of a checkpoint missing": partial(damaged, damage_one=damage.remove_a_shard),
    "index of a checkpoint empty": partial(damaged, damage_one=damage.empty_the_index),
    "last checkpoint of a finished run cut": partial(
        damaged, damage_one=damage.cut, step=STEPS
    ),
    "config.json deleted": no_config,
    "run directory read-only": read_only,
    "two trainings at once": two_at_once,
    "lock of a killed training": stale_lock,
    "clock put back": clock_back,
    "Ctrl-C twice": ctrl_c_twice,
}
