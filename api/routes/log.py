"""The log for anybody: its key, its checkpoint, its tiles and entries (c2sp.org/tlog-tiles), and its register.

None of that is anybody's secret: an entry holds a digest of a statement, and register statements hold no personal data. Tiles and
bundles never change, partial ones neither, so they may be kept for ever. The statements themselves are for members: each caller gets
what he may read, and nobody keeps it.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api import links
from api.answers import file_of, moment
from api.audience import Reading
from api.deps import Anyone, TheLedger, needs
from api.parameters import MaybeText, PathNumber, QueryNumber
from api.witnessing import MaybeWitnesses
from ledger.canonical import canonical
from ledger.errors import UnknownName, Words
from ledger.exchange.export import statement_as
from ledger.exchange.published import published_register, published_vkeys
from ledger.identifiers import PartyId
from ledger.log.entry import Entry
from ledger.log.merkle import HASH_BYTES
from ledger.log.serving import BRIEFLY, BYTES, FOR_EVER, JSON, JSON_LINES, NEVER
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_WIDTH, Bundle, Tile, encode_bundle
from ledger.service import Ledger

if TYPE_CHECKING:
    from ledger.store.book import Stored
    from ledger.views.book import Record

_BRIEFLY: Final = {"Cache-Control": BRIEFLY}
_FOR_EVER: Final = {"Cache-Control": FOR_EVER}

router = APIRouter(prefix="/log", tags=["log"], dependencies=[needs("read_public")])
entries = APIRouter(tags=["log"])
#: What a copy of the log for members has beside the tree.
members = APIRouter(prefix="/log", tags=["log"])


@router.head("/vkey", include_in_schema=False)
@router.get("/vkey", operation_id="log_vkey", response_class=PlainTextResponse)
def vkey(ledger: TheLedger) -> PlainTextResponse:
    """日志公钥 · the key that checkpoints are checked with (c2sp.org/signed-note); below it those that it took the place of."""
    return PlainTextResponse(published_vkeys(ledger), headers=_BRIEFLY)


@router.head("/checkpoint", include_in_schema=False)
@router.get("/checkpoint", operation_id="log_checkpoint", response_class=PlainTextResponse)
def checkpoint(ledger: TheLedger, witnesses: MaybeWitnesses) -> PlainTextResponse:
    """检查点 · the newest published tree head, with the cosignatures of witnesses that it has (c2sp.org/tlog-checkpoint)."""
    note = ledger.checkpoint() if witnesses is None else witnesses.checkpoint()
    return PlainTextResponse(note, headers=_BRIEFLY)


@router.head("/tile/{place:path}", include_in_schema=False)
@router.get("/tile/{place:path}", operation_id="log_tile", response_class=Response, responses=file_of(BYTES))
def tile(place: Annotated[str, Path(max_length=100)], ledger: TheLedger) -> Response:
    """数据块 · a tile of hashes (`0/x001/067`) or a bundle of entries (`entries/x001/067.p/12`)."""
    path, size = f"tile/{place}", Size(ledger.size())
    if place.startswith("entries/"):
        bundle = Bundle.parse(path)
        bundle.require_in(size)
        start = bundle.index * TILE_WIDTH
        return Response(
            encode_bundle(ledger.entries(start, start + bundle.width)), media_type=BYTES, headers=_FOR_EVER
        )
    hashes = Tile.parse(path)
    hashes.require_in(size)
    row = ledger.tile(hashes.level, hashes.index)
    return Response(row[: hashes.width * HASH_BYTES], media_type=BYTES, headers=_FOR_EVER)


@router.head("/label-keys", include_in_schema=False)
@router.get("/label-keys", operation_id="log_label_keys", response_class=PlainTextResponse)
def label_keys(ledger: TheLedger, party: MaybeText = None) -> PlainTextResponse:
    """标签密钥包 · whose key signs which codes, and which of them ended: a note signed by the log's key, for checking codes without a network."""
    whose = None if party is None else PartyId.parse(party)
    return PlainTextResponse(ledger.label_keys(party=whose), headers=_BRIEFLY)


@router.head("/register", include_in_schema=False)
@router.get("/register", operation_id="log_register", response_class=Response, responses=file_of(JSON))
def register(ledger: TheLedger) -> Response:
    """登记簿 · who may sign what, since when: every register statement whole, with its position."""
    # Byte for byte what a copy of the log holds.
    return Response(canonical(published_register(ledger)), media_type=JSON, headers=_BRIEFLY)


@members.get(
    "/statements/{place:path}",
    operation_id="log_statements",
    response_class=Response,
    responses=file_of(JSON_LINES),
    dependencies=[needs("read_own")],
)
def statements(place: Annotated[str, Path(max_length=100)], caller: Anyone, ledger: TheLedger) -> Response:
    """记录 · the statements under a bundle of entries (`x001/067.p/12`), a line for each, as far as this caller may read them: for auditing what one has to do with."""
    bundle = Bundle.parse(f"tile/entries/{place}")
    bundle.require_in(Size(ledger.size()))
    start = bundle.index * TILE_WIDTH
    with ledger.book() as book:
        reading = Reading.of(ledger, book, caller)
        stored = ledger.stored_range(start, start + bundle.width)
        records = book.records([one.seq for one in stored])
        lines = [statement_as(one, places=_open_to(reading, records[one.seq], one)) for one in stored]
    content = b"".join(line + b"\n" for line in lines)
    return Response(content, media_type=JSON_LINES, headers={"Cache-Control": NEVER})


def _open_to(reading: Reading, record: Record, stored: Stored) -> frozenset[int] | None:
    """The places of a statement's items that a reader may see; None where he is not told that it is there."""
    if not reading.may_read_heading(record, stored.opened):
        return None
    return reading.places(record, stored.opened)


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
def proof(position: PathNumber, ledger: TheLedger, size: QueryNumber = None) -> PlainTextResponse:
    """存证证明 · the `.tlog-proof` of one entry (c2sp.org/tlog-proof): checks offline with the log's key alone. It may gain cosignatures later.

    With `size` against the checkpoint of that size, such as one that was stamped.
    """
    _leaf(ledger, position)
    text = ledger.furthest(position, size=size).proof.to_bytes()
    name = f'attachment; filename="entry-{position}.tlog-proof"'
    return PlainTextResponse(text, headers={**_BRIEFLY, "Content-Disposition": name})


def _leaf(ledger: Ledger, position: int) -> bytes:
    for raw in ledger.entries(position, position + 1):
        return raw
    raise UnknownName(
        field="position", came=position, expected=Words(zh="日志中已有的位置", en="a position in the log")
    )


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
