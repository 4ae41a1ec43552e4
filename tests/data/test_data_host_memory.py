"""The limit of a container is that of cgroups 2 or of cgroups 1."""

import pytest

from gan_tf.data import host_memory, validation


@pytest.fixture
def cgroups(tmp_path, monkeypatch):
    """Returns the folder in place of /sys/fs/cgroup."""
    root = "/sys/fs/cgroup"
    files = [
        [tmp_path / file.relative_to(root) for file in pair]
        for pair in host_memory._CGROUP_FILES
    ]
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(host_memory, "_CGROUP_FILES", files)
    return tmp_path


@pytest.mark.parametrize(
    "limit, used",
    [
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ],
)
def test_the_limit_of_a_container_is_known(cgroups, limit, used):
    outside = host_memory.free_memory(), host_memory.total_memory()
    (cgroups / limit).write_text("5000\n")
    (cgroups / used).write_text("2000\n")
    assert (host_memory.free_memory(), host_memory.total_memory()) == (3000, 5000)
    validation.check_num_bytes("x", 3000)
    with pytest.raises(validation.InputError, match="would need 3,001 .* but 3,000 are"):
        validation.check_num_bytes("x", 3001)
    (cgroups / used).with_name("memory.stat").write_text("anon 9\ninactive_file 500\n")
    assert host_memory.free_memory() == 3500
    (cgroups / limit).write_text("max\n")
    limits = host_memory.free_memory(), host_memory.total_memory()
    assert limits[1] == outside[1] and limits[0] > 10**8


def test_memory_that_is_not_known_is_not_checked(cgroups, monkeypatch):
    monkeypatch.setattr(host_memory, "_MEMINFO", cgroups / "meminfo")
    assert host_memory.free_memory() is None
    validation.check_num_bytes("x", validation.MAX_BYTES)
