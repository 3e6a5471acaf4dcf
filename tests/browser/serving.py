"""A server on a port of this machine, for browsers: they speak to sockets, and nothing stands in for one."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from granian.constants import Interfaces
from granian.server.embed import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

HOST = "127.0.0.1"
#: A port is bound within this, or the test fails.
START_SECONDS_MAX = 20.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        port: int = one.getsockname()[1]
    return port


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[str]:
    """The application's address while it is served."""
    server = Server(app, address=HOST, port=port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(server.serve())

    thread = threading.Thread(target=run, name="server", daemon=True)
    thread.start()
    try:
        _wait_for(port)
        yield f"http://{HOST}:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(START_SECONDS_MAX)
        loop.close()


def _wait_for(port: int) -> None:
    """Until somebody answers on the port; each try waits in the kernel."""
    waiting = threading.Event()
    for _ in range(int(START_SECONDS_MAX * 20)):
        with socket.socket() as one:
            if one.connect_ex((HOST, port)) == 0:
                return
        waiting.wait(0.05)
    message = f"nothing listens on port {port} after {START_SECONDS_MAX} s"
    raise RuntimeError(message)
