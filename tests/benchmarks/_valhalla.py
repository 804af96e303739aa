"""Valhalla as a peer: its own programs from its wheel, unpacked for the benchmark and run on loopback.

The wheel is for a later Python than may be here, so its modules are not imported; its programs need no Python at all.
"""

import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

VERSION = "3.9.1"
SHA256 = "7b49c5e5f86cefd555b473aaaf34df3305889d30aa889b8abd3b4c2acc622271"
LIMITS = {
    "max_exclude_polygons_length": 1e12,
    "max_exclude_polygons_vertices": 10**8,
    "max_distance_disable_hierarchy_culling": 1e9,
}


def unpacked(folder: Path) -> Path:
    """Return the folder of Valhalla's programs, fetched from the package index and verified."""
    programs = folder / f"valhalla-{VERSION}"
    if not programs.is_dir():
        fetch = (
            *(sys.executable, "-m", "pip", "-q", "download", "--no-deps", "--only-binary", ":all:"),
            *("--python-version", "3.12", "--implementation", "cp", "--abi", "abi3"),
            *("--platform", "manylinux_2_28_x86_64", "--dest", str(folder), f"pyvalhalla=={VERSION}"),
        )
        subprocess.run(fetch, check=True)
        wheel = next(folder.glob(f"pyvalhalla-{VERSION}-*.whl"))
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            raise SystemExit(f"{wheel.name} is not the file this benchmark was made with: {found}")
        with zipfile.ZipFile(wheel) as content:
            content.extractall(programs)
        for one in (programs / "valhalla" / "bin").iterdir():
            one.chmod(0o755)
    return programs / "valhalla" / "bin"


def _config(programs: Path, tiles: Path, port: int, changes: dict[str, Any]) -> dict[str, Any]:
    made = subprocess.run(
        [sys.executable, programs.parent / "valhalla_build_config.py"], check=True, capture_output=True, text=True
    )
    config: dict[str, Any] = json.loads(made.stdout)
    config["mjolnir"] |= {"tile_dir": str(tiles), "tile_extract": "", "concurrency": 2}
    for name in ("admin", "timezone", "landmarks", "transit_dir", "transit_feeds_dir", "traffic_extract"):
        config["mjolnir"].pop(name, None)
    for part in ("mjolnir", "loki", "thor", "odin", "meili"):
        config.get(part, {}).get("logging", {})["type"] = ""
    config["httpd"]["service"] |= {"listen": f"tcp://127.0.0.1:{port}"}
    for name in ("loopback", "interrupt"):
        config["httpd"]["service"][name] = f"ipc://{tiles}/{name}"
    for service in ("loki", "thor", "odin"):
        config[service]["service"]["proxy"] = f"ipc://{tiles}/{service}"
    config["service_limits"] |= changes
    return config


@contextlib.contextmanager
def serving(pbf: Path, folder: Path) -> Iterator[int]:
    """Build tiles of a PBF, serve them with raised limits, and give the port on loopback."""
    programs = unpacked(folder)
    tiles = folder / f"tiles-{hashlib.sha256(pbf.read_bytes()).hexdigest()[:12]}"
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fresh = not tiles.is_dir()
    tiles.mkdir(parents=True, exist_ok=True)
    path = folder / "valhalla.json"
    path.write_text(json.dumps(_config(programs, tiles, port, LIMITS)))
    if fresh:
        subprocess.run([programs / "valhalla_build_tiles", "-c", path, pbf], check=True, stdout=subprocess.DEVNULL)
    service = subprocess.Popen([programs / "valhalla_service", path, "1"], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while ask(port, "status", {}) is None and time.monotonic() < until:
            time.sleep(0.1)
        yield port
    finally:
        service.terminate()
        service.wait()


def ask(port: int, action: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return an answer, None where there is none (no path, or no service yet)."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{action}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own address
            found: dict[str, Any] = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        said = json.loads(error.read())
        if said.get("error_code") == 442:  # no path could be found for input
            return {"no_path": True}
        return {"error": said.get("error_code"), "message": said.get("error")}
    except urllib.error.URLError:
        return None
    return found


def route(
    port: int, origin: Sequence[float], destination: Sequence[float], exclude: Sequence[Any]
) -> dict[str, Any] | None:
    """Ask for the fastest way by car around polygons (rings of longitude and latitude)."""
    places = [{"lon": lon, "lat": lat} for lon, lat in (origin, destination)]
    body = {"locations": places, "costing": "auto", "exclude_polygons": exclude, "directions_type": "none"}
    return ask(port, "route", body)
