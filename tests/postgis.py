"""A PostgreSQL server with PostGIS of one's own, for tests and benchmarks: started in a folder, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OWNER = "postgres"
"""The server refuses to run as root; this is the user that Debian's package makes for it."""

DATABASE = "clearway"


class Missing(RuntimeError):
    """There is no PostgreSQL with PostGIS here, or no right to start it; the message says what to install."""


@dataclass(frozen=True)
class Server:
    """A running server; `url` for programs that want an address, `ogr` for GDAL."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"postgresql://{DATABASE}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def ogr(self) -> str:
        """The name of the database for GDAL."""
        return f"PG:host=127.0.0.1 port={self.port} user={DATABASE} dbname={DATABASE}"

    def run(self, statement: str) -> str:
        """Run SQL and return what it answers, columns apart by `|`."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def programs() -> Path:
    """Return the folder of the newest server's programs.

    Raises:
        Missing: there is none, it has no PostGIS, or it can't be started as another user.
    """
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    if not found:
        raise Missing("PostgreSQL is not installed: apt-get install postgresql postgresql-postgis")
    newest = max(found, key=lambda path: int(path.parent.name))
    control = Path("/usr/share/postgresql") / newest.parent.name / "extension" / "postgis.control"
    if not control.exists():
        raise Missing("PostGIS is not installed: apt-get install postgresql-postgis")
    if os.geteuid():
        raise Missing("starting PostgreSQL as its own user needs root")
    return newest


def needed() -> None:
    """Skip a test where there is no PostGIS; under CI its absence is a failure."""
    import pytest

    try:
        programs()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def memory() -> Path | None:
    """Return a folder in memory with room for a server, where a test's commits cost little; None where there is none."""
    folder = Path("/dev/shm")  # noqa: S108 - the system's own
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > 4 << 30 else None


@contextmanager
def server(within: Path | None = None, **settings: object) -> Iterator[Server]:
    """Start a server with an empty database that has PostGIS; stop it and remove its folder at the end.

    Args:
        within: where its folder is made; default: among the temporary files.
        settings: of the server, such as `shared_buffers="512MB"`; what is not given is as PostgreSQL ships it.

    Raises:
        Missing: there is no PostGIS here.
    """
    home, owner = programs(), pwd.getpwnam(OWNER)
    folder = Path(tempfile.mkdtemp(prefix="clearway-postgis-", dir=within))
    try:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        port = _free_port()
        data, sockets = folder / "data", folder / "s"

        def run(program: str, *arguments: object) -> None:
            done = subprocess.run(
                [home / program, *map(str, arguments)],
                user=owner.pw_uid,
                group=owner.pw_gid,
                extra_groups=[],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            if done.returncode:
                raise Missing(f"{program} failed: {done.stderr.strip()}")

        run("initdb", "-D", data, "-U", DATABASE, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        sockets.mkdir()
        os.chown(sockets, owner.pw_uid, owner.pw_gid)
        given = "".join(f" -c {name}={value}" for name, value in settings.items())
        options = f"-p {port} -k {sockets} -c listen_addresses=127.0.0.1{given}"
        run("pg_ctl", "-w", "-D", data, "-l", folder / "log", "-o", options, "start")
        try:
            made = Server(folder, port)
            subprocess.run(
                [home / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", DATABASE, DATABASE], check=True
            )
            made.run("CREATE EXTENSION postgis")
            yield made
        finally:
            run("pg_ctl", "-w", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port
