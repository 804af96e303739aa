"""Who asks: roles in their order, and the person behind a request."""

import unicodedata
from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; each role may do all that the ones before it may."""

    nobody = 0
    public = 1
    viewer = 2
    editor = 3
    reviewer = 4
    admin = 5


GRANTED = (Role.viewer, Role.editor, Role.reviewer, Role.admin)
"""The roles that a token or an identity provider can give."""

RESERVED = ("local", "public")
"""Names that the service gives itself: nobody can own a token by them."""


class NotAllowed(Exception):
    """The request needs more rights than its sender has, or a sender that the service knows.

    Attributes:
        known: whether the service knows who asks; one that it doesn't know is asked to say so.
    """

    def __init__(self, message: str, *, known: bool) -> None:
        super().__init__(message)
        self.known = known


@dataclass(frozen=True)
class Principal:
    """Somebody who asks.

    Attributes:
        name: the person: the owner of the token, or who the identity provider says it is. Changesets carry it as
            their author and reviewer, so that two tokens of one person are one person.
        role: what they may do.
        layers: the layers that they may write, None for all.
        read_only: they may only read, whatever the role.
        token: the name of the token that they came with, empty without one.
    """

    name: str
    role: Role
    layers: frozenset[str] | None = None
    read_only: bool = False
    token: str = ""

    @property
    def known(self) -> bool:
        """Whether the service knows who this is."""
        return self.role > Role.public

    def may(self, role: Role) -> bool:
        """Say whether they have a role or one above it."""
        return self.role >= role

    def may_write(self, layer: str) -> bool:
        """Say whether they may bring, edit, approve or reject records of a layer, as far as the layer goes."""
        return self.may(Role.editor) and not self.read_only and (self.layers is None or layer in self.layers)

    def require(self, role: Role) -> None:
        """Let through who has a role or one above it.

        Raises:
            NotAllowed: they have not.
        """
        if self.may(role):
            return
        if not self.known:
            raise NotAllowed("This needs a token. Ask the administrator of this register for one.", known=False)
        raise NotAllowed(f"This needs the role {role.name}; yours is {self.role.name}.", known=True)

    def require_layer(self, layer: str) -> None:
        """Let through who may write a layer.

        Raises:
            NotAllowed: they may not.
        """
        self.require(Role.editor)
        if self.read_only:
            raise NotAllowed("This token only reads. Use one that may write.", known=True)
        if not self.may_write(layer):
            allowed = ", ".join(sorted(self.layers or ())) or "no layer"
            raise NotAllowed(f"This token may not write {layer}; it may write {allowed}.", known=True)


LOCAL = Principal("local", Role.admin)
"""The one person for whom a service runs open on their own machine."""

PUBLIC = Principal("public", Role.public)
"""Everybody without a token, where the register shows something to the public."""

NOBODY = Principal("", Role.nobody)
"""Everybody without a token, where it shows nothing."""


def identity(name: str) -> str:
    """Return what makes a name the same person's: not its case, its spaces or how its letters are encoded."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def same_person(one: str | None, other: str | None) -> bool:
    """Say whether two names are of one person."""
    return identity(one or "") == identity(other or "")
