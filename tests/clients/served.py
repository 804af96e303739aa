"""A service on this machine for programs of others, over the records of the standard's tests."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from geo_service.app import create_app


@contextmanager
def serving(log, heard=None):
    """Serve a store in a thread; gives the address."""
    app = create_app(log, local=True)

    async def listening(scope, receive, send):
        if heard is not None and scope["type"] == "http":
            heard.append((scope["method"], scope["path"], scope["query_string"].decode()))
        await app(scope, receive, send)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(listening, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}", app
    finally:
        server.should_exit = True
        thread.join()
