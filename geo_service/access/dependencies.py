"""What routes say and are given about access: the role that they need, and who asks.

A route declares its rule beside its path:

    @router.post("/changesets", dependencies=[requires(Role.editor, uploads=True)])
    def upload(principal: ThePrincipal, ...): ...
        principal.require_layer(layer)  # rights per layer, where the layer is known only now
        author = principal.name

The gate looks for the rule before any of the body is read; the rule stands again when the route is called. A route
without one is refused to everybody.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from geo_service.access.principals import NOBODY, NotAllowed, Principal, Role

KEY = "clearway.principal"
"""Where a request's scope holds who asks."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""


def principal_of(request: Request) -> Principal:
    """Return who asks."""
    found: Principal = request.scope.get(KEY, NOBODY)
    return found


ThePrincipal = Annotated[Principal, Depends(principal_of)]


@dataclass(frozen=True)
class Rule:
    """What a route asks of the one who calls it.

    Attributes:
        role: the least role; `nobody` lets everybody in, `public` whoever may see what is published.
        uploads: its body is a file, and may be as large as one.
        writes: whether calling it changes something; None: by its method.
    """

    role: Role
    uploads: bool = False
    writes: bool | None = None

    def __call__(self, request: Request) -> None:
        """Let a request through.

        Raises:
            NotAllowed: its sender lacks the role, or may only read.
        """
        self.admit(principal_of(request), request.method)

    def admit(self, principal: Principal, method: str) -> None:
        """Let a principal through.

        Raises:
            NotAllowed: they lack the role, or may only read.
        """
        principal.require(self.role)
        writes = method not in SAFE_METHODS if self.writes is None else self.writes
        if writes and principal.read_only:
            raise NotAllowed("This token only reads. Use one that may write.", known=True)


def requires(role: Role, *, uploads: bool = False, writes: bool | None = None) -> Any:
    """Return the dependency by which a route declares its rule.

    Args:
        role: the least role.
        uploads: the body is a file.
        writes: False where a POST only computes, so that tokens that only read may call it.
    """
    return Depends(Rule(role, uploads, writes))
