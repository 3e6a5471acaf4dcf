"""One request to an application as a server would hand it over, without a socket: what a client costs is no part of any figure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message


async def asked(
    app: ASGIApp,
    path: str,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    status: int,
    method: str = "GET",
    query: bytes = b"",
    body: bytes = b"",
) -> list[Message]:
    """The answer's messages; an answer of another status than the one that is wanted stops the measuring."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    sent = False
    answer: list[Message] = []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, send)
    if answer[0]["status"] != status:
        message = f"{path}: {answer[0]['status']}: {b''.join(one.get('body', b'') for one in answer)[:400]!r}"
        raise RuntimeError(message)
    return answer
