"""What the server tells its operator: one line of JSON on standard error for each request, and one for each act.

    {"event": "request", "request": "…", "method": "POST", "route": "/batches", "status": 201, "ms": 12, "who": "pty_…", "by": "api_key", …}
    {"event": "audit", "act": "post_key", "outcome": "done", "request": "…", "who": …}

A request line names the template of the address and never the address, so that no code, number or query stands in a log. Nothing that
was sent is in here: no body, cookie, key, PIN or token, and no address of a caller, only the day's mark of it where a budget was used up.
What looks like a secret of ours all the same is blotted out, and no character can begin a line or hide one.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from typing import TYPE_CHECKING, Final

import structlog
from starlette.datastructures import MutableHeaders

from api.permissions import Circumstances

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import EventDict, WrappedLogger

    from ledger.accounts.callers import Caller

#: One number for the request's lines, its answer and, in a fault of ours, the problem that is shown.
REQUEST_ID: Final = "X-Request-Id"
#: Methods that change nothing.
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS: Final = READING | {"POST", "PUT", "PATCH", "DELETE"}
#: Reading that takes something away with it is an act as well.
_TAKES_AWAY: Final = re.compile(r"disclos|export|download|registers", re.ASCII)
_REFUSED: Final = 400
_BROKEN: Final = 500

#: Fields that hold a secret by their name, wherever they come from.
_SECRET_NAMES: Final = re.compile(
    r"authorization|cookie|password|passwd|secret|token|\bpin\b|api_?key|access_?key", re.IGNORECASE
)
#: Texts that are a secret by their shape: our API keys, bearer headers, session cookies, a password in a database's address.
_SECRET_SHAPES: Final = re.compile(
    r"suyuan_[A-Za-z0-9_-]{16,}"
    r"|(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|(?:__Host-suyuan|suyuan_session)=[^;\s\"]+"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
_BLOT: Final = "[…]"
#: What `json` leaves as it is and a terminal or a log reader may take for the end of a line, or for an order to turn the text round.
_UNSEEN: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_TEXT_MAX: Final = 2_000
_TRACE_MAX: Final = 16_000


def render(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    """One line, whatever stands in it."""
    line = json.dumps(event, ensure_ascii=False, default=repr, separators=(",", ":"))
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def blot(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Takes secrets out, by the name of their field and by their shape, and cuts what is too long for a line."""
    return {
        name: _BLOT if _SECRET_NAMES.search(name) else _plain(name, value) for name, value in event.items()
    }


def _plain(name: str, value: object) -> object:
    if isinstance(value, int | float | bool) or value is None:
        return value
    text = value if isinstance(value, str) else repr(value)
    longest = _TRACE_MAX if name == "exception" else _TEXT_MAX
    text = text if len(text) <= longest else f"{text[:longest]}… ({len(text)})"
    return _SECRET_SHAPES.sub(_BLOT, text)


def _stamp(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    return {"at": _now(), **event}


def _now() -> str:
    seconds = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def _place(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Level and logger of a line that the standard library's logging brings."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        return {"level": record.levelname.lower(), "logger": record.name, **event}
    return event


_CHAIN: Final = (_stamp, structlog.processors.format_exc_info, blot, render)


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """For the standard library's logging, which our own modules and the server use: the same lines."""

    def __init__(self) -> None:
        remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(processors=[_place, remove, *_CHAIN], keep_exc_info=False)


#: Everything goes to standard error; standard output is the command's.
LOGGING: Final[dict[str, object]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        # One line for each question to a witness would hide the rest, and its addresses may be confidential.
        "httpx": {"level": "WARNING", "handlers": [], "propagate": True},
        "_granian": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
        # Its own lines of access would name addresses and callers; ours name neither.
        "granian.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}

_lines: structlog.stdlib.BoundLogger | None = None


def open_log(*, write: Callable[[str], object] | None = None) -> None:
    """Begin to write request and audit lines: to standard error, or wherever a test looks. Without this call there are none."""
    global _lines  # noqa: PLW0603  (one log for one process)
    _lines = structlog.wrap_logger(_Lines(write or _to_stderr), processors=[*_CHAIN], context_class=dict)


def close_log() -> None:
    """Write no more lines."""
    global _lines  # noqa: PLW0603  (as above)
    _lines = None


def audit(act: str, **facts: str | int | None) -> None:
    """One line for something that was done, or refused, beside the request that asked for it."""
    if _lines is not None:
        _lines.info("audit", act=act, **facts)


def _to_stderr(line: str) -> None:
    # One call for one line: lines of several threads stand below each other.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _Lines:
    """Where structlog puts finished lines."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self.info = self.warning = self.error = write


class Journal:
    """ASGI middleware: gives each request its number, and writes its lines when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A number of our own: one that came along could be anything.
        number = secrets.token_hex(8)
        state = scope["state"] = dict(scope.get("state") or {})
        state["request"] = number
        began, status = time.perf_counter(), 0

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = number
            await send(message)

        try:
            await self._app(scope, receive, send_numbered)
        finally:
            if _lines is not None:
                _write(_lines, scope, state, status or _BROKEN, round((time.perf_counter() - began) * 1000))


def _write(
    lines: structlog.stdlib.BoundLogger, scope: Scope, state: Mapping[str, object], status: int, ms: int
) -> None:
    route = scope.get("route")
    method = scope["method"] if scope["method"] in _METHODS else "other"
    facts: dict[str, object] = {
        "request": state["request"],
        "method": method,
        "route": getattr(route, "path", None),
        "status": status,
        "ms": ms,
        **_who(caller_of(state)),
    }
    if "problem" in state:
        facts["problem"] = state["problem"]
    lines.info("request", **facts)
    act = getattr(route, "operation_id", None) or getattr(route, "name", None)
    if act is not None and (method not in READING or _TAKES_AWAY.search(act)):
        outcome = "done" if status < _REFUSED else "refused" if status < _BROKEN else "failed"
        lines.info("audit", act=act, outcome=outcome, **facts)


def caller_of(state: Mapping[str, object]) -> Caller | None:
    """Who asked, if a handler has found out (`api.deps`)."""
    here = state.get("here")
    return here.caller if isinstance(here, Circumstances) else None


def _who(caller: Caller | None) -> dict[str, object]:
    """Opaque names only; the label of a key was chosen by somebody and may say anything."""
    if caller is None:
        return {}
    who = {"who": caller.person or str(caller.party), "party": str(caller.party)}
    return {**who, "as": caller.acting, "by": caller.method}
