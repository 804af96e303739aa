"""The thread of a service that takes up uploads in the background, one at a time for the whole store."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from geo_service.jobs import incoming
from geo_service.store.errors import StoreError, WrongState
from geo_service.store.log import Job, Log, State

EVERY_S = 0.5
"""How often it looks for work, and whether what is worked on was cancelled."""

PATIENCE_S = 5.0
"""How long a process that was told to stop may take."""


class Runner:
    """Takes up uploads until it is stopped. Every worker process of a service has one; they take turns."""

    def __init__(self, log: Log, every_s: float = EVERY_S) -> None:
        self._log, self._every_s = log, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is being worked on is taken up again by the next service."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        swept = False
        while not self._stopping.is_set():
            try:
                if not swept:
                    incoming.sweep(self._log.folder, self._wanted)
                    swept = True
                busy = self._take_up()
            except (StoreError, OSError):
                # The disk or another writer is in the way; the jobs stay, and are looked at again.
                busy = False
            if not busy:
                self._stopping.wait(self._every_s)

    def _wanted(self) -> set[str]:
        return {str(one.request["file"]) for one in self._log.processing()}

    def _ours(self) -> list[Job]:
        """Return the uploads whose files wait in this folder; those of another machine are left to it."""
        place = self._log.place
        return [one for one in self._log.processing() if not place or one.request.get("place", place) == place]

    def _take_up(self) -> bool:
        """Work on the oldest upload, if there is one and it is our turn; say whether there was."""
        if not self._ours():
            return False
        turn = incoming.turn(self._log.folder)
        if turn is None:
            return False
        try:
            waiting = self._ours()
            for job in waiting[:1]:
                self._work(job, turn)
            return bool(waiting)
        finally:
            os.close(turn)

    def _work(self, job: Job, turn: int) -> None:
        path = incoming.path_of(self._log.folder, str(job.request["file"]))
        try:
            descriptor = incoming.locked(path)
        except FileNotFoundError:
            self._fail(
                job,
                "Its file is not beside the store any more: it was restored from a backup, or moved. Send it again.",
            )
            return
        if descriptor is None:
            self._stopping.wait(self._every_s)
            return
        try:
            # The child inherits both locks and keeps them, also when this process dies.
            child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "geo_service.jobs.work", str(job.id)],
                env={**os.environ, **self._log.environment},
                pass_fds=(turn, descriptor),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        finally:
            os.close(descriptor)
        self._watch(child, job, path)

    def _watch(self, child: subprocess.Popen[bytes], job: Job, path: Path) -> None:
        stopped = False
        while child.poll() is None:
            try:
                child.wait(self._every_s)
            except subprocess.TimeoutExpired:
                if self._stopping.is_set() or not self._stands(job):
                    stopped = True
                    _end(child)
        if not self._stands(job):
            incoming.remove(self._log.folder, path.name)
        elif child.returncode and not stopped:
            told = "it needed more memory than there is" if child.returncode < 0 else "checking it failed"
            self._fail(job, f"{job.source_name}: {told}; nothing of it was kept. Send it in smaller parts.")
            incoming.remove(self._log.folder, path.name)

    def _stands(self, job: Job) -> bool:
        return any(one.id == job.id for one in self._log.processing())

    def _fail(self, job: Job, reason: str) -> None:
        try:
            self._log.stop(job.id, State.failed, reason=reason)
        except WrongState:
            return


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
