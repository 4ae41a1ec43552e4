"""The faults. Each is injected into a run of its own, which must recover from it.

A fault is a function of `Trainings` and of a random generator that returns how often it was
injected, and raises `Lost` if the run lost anything.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from injection.remains import (
    Lost,
    check_same,
    check_steps,
    checkpoint_files,
    contents,
    intact_steps,
    is_writing_checkpoint,
)
from injection.trainings import STEPS, Session, Trainings, check_resumed

Fault = Callable[[Trainings, np.random.Generator], int]
_DAY = 86_400


def kills(trainings, rng, kill: Callable, num: int) -> int:
    """SIGKILL until `num` have hit; a run is restarted after each kill until it ends."""
    hits = runs = 0
    while hits < num:
        runs += 1
        run_dir = trainings.folder / f"killed-{kill.__name__}-{runs}"
        step, killed = 0, True
        while killed:
            session = trainings.start(run_dir)
            hits += hits < num and kill(session, rng)
            killed = session.process.poll() == -signal.SIGKILL
            if not killed:
                session.check_done()
            if not killed or "from step" in session.out:  # a kill may come before that
                check_resumed(session.out, step)
            check_steps(run_dir)
            step = max(intact_steps(run_dir), default=0)
        check_same(run_dir, trainings.undisturbed, STEPS)
    return hits


def at_any_moment(session: Session, rng: np.random.Generator) -> bool:
    """Kills a session after its first output; returns whether it had not ended."""
    session.wait_for(lambda: bool(session.out))
    time.sleep(rng.uniform(0, 5))
    return session.kill()


def while_saving(session: Session, rng: np.random.Generator) -> bool:
    """Kills a session in a checkpoint; returns whether that was left partly written."""
    session.wait_until_prepared()  # the remains of the kill before are then removed
    time.sleep(rng.uniform(0, 1))
    session.wait_for(lambda: is_writing_checkpoint(session.run_dir))
    time.sleep(rng.uniform(0, 0.005))
    return session.kill() and is_writing_checkpoint(session.run_dir)


def full_disk(trainings, rng, what: str, step: int) -> int:
    """Limits files to 1,000 bytes: `what`, the first output after `step`, fails."""
    run_dir = trainings.stopped(f"full-{what}", step)
    session = trainings.start(run_dir)
    session.wait_until_prepared()
    resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (1_000, 1_000))
    session.check_refused(str(run_dir), "cannot be written", "File too large")
    return _continues(trainings, run_dir, step)


def damaged(trainings, rng, damage: Callable, step: int = 45) -> int:
    """Damages the newest checkpoint, that of `step`; the one before is used."""
    run_dir = trainings.stopped(f"{damage.__name__}-{step}", step)
    damage(*checkpoint_files(run_dir, step), rng)
    out = trainings.check_continues(run_dir, step - 5)
    if f"Skipped corrupt checkpoint {step}" not in out:
        raise Lost(f"it does not print that it skipped checkpoint {step}: {out}")
    return 1


def cut(index: Path, shard: Path, rng: np.random.Generator) -> None:
    """Removes the end of a checkpoint's shard."""
    os.truncate(shard, int(rng.integers(0, shard.stat().st_size)))


def flip_a_bit(index: Path, shard: Path, rng: np.random.Generator) -> None:
    """Flips one bit of a checkpoint's shard."""
    content = bytearray(shard.read_bytes())
    content[rng.integers(0, len(content))] ^= 1 << int(rng.integers(0, 8))
    shard.write_bytes(content)


def remove_shard(index: Path, shard: Path, rng: np.random.Generator) -> None:
    """Removes a checkpoint's only shard."""
    shard.unlink()


def empty_index(index: Path, shard: Path, rng: np.random.Generator) -> None:
    """Makes a checkpoint's index an empty file, as a power cut can."""
    index.write_bytes(b"")


def no_config(trainings, rng) -> int:
    """Deletes config.json: the command is refused until the file is back."""
    run_dir = trainings.stopped("no-config", 45)
    config, aside = run_dir / "config.json", trainings.folder / "config.json"
    config.rename(aside)
    _check_refused(trainings, run_dir, "has files in it and no config.json")
    aside.rename(config)
    return _continues(trainings, run_dir)


def read_only(trainings, rng) -> int:
    """Forbids writing: the command is refused until it is allowed again."""
    run_dir = trainings.stopped("read-only", 45)
    modes = {path: path.stat().st_mode for path in (run_dir, *run_dir.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    # Modes do not bind root, unless it has given up that privilege.
    prefix = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    _check_refused(trainings, run_dir, "Permission denied", prefix=prefix)
    for path, mode in modes.items():
        path.chmod(mode)
    return _continues(trainings, run_dir)


def _check_refused(trainings, run_dir, *words, prefix=()):
    before = contents(run_dir)
    trainings.start(run_dir, prefix).check_refused(str(run_dir), *words)
    if contents(run_dir) != before:
        raise Lost("a refused training has changed files")


def _continues(trainings, run_dir, step=45):
    trainings.check_continues(run_dir, step)
    return 1


def two_at_once(trainings, rng) -> int:
    """Starts two trainings of one new run: the later one is refused."""
    run_dir = trainings.folder / "two"
    pair = [trainings.start(run_dir) for _ in range(2)]
    pair[0].wait_for(lambda: pair[1].process.poll() is not None)
    first, second = sorted(pair, key=lambda session: session.end())
    first.check_done()
    second.check_refused(str(run_dir), "by another process")
    check_same(run_dir, trainings.undisturbed, STEPS)
    return 1


def stale_lock(trainings, rng) -> int:
    """Leaves the lock file of a killed training, with the number of a living process."""
    run_dir = trainings.stopped("stale-lock", 45)
    (run_dir / "lock").write_text(f"{os.getpid()}\n", encoding="utf-8")
    return _continues(trainings, run_dir)


def clock_back(trainings, rng) -> int:
    """Sets the clock back by a day between two sessions, by dating all files forward."""
    run_dir = trainings.stopped("clock", 45)
    for file in list(run_dir.rglob("*")):
        os.utime(file, (file.stat().st_mtime + _DAY,) * 2)
    for file in list(run_dir.glob("events.out.tfevents.*")):
        parts = file.name.split(".")  # the fourth one is when the file was opened
        parts[3] = f"{int(parts[3]) + _DAY:010}"
        file.rename(file.with_name(".".join(parts)))
    return _continues(trainings, run_dir)


def ctrl_c_twice(trainings, rng, pauses=(0.0, 0.05, 0.5)) -> int:
    """Ctrl-C, and again `pauses` seconds later: at once, while it saves, or too late."""
    for number, pause in enumerate(pauses):
        run_dir = trainings.stopped(f"ctrl-c-{number}", 45)
        session = trainings.start(run_dir)
        session.wait_until_prepared()
        time.sleep(rng.uniform(0, 1))
        for _ in range(2):
            if session.process.poll() is None:
                session.process.send_signal(signal.SIGINT)
                time.sleep(pause)
        # The last status: the second Ctrl-C came after Python removed its own handler.
        if session.end() not in (0, 130, -signal.SIGINT) or session.err:
            raise Lost(f"status {session.end()}: {session.err}")
        check_steps(run_dir)
        trainings.check_continues(run_dir, max(intact_steps(run_dir)))
    return len(pauses)


FAULTS: dict[str, Fault] = {
    "SIGKILL at any moment": partial(kills, kill=at_any_moment, num=7),
    "SIGKILL in a checkpoint": partial(kills, kill=while_saving, num=8),
    "disk full while writing events": partial(full_disk, what="events", step=35),
    "disk full while writing samples": partial(full_disk, what="samples", step=15),
    "disk full while writing a checkpoint": partial(full_disk, what="save", step=90),
    "checkpoint cut": partial(damaged, damage=cut),
    "bit of a checkpoint flipped": partial(damaged, damage=flip_a_bit),
    "shard of a checkpoint missing": partial(damaged, damage=remove_shard),
    "index of a checkpoint empty": partial(damaged, damage=empty_index),
    "last checkpoint of a finished run cut": partial(damaged, damage=cut, step=STEPS),
    "config.json deleted": no_config,
    "run directory read-only": read_only,
    "two trainings at once": two_at_once,
    "lock of a killed training": stale_lock,
    "clock put back": clock_back,
    "Ctrl-C twice": ctrl_c_twice,
}
