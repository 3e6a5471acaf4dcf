"""The log for anybody: its key, its checkpoint, its tiles and entries (c2sp.org/tlog-tiles), and its register.

Nothing here is anybody's secret: an entry holds a digest of a statement, and register statements hold no personal data. Tiles and
bundles never change, partial ones neither, so they may be kept for ever.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api import links
from api.answers import moment
from api.deps import TheLedger, needs
from api.parameters import PathNumber
from ledger.errors import UnknownName, Words
from ledger.log.entry import Entry
from ledger.log.sizes import Size
from ledger.log.tiles import Bundle, Tile, encode_bundle
from ledger.register import REGISTER_TYPES
from ledger.service import Ledger

#: A checkpoint is signed with every commit; seconds of age harm nobody and spare the server.
_BRIEFLY: Final = {"Cache-Control": "public, max-age=2"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_BYTES: Final = "application/octet-stream"

router = APIRouter(prefix="/log", tags=["log"], dependencies=[needs("read_public")])
entries = APIRouter(tags=["log"])


@router.head("/vkey", include_in_schema=False)
@router.get("/vkey", operation_id="log_vkey", response_class=PlainTextResponse)
def vkey(ledger: TheLedger) -> PlainTextResponse:
    """日志公钥 · the key that checkpoints are checked with (c2sp.org/signed-note); below it those that it took the place of."""
    return PlainTextResponse("".join(f"{one}\n" for one in ledger.log_keys.all), headers=_BRIEFLY)


@router.head("/checkpoint", include_in_schema=False)
@router.get("/checkpoint", operation_id="log_checkpoint", response_class=PlainTextResponse)
def checkpoint(ledger: TheLedger) -> PlainTextResponse:
    """检查点 · the newest signed tree head (c2sp.org/tlog-checkpoint)."""
    return PlainTextResponse(ledger.checkpoint(), headers=_BRIEFLY)


@router.head("/tile/{place:path}", include_in_schema=False)
@router.get("/tile/{place:path}", operation_id="log_tile", response_class=Response)
def tile(place: Annotated[str, Path(max_length=100)], ledger: TheLedger) -> Response:
    """数据块 · a tile of hashes (`0/x001/067`) or a bundle of entries (`entries/x001/067.p/12`)."""
    path, size = f"tile/{place}", Size(ledger.size())
    if place.startswith("entries/"):
        bundle = Bundle.parse(path)
        bundle.require_in(size)
        start = bundle.index * 256
        return Response(
            encode_bundle(ledger.entries(start, start + bundle.width)), media_type=_BYTES, headers=_FOR_EVER
        )
    hashes = Tile.parse(path)
    hashes.require_in(size)
    row = ledger.tile(hashes.level, hashes.index)
    return Response(row[: hashes.width * 32], media_type=_BYTES, headers=_FOR_EVER)


@router.head("/register", include_in_schema=False)
@router.get("/register", operation_id="log_register")
def register(ledger: TheLedger) -> JSONResponse:
    """登记簿 · who may sign what, since when: every register statement whole, with its position."""
    with ledger.book() as book:
        seqs = sorted({mention.seq for mention in book.mentions([f"type/{kind}" for kind in REGISTER_TYPES])})
        size = book.size
    statements = [
        {
            "position": stored.seq,
            "recorded_at": moment(stored.entry.at_ms),
            "type": stored.header.type,
            "envelope": stored.envelope.as_json(),
            "items": [None if one is None else one.as_json() for one in stored.opened],
        }
        for stored in map(ledger.stored, seqs)
    ]
    body = {
        "origin": ledger.origin,
        "size": size,
        "vkey": str(ledger.vkey),
        "vkeys": [str(one) for one in ledger.log_keys.all],
        "statements": statements,
    }
    return JSONResponse(body, headers=_BRIEFLY)


@entries.get("/entries/{position}", operation_id="entry", dependencies=[needs("read_public")])
def entry(position: PathNumber, ledger: TheLedger) -> JSONResponse:
    """日志条目 · one leaf of the log: when it was taken, and digests. What the statement says is not in it."""
    raw = _leaf(ledger, position)
    leaf = Entry.parse(raw)
    body = {
        "position": position,
        "recorded_at": moment(leaf.at_ms),
        "entry": _base64(raw),
        "leaf_hash": _base64(leaf.leaf_hash),
        "prev": _base64(leaf.prev),
        "statement": _base64(leaf.statement),
        "proof": f"{links.API}/entries/{position}/proof",
    }
    return JSONResponse(body, headers=_FOR_EVER)


@entries.get(
    "/entries/{position}/proof",
    operation_id="entry_proof",
    response_class=PlainTextResponse,
    dependencies=[needs("prove")],
)
def proof(position: PathNumber, ledger: TheLedger) -> PlainTextResponse:
    """存证证明 · the `.tlog-proof` of one entry (c2sp.org/tlog-proof): checks offline with the log's key alone."""
    _leaf(ledger, position)
    text = ledger.receipt(position).proof.to_bytes()
    name = f'attachment; filename="entry-{position}.tlog-proof"'
    return PlainTextResponse(text, headers={**_FOR_EVER, "Content-Disposition": name})


def _leaf(ledger: Ledger, position: int) -> bytes:
    for raw in ledger.entries(position, position + 1):
        return raw
    raise UnknownName(
        field="position", came=position, expected=Words(zh="日志中已有的位置", en="a position in the log")
    )


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
