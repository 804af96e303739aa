"""tipg as a peer: its locked versions in an environment of its own, over a PostGIS of one's own, on loopback."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "locks" / "tipg.txt"
PATIENCE_S = 60


def python(cache: Path) -> Path:
    """Return the interpreter of tipg's environment, made where it is not there."""
    home = cache / "tipg"
    program = home / "bin" / "python"
    mark = home / "locked"
    if not mark.is_file() or mark.read_bytes() != LOCK.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", home], check=True)
        pip = (sys.executable, "-m", "pip", "-qq", "--python", str(program), "install")
        subprocess.run([*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", LOCK], check=True)
        mark.write_bytes(LOCK.read_bytes())
    return program


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def ready(port: int, path: str, process: subprocess.Popen[bytes], patience_s: float = PATIENCE_S) -> None:
    """Wait until a service answers.

    Raises:
        SystemExit: it ended, or did not answer in time.
    """
    until = time.monotonic() + patience_s
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit(f"no answer from {path} on {port}")


@contextlib.contextmanager
def serving(database: str, cache: Path) -> Iterator[tuple[int, int]]:
    """Serve the tables of a database with one worker; give the port and the process."""
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": database, "TIPG_DB_SCHEMAS": '["public"]'}
    command = [python(cache), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        ready(port, "/collections", process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()
