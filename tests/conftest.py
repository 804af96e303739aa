"""What all tests share: where the real files are."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run, so that a red run can be run again; CLEARWAY_RANDOM=1 looks elsewhere.
settings.register_profile("clearway", derandomize=os.environ.get("CLEARWAY_RANDOM") != "1", deadline=None)
settings.load_profile("clearway")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CLEARWAY_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"real files are not here: set CLEARWAY_SHARED to their folder (looked in {folder.name}/data)")
    return folder / "data"
