"""A server on a port of this machine, for browsers: they speak to sockets, and nothing stands in for one."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from granian.constants import Interfaces
from granian.server.embed import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

HOST = "127.0.0.1"
#: A port is bound within this, or the test fails.
START_SECONDS_MAX = 20.0
_PORTS_FROM, _PORTS_A_WORKER, _WORKERS = 20_000, 1_000, 12
#: Another run beside this one begins elsewhere.
_turns = count(os.getpid())


def free_port() -> int:
    """A port nobody listens on, and that no other process of this run is given: two servers that were given one would share it."""
    for _ in range(_PORTS_A_WORKER):
        port = _first_port() + next(_turns) % _PORTS_A_WORKER
        with socket.socket() as one:
            try:
                one.bind((HOST, port))
            except OSError:
                continue
        return port
    raise RuntimeError("every port of this worker is taken")


def _first_port() -> int:
    """Each worker of pytest-xdist (`gw0`, `gw1`, …) has ports of its own, below those that the system hands out."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    return _PORTS_FROM + _PORTS_A_WORKER * (int(worker or 0) % _WORKERS)


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
