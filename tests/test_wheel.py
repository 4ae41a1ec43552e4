"""The built wheel has every file of the package, also those that are no Python."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_has_all_files_of_the_package(tmp_path):
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "gan_tf", tmp_path / "gan_tf", ignore=unwanted)
    for name in ("setup.cfg", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--wheel-dir=wheels", "."]
    subprocess.run(command, cwd=tmp_path, check=True)
    (wheel,) = (tmp_path / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("gan_tf/")}
    files = (file for file in (tmp_path / "gan_tf").rglob("*") if file.is_file())
    assert packed == {file.relative_to(tmp_path).as_posix() for file in files}
    kinds = {Path(name).suffix for name in packed}
    assert kinds == {".py", ".js", ".css", ".html", ".npz", ".txt"}
