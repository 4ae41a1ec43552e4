import sys

import pytest

from gan_tf import onednn

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
AVX2, VNNI = {"avx2", "fma"}, {"avx2", "avx512_vnni"}


@pytest.fixture
def machine(monkeypatch):
    """Sets the processor, whether TensorFlow is imported, and the user's setting."""

    def of(architecture, flags, imported, setting):
        monkeypatch.setattr(onednn.platform, "machine", lambda: architecture)
        monkeypatch.setattr(onednn, "cpu_flags", lambda: flags)
        monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
        if imported:
            monkeypatch.setitem(sys.modules, "tensorflow", onednn)
        monkeypatch.delenv(VARIABLE, raising=False)
        if setting is not None:
            monkeypatch.setenv(VARIABLE, setting)
        onednn.enable()
        return onednn.is_enabled()

    return of


@pytest.mark.parametrize(
    "architecture, flags, imported, setting, enabled, has_note",
    [
        ("x86_64", AVX2, False, None, True, False),
        ("AMD64", AVX2, False, None, True, False),
        ("x86_64", VNNI, False, None, True, False),
        ("x86_64", AVX2, False, "0", False, False),
        ("x86_64", VNNI, False, "0", False, False),
        ("x86_64", AVX2, True, None, False, True),
        ("x86_64", AVX2, True, "1", True, False),
        ("x86_64", VNNI, True, None, True, False),
        ("aarch64", set(), False, None, False, False),
    ],
)
def test_onednn_is_on_wherever_it_is_fast(
    machine, capsys, architecture, flags, imported, setting, enabled, has_note
):
    assert machine(architecture, flags, imported, setting) == enabled
    printed = capsys.readouterr().out
    assert (VARIABLE in printed) == has_note and printed.count("\n") == has_note
