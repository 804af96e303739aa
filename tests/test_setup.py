"""What a fresh machine relies on: the locks, the vendored files, the wheel, the scripts."""

import json
import re
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest

from hatch_build import VendoredFilesHook
from scripts import vendor

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = [
    *(ROOT / "scripts" / name for name in ("bench", "lock", "picture", "pictures", "run", "setup", "test")),
    ROOT / ".ci" / "run",
]


def locked(name: str) -> set[str]:
    """The requirements of a lock, each with its marker."""
    lines = (ROOT / "locks" / name).read_text().splitlines()
    return {line.removesuffix(" \\") for line in lines if not line.startswith(" ")}


def executable(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/usr/bin/env bash", "set -e", *lines, "")))
    path.chmod(0o755)


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "node.txt"])
def test_a_lock_holds_names_versions_and_hashes_alone(name):
    lines = (ROOT / "locks" / name).read_text().splitlines()
    assert len(lines) > 2
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith(" "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        else:
            assert re.fullmatch(r"[a-z0-9.-]+==[^ /]+( ; [^/@]+)? \\", line)
            assert after.startswith("    --hash=")


def test_what_was_tested_is_what_runs():
    # What else is there decides on which platforms a package is wanted, not in which version.
    run, test = ({one.split(" ;")[0] for one in locked(name)} for name in ("run.txt", "test.txt"))
    assert run < test


def test_both_locks_hold_the_build_back_end():
    names = {requirement.split("==")[0] for requirement in locked("run.txt")}
    assert {"hatchling", "editables"} <= names


def test_package_lock_holds_hashes_and_no_address():
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    wanted = packages.pop("")["dependencies"]
    assert wanted == vendor.wanted_versions()
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert not {"resolved", "funding"} & package.keys(), name
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
        assert packages[f"node_modules/{name}"]["version"] == version


def test_every_package_is_vendored_with_its_licence():
    assert vendor.FILES.keys() == vendor.wanted_versions().keys()
    assert vendor.missing() == []
    for name in vendor.FILES:
        assert list((vendor.VENDOR / name).glob("LICEN*")), f"{name} has no licence beside it"


def test_an_older_version_counts_as_missing(tmp_path):
    shutil.copytree(vendor.VENDOR, tmp_path / vendor.VENDOR.relative_to(ROOT))
    shutil.copy(ROOT / "package.json", tmp_path)
    assert vendor.missing(tmp_path) == []
    (tmp_path / "package.json").write_text('{"dependencies": {"leaflet": "9.9.9"}}')
    assert vendor.missing(tmp_path) == ["leaflet 9.9.9"]


def wheel_hook(root: Path) -> VendoredFilesHook:
    (root / "scripts").mkdir(exist_ok=True)
    shutil.copy(ROOT / "scripts" / "vendor.py", root / "scripts")
    shutil.copy(ROOT / "package.json", root)
    return VendoredFilesHook(str(root), {}, None, None, "", "wheel")


def test_a_wheel_without_the_vendored_files_fails_and_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"leaflet/leaflet\.js.*run \./scripts/setup"):
        wheel_hook(tmp_path).initialize("standard", {})


def test_a_wheel_with_them_and_an_editable_install_go_through(tmp_path):
    hook = wheel_hook(tmp_path)
    hook.initialize("editable", {})
    shutil.copytree(vendor.VENDOR, tmp_path / vendor.VENDOR.relative_to(ROOT))
    hook.initialize("standard", {})


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_started(script):
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)


@pytest.fixture
def tree(tmp_path):
    """scripts/run in a folder where setup does nothing and clearway says what it was asked."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "run", tmp_path / "scripts")
    executable(tmp_path / "scripts" / "setup")
    executable(
        tmp_path / ".venv" / "bin" / "clearway",
        'echo "clearway $*"',
        '[ "$1" != demo ] || { mkdir "$3" && touch "$3/store"; }',
    )
    return tmp_path


def asked(tree: Path, *arguments: str) -> list[str]:
    run = subprocess.run([tree / "scripts" / "run", *arguments], check=True, text=True, capture_output=True)
    return [line for line in run.stdout.splitlines() if line.startswith("clearway")]


def test_run_fills_the_demo_area_once(tree):
    data = tree / "clearway-data"
    serve = f"clearway serve --data {data} --port 8001"
    assert asked(tree, "--port", "8001") == [f"clearway demo --data {data}.new", serve]
    assert (data / "store").exists()
    assert asked(tree, "--port", "8001") == [serve]


@pytest.mark.parametrize("own", [["--data", "own"], ["--data=own"], ["--database", "postgresql:///own"]])
def test_run_serves_ones_own_data_as_it_is(tree, own):
    assert asked(tree, *own) == [f"clearway serve {' '.join(own)}"]
    assert not (tree / "clearway-data").exists()


def test_a_demo_that_fails_half_way_leaves_no_store(tree):
    executable(tree / ".venv" / "bin" / "clearway", 'mkdir "$3"', 'touch "$3/half"', "exit 3")
    with pytest.raises(subprocess.CalledProcessError):
        asked(tree)
    assert not (tree / "clearway-data").exists()
    executable(tree / ".venv" / "bin" / "clearway", 'echo "clearway $1"', '[ "$1" != demo ] || mkdir "$3"')
    assert asked(tree) == ["clearway demo", "clearway serve"]


def test_bench_refuses_a_name_it_does_not_know():
    bench = subprocess.run([ROOT / "scripts" / "bench", "no-such"], check=False, text=True, capture_output=True)
    assert bench.returncode == 2
    assert "no-such" in bench.stderr


@pytest.mark.parametrize("code", [0, 1, 5])
def test_ci_passes_the_outcome_on(tmp_path, code):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    executable(tmp_path / "scripts" / "test", '[ "$CI" = true ]', f"exit {code}")
    assert subprocess.run([tmp_path / ".ci" / "run"], check=False).returncode == code


def test_ci_ends_what_the_tests_left_running(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    executable(tmp_path / "scripts" / "test", f"sleep 60 & echo $! >{tmp_path}/left")
    subprocess.run([tmp_path / ".ci" / "run"], check=True)
    left = Path("/proc") / (tmp_path / "left").read_text().strip() / "stat"
    for _ in range(100):  # it was told to end; give it a moment to
        if not left.exists() or left.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("what the tests started still runs")
