"""Reading what was sent, with a limit that holds while it streams in, and JSON as strictly as everything that is signed.

FastAPI's own reader takes duplicate names, NaN, UTF-16 and lone surrogates; nothing in this program uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request

from api.problems import BadForm, WrongMediaType
from ledger.canonical import JSON_BYTES_MAX, Json, read
from ledger.errors import TooLarge, Words
from ledger.evidence import EVIDENCE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "multipart/form-data"
#: One file in a form brings its boundaries and headers along.
FORM_FRAME_BYTES_MAX: Final = 64 * 1024
#: No request of any kind is longer.
BODY_BYTES_MAX: Final = EVIDENCE_BYTES_MAX + FORM_FRAME_BYTES_MAX
FORM_FIELDS_MAX: Final = 10
#: So much JSON is parsed sooner than a thread is found for it. Two MiB take longer than other requests should wait.
JSON_BYTES_AT_ONCE_MAX: Final = 16 * 1024


class BodyLimit:
    """ASGI middleware: whoever reads a body, a form too, is stopped at `BODY_BYTES_MAX` bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        came = 0

        async def receive_counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            check_size(came, bytes_max=BODY_BYTES_MAX)
            return message

        await self._app(scope, receive_counted, send)


def check_size(came: int, *, bytes_max: int, field: str = "body") -> None:
    """Raise `TooLarge` when more came than a named limit allows."""
    if came > bytes_max:
        expected = Words(zh=f"最多 {bytes_max} 字节", en=f"at most {bytes_max} bytes")
        raise TooLarge(field=field, came=f"{came} bytes", expected=expected)


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """The whole body, refused as soon as it is seen to be too long."""
    return b"".join([chunk async for chunk in body_chunks(request, bytes_max=bytes_max)])


async def body_chunks(request: Request, *, bytes_max: int) -> AsyncIterator[bytes]:
    """The body as it comes, refused as soon as it is seen to be too long."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit():
        check_size(int(declared[:20]), bytes_max=bytes_max)
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        check_size(came, bytes_max=bytes_max)
        yield chunk


def media_type(headers: Headers, allowed: Collection[str]) -> str:
    """The media type of the body, one of the allowed ones and not compressed."""
    kind, *parameters = headers.get("content-type", "").lower().split(";")
    encoding = headers.get("content-encoding", "identity")
    if encoding != "identity":
        # A few bytes that unfold into gigabytes are no way to send JSON.
        raise WrongMediaType(
            field="content-encoding", came=encoding, expected=Words(zh="不压缩", en="no compression")
        )
    kinds = "、".join(allowed), ", ".join(allowed)
    if kind.strip() not in allowed:
        raise WrongMediaType(field="content-type", came=kind, expected=Words(zh=kinds[0], en=kinds[1]))
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') != "utf-8":
            raise WrongMediaType(
                field="content-type",
                came=parameter.strip(),
                expected=Words(zh="charset=utf-8", en="charset=utf-8"),
            )
    return kind.strip()


async def _json(request: Request) -> Json:
    media_type(request.headers, (JSON_TYPE,))
    raw = await read_body(request, bytes_max=JSON_BYTES_MAX)
    return read(raw) if len(raw) <= JSON_BYTES_AT_ONCE_MAX else await run_in_threadpool(read, raw)


#: The JSON value of the body.
JsonBody = Annotated[Json, Depends(_json)]


async def form_file(request: Request, name: str) -> bytes:
    """The one file of that name in a form."""
    async with request.form(max_files=1, max_fields=FORM_FIELDS_MAX) as form:
        file = form.get(name)
        if not isinstance(file, UploadFile):
            expected = Words(zh="一个文件", en="one file")
            raise BadForm(field=name, came=file or "", expected=expected)
        return await file.read()
