"""The table of tokens, beside the log: rows are added, revoked once, and never changed otherwise.

Each step is an entry of the journal as well, with the hash of the token and never the token, so that `check` finds a
right that somebody gave themselves in the store.
"""

import json
from collections.abc import Iterator
from typing import Any

from geo_service.access.principals import Role
from geo_service.access.tokens import Token
from geo_service.clock import Clock
from geo_service.store import chain
from geo_service.store.database import Connection, Pool
from geo_service.store.errors import NotFound, WrongState
from geo_service.store.log import Finding
from geo_service.store.moments import moment_of, text_of
from geo_service.store.remembered import Remembered

CREATED, REVOKED = "token_created", "token_revoked"
"""The kinds of the journal's entries."""

COLUMNS = ("id", "name", "owner", "role", "layers", "read_only", "created_at", "expires_at", "sha256", "revoked_at")
KEPT = COLUMNS[:-1]
_TOLD = ("name", "owner", "role", "layers", "read_only", "expires_at", "sha256")
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM tokens"  # noqa: S608 - names of columns
_CREATION = f"LEFT JOIN journal ON kind = '{CREATED}' AND subject = id"


_TABLE = """CREATE TABLE tokens (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  role TEXT NOT NULL,
  layers TEXT,
  read_only BOOLEAN NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  sha256 TEXT NOT NULL,
  revoked_at TEXT
)"""
_NAMES = "CREATE UNIQUE INDEX tokens_name ON tokens (name) WHERE revoked_at IS NULL"
_TRIGGERS = {
    "no_delete BEFORE DELETE": ("1", "tokens are revoked, not deleted"),
    # REPLACE deletes without the trigger above where recursive triggers are off.
    "once BEFORE INSERT": (
        "EXISTS (SELECT 1 FROM tokens WHERE id = NEW.id OR (name = NEW.name AND revoked_at IS NULL))",
        "there is such a token",
    ),
    "steps BEFORE UPDATE": (
        "OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR "
        + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT),
        "a token is revoked once and never changed",
    ),
}
"""When a trigger refuses, and with what words."""


def statements() -> list[str]:
    """Return the statements that make the table."""
    triggers = [
        f"CREATE TRIGGER tokens_{event} ON tokens WHEN {refused} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        for event, (refused, words) in _TRIGGERS.items()
    ]
    return [_TABLE, _NAMES, *triggers]


class StoredTokens:
    """The back end of `geo_service.access.tokens.Tokens` in a store."""

    def __init__(self, pool: Pool[Any], clock: Clock, remembered: Remembered) -> None:
        self._pool, self._clock, self._remembered = pool, clock, remembered

    def add(self, token: Token, author: str = "") -> None:
        """Keep a token.

        Raises:
            WrongState: another one that is not revoked has its name.
        """
        row = _row(token)
        with self._pool.writing() as connection:
            same = connection.execute("SELECT 1 FROM tokens WHERE name = ? AND revoked_at IS NULL", (token.name,))
            if same.fetchone():
                raise WrongState(f"There is a token {token.name} already. Revoke it first, or choose another name.")
            connection.insert("tokens", COLUMNS, [tuple(row.values())])
            body = {name: row[name] for name in _TOLD}
            chain.record(
                connection, CREATED, at=str(row["created_at"]), actor=author, subject=str(row["id"]), body=body
            )

    def find(self, token_id: str) -> Token | None:
        """Return the token of an id, None where there is none."""

        def found(connection: Connection) -> Token | None:
            row = connection.execute(f"{_SELECT} WHERE id = ?", (token_id,)).fetchone()
            return None if row is None else _token(row)

        return self._remembered.read(("token", token_id), found)

    def all(self) -> list[Token]:
        """Return all tokens, revoked ones too, in order of creation."""
        with self._pool.reading() as connection:
            return [_token(row) for row in connection.execute(f"{_SELECT} {_CREATION} ORDER BY created_at, number")]

    def ever(self) -> bool:
        """Say whether there was ever a token, revoked or not."""
        return self._remembered.read(
            "tokens", lambda connection: connection.execute("SELECT 1 FROM tokens LIMIT 1").fetchone() is not None
        )

    def revoke(self, named: str, author: str = "") -> Token:
        """Take a token back, by its name or its id.

        Raises:
            NotFound: no token that is not revoked has this name or id.
        """
        with self._pool.writing() as connection:
            found = connection.execute(
                "SELECT id FROM tokens WHERE (name = ? OR id = ?) AND revoked_at IS NULL", (named, named)
            ).fetchone()
            if found is None:
                raise NotFound(f"There is no token {named} to revoke. `clearway token list` shows them.")
            at = text_of(self._clock())
            connection.execute("UPDATE tokens SET revoked_at = ? WHERE id = ?", (at, found[0]))
            chain.record(connection, REVOKED, at=at, actor=author, subject=found[0])
            return _token(connection.execute(f"{_SELECT} WHERE id = ?", found).fetchone())


def check_tokens(connection: Connection) -> Iterator[Finding]:
    """Compare the tokens with what the journal tells of them."""
    told: dict[str, list[object]] = {}
    for entry in chain.entries(connection, CREATED):
        body = json.loads(entry.body)
        told[entry.subject] = [entry.at, *(body[name] for name in _TOLD), None]
    for entry in chain.entries(connection, REVOKED):
        told[entry.subject][-1] = entry.at
    columns = ", ".join(("id", "created_at", *_TOLD, "revoked_at"))
    for token_id, *row in connection.execute(f"SELECT {columns} FROM tokens").fetchall():  # noqa: S608 - columns
        if told.pop(token_id, None) != row:
            yield Finding("tokens", f"Token {token_id} is not as the journal tells.")
    for token_id in told:
        yield Finding("tokens", f"Token {token_id} is gone.")


def _row(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "owner": token.owner,
        "role": token.role.name,
        "layers": None if token.layers is None else json.dumps(token.layers),
        "read_only": int(token.read_only),
        "created_at": text_of(token.created_at),
        "expires_at": None if token.expires_at is None else text_of(token.expires_at),
        "sha256": token.sha256,
        "revoked_at": None,
    }


def _token(row: tuple[Any, ...]) -> Token:
    held = dict(zip(COLUMNS, row, strict=True))
    return Token(
        id=held["id"],
        name=held["name"],
        owner=held["owner"],
        role=Role[held["role"]],
        layers=None if held["layers"] is None else tuple(json.loads(held["layers"])),
        read_only=bool(held["read_only"]),
        created_at=moment_of(held["created_at"]),
        expires_at=None if held["expires_at"] is None else moment_of(held["expires_at"]),
        sha256=held["sha256"],
        revoked_at=None if held["revoked_at"] is None else moment_of(held["revoked_at"]),
    )
