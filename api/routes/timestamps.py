"""Time stamps over the log's checkpoints, for anybody: which there are, each token as the authority gave it, and the bytes it is over."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from api.answers import file_of, moment
from api.deps import TheLedger, needs
from api.parameters import PathNumber
from ledger.errors import UnknownName, Words
from ledger.store.cosignatures import checkpoint_of
from ledger.store.engine import reading
from ledger.store.timestamps import newest_timestamps, timestamp_at
from ledger.timestamping import REPLY_TYPE

#: Tokens of four days and nights.
LISTED_MAX: Final = 100
_BRIEFLY: Final = {"Cache-Control": "public, max-age=60"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

router = APIRouter(prefix="/log", tags=["log"], dependencies=[needs("read_public")])


@router.get("/timestamps", operation_id="log_timestamps")
def listed(ledger: TheLedger) -> JSONResponse:
    """可信时间戳 · the newest checkpoints that an authority has stamped (RFC 3161), with the time that it names."""
    with reading(ledger.engine) as connection:
        found = newest_timestamps(connection, ledger.origin, most=LISTED_MAX)
    return JSONResponse(
        {"timestamps": [{"size": size, "at": moment(at_ms)} for size, at_ms in found]}, headers=_BRIEFLY
    )


@router.get(
    "/timestamps/{size}", operation_id="log_timestamp", response_class=Response, responses=file_of(REPLY_TYPE)
)
def token(size: PathNumber, ledger: TheLedger) -> Response:
    """时间戳令牌 · the authority's reply over the checkpoint of this size: `openssl ts -verify -in TOKEN -data NOTE -CAfile ROOTS`."""
    with reading(ledger.engine) as connection:
        raw = timestamp_at(connection, ledger.origin, size=size)
    if raw is None:
        raise _unknown(size)
    return Response(raw, media_type=REPLY_TYPE, headers=_FOR_EVER)


@router.get("/timestamps/{size}/note", operation_id="log_timestamped_note", response_class=PlainTextResponse)
def note(size: PathNumber, ledger: TheLedger) -> PlainTextResponse:
    """被盖时间戳的检查点 · the checkpoint as the log signed it: exactly the bytes that the token is over."""
    with reading(ledger.engine) as connection:
        stamped = timestamp_at(connection, ledger.origin, size=size)
        text = None if stamped is None else checkpoint_of(connection, ledger.origin, size=size)
    if text is None:
        raise _unknown(size)
    return PlainTextResponse(text, headers=_FOR_EVER)


def _unknown(size: int) -> UnknownName:
    expected = Words(zh="有时间戳的检查点大小", en="the size of a stamped checkpoint")
    return UnknownName(field="size", came=size, expected=expected)
