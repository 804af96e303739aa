"""The process that works on one upload: `python -m geo_service.jobs.work NUMBER`, the store named in the environment.

It inherits the locks of the file and of the turn, and holds them as long as it lives. Its last step, the changeset and
the end of the job, is one transaction: a process killed before it has done nothing, one killed after it has done all.
"""

import gc
import os
import sys
import time
from collections.abc import Mapping

from geo_service.changesets import Upload, receive
from geo_service.clock import utc_now
from geo_service.jobs import incoming
from geo_service.store import open_store
from geo_service.store.errors import Stale, StoreError, WrongState
from geo_service.store.locations import Location, located
from geo_service.store.log import Job, Log, State
from geo_service.store.snapshot import Snapshots
from layers.reading import Question, Unreadable

NICENESS = 5
"""How far the work steps back behind those who read."""

TOLD_EVERY_S = 0.3


def work(where: Location, number: int) -> None:
    """Do what was asked when an upload was acknowledged, unless it has ended already."""
    with open_store(where) as log:
        job = next((one for one in log.processing() if one.id == number), None)
        if job is None:
            return
        name = str(job.request["file"])
        try:
            _receive(log, job, name)
        except Question as question:
            place = {"code": question.code, "message": question.message, "choices": list(question.choices)}
            _fail(log, number, question.message, [place])
        except Unreadable as error:
            _fail(log, number, f"{job.source_name}: {error}", [])
        except Stale as error:
            _fail(log, number, str(error), [])
        except WrongState:
            # It was cancelled meanwhile.
            pass
        except StoreError as error:
            _fail(log, number, str(error), [])
        incoming.remove(log.folder, name)


def upload_of(job: Job, content: bytes) -> Upload:
    """Return the upload that a job was acknowledged for."""
    said = job.request["said"]
    assert isinstance(said, Mapping)  # noqa: S101 - written by ourselves
    return Upload(
        layer=job.layer, content=content, name=job.source_name, author=job.author, message=job.message, **said
    )


def _receive(log: Log, job: Job, name: str) -> None:
    said_at = 0.0

    def tell(phase: str, done: int, of: int | None, *, last: bool = False) -> None:
        nonlocal said_at
        now = time.monotonic()
        if last or now - said_at > TOLD_EVERY_S:
            said_at = now
            incoming.tell(log.folder, name, phase, done, of)

    tell("checking", 0, None)
    content = incoming.path_of(log.folder, name).read_bytes()
    receive(
        log,
        Snapshots(log),
        upload_of(job, content),
        utc_now,
        submit=bool(job.request.get("submit", True)),
        job=job.id,
        read=lambda rows: tell("checking", 0, rows, last=True),
        progress=lambda done, of: tell("keeping", done, of),
    )


def _fail(log: Log, number: int, reason: str, errors: list[Mapping[str, object]]) -> None:
    log.stop(number, State.failed, reason=reason, errors=errors)


def main() -> None:
    """Work on one upload."""
    os.nice(NICENESS)
    # Rows make millions of objects and no cycles: looking for them takes an eighth of the time.
    gc.disable()
    work(located(os.environ), int(sys.argv[1]))


if __name__ == "__main__":
    main()
