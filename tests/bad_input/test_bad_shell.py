"""A handful of bad inputs in processes of their own, as a shell sees them."""

import os
import subprocess
import sys

import pytest
from broken_data import bomb
from refusals import tree

CASES = {
    "wrong type": (["train", "--model=gan", "--steps=many"], "flag --steps=many"),
    "bytes": (["train", "--model=gan", b"--data=\xff\xfe"], "a path in plain text"),
    "bomb": (["evaluate", "--images=bomb.npz"], "images (bomb.npz): images: would"),
    "no checkpoint": (["generate", "--run_dir=run", "--label=1"], "has no checkpoint"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_line_and_status_2(home, tmp_path, name):
    arguments, message = CASES[name]
    (tmp_path / "bomb.npz").write_bytes(bomb("images"))
    (tmp_path / "run").mkdir()
    config = (home / "runs" / "acgan" / "config.json").read_text()
    (tmp_path / "run" / "config.json").write_text(config)
    before = tree(tmp_path)
    command, *flags = arguments
    process = subprocess.run(
        [sys.executable, "-m", f"gan_tf.{command}", *flags],
        capture_output=True,
        cwd=tmp_path,
        timeout=60,
    )
    err = process.stderr.decode()
    assert process.returncode == 2, err
    assert err.startswith("error: ") and err.count("\n") == 1 and message in err
    assert tree(tmp_path) == before


def test_a_name_that_the_terminal_cannot_show_does_not_end_a_command(tmp_path):
    """It is printed with escapes, on a terminal of ASCII."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "import sys; from gan_tf import cli; cli.run(lambda argv: print('猫'))"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment, timeout=60
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert process.stdout == b"\\u732b\n"
