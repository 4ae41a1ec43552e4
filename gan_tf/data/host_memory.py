"""The memory of this machine, or of the container in which the process is."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
# The limit of a container and what it uses, of cgroups 2 and 1.
_CGROUP_FILES = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def total_memory() -> int | None:
    """Returns the bytes of memory that there are; None if not known."""
    sizes = [limit for limit, _ in _container()]
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not on Windows
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(sizes, default=None)


def free_memory() -> int | None:
    """Returns the bytes that this process can still have; None if not known."""
    sizes = [limit - used for limit, used in _container()]
    if (available := _number(_MEMINFO, "MemAvailable:")) is not None:
        sizes.append(available * 1024)
    return min(sizes, default=None)


def _container() -> Iterator[tuple[int, int]]:
    """Yields (limit, used) in bytes, of every limit that there is.

    What is used contains files that were read once, as of data that were just unpacked; the
    kernel frees these before it refuses memory, so they do not count.
    """
    for files in _CGROUP_FILES:
        # Outside of a container there are none, and in one without a limit no number.
        with contextlib.suppress(OSError, ValueError):
            limit, used = (int(file.read_text(encoding="ascii")) for file in files)
            statistics = files[1].with_name("memory.stat")
            yield limit, used - (_number(statistics, "inactive_file") or 0)


def _number(file: Path, name: str) -> int | None:
    """Returns the number after `name` in a file of the kernel; None without one."""
    with contextlib.suppress(OSError, ValueError):
        lines = map(str.split, file.read_text(encoding="ascii").splitlines())
        return next((int(line[1]) for line in lines if line[:1] == [name]), None)
    return None
