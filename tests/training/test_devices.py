"""GPUs are simulated: TensorFlow's own functions refuse what they refuse with real ones."""

import types

import pytest
import tensorflow as tf

from gan_tf import evaluate, export, generate, startup
from gan_tf.config import Config
from gan_tf.errors import InputError
from gan_tf.models import model_class
from gan_tf.training import devices
from gan_tf.training.devices import (
    multiplies_bfloat16,
    note_slow_choices,
    select_gpus,
)


@pytest.fixture
def gpus(monkeypatch):
    """Two GPUs; those of `visible` are in use as soon as `started` is set."""
    names = ["/physical_device:GPU:0", "/physical_device:GPU:1"]
    both = [types.SimpleNamespace(name=name) for name in names]
    state = types.SimpleNamespace(
        both=both, visible=list(both), growing=[], started=False, limited=[]
    )

    def set_visible_devices(devices, kind):
        if state.started and devices != state.visible:
            raise RuntimeError("Visible devices cannot be modified after being initialized")
        state.visible = devices

    def set_memory_growth(gpu, on):
        if gpu in state.limited:
            raise ValueError("Cannot set memory growth when virtual devices configured")
        if state.started and gpu not in state.growing:
            raise RuntimeError("Physical devices cannot be modified after all")
        state.growing.append(gpu)

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: both)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: state.visible)
    monkeypatch.setattr(tf.config, "set_visible_devices", set_visible_devices)
    experimental = tf.config.experimental
    monkeypatch.setattr(experimental, "set_memory_growth", set_memory_growth)
    monkeypatch.setattr(experimental, "get_device_details", lambda gpu: {})
    return state


def test_a_second_training_of_a_process_uses_the_same_gpus(gpus):
    assert select_gpus(1) == "GPU (GPU:1)" and gpus.growing == gpus.visible
    gpus.started = True
    assert select_gpus(1) == select_gpus() == "GPU (GPU:1)"
    with pytest.raises(InputError, match=r"gpu \(0\) cannot be chosen any more.*restart"):
        select_gpus(0)


@pytest.mark.parametrize("index", [-1, 2])
def test_a_gpu_that_is_not_there_is_refused(gpus, index):
    with pytest.raises(InputError, match=rf"gpu \({index}\) must be from 0 to 1"):
        select_gpus(index)
    assert gpus.visible == gpus.both


def test_a_process_that_has_computed_before_keeps_its_gpus(gpus):
    gpus.started = True
    assert select_gpus() == select_gpus(0) == "GPU (GPU:0)"
    assert select_gpus(strategy="mirrored") == "GPU (GPU:0), GPU (GPU:1)"
    assert gpus.visible == gpus.both and not gpus.growing
    with pytest.raises(InputError, match=r"gpu \(1\) cannot be chosen any more"):
        select_gpus(1)


def test_gpus_that_the_process_has_hidden_stay_hidden(gpus, monkeypatch, capsys):
    monkeypatch.setattr(startup, "expects_gpu", lambda: True)
    gpus.visible = gpus.both[1:]
    assert select_gpus() == "GPU (GPU:1)"
    for gpus.started in (False, True):
        gpus.visible = []
        assert select_gpus().startswith("CPU with ") and gpus.visible == []
    assert capsys.readouterr().out == ""  # they are there
    gpus.started = False
    assert select_gpus(0) == "GPU (GPU:0)"


def test_a_limit_of_the_memory_that_the_process_has_set_stays(gpus):
    gpus.limited = gpus.both[:1]
    assert select_gpus() == "GPU (GPU:0)" and gpus.visible == gpus.both[:1]
    assert select_gpus(1) == "GPU (GPU:1)" and gpus.growing == gpus.both[1:]


@pytest.mark.parametrize(
    "command, flags",
    [
        (generate, ["--label=1"]),
        (evaluate, []),
        (export, ["--format=keras", "--out=a.keras"]),
    ],
)
def test_a_command_leaves_the_gpus_memory_to_others(gpus, tmp_path, command, flags):
    with pytest.raises(InputError, match="is not a run"):
        command.main(["command", f"--run_dir={tmp_path}", *flags])
    assert gpus.growing == gpus.visible == gpus.both[:1]


@pytest.mark.parametrize(
    "flags, limit, expected",
    [
        ({"avx2"}, None, False),
        ({"avx2", "avx512_bf16"}, None, True),
        ({"avx2", "amx_tile", "amx_bf16"}, "avx512_core_amx", True),
        ({"avx2", "avx512_bf16"}, "AVX2", False),
        ({"avx2", "avx512_bf16"}, "avx512_core_vnni", False),
    ],
)
def test_bfloat16_needs_the_processor_and_onednns_permission(
    monkeypatch, flags, limit, expected
):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    monkeypatch.setattr(startup, "cpu_flags", lambda: flags)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert multiplies_bfloat16() is expected
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert not multiplies_bfloat16()


@pytest.mark.parametrize(
    "model, num_gpus, strategy, has_bfloat16, expected",
    [
        ("gan", 0, "none", True, ("on", "off")),
        ("acgan", 0, "none", True, ("off", "on")),
        ("acgan", 0, "none", False, ("off", "off")),
        ("gan", 1, "none", True, ("on", "on")),
        ("acgan", 1, "none", True, ("on", "on")),
        ("acgan", 1, "none", False, ("on", "off")),
        ("acgan", 2, "mirrored", True, ("off", "on")),
    ],
)
def test_auto_is_what_was_faster(
    monkeypatch, model, num_gpus, strategy, has_bfloat16, expected
):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [None] * num_gpus)
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda: has_bfloat16)
    chosen = devices.fast_choices(model_class(model), Config(strategy=strategy))
    assert (chosen["jit_compile"], chosen["mixed_precision"]) == expected


@pytest.mark.parametrize("capability, expected", [((7, 5), False), ((8, 0), True)])
def test_a_gpu_multiplies_bfloat16_from_ampere_on(gpus, monkeypatch, capability, expected):
    details = {"compute_capability": capability}
    experimental = tf.config.experimental
    monkeypatch.setattr(experimental, "get_device_details", lambda gpu: details)
    assert multiplies_bfloat16() is expected


def test_what_another_device_has_switched_on_is_said_to_be_slow(capsys, monkeypatch):
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda: False)
    note_slow_choices(model_class("acgan"), Config(jit_compile="on", mixed_precision="on"))
    lines = capsys.readouterr().out.splitlines()
    for name, line in zip(("jit_compile", "mixed_precision"), lines, strict=True):
        assert line.startswith(f"note      {name} is on") and f"--{name} off" in line
