import glob
import logging
import os
import re
import subprocess
import sys
import types

import keras
import pytest

import gan_tf
from gan_tf import evaluate, generate, startup, train
from gan_tf.config import Config
from gan_tf.errors import InputError

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
BAD_KERAS = [
    ("KERAS_BACKEND", "jax", "KERAS_BACKEND (jax) must be tensorflow"),
    ("TF_USE_LEGACY_KERAS", "1", "needs the package tf_keras"),
]
AVX2, VNNI = {"avx2", "fma"}, {"avx2", "avx512_vnni"}


def shell(*arguments, **variables):
    """Runs Python with these environment variables, and without those that are None."""
    env = {k: v for k, v in {**os.environ, **variables}.items() if v is not None}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


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
    monkeypatch, capsys, architecture, flags, imported, setting, enabled, has_note
):
    monkeypatch.setattr(startup.platform, "machine", lambda: architecture)
    monkeypatch.setattr(startup, "cpu_flags", lambda: flags)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    if imported:
        monkeypatch.setitem(sys.modules, "tensorflow", startup)
    monkeypatch.delenv(VARIABLE, raising=False)
    if setting is not None:
        monkeypatch.setenv(VARIABLE, setting)
    startup.enable_onednn()
    assert startup.has_onednn() == enabled
    printed = capsys.readouterr().out
    assert (VARIABLE in printed) == has_note and printed.count("\n") == has_note


@pytest.mark.parametrize(
    "flags, limit, onednn, lacks",
    [
        ({"avx2"}, None, "1", True),
        ({"avx2"}, None, "0", False),
        ({"avx2", "avx512f"}, None, "1", False),
        ({"avx2", "avx512f"}, "avx2", "1", True),
        ({"avx2", "avx512f"}, "AVX512_CORE", "1", False),
        (set(), None, "1", False),  # not known
    ],
)
def test_kernels_lack_avx512_by_the_processor_or_by_onednns_variable(
    monkeypatch, flags, limit, onednn, lacks
):
    monkeypatch.setattr(startup.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(startup, "cpu_flags", lambda: flags)
    monkeypatch.setenv(VARIABLE, onednn)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert startup.onednn_lacks_avx512() is lacks


def test_a_processor_without_avx_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(startup.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(startup, "cpu_flags", lambda: {"sse4_2"})
    with pytest.raises(InputError, match="has no AVX, which TensorFlow needs"):
        startup.import_tensorflow()
    monkeypatch.setattr(startup, "cpu_flags", set)  # not known
    startup.import_tensorflow()


def test_the_advice_to_import_gan_tf_first_works():
    code = "import gan_tf, os; print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))"
    expected = "1\n" if startup._is_x86() else "None\n"
    process = shell("-c", code, **{VARIABLE: None})
    assert process.stdout == expected, process.stderr


@pytest.mark.slow
def test_the_python_api_imports_tensorflow_without_its_log_or_keras_json(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    code = "import gan_tf\ntry: gan_tf.load('nowhere')\n"
    code += "except gan_tf.InputError as error: print(error)\n"
    code += "import keras; print(keras.config.backend())"
    process = shell("-c", code, KERAS_HOME=str(tmp_path), KERAS_BACKEND=None)
    assert process.stderr == "" and process.stdout.startswith("run_dir (nowhere)")
    assert process.stdout.endswith("\ntensorflow\n")


@pytest.mark.parametrize("name, value, message", BAD_KERAS)
def test_keras_that_does_not_compute_with_tensorflow_is_refused(
    monkeypatch, tmp_path, capsys, name, value, message
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setenv(name, value)
    for call in (
        lambda: gan_tf.load("runs/acgan"),
        lambda: train.main(["train", "--model=gan", "--steps=1"]),
        lambda: generate.main(["generate", "--label=1"]),
        lambda: evaluate.main(["evaluate"]),
        lambda: gan_tf.fit(Config(steps=1)),
    ):
        with pytest.raises(InputError, match=re.escape(message)) as error:
            call()
        assert "\n" not in str(error.value) and capsys.readouterr().out == ""
        assert "keras" not in sys.modules and not list(tmp_path.iterdir())


def test_an_imported_keras_of_another_backend_is_refused(monkeypatch):
    startup.check_keras()
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(InputError, match=r"KERAS_BACKEND \(jax\)"):
        startup.check_keras()


@pytest.mark.slow
def test_a_gpu_that_tensorflow_does_not_find_is_explained_with_the_cure(tmp_path):
    if glob.glob("/dev/nvidia[0-9]*"):
        pytest.skip("there is a GPU")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    code = "from gan_tf import startup; startup.import_tensorflow(); "
    code += "from gan_tf.training import devices; devices.select_gpus()"
    for gpus, is_shown in ("0", True), ("-1", False):
        variables = {"CUDA_VISIBLE_DEVICES": gpus, "TF_CPP_MIN_LOG_LEVEL": None}
        process = shell("-c", code, PATH=path, **variables)
        assert process.returncode == 0
        assert bool(process.stderr) == is_shown, process.stderr
        assert process.stdout.count("\n") == (gpus == "0")
        assert gpus == "-1" or "pip install 'tensorflow[and-cuda]'" in process.stdout


@pytest.mark.slow
def test_a_backend_of_matplotlib_that_is_missing_is_ignored():
    code = "import gan_tf, keras, matplotlib as m; print(m.rcParams._get('backend'))"
    for backend, used in (("pdf", "pdf"), ("nonsense", "<object object")):
        process = shell("-c", code, MPLBACKEND=backend)
        assert process.stdout.startswith(used), process.stderr


def test_retracing_is_warned_of_only_in_functions_of_the_user(caplog):
    caplog.set_level(logging.WARNING, "tensorflow")
    log = logging.getLogger("tensorflow")
    message = "%d out of the last 5 calls to f triggered tf.function retracing."
    in_package = types.ModuleType("gan_tf.models.new")
    exec("def warn(log, message): log.warning(message, 3)", in_package.__dict__)
    in_package.warn(log, message)
    in_package.warn(log, "another %d")
    log.warning(message, 4)
    shown = [record.getMessage()[:9] for record in caplog.records]
    assert shown == ["another 3", "4 out of "]


def test_a_stderr_that_was_closed_from_the_start_does_not_end_the_program(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    startup.import_tensorflow()
