"""What every answer says to the browser: no script, picture or frame of a stranger, and no guessing of types."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: No inline script or style: a product name that is written as a script stays a product name.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; "
    # The scan page reads codes with a module compiled to WebAssembly; that alone may be compiled.
    "script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)

SECURITY_HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms, and old ones send nothing else to judge by.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # No other site shows our pictures as its own, or learns from whether they load who is signed in here.
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
#: Only where the address printed on labels is https.
STRICT_TRANSPORT: Final = "max-age=31536000"

#: Answers that may be kept say so themselves; the others hold what one reader may see.
_PRIVATE: Final = "/api/"
#: Whoever shows one of these may be shown what others are not.
_SHOWN: Final = frozenset({b"authorization", b"cookie"})
_NOT_KEPT: Final = (b"cache-control", b"no-store")


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI sends them: names in small letters."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def add_missing(message: Message, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Give the beginning of an answer those of these headers that it does not bring."""
    own = list(message.get("headers", ()))
    brought = {name for name, _ in own}
    message["headers"] = own + [one for one in headers if one[0] not in brought]


class SecurityHeaders:
    """ASGI middleware: sets the headers on every answer that does not bring its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = raw(
            SECURITY_HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if https else {})
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = any(name in _SHOWN for name, _ in scope["headers"])
        private = [_NOT_KEPT] if known or scope["path"].startswith(_PRIVATE) else []

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_missing(message, (*self._headers, *private))
            await send(message)

        await self._app(scope, receive, send_with_headers)


#: Names of built files change with their content (`scanner/web`), so these are never asked for again.
_BUILT: Final = "scan/assets/"
_KEPT: Final = "public, max-age=31536000, immutable"
_KEPT_A_DAY: Final = "public, max-age=86400"


class Assets(StaticFiles):
    """Our own style, script and pictures. Pages name them with a version, so they may be kept.

    Where a file's Brotli form lies beside it, whoever takes that gets it: the module that reads codes is a third of the size.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, to be kept."""
        asked = Path(full_path)
        short = asked.with_name(f"{asked.name}.br")
        has_short = short.exists()
        takes_short = has_short and _takes_brotli(Headers(scope=scope).get("accept-encoding", ""))
        sent, stated = (short, short.stat()) if takes_short else (asked, stat_result)
        answer = super().file_response(sent, stated, scope, status_code)
        if has_short:
            answer.headers["Vary"] = "Accept-Encoding"
        if takes_short:
            answer.headers["Content-Encoding"] = "br"
            answer.headers["Content-Type"] = guess_type(asked.name)[0] or "application/octet-stream"
        answer.headers["Cache-Control"] = _KEPT if _BUILT in asked.as_posix() else _KEPT_A_DAY
        return answer


def _takes_brotli(accepted: str) -> bool:
    """Whether `Accept-Encoding` names Brotli and does not rule it out (RFC 9110 12.5.3)."""
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == "br":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
