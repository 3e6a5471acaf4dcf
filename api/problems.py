"""Where each error meets its status: RFC 9457 problems in the reader's language.

    {"type": …, "title": …, "status": 422, "detail": …, "field": …, "came": …, "expected": …, "errors": [{…}, …]}

`errors` names every fault that was found, so that a sender mends all of them at once. What somebody sent never ends as a
nameless 500: an error that is not in the tables below is ours, is logged under the number the answer carries, and says so.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.headers import SECURITY_HEADERS
from api.language import TAGS, language_of
from ledger.canonical import NotJson
from ledger.errors import (
    Blocked,
    Conflict,
    HeadMoved,
    LedgerFault,
    Malformed,
    NotAllowed,
    Refusal,
    SignatureWrong,
    TooLarge,
    UnknownName,
    Words,
    shown,
)
from ledger.evidence import EvidenceChanged
from ledger.evidence.bucket import BucketKeepsVersions
from ledger.keys import KeyFileWrong
from ledger.log.errors import NotInTree, TilesBehind
from ledger.recorder import ClockWentBack, LeafChanged, LogFrozen, NotToBeSigned, Overloaded
from ledger.register import RegisterBroken
from ledger.room import DiskNearlyFull
from ledger.store.book import StoreBroken
from scanner.limited import ReaderBroken

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import RouteContext

    from ledger.errors import Language

PROBLEM_TYPE: Final = "application/problem+json"
#: Anchor of each problem's explanation, below the server's own address.
PROBLEM_PAGE: Final = "/docs/problems"

_log = logging.getLogger(__name__)


class NoSuchPage(UnknownName):
    """Nothing answers at this address."""

    title = Words(zh="没有这个地址", en="no such address")


class MethodNotAllowed(Refusal):
    """Something answers at this address, by another method."""

    title = Words(zh="不支持这种请求方法", en="method not allowed")


class WrongMediaType(Refusal):
    """The body is not of a kind that is read here."""

    title = Words(zh="内容类型不符", en="media type not taken")


class BadForm(Malformed):
    """A form that breaks off, or lacks the file it was to bring."""

    title = Words(zh="表单格式不对", en="malformed form")


class BadAddress(Malformed):
    """A code's link that names no goods: cut off, mistyped, or of keys this resolver does not read."""

    title = Words(zh="链接格式不对", en="malformed link")


class KeyMissing(NotAllowed):
    """Who asks is not known: no access key came, or one that is unknown or has run out."""

    title = Words(zh="请先登录，或出示有效的访问密钥", en="sign in, or bring a valid access key")


class NotFromOurPages(NotAllowed):
    """A form was sent from another site with our visitor's cookie."""

    title = Words(zh="请求不是从本站页面发出的", en="the request did not come from our own pages")


class TooMany(Refusal):
    """One caller has asked for more of one kind than its budget holds (`api.limits`)."""

    title = Words(zh="请求太频繁", en="too many requests")

    def __init__(self, *, field: str, came: object, expected: Words, retry_seconds: int = 1) -> None:
        super().__init__(field=field, came=came, expected=expected)
        self.retry_seconds = retry_seconds


class TooSlow(Refusal):
    """The body came too slowly, or stopped coming (`api.door`)."""

    title = Words(zh="发送太慢", en="sent too slowly")


class Refusals(Exception):
    """Several refusals of one request, at least one."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(map(str, refusals)))


#: The sender acts. Looked up from the refusal's own class upwards.
STATUSES: Final[Mapping[type[Refusal], int]] = {
    NotJson: 400,
    BadAddress: 400,
    BadForm: 400,
    KeyMissing: 401,
    NotAllowed: 403,
    SignatureWrong: 403,
    NoSuchPage: 404,
    NotInTree: 404,
    MethodNotAllowed: 405,
    TooSlow: 408,
    Conflict: 409,
    Blocked: 409,
    TooLarge: 413,
    WrongMediaType: 415,
    TooMany: 429,
    Malformed: 422,
    # In a body it is a reference to nothing (422); in an address it is a page that is not there (404).
    UnknownName: 422,
    Refusal: 422,
    # For good: coming again does not help.
    LogFrozen: 503,
}

#: The operator acts, or the sender comes again after so many seconds.
RETRY_SECONDS: Final[Mapping[type[Exception], int]] = {
    HeadMoved: 1,
    Overloaded: 2,
    # Somebody has to make room first.
    DiskNearlyFull: 60,
    LedgerFault: 5,
    SQLAlchemyError: 5,
    ClockWentBack: 60,
}
#: Coming again does not help: something stored is not what it was.
BROKEN: Final[tuple[type[Exception], ...]] = (
    BucketKeepsVersions,
    EvidenceChanged,
    KeyFileWrong,
    LeafChanged,
    NotToBeSigned,
    ReaderBroken,
    RegisterBroken,
    StoreBroken,
    TilesBehind,
)

_TEXT: Final = {"type": "string"}
_WHY: Final = "不能照办的原因 · why it is not as it was asked for (RFC 9457)"
_PROBLEM: Final[dict[str, object]] = {
    "schema": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "field", "came", "expected"), _TEXT),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "instance": _TEXT,
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["name", "detail", "field", "came", "expected"],
                    "properties": dict.fromkeys(("name", "detail", "field", "came", "expected"), _TEXT),
                },
            },
        },
    }
}
#: How the OpenAPI document tells of them: one shape for whatever is not as it was asked for.
DOCUMENTED: Final[dict[int | str, dict[str, object]]] = {
    "default": {"description": _WHY, "content": {PROBLEM_TYPE: _PROBLEM}}
}
#: Where a browser may come as well as a program, and is told on a page.
DOCUMENTED_FOR_BOTH: Final[dict[int | str, dict[str, object]]] = {
    "4XX": {"description": _WHY, "content": {PROBLEM_TYPE: _PROBLEM, "text/html": {}}}
}

_BUSY: Final = Words(
    zh="暂时不能办理，什么都没有写入，请稍后再试",
    en="not possible just now; nothing was written, try again later",
)
_OURS: Final = Words(
    zh="服务器出错，什么都没有写入；请把编号告诉管理员",
    en="something is wrong on our side; nothing was written. Tell the operator this number",
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says no, before its language is chosen. `page` renderers may show it in HTML."""

    status: int
    name: str
    title: Words
    detail: Words
    refusals: tuple[Refusal, ...] = ()
    retry_seconds: int | None = None
    instance: str | None = None
    allow: str | None = None

    def as_json(self, language: Language, *, base_url: str) -> dict[str, object]:
        """RFC 9457 members, and ours."""
        body: dict[str, object] = {
            "type": f"{base_url}{PROBLEM_PAGE}#{self.name}",
            "title": self.title.in_language(language),
            "status": self.status,
            "detail": self.detail.in_language(language),
        }
        if self.refusals:
            body |= _fault(self.refusals[0], language)
            body["errors"] = [
                {"name": one.name, "detail": one.in_language(language), **_fault(one, language)}
                for one in self.refusals
            ]
        if self.instance is not None:
            body["instance"] = self.instance
        return body

    def headers(self, language: Language) -> dict[str, str]:
        """What goes with the body."""
        headers = {
            "Content-Language": TAGS[language],
            "Cache-Control": "no-store",
            "Vary": "Accept-Language, Cookie",
        }
        if self.retry_seconds is not None:
            headers["Retry-After"] = str(self.retry_seconds)
        if self.status == STATUSES[KeyMissing]:
            headers["WWW-Authenticate"] = 'Bearer realm="suyuan"'
        if self.allow is not None:
            headers["Allow"] = self.allow
        return headers


#: Shows a problem to a person; `api.pages` may bring one.
ProblemPage = Callable[[Request, Problem], Response]
#: Saves what was typed into a form that gets this status.
Keep = Callable[[Request, int], Awaitable[None]]


def add_handlers(app: FastAPI, *, page: ProblemPage | None = None, keep: Keep | None = None) -> None:
    """Every error of every route ends here. With `page`, readers who want HTML get it outside /api and /log; `keep` saves for it what they typed."""

    async def handle(request: Request, error: Exception) -> Response:
        problem = problem_of(request, error)
        if keep is not None and _wants_page(request):
            await keep(request, problem.status)
        # A page asks the ledger who is looking; that must not hold up other requests.
        return await run_in_threadpool(answer, request, problem, page=page)

    for kind in (
        Refusal,
        Refusals,
        LedgerFault,
        ReaderBroken,
        SQLAlchemyError,
        RequestValidationError,
        HTTPException,
        Exception,
    ):
        app.add_exception_handler(kind, handle)


def answer(request: Request, problem: Problem, *, page: ProblemPage | None = None) -> Response:
    """The problem in the reader's language and form."""
    request.state.problem = problem.name
    if page is not None and _wants_page(request):
        return page(request, problem)
    language = language_of(request)
    base_url: str = request.app.state.settings.base_url
    return JSONResponse(
        problem.as_json(language, base_url=base_url),
        status_code=problem.status,
        # Starlette answers an unforeseen error outside all middleware, so the headers are given here.
        headers=SECURITY_HEADERS | problem.headers(language),
        media_type=PROBLEM_TYPE,
    )


def problem_of(request: Request, error: Exception) -> Problem:
    """What an error means to whoever caused it."""
    if isinstance(error, RequestValidationError):
        return _refused(request, [_of_parameter(one) for one in error.errors()])
    if isinstance(error, Refusals):
        return _refused(request, error.refusals)
    if isinstance(error, Refusal):
        return _refused(request, [error])
    if isinstance(error, HTTPException):
        return _of_framework(request, error)
    return _of_fault(error)


def status_of(refusal: Refusal, *, reading: bool) -> int:
    """The status of one refusal; `reading` when the request asks for something and changes nothing."""
    if reading and isinstance(refusal, UnknownName):
        return STATUSES[NoSuchPage]
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


def _refused(request: Request, refusals: Sequence[Refusal]) -> Problem:
    reading = request.method in {"GET", "HEAD"}
    first = refusals[0]
    statuses = {status_of(one, reading=reading) for one in refusals}
    return Problem(
        status=statuses.pop() if len(statuses) == 1 else STATUSES[Refusal],
        name=first.name,
        title=first.title,
        detail=_together(refusals),
        refusals=tuple(refusals),
        retry_seconds=first.retry_seconds if isinstance(first, TooMany) else None,
    )


def _together(refusals: Sequence[Refusal]) -> Words:
    first = Words(zh=refusals[0].in_language("zh"), en=refusals[0].in_language("en"))
    if len(refusals) == 1:
        return first
    more = len(refusals) - 1
    return Words(zh=f"{first.zh}（另有 {more} 处）", en=f"{first.en} (and {more} more)")


def _fault(refusal: Refusal, language: Language) -> dict[str, str]:
    return {"field": refusal.field, "came": refusal.came, "expected": refusal.expected.in_language(language)}


def _of_framework(request: Request, error: HTTPException) -> Problem:
    """What the router and the form reader say."""
    headers = error.headers or {}
    if error.status_code == STATUSES[MethodNotAllowed]:
        allow = _allowed(request) or headers.get("Allow", "")
        refusal: Refusal = MethodNotAllowed(
            field="method", came=request.method, expected=Words(zh=allow, en=allow)
        )
        problem = _refused(request, [refusal])
        return Problem(
            status=problem.status,
            name=problem.name,
            title=problem.title,
            detail=problem.detail,
            refusals=problem.refusals,
            allow=allow or None,
        )
    if error.status_code == STATUSES[NoSuchPage]:
        expected = Words(zh="/docs 列出的地址", en="an address listed at /docs")
        return _refused(request, [NoSuchPage(field="path", came=request.url.path, expected=expected)])
    # What is left is the form reader's: it says 400 and why.
    expected = Words(zh="完整的 multipart/form-data 表单", en="a whole multipart/form-data form")
    return _refused(request, [BadForm(field="body", came=error.detail, expected=expected)])


def _allowed(request: Request) -> str:
    """All methods that the address knows. The router names those of the first handler it met there (RFC 9110 10.2.1 wants all)."""
    app: FastAPI = request.app
    path: str = request.scope["path"]
    here = [one for one in iter_route_contexts(app.routes) if one.methods and one.path_regex.match(path)]
    # `/people/cards` is an address of its own, though `/people/{person}` would take the word for a person.
    own = min((_blanks(one) for one in here), default=0)
    return ", ".join(sorted({method for one in here if _blanks(one) == own for method in one.methods or ()}))


def _blanks(route: RouteContext) -> int:
    """How much of an address its template leaves open."""
    return (route.path or "").count("{")


def _of_parameter(error: Mapping[str, object]) -> Refusal:
    """A parameter of the address that FastAPI could not read. Bodies never come this way."""
    place = error.get("loc")
    parts = place[1:] if isinstance(place, tuple) else ()
    field = ".".join(str(part) for part in parts)
    context = error.get("ctx")
    inner = context.get("error") if isinstance(context, Mapping) else None
    if isinstance(inner, Refusal):
        return type(inner)(field=field, came=inner.came, expected=inner.expected)
    if error.get("type") == "missing":
        return Malformed(field=field, came="", expected=Words(zh="必填", en="a value (required)"))
    message = str(error.get("msg"))
    too_long = error.get("type") in {"string_too_long", "too_long"}
    return (TooLarge if too_long else Malformed)(
        field=field, came=shown(error.get("input")), expected=Words(zh=f"（{message}）", en=message)
    )


def _of_fault(error: Exception) -> Problem:
    retry = None if isinstance(error, BROKEN) else _first(RETRY_SECONDS, type(error).__mro__)
    if retry is not None:
        _log.warning("not now: %s: %s", type(error).__name__, error)
        return Problem(status=503, name=type(error).__name__, title=_BUSY, detail=_BUSY, retry_seconds=retry)
    instance = f"urn:uuid:{uuid.uuid4()}"
    _log.error("%s: %s: %s", instance, type(error).__name__, error, exc_info=error)
    name = type(error).__name__ if isinstance(error, BROKEN) else "Unforeseen"
    return Problem(status=500, name=name, title=_OURS, detail=_OURS, instance=instance)


def _first(table: Mapping[type[Exception], int], kinds: Iterable[type]) -> int | None:
    return next((table[kind] for kind in kinds if kind in table), None)


def _wants_page(request: Request) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/log/")) and "text/html" in request.headers.get("accept", "")
