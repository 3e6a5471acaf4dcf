"""A photo of codes, read here for whoever has no camera in the browser or no script: what each code is, and where it leads."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Depends
from starlette.requests import Request

from api import links
from api.audience import Reading as Reads
from api.bodies import FORM_TYPE, form_file, media_type, read_body
from api.deps import Anyone, TheLedger, TheSettings, needs
from api.parameters import MaybeText
from api.printed import candidates_of
from api.routes.lookups import candidate_facts
from api.scanning import named_by, scanned
from api.scans_noted import note, reader_of, region_in
from ledger.evidence import EVIDENCE_BYTES_MAX
from ledger.store.book import SqlBook
from ledger.trace import code_state, standing_orders
from scanner.photo import Reading, read_photo

router = APIRouter(prefix="/scans", tags=["scans"])

PICTURES: Final = ("image/jpeg", "image/png", "image/webp")
PHOTO: Final = "photo"
_PICTURE: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, object]] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": [PHOTO],
                    "properties": {PHOTO: {"type": "string", "format": "binary"}},
                }
            },
            **dict.fromkeys(PICTURES, _PICTURE),
        },
    }
}


async def _photo(request: Request) -> bytes:
    if media_type(request.headers, (FORM_TYPE, *PICTURES)) == FORM_TYPE:
        return await form_file(request, PHOTO)
    return await read_body(request, bytes_max=EVIDENCE_BYTES_MAX)


@router.post("/photo", operation_id="scan_photo", openapi_extra=_BODY, dependencies=[needs("scan")])
def scan_photo(
    photo: Annotated[bytes, Depends(_photo)],
    request: Request,
    viewer: Anyone,
    ledger: TheLedger,
    settings: TheSettings,
    later: BackgroundTasks,
    region: MaybeText = None,
) -> dict[str, object]:
    """拍照识码 · the codes in a photo. The photo is read and forgotten. `region`: where the pack was read, as a region code, if one wants to say."""
    readings = read_photo(photo)
    with ledger.book() as book:
        reads = Reads.of(ledger, book, viewer)
        codes = [_code(reading, settings.base_url, book, reads) for reading in readings]
        for reading in readings:
            named = named_by(scanned(reading.text, settings.base_url), settings.base_url, book, reads.knows)
            read = named.code if named.known else None
            noted = note(request, read, reader_of(viewer), region=region_in(region), book=book)
            if noted is not None:
                later.tasks.append(noted)
    return {"codes": codes}


def _code(reading: Reading, base_url: str, book: SqlBook, reads: Reads) -> dict[str, object]:
    """What a code is here. What else is known of the goods stands on their page, for each reader their own."""
    code = scanned(reading.text, base_url)
    named = named_by(code, base_url, book, reads.knows)
    facts: dict[str, object] = {
        "text": reading.text,
        "format": reading.format,
        "corners": [{"x": corner.x, "y": corner.y} for corner in reading.corners],
        "kind": code.kind,
        "value": None if code.value is None else str(code.value),
        "host": code.host,
        "is_ours": code.is_ours,
        "looks_like": code.looks_like,
        "known": named.known,
    }
    if named.goods is not None and named.known:
        facts["goods"] = str(named.goods)
        facts["page"] = links.goods_page(named.goods)
        facts["recalled"] = any(order.kind == "recall" for order in standing_orders(book, named.goods))
    if named.code is not None:
        facts["state"] = code_state(book, named.code).state
    if not named.known and (candidates := candidates_of(code, book)):
        facts["candidates"] = [candidate_facts(one, book) for one in candidates]
    return facts
