"""The socket of one caller, found among those that this process holds, to end it when its owner does not.

The server's own code waits for ever for a reader that takes nothing: an application can stop giving, and cannot hang up. Here it can. The
operating system is asked which socket leads to the caller (Linux; elsewhere nothing is found, and nothing is ended).
"""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS: Final = "/proc/self/fd"
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", None)


def expect_reading(peer: tuple[str, int], *, seconds: float) -> None:
    """Let the kernel end the connection to this caller when nothing is taken for so long, also after we have given all."""
    if _USER_TIMEOUT is not None:
        for one in _sockets_to(peer):
            one.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(seconds * 1000))


def hang_up(peer: tuple[str, int]) -> None:
    """End the connection to this caller now."""
    for one in _sockets_to(peer):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _sockets_to(peer: tuple[str, int]) -> Iterator[socket.socket]:
    try:
        handles = [int(name) for name in os.listdir(_OURS)]  # noqa: PTH208  (names are all that is wanted)
    except FileNotFoundError:
        return
    for handle in handles:
        # A handle may be closed by another thread while we look; a copy of it stays what it is.
        try:
            if not stat.S_ISSOCK(os.fstat(handle).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(handle))
        except OSError:
            continue
        with copy, suppress(OSError):
            if copy.getpeername()[:2] == peer:
                yield copy
