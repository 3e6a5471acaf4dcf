"""Who is refused before the whole of his body was read hears why, and can ask again on the same connection, or is told that it ends."""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING, Final, Self

import pytest

from tests.browser.serving import HOST
from tests.support.server import enrol_party
from tests.support.serving import founded, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.serving import Served

BODY_BYTES: Final = 600_000
#: More than is taken in of a body that nobody wants.
TOO_MUCH_BYTES: Final = 8_000_000
PATIENCE_SECONDS: Final = 10


class Caller:
    """One connection, as a program that sends and only then listens."""

    def __init__(self, server: Served, key: str = "") -> None:
        self._key = key
        self._socket = socket.create_connection((HOST, server.port), PATIENCE_SECONDS)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._socket.close()

    def begin(self, size: int, *also: str) -> None:
        """The head of a file of a kind that is not taken."""
        lines = [
            "POST /api/v1/evidence HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self._key}",
            "Content-Type: image/svg+xml",
            f"Content-Length: {size}",
            *also,
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def send(self, size: int) -> None:
        self._socket.sendall(bytes(size))

    def send_in_two(self, size: int) -> tuple[int, dict[str, str]]:
        """A whole file with a pause in the middle; what is answered, and that nothing is before the end."""
        self.begin(size)
        self.send(size // 2)
        # What is not wanted was decided by the head, and is not said into the middle of the body.
        assert select.select([self._socket], [], [], 0.3)[0] == []
        self.send(size - size // 2)
        return self.hear()

    def hear(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next answer, whose body is read and left."""
        status = int(self._file.readline().split()[1])
        headers = dict[str, str]()
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        assert self._file.read(int(headers["content-length"]))
        return status, headers

    def hear_the_end(self) -> None:
        assert self._file.read(1) == b""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    folder = tmp_path_factory.mktemp("refused")
    with founded(folder) as ledger:
        key = enrol_party(ledger, "上传方（演示）").key
    with served(folder, limits="false") as running:
        yield running, key


def test_a_connection_goes_on_after_a_file_that_is_not_taken(server: tuple[Served, str]) -> None:
    with Caller(*server) as caller:
        for _ in range(3):
            status, headers = caller.send_in_two(BODY_BYTES)
            assert (status, headers.get("connection")) == (415, None)


def test_who_stops_sending_is_told_why_he_was_refused_and_that_this_is_the_end(
    server: tuple[Served, str],
) -> None:
    with Caller(*server) as caller:
        caller.begin(BODY_BYTES)
        caller.send(BODY_BYTES // 2)
        status, headers = caller.hear()
        assert (status, headers["connection"]) == (415, "close")
        caller.hear_the_end()


def test_of_more_than_anybody_sends_by_mistake_not_all_is_taken_in(server: tuple[Served, str]) -> None:
    with Caller(*server) as caller:
        caller.begin(100 * TOO_MUCH_BYTES)
        caller.send(TOO_MUCH_BYTES // 2)
        began = time.monotonic()
        # The kernel's own buffers take the rest of what is sent here.
        caller.send(TOO_MUCH_BYTES // 16)
        status, headers = caller.hear()
        assert (status, headers["connection"]) == (415, "close")
        assert time.monotonic() - began < PATIENCE_SECONDS


def test_who_asks_before_he_sends_is_answered_before_he_sends(server: tuple[Served, str]) -> None:
    with Caller(*server) as caller:
        caller.begin(BODY_BYTES, "Expect: 100-continue")
        status, headers = caller.hear()
        assert (status, headers["connection"]) == (415, "close")


def test_who_may_not_send_is_told_so_in_the_same_way(server: tuple[Served, str]) -> None:
    with Caller(server[0], "suyuan_unknown") as caller:
        for _ in range(2):
            status, headers = caller.send_in_two(BODY_BYTES)
            assert (status, headers.get("connection")) == (401, None)
