"""What routes say and are given about access: the role that they need, and who asks.

A route declares its rule beside its path:

    @router.post("/changesets", dependencies=[requires(Role.editor, uploads=True)])
    def upload(principal: ThePrincipal, ...): ...
        principal.require_layer(layer)  # rights per layer, where the layer is known only now
        author = principal.name

The gate looks for the rule before any of the body is read; the role is asked for again when the route is called. Where
a router has a rule too, both hold. A route without one is refused to everybody.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from geo_service.access.principals import NOBODY, Principal, Role

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
        computes: calling it changes nothing, whatever its method.
        lasting: its answers depend on the store, the calendar day, who asks and the request alone.
    """

    role: Role
    uploads: bool = False
    computes: bool = False
    lasting: bool = False

    def __call__(self, request: Request) -> None:
        """Let a request through.

        Raises:
            NotAllowed: its sender lacks the role.
        """
        principal_of(request).require(self.role)


def requires(role: Role, *, uploads: bool = False, computes: bool = False, lasting: bool = False) -> Any:
    """Return the dependency by which a route declares its rule.

    Args:
        role: the least role.
        uploads: the body is a file.
        computes: a POST changes nothing, so that tokens that only read may send it.
        lasting: answers to reads depend on the store, the calendar day, who asks and the request alone, so that one
            may be given again.
    """
    return Depends(Rule(role, uploads, computes, lasting))
