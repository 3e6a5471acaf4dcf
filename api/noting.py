"""What an official is shown that is not public is written down before it is shown (`ledger.accounts.reads`).

Handlers gather it while they put an answer together (`api.deps.Viewer.shown`). Here, on the way out, it is written; if that fails the
answer is not sent. What is gathered while a long answer is already on its way is written before its next part leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from ledger.accounts.reads import OfficialReading, Shown

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ledger.service import Ledger

#: A refusal shows nothing of what was looked at on the way to it.
_REFUSED: Final = frozenset({401, 403, 404})
_ADDRESS_CHARACTERS_MAX: Final = 200


class NotedReads:
    """ASGI middleware: notes what officials read."""

    def __init__(self, app: ASGIApp, *, ledger: Ledger) -> None:
        self._app = app
        self._ledger = ledger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, object] = scope.setdefault("state", {})
        refused = False

        async def send_noted(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] in _REFUSED
            official = state.get("official")
            if isinstance(official, OfficialReading) and not refused:
                await self._note(official, scope)
            await send(message)

        await self._app(scope, receive, send_noted)

    async def _note(self, official: OfficialReading, scope: Scope) -> None:
        shown = official.shown
        if not shown:
            return
        now = Shown(set(shown.entries), dict(shown.others))
        shown.entries.clear()
        shown.others.clear()
        address = f"{scope['method']} {scope['path']}"[:_ADDRESS_CHARACTERS_MAX]
        await run_in_threadpool(self._ledger.accounts.reads.note, official.reader, now, route=address)
