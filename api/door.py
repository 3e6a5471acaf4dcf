"""The door of the server: how many requests are at work at a time, and how long a slow client may hold one up.

A request that waits for its own client, because the body comes slowly or the answer is read slowly, is not at work: slow clients take no
place from others. Each has a little patience to draw on, which grows with every byte that goes through; one that has used it up is told
so (408), or left. Beyond `at_once_max` requests at work a new one is sent away with 503 and when to come again: what is let in is answered
soon, and what is not costs next to nothing.

Whoever is refused before the whole of his body was read (a wrong kind of file, no right to send it) is still listened to for a while, so
that his connection can be used again; of a longer one he is told that it ends here. A server that hung up without a word would lose the
answer, or the next request.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

from starlette.requests import HTTPConnection

from api.connections import expect_reading, hang_up
from api.headers import SECURITY_HEADERS, raw
from api.language import TAGS, language_of
from api.logs import audit
from api.problems import TooSlow
from ledger.errors import Words

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What nobody has to explain: a phone that changes from one network to another.
PATIENCE_SECONDS: Final = 10.0
#: Slower than this over more than the patience is no network that people use.
BYTES_A_SECOND_MIN: Final = 8 * 1024
#: An answer goes out in pieces of this size, so that each piece that is taken can be seen.
PIECE_BYTES: Final = 64 * 1024
#: The server's own buffers take this much without being asked whether anybody reads.
_SURELY_SENT_BYTES: Final = 64 * 1024
#: The kernel, which tells nobody, is to lose its patience after us: it has the callers to whom we have nothing more to give.
_KERNEL_SECONDS_MORE: Final = 2.0
RETRY_SECONDS: Final = 2
#: So much of a body that nobody wants is taken in and thrown away.
_UNWANTED_BYTES_MAX: Final = 4 * 1024 * 1024
#: The patience for that.
_UNWANTED_SECONDS: Final = 2.0
_REFUSED: Final = 400
_HANG_UP: Final = (b"connection", b"close")
#: The operator reads that people were sent away at most so often.
_TELL_SECONDS: Final = 10.0

_FULL: Final = Words(
    zh="现在请求太多，请稍后再试；什么都没有写入",
    en="too many requests at this moment; try again shortly. Nothing was written",
)
_RATE: Final = Words(
    zh=f"每秒至少 {BYTES_A_SECOND_MIN // 1024} KiB", en=f"at least {BYTES_A_SECOND_MIN // 1024} KiB a second"
)


class Door:
    """ASGI middleware, the outermost: nothing is done for a request before it is through here."""

    def __init__(self, app: ASGIApp, *, at_once_max: int, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._app = app
        self._at_once_max = at_once_max
        self._patience_seconds = patience_seconds
        self._at_work = 0
        self._sent_away = 0
        self._told = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._at_once_max:
            await self._send_away(scope, send)
            return
        self._at_work += 1
        client = _Client(self, receive, send, scope, patience_seconds=self._patience_seconds)
        try:
            await self._app(scope, client.receive, client.send)
        finally:
            self._at_work -= 1

    def step_aside(self) -> None:
        """A request begins to wait for its client."""
        self._at_work -= 1

    def step_back(self) -> None:
        """It goes on. It was let in once and is not sent away half-way."""
        self._at_work += 1

    async def _send_away(self, scope: Scope, send: Send) -> None:
        self._sent_away += 1
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            audit("sent_away", count=self._sent_away, at_once_max=self._at_once_max)
            self._told, self._sent_away = now, 0
        language = language_of(HTTPConnection(scope))
        text = _FULL.in_language(language)
        base_url: str = scope["app"].state.settings.base_url if "app" in scope else ""
        problem = {"type": f"{base_url}/docs/problems#Crowded", "title": text, "status": 503, "detail": text}
        body = json.dumps(problem, ensure_ascii=False).encode()
        headers = {
            **SECURITY_HEADERS,
            "Content-Type": "application/problem+json",
            "Content-Language": TAGS[language],
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Retry-After": str(RETRY_SECONDS),
        }
        told = raw(headers)
        if _brings_a_body(scope):
            told.append(_HANG_UP)
        await send({"type": "http.response.start", "status": 503, "headers": told})
        await send({"type": "http.response.body", "body": body})


def _brings_a_body(scope: Scope) -> bool:
    return any(
        (name == b"content-length" and value != b"0") or name == b"transfer-encoding"
        for name, value in scope["headers"]
    )


class _Client:
    """The other end of one request, and what is left of the patience with it."""

    def __init__(
        self,
        door: Door,
        receive: Receive,
        send: Send,
        scope: Scope,
        *,
        patience_seconds: float,
    ) -> None:
        self._door = door
        self._receive = receive
        self._send = send
        self._scope = scope
        peer = scope.get("client")
        # The server gives the port as a text.
        self._peer = None if peer is None else (peer[0], int(peer[1]))
        self._left = self._most = patience_seconds
        self._whole = False
        self._came = self._sent = 0
        self._gone = self._long = False

    async def receive(self) -> Message:
        """The next piece of the body; `TooSlow` when it does not come in time. Afterwards, whatever the server has to say."""
        if self._whole:
            return await self._receive()
        began = time.monotonic()
        self._door.step_aside()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            # It is used up: nobody waits for the rest of this body a second time.
            self._spend(self._left, 0)
            came = f"{self._came} bytes"
            raise TooSlow(field="body", came=came, expected=_RATE) from None
        finally:
            self._door.step_back()
        bytes_ = len(message.get("body", b""))
        self._came += bytes_
        self._whole = not message.get("more_body", False)
        self._spend(time.monotonic() - began, bytes_)
        return message

    async def send(self, message: Message) -> None:
        """One message of the answer; a long one in pieces. Whoever does not read is left."""
        if message["type"] == "http.response.start" and message["status"] >= _REFUSED and not self._whole:
            message = await self._listened_out(message)
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or self._sent + len(body) <= _SURELY_SENT_BYTES:
            self._sent += len(body)
            if not self._gone:
                await self._send(message)
            return
        if not self._long and self._peer is not None:
            self._long = True
            expect_reading(self._peer, seconds=self._most + _KERNEL_SECONDS_MORE)
        more = message.get("more_body", False)
        for start in range(0, max(len(body), 1), PIECE_BYTES):
            piece = body[start : start + PIECE_BYTES]
            last = start + PIECE_BYTES >= len(body)
            await self._send_piece({**message, "body": piece, "more_body": more or not last})

    async def _listened_out(self, start: Message) -> Message:
        """Take in what is left of the body; the beginning of the answer, which says where that was not all."""
        if not _brings_a_body(self._scope):
            return start
        self._left = self._most = min(self._left, _UNWANTED_SECONDS)
        waits_for_word = any(name == b"expect" for name, _ in self._scope["headers"])
        try:
            # Whoever asked whether he may send has not sent anything.
            while not self._whole and not waits_for_word and self._came <= _UNWANTED_BYTES_MAX:
                if (await self.receive())["type"] == "http.disconnect":
                    break
        except TooSlow:
            pass
        return start if self._whole else {**start, "headers": [*start.get("headers", ()), _HANG_UP]}

    async def _send_piece(self, message: Message) -> None:
        if self._gone:
            # The rest is made and thrown away: an error here would only be told to nobody.
            return
        began, bytes_ = time.monotonic(), len(message["body"])
        self._door.step_aside()
        try:
            async with asyncio.timeout(self._left):
                await self._send(message)
        except TimeoutError:
            self._gone = True
            audit("left_slow_reader", sent=self._sent)
            if self._peer is not None:
                hang_up(self._peer)
        finally:
            self._door.step_back()
        self._sent += bytes_
        self._spend(time.monotonic() - began, bytes_)

    def _spend(self, seconds: float, bytes_: int) -> None:
        """Patience used up by waiting, and won back by what went through."""
        won = self._left - seconds + bytes_ / BYTES_A_SECOND_MIN
        self._left = min(max(won, 0.001), self._most)
