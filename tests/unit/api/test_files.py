"""A file that is handed out is closed, whoever leaves when."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import pytest
from starlette.requests import ClientDisconnect

from api.files import FileAnswer

if TYPE_CHECKING:
    from starlette.types import Message

CONTENT = b"0123456789" * 50_000
SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}


def opened() -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115  (closing it is what is tried here)
    file.write(CONTENT)
    return file


async def receive() -> Message:
    return {"type": "http.disconnect"}


def answer(file: IO[bytes]) -> FileAnswer:
    return FileAnswer(
        file, name="list.csv", media_type="text/csv", headers={"Content-Security-Policy": "sandbox"}
    )


def test_a_file_is_sent_whole_and_closed() -> None:
    file = opened()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(answer(file)(SCOPE, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers == {
        "content-disposition": 'attachment; filename="list.csv"',
        "content-length": str(len(CONTENT)),
        "content-type": "text/csv; charset=utf-8",
        "cache-control": "private, no-store",
        "content-security-policy": "sandbox",
    }
    assert b"".join(one["body"] for one in sent[1:]) == CONTENT
    assert file.closed


@pytest.mark.parametrize("left_after", [0, 1, 3])
def test_a_reader_who_leaves_leaves_no_file_open(left_after: int) -> None:
    file = opened()
    sent: list[Message] = []

    async def send(message: Message) -> None:
        if len(sent) == left_after:
            raise OSError
        sent.append(message)

    with pytest.raises(ClientDisconnect):
        asyncio.run(answer(file)(SCOPE, receive, send))
    assert len(sent) == left_after
    assert file.closed
