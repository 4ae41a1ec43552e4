"""docs/quickstart.ipynb runs as a whole, with tiny settings."""

import os
import signal
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"
TINY = {
    "steps=800": "steps=4, batch_size=8",
    "sample_every=100": "sample_every=2",
    "save_every=400": "save_every=2",
}


def outputs(notebook, kind):
    """The outputs of the type `kind`, such as "image/png", with their cells' numbers."""
    return [
        (number, output["data"][kind])
        for number, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where TensorBoard notes its process
    monkeypatch.setattr("tempfile.tempdir", None)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        for full, tiny in TINY.items():
            cell.source = cell.source.replace(full, tiny)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources=resources
    )
    try:
        client.execute()
    finally:
        from tensorboard import manager

        for server in manager.get_all():
            os.kill(server.pid, signal.SIGTERM)
    assert len(outputs(notebook, "image/png")) >= 2
    text = str(notebook)
    assert "4/4" in text and "wrote morph.gif" in text and "wrote digits.html" in text
    assert (tmp_path / "digits.html").exists()
    assert any("tensorboard-frame" in html for _, html in outputs(notebook, "text/html"))


def test_the_committed_outputs_are_of_a_real_run():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert not any(o.output_type == "error" for cell in codes for o in cell.outputs)
    assert len(outputs(notebook, "image/png")) >= 2
    assert NOTEBOOK.stat().st_size < 500_000
    assert not any(word in str(notebook) for word in ("/home/", "/root/", "/tmp/", "ERROR"))
