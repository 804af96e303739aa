"""The documentation builds without a warning, loads nothing from elsewhere, and everything in it was run."""

import importlib.machinery
import importlib.util
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from geo_service.access.settings import AccessSettings
from geo_service.settings import Settings
from geo_service.statements.terms import Terms
from layers.reading.severity import DEFAULTS
from layers.roads.rules import Rules
from tests import postgis
from tests.docs.blocks import blocks_of, fits, printed, program_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAMES = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), flags=re.MULTILINE)
PAGES = [DOCS / name for name in NAMES]
RUN = [name for name in NAMES if any(block.kind in {"sh", "python"} for block in blocks_of(DOCS / name))]
DATABASE = "postgresql://clearway@db.example.org/register"
"""The database that the pages speak of."""


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def test_it_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    loaded = re.compile(
        r"""<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)=["']?(?:https?:)?//(?!127\.0\.0\.1)[^"'\s>]+"""
    )
    for page in (tmp_path / "site").rglob("*.html"):
        found = [one for one in loaded.findall(page.read_text(encoding="utf-8")) if 'rel="canonical"' not in one]
        assert found == [], page.name


def test_every_page_has_only_blocks_that_are_run_or_compared():
    for page in PAGES:
        blocks = blocks_of(page)
        assert {block.kind for block in blocks} <= {"sh", "python", "text"}, page.name
        assert len(blocks) == page.read_text(encoding="utf-8").count("```") / 2, page.name
        for before, block in zip([None, *blocks], blocks, strict=False):
            assert block.kind != "text" or (before is not None and before.kind != "text"), f"{page.name}:{block.line}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The folder in which a reader sits, from page to page."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "wait_for.py").write_text(
        "import sys, time, urllib.request\n"
        "for _ in range(600):\n"
        "    try:\n"
        "        urllib.request.urlopen(sys.argv[1]).close()\n"
        "        sys.exit()\n"
        "    except OSError:\n"
        "        time.sleep(0.1)\n"
        "sys.exit('nothing is served: ' + open('served.log').read())\n"
    )
    return folder


@pytest.fixture
def database():
    postgis.needed()
    with postgis.server(postgis.memory()) as running:
        yield running.url


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


def run_of(name, desk, served_by=None):
    """Run a page's blocks; answers what each printed, by the line on which it begins."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        "XDG_CACHE_HOME": str(desk / "cache"),
    }
    text = program_of(blocks_of(DOCS / name), free_address())
    if DATABASE in text:
        text = text.replace(DATABASE, served_by("database"))
    program = desk / "page.sh"
    program.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["bash", program], cwd=desk, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    last = [int(line[4:]) for line in done.stdout.splitlines() if line.startswith("@@@ ")]
    assert done.returncode == 0, f"{name}:{last[-1:]}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return printed(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("docs")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.postgis) if "postgis" in name else name for name in RUN]
)
def test_every_block_was_run(name, desk, request):
    blocks = blocks_of(DOCS / name)
    if name != NAMES[0] and not (desk / "ours").exists():
        run_of(NAMES[0], desk)  # every page goes on where the first ends
    outputs = run_of(name, desk, request.getfixturevalue)
    before = None
    for block in blocks:
        if block.kind != "text":
            # Neighbouring blocks of Python are one program: the first of them has the output.
            before = max(number for number in outputs if number <= block.line)
            continue
        assert fits(block.text, outputs[before]), f"{name}:{block.line} promises otherwise than\n{outputs[before]}"


def test_every_setting_is_described():
    text = text_of("reference/settings.md")
    held = {*Settings.__dataclass_fields__, *AccessSettings.__dataclass_fields__}
    assert {name for name in held if f"`{name}`" not in text} == set()
    assert {name for name in Rules.__dataclass_fields__ if f"`{name}`" not in text} == set()
    assert {name for name in Terms.__dataclass_fields__ if f"`{name}`" not in text} == set()
    assert {name for name in DEFAULTS if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("name", ["layers", "commands", "api"])
def test_what_the_code_says_stands_in_the_reference(name):
    spec = importlib.util.spec_from_loader(
        "reference", importlib.machinery.SourceFileLoader("reference", str(ROOT / "scripts" / "reference"))
    )
    reference = importlib.util.module_from_spec(spec)
    before = sys.path[0]
    spec.loader.exec_module(reference)
    sys.path[0] = before
    assert text_of(f"reference/{name}.md") == reference.PAGES[name](), "run: .venv/bin/python scripts/reference"
