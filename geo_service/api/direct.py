"""Routes that are called with the request alone, in one step off the event loop: dispatch costs less than a page."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.concurrency import run_in_threadpool
from fastapi.requests import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from geo_service.access.dependencies import Rule


class Direct(APIRoute):
    """A route whose function takes a request and returns an answer; its rules are asked first, as everywhere."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        rules = [one.dependency for one in self.dependencies if isinstance(one.dependency, Rule)]
        function: Callable[[Request], Response] = self.endpoint

        async def handle(request: Request) -> Response:
            for rule in rules:
                rule(request)
            return await run_in_threadpool(function, request)

        return handle


class DirectWithBody(APIRoute):
    """A route whose function takes a request and its body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        rules = [one.dependency for one in self.dependencies if isinstance(one.dependency, Rule)]
        function: Callable[[Request, bytes], Response] = self.endpoint

        async def handle(request: Request) -> Response:
            for rule in rules:
                rule(request)
            return await run_in_threadpool(function, request, await request.body())

        return handle
