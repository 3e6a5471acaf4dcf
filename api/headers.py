"""What every answer says to the browser: no script, picture or frame of a stranger, and no guessing of types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

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


class SecurityHeaders:
    """ASGI middleware: sets the headers on every answer that does not bring its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = SECURITY_HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = any(name in _SHOWN for name, _ in scope["headers"])
        private = known or scope["path"].startswith(_PRIVATE)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if private:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Assets(StaticFiles):
    """Our own style, script and pictures. Pages name them with a version, so they may be kept."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, to be kept for a day."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer
