"""Bad input in processes of their own, as a shell runs them."""

import os
import shutil
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "command, flags, message",
    [
        ("train", ["--model=gan", "--steps=many"], "flag --steps=many"),
        ("train", ["--model=gan", b"--data=\xff\xfe"], "a path in plain text"),
        ("evaluate", ["--images=bomb.npz"], "images (bomb.npz): images: would"),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, bomb, command, flags, message):
    shutil.copy(bomb, tmp_path)
    arguments = [sys.executable, "-m", f"gan_tf.{command}", *flags]
    process = subprocess.run(arguments, capture_output=True, cwd=tmp_path)
    err = process.stderr.decode()
    assert process.returncode == 2, err
    assert err.startswith("error: ") and err.count("\n") == 1 and message in err
    assert os.listdir(tmp_path) == ["bomb.npz"]


def test_a_name_that_the_terminal_cannot_show_does_not_end_a_command():
    """It is printed with escapes, on a terminal of ASCII."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "import sys; from gan_tf import cli; cli.run(lambda argv: print('猫'))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert process.stdout == b"\\u732b\n"
