"""A store without a server: the same application, in this process, asked as over a network.

The client has one way to ask, and the answers can't differ, because it is the service that gives them.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

import httpx
from starlette.applications import Starlette

ADDRESS = "http://127.0.0.1"


class Inside(httpx.BaseTransport):
    """Hands requests to an application that runs in a thread of this process, and ends with it.

    Args:
        app: the application.
        release: lets go of what the application works on, after its end.
    """

    def __init__(self, app: Starlette, release: Callable[[], None]) -> None:
        self._app, self._release = app, release
        # What goes wrong in the service is an answer here too, as it is over a network.
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 0))
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="clearway", daemon=True)
        self._thread.start()
        self._ready.result()

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._app.router.lifespan_context(self._app):
                self._ready.set_result(None)
                await self._ended.wait()
            self._release()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
                return
            raise

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to a request."""
        request.read()
        request.headers["Accept-Encoding"] = "identity"  # nothing is packed for a way of no length
        if not self._thread.is_alive():
            raise httpx.ConnectError("this store was closed", request=request)
        status, headers, body = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop).result()
        return httpx.Response(status, headers=headers, content=body, request=request)

    async def _ask(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        answer = await self._inner.handle_async_request(request)
        return answer.status_code, answer.headers, b"".join([part async for part in answer.aiter_raw()])

    def close(self) -> None:
        """End the application, and let go of what it works on."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._ended.set)
        # What is forgotten may be collected in the very thread that is to end.
        if threading.current_thread() is not self._thread:
            self._thread.join()
