"""The table of routes and their rules, read from the application: what has no rule is refused to everybody."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Scope

from geo_service.access.dependencies import SAFE_METHODS, Rule
from geo_service.access.principals import NotAllowed, Principal

PARTS = frozenset({"GET", "HEAD"})
"""What a mounted part of the application answers."""

REMEMBERED, LONGEST = 4096, 300
"""Paths whose routes a process remembers, and the characters of one: longer ones could fill the memory."""


@dataclass(frozen=True)
class Entry:
    """One route: its path, the methods it answers, and its rules, all of which hold."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    rules: tuple[Rule, ...]

    @property
    def uploads(self) -> bool:
        """Whether its body is a file."""
        return any(rule.uploads for rule in self.rules)

    @property
    def lasting(self) -> bool:
        """Whether an answer may be given again to who asks for the same of the same store."""
        return any(rule.lasting for rule in self.rules)

    def admit(self, principal: Principal, method: str, layer: str | None) -> None:
        """Let a principal through.

        Raises:
            NotAllowed: there is no rule, or one refuses them, or they may not write the layer.
        """
        if not self.rules:
            raise NotAllowed("Nobody may ask for this: no rule says who may.", known=True)
        principal.require(max(rule.role for rule in self.rules))
        if method in SAFE_METHODS or any(rule.computes for rule in self.rules):
            return
        if layer is not None:
            principal.require_layer(layer)
        elif principal.read_only:
            raise NotAllowed("This token only reads. Use one that may write.", known=True)

    def admits(self, principal: Principal, method: str, layer: str | None) -> bool:
        """Say whether a principal is let through."""
        try:
            self.admit(principal, method, layer)
        except NotAllowed:
            return False
        return True


@dataclass(frozen=True)
class Found:
    """The routes of a path, in order, and the layer that the path names."""

    entries: tuple[Entry, ...]
    layer: str | None

    def answering(self, method: str) -> Entry | None:
        """Return the route that answers a method."""
        return next((one for one in self.entries if method in one.methods), None)

    def allowed(self, principal: Principal) -> list[str]:
        """Return the methods by which a principal may ask for this, as `Allow` lists them."""
        methods = {
            method for one in self.entries for method in one.methods if one.admits(principal, method, self.layer)
        }
        if "GET" in methods:
            methods.add("HEAD")
        return sorted(methods | {"OPTIONS"})


class Table:
    """The routes of an application."""

    def __init__(self, routes: Sequence[BaseRoute], parts: Mapping[str, Rule]) -> None:
        """Read the routes.

        Args:
            routes: of the application.
            parts: the rules of its mounted parts, by their path.
        """
        self.entries = tuple(_entries(routes, parts))
        self._found = lru_cache(REMEMBERED)(self._find)  # as long as the table lives

    def find(self, scope: Scope) -> Found | None:
        """Return the routes of a request's path, whatever its method."""
        path = path_of(scope)
        return self._found(path) if len(path) <= LONGEST else self._find(path)

    def _find(self, path: str) -> Found | None:
        found = [(one, match) for one in self.entries if (match := one.pattern.match(path))]
        if not found:
            return None
        layers = (match.groupdict().get("layer") for _, match in found)
        return Found(tuple(one for one, _ in found), next((layer for layer in layers if layer), None))


def path_of(scope: Scope) -> str:
    """Return the path of a request below the one that the application is reached under."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path


def _entries(routes: Sequence[BaseRoute], parts: Mapping[str, Rule]) -> Iterator[Entry]:
    for one in iter_route_contexts(routes):
        pattern, path = getattr(one, "path_regex", None), one.path
        if pattern is None or path is None:
            # What can't be looked up is not in the table, and so never reached.
            continue
        rules = tuple(
            asked.dependency for asked in getattr(one, "dependencies", ()) if isinstance(asked.dependency, Rule)
        )
        methods = frozenset(one.methods or PARTS)
        if not one.methods and path in parts:
            rules = (parts[path],)
        yield Entry(path, pattern, methods, rules)
