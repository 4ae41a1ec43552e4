"""What can have happened to the files of a run since it was stopped."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from injection.remains import checkpoint_files

_DAY = 86_400


def cut(run_dir: Path, step: int, rng: np.random.Generator) -> None:
    """Takes away the end of a checkpoint's shard."""
    shard = checkpoint_files(run_dir, step)[1]
    os.truncate(shard, int(rng.integers(0, shard.stat().st_size)))


def flip_a_bit(run_dir: Path, step: int, rng: np.random.Generator) -> None:
    """Turns over one bit of a checkpoint's shard."""
    shard = checkpoint_files(run_dir, step)[1]
    content = bytearray(shard.read_bytes())
    content[rng.integers(0, len(content))] ^= 1 << int(rng.integers(0, 8))
    shard.write_bytes(content)


def remove_a_shard(run_dir: Path, step: int, rng: np.random.Generator) -> None:
    """Removes a checkpoint's only shard."""
    del rng
    checkpoint_files(run_dir, step)[1].unlink()


def empty_the_index(run_dir: Path, step: int, rng: np.random.Generator) -> None:
    """Leaves of a checkpoint's index an empty file, as a power cut can."""
    del rng
    checkpoint_files(run_dir, step)[0].write_bytes(b"")


def date_forward(run_dir: Path) -> None:
    """Dates all files a day ahead, as if the clock had been put back by one since."""
    for file in list(run_dir.rglob("*")):
        ahead = file.stat().st_mtime + _DAY
        os.utime(file, (ahead, ahead))
    for file in list(run_dir.glob("events.out.tfevents.*")):
        # The third part of the name is the time at which the file was opened.
        parts = file.name.split(".")
        parts[3] = f"{int(parts[3]) + _DAY:010}"
        file.rename(file.with_name(".".join(parts)))
