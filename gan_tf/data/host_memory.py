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
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        sizes.append(int(line.split()[1]) * 1024)
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
            yield limit, used - _inactive_file(files[1].with_name("memory.stat"))


def _inactive_file(statistics: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        lines = statistics.read_text(encoding="ascii").splitlines()
        return int(dict(map(str.split, lines)).get("inactive_file", 0))
    return 0
