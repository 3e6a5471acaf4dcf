"""Copies of papers and photos: kept by their digest, handed out only to those who may read a record that names them.

Nothing of a paper is shown by this server itself. It is checked to be what it says (a picture must open, in a process of its own), stored
as it came and handed out as a file to be saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from starlette.requests import Request

from api.audience import Reading
from api.bodies import media_type, read_body
from api.deps import Anyone, AsAuthor, Someone, TheLedger
from api.facts import fields_of
from api.problems import WrongMediaType
from api.routes.scans import PICTURES
from ledger.errors import UnknownName, Words
from ledger.evidence import EVIDENCE_BYTES_MAX
from ledger.identifiers import Sha256Hex, StatementId
from ledger.views.book import Record, about, party_key
from scanner.photo import NoCodeInPhoto, read_photo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.canonical import Json
    from ledger.store.book import SqlBook

router = APIRouter(prefix="/evidence", tags=["evidence"])

PDF: Final = "application/pdf"
KINDS: Final = (*PICTURES, PDF)
#: How each kind begins; a file that begins otherwise is not what it says.
_BEGINNINGS: Final = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    PDF: b"%PDF-",
}
_NAMES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", PDF: "pdf"}
_ANY: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, object]] = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, _ANY)}}
#: Whatever a browser makes of the file, it may do nothing.
_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file as it came: what it says it is, and its bytes."""

    kind: str
    content: bytes


async def _sent(request: Request) -> _Sent:
    kind = media_type(request.headers, KINDS)
    return _Sent(kind, await read_body(request, bytes_max=EVIDENCE_BYTES_MAX))


@router.post("", status_code=201, operation_id="post_evidence", openapi_extra=_BODY)
def keep(sent: Annotated[_Sent, Depends(_sent)], author: AsAuthor, ledger: TheLedger) -> dict[str, object]:  # noqa: ARG001  (the right to send)
    """上传附件 · keep a copy of a paper or a photo; the answer is the digest that a record names it by."""
    if not sent.content.startswith(_BEGINNINGS[sent.kind]):
        came = repr(sent.content[:8])
        raise WrongMediaType(field="evidence", came=came, expected=Words(zh=sent.kind, en=sent.kind))
    if sent.kind in PICTURES:
        _check_opens(sent.content)
    digest = ledger.evidence.put(sent.content)
    return {"sha256": str(digest), "bytes": len(sent.content), "media_type": sent.kind}


@router.get("/{sha256}", operation_id="get_evidence", response_class=Response)
def hand_out(
    sha256: str,
    caller: Someone,
    viewer: Anyone,
    ledger: TheLedger,
    statement: Annotated[
        str | None, Query(description="The record that names it; an authority must say which.")
    ] = None,
) -> Response:
    """附件 · the file, for those who may read a record that names it."""
    digest = Sha256Hex.parse(sha256)
    with ledger.book() as book:
        reading = Reading(book=book, viewer=viewer)
        if statement is not None:
            records: Iterable[Record] = _one(book, StatementId.parse(statement, field="statement"))
        else:
            records = about(book, party_key(caller.party))
        if not any(_names(reading, record, digest) for record in records):
            raise _unknown(digest)
    content = ledger.evidence.get(digest)
    kind = next(
        (kind for kind, beginning in _BEGINNINGS.items() if content.startswith(beginning)),
        "application/octet-stream",
    )
    name = f'attachment; filename="{digest}.{_NAMES.get(kind, "bin")}"'
    return Response(content, media_type=kind, headers={**_HEADERS, "Content-Disposition": name})


def _check_opens(picture: bytes) -> None:
    """A picture must open, within the limits of every photo; that it shows no code is no fault of a licence."""
    try:
        read_photo(picture, field="evidence")
    except NoCodeInPhoto:
        return


def _one(book: SqlBook, statement: StatementId) -> list[Record]:
    seq = book.position(statement)
    return [] if seq is None else [book.records([seq])[seq]]


def _names(reading: Reading, record: Record, digest: Sha256Hex) -> bool:
    """Whether the part of a record that this reader may read names the file."""
    return _holds(fields_of(record, lambda audience: reading.may_read(record, audience)), str(digest))


def _holds(value: Json, text: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner, text) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner, text) for inner in value)
    return value == text


def _unknown(digest: Sha256Hex) -> UnknownName:
    return UnknownName(
        field="sha256", came=digest, expected=Words(zh="可以查看的附件", en="a file that you may read")
    )
