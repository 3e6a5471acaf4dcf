"""Copies of papers and photos: kept by their digest, handed out only to those who may read a record that names them.

Nothing of a paper is shown by this server itself. A picture is drawn again and a PDF looked through, in a process of its own
(`scanner.papers`); both are handed out as files to be saved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from starlette.requests import Request

from api.answers import file_of
from api.audience import Reading, names
from api.bodies import body_chunks, media_type
from api.deps import Anyone, Someone, TheLedger, needs
from api.files import FileAnswer
from api.problems import WrongMediaType
from api.routes.scans import PICTURES
from ledger.errors import UnknownName, Words
from ledger.evidence import EVIDENCE_BYTES_MAX, MEMORY_BYTES_MAX, chunks_of
from ledger.identifiers import Sha256Hex, StatementId
from ledger.views.book import Record, about, party_key
from scanner.papers import HEAD_BYTES, PDF, kind_of, taken_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.store.book import SqlBook

router = APIRouter(prefix="/evidence", tags=["evidence"])

KINDS: Final = (*PICTURES, PDF)
_NAMES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", PDF: "pdf"}
_ANY: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, object]] = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, _ANY)}}
#: Whatever a browser makes of the file, it may do nothing.
_HEADERS: Final = {"Content-Security-Policy": "sandbox; default-src 'none'"}


@dataclass(frozen=True, slots=True)
class _Sent:
    """A file as it came: what it says it is, its bytes, their digest."""

    kind: str
    content: IO[bytes]
    digest: str


async def _sent(request: Request) -> AsyncIterator[_Sent]:
    kind, hasher = media_type(request.headers, KINDS), sha256()
    with SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX) as file:
        async for chunk in body_chunks(request, bytes_max=EVIDENCE_BYTES_MAX):
            hasher.update(chunk)
            file.write(chunk)
        yield _Sent(kind, file, hasher.hexdigest())


@router.post(
    "",
    status_code=201,
    operation_id="post_evidence",
    openapi_extra=_BODY,
    dependencies=[needs("send_papers")],
)
def keep(sent: Annotated[_Sent, Depends(_sent)], ledger: TheLedger) -> dict[str, object]:
    """上传附件 · keep a copy of a paper or a photo. A record names it by `sha256`; `sent_sha256` is the digest of the file as it was sent, which differs for a picture: it is drawn again, without what cannot be seen."""
    sent.content.seek(0)
    head = sent.content.read(HEAD_BYTES)
    if kind_of(head) != sent.kind:
        raise WrongMediaType(field="evidence", came=repr(head), expected=Words(zh=sent.kind, en=sent.kind))
    with taken_in(sent.content, field="evidence") as paper:
        kept = ledger.evidence.put_stream(chunks_of(paper.content))
    return {
        "sha256": str(kept.digest),
        "sent_sha256": sent.digest,
        "bytes": kept.size_bytes,
        "media_type": paper.kind,
    }


@router.get(
    "/{sha256}",
    operation_id="get_evidence",
    response_class=Response,
    responses=file_of(*KINDS),
    dependencies=[needs("read_own")],
)
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
        reading = Reading.of(ledger, book, viewer)
        if statement is not None:
            records: Iterable[Record] = _one(book, StatementId.parse(statement, field="statement"))
        else:
            records = about(book, party_key(caller.party))
        if not any(_names(reading, record, digest) for record in records):
            raise _unknown(digest)
    file = ledger.evidence.read(digest)
    kind = kind_of(file.read(HEAD_BYTES)) or "application/octet-stream"
    name = f"{digest}.{_NAMES.get(kind, 'bin')}"
    return FileAnswer(file, name=name, media_type=kind, headers=_HEADERS)


def _one(book: SqlBook, statement: StatementId) -> list[Record]:
    seq = book.position(statement)
    return [] if seq is None else [book.records([seq])[seq]]


def _names(reading: Reading, record: Record, digest: Sha256Hex) -> bool:
    """Whether the part of a record that this reader may read names the file."""
    return names(reading.fields(record), str(digest))


def _unknown(digest: Sha256Hex) -> UnknownName:
    return UnknownName(
        field="sha256", came=digest, expected=Words(zh="可以查看的附件", en="a file that you may read")
    )
