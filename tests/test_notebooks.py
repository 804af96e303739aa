"""Every notebook runs from top to bottom, and is kept without what it printed."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
REAL = {"04-where-to-survey-next", "balance"}
"""Notebooks on real files; the others make their own area."""

NOTEBOOKS = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)


@pytest.mark.slow
@NOTEBOOKS
def test_notebook_runs(path, request, monkeypatch):
    if path.stem in REAL:
        shared = request.getfixturevalue("shared")
        monkeypatch.setenv("CLEARWAY_SHARED", str(shared.parent.resolve()))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": FOLDER}}).execute()


@NOTEBOOKS
def test_notebook_is_kept_without_outputs(path):
    cells = [one for one in nbformat.read(path, as_version=4).cells if one.cell_type == "code"]
    assert cells
    assert all(one.outputs == [] and one.execution_count is None for one in cells)
