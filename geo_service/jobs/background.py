"""Acknowledging an upload that goes on in the background, and saying how far it is."""

from typing import BinaryIO

import orjson

from geo_service.changesets import Upload, said
from geo_service.jobs import incoming
from geo_service.store.log import Changeset, Claim, Log, State


def acknowledge(log: Log, upload: Upload, content: BinaryIO, *, submit: bool) -> Changeset:
    """Keep a file and what was said of it, and return its changeset: processing.

    When this returns, both are on the disk: the upload will be worked on, whatever happens to this process.

    Raises:
        StoreError: they could not be kept; nothing of them is left.
    """
    with incoming.kept(log.folder, content) as waiting:
        request = {"file": waiting.name, "submit": submit, "said": said(upload)}
        # Where several machines share a store, the file waits on the one that took it.
        if log.place:
            request["place"] = log.place
        return log.begin(
            Claim(
                layer=upload.layer,
                author=upload.author,
                message=upload.message,
                source_name=upload.name,
                source_sha256=waiting.sha256,
                request=request,
            )
        )


def cancel(log: Log, changeset_id: int, actor: str) -> Changeset:
    """Stop an upload in the background; nothing of it is kept. Whoever works on it ends when they see it.

    Raises:
        NotFound: there is no such changeset.
        WrongState: it has ended already, or never went on in the background.
    """
    stopped = log.stop(changeset_id, State.cancelled, reason=f"cancelled by {actor}", actor=actor)
    incoming.discard(log.folder, _file(stopped))
    return stopped


def progress_of(log: Log, changeset: Changeset) -> dict[str, object]:
    """Return how far an upload in the background is: `phase`, and rows `done` `of` how many, None while unknown."""
    return incoming.told(log.folder, _file(changeset))


def _file(changeset: Changeset) -> str:
    return str(orjson.loads(changeset.answers or "{}").get("file", ""))
