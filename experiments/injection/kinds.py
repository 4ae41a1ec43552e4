"""The faults. Each is injected into a run of its own, which must recover from it.

A fault is a function of `Trainings` and of a random generator that returns how often it was
injected, and raises `Lost` if the run lost anything.
"""

import os
import resource
import signal
import time
from functools import partial

from injection import remains
from injection.remains import Lost, check_same, check_steps, checkpoint_files, intact_steps
from injection.trainings import STEPS, Session, check_resumed

_DAY = 86_400  # seconds


def kills(trainings, rng, kill, num: int) -> int:
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


def at_any_moment(session: Session, rng) -> bool:
    """Kills a session after its first output; returns whether it had not ended."""
    session.wait_for(lambda: session.out)
    time.sleep(rng.uniform(0, 5))
    return session.kill()


def while_saving(session: Session, rng) -> bool:
    """Kills a session in a checkpoint; returns whether that was left partly written."""
    session.wait_until_prepared()  # the remains of the kill before are then removed
    time.sleep(rng.uniform(0, 1))
    session.wait_for(lambda: remains.is_writing_checkpoint(session.run_dir))
    time.sleep(rng.uniform(0, 0.005))
    return session.kill() and remains.is_writing_checkpoint(session.run_dir)


def recovers(act, step: int = 45, resumes_at: int | None = None):
    """Returns the fault of `act(trainings, run_dir, rng)` on a run stopped at `step`."""

    def fault(trainings, rng):
        run_dir = trainings.stopped(f"{act.__name__}-{step}", step)
        act(trainings, run_dir, rng)
        out = trainings.check_continues(run_dir, resumes_at or step)
        if resumes_at and f"Skipped corrupt checkpoint {step}" not in out:
            raise Lost(f"it does not print that it skipped checkpoint {step}: {out}")
        return 1

    return fault


def full_disk(trainings, run_dir, rng):
    """Limits files to 1,000 bytes, so that the next output fails."""
    session = trainings.start(run_dir)
    session.wait_until_prepared()
    resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (1_000, 1_000))
    session.check_refused(str(run_dir), "cannot be written", "File too large")


def cut(trainings, run_dir, rng):
    """Removes the end of the newest checkpoint's shard."""
    shard = checkpoint_files(run_dir, max(intact_steps(run_dir)))[1]
    os.truncate(shard, int(rng.integers(0, shard.stat().st_size)))


def flip_a_bit(trainings, run_dir, rng):
    """Flips one bit of the newest checkpoint's shard."""
    shard = checkpoint_files(run_dir, max(intact_steps(run_dir)))[1]
    content = bytearray(shard.read_bytes())
    content[rng.integers(0, len(content))] ^= 1 << int(rng.integers(0, 8))
    shard.write_bytes(content)


def remove_shard(trainings, run_dir, rng):
    """Removes the newest checkpoint's only shard."""
    checkpoint_files(run_dir, max(intact_steps(run_dir)))[1].unlink()


def empty_index(trainings, run_dir, rng):
    """Makes the newest checkpoint's index an empty file, as a power cut can."""
    checkpoint_files(run_dir, max(intact_steps(run_dir)))[0].write_bytes(b"")


def no_config(trainings, run_dir, rng):
    """Deletes config.json: the command is refused until the file is back."""
    config, aside = run_dir / "config.json", trainings.folder / "config.json"
    config.rename(aside)
    _check_refused(trainings, run_dir, "has files in it and no config.json")
    aside.rename(config)


def read_only(trainings, run_dir, rng):
    """Forbids writing: the command is refused until it is allowed again."""
    modes = {path: path.stat().st_mode for path in (run_dir, *run_dir.rglob("*"))}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    # Modes do not bind root, unless it has given up that privilege.
    prefix = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    _check_refused(trainings, run_dir, "Permission denied", prefix=prefix)
    for path, mode in modes.items():
        path.chmod(mode)


def _check_refused(trainings, run_dir, *words, prefix=()):
    before = remains.contents(run_dir)
    trainings.start(run_dir, prefix).check_refused(str(run_dir), *words)
    if remains.contents(run_dir) != before:
        raise Lost("a refused training has changed files")


def stale_lock(trainings, run_dir, rng):
    """Leaves the lock file of a killed training, with the number of a living process."""
    (run_dir / "lock").write_text(f"{os.getpid()}\n", encoding="utf-8")


def clock_back(trainings, run_dir, rng):
    """Sets the clock back by a day between two sessions, by dating all files forward."""
    for file in run_dir.rglob("*"):
        os.utime(file, (file.stat().st_mtime + _DAY,) * 2)
    for file in list(run_dir.glob("events.out.tfevents.*")):
        parts = file.name.split(".")  # the fourth one is when the file was opened
        parts[3] = f"{int(parts[3]) + _DAY:010}"
        file.rename(file.with_name(".".join(parts)))


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


FAULTS = {
    "SIGKILL at any moment": partial(kills, kill=at_any_moment, num=7),
    "SIGKILL in a checkpoint": partial(kills, kill=while_saving, num=8),
    # The first output after these steps; see `trainings.STEPS`.
    "disk full while writing events": recovers(full_disk, 35),
    "disk full while writing samples": recovers(full_disk, 15),
    "disk full while writing a checkpoint": recovers(full_disk, 90),
    "checkpoint cut": recovers(cut, 45, 40),
    "bit of a checkpoint flipped": recovers(flip_a_bit, 45, 40),
    "shard of a checkpoint missing": recovers(remove_shard, 45, 40),
    "index of a checkpoint empty": recovers(empty_index, 45, 40),
    "last checkpoint of a finished run cut": recovers(cut, STEPS, STEPS - 5),
    "config.json deleted": recovers(no_config),
    "run directory read-only": recovers(read_only),
    "two trainings at once": two_at_once,
    "lock of a killed training": recovers(stale_lock),
    "clock put back": recovers(clock_back),
    "Ctrl-C twice": ctrl_c_twice,
}
