"""Showing what one may read to others: a file to hand out, and the grants that were given and got.

A grant is given and ended like every record, at `POST /api/v1/grants`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, StrictInt
from starlette.requests import Request

from api.answers import file_of, moment
from api.audience import Reading
from api.bodies import JsonBody
from api.deps import Anyone, Someone, TheLedger, TheSettings, check_same_origin, needs
from api.disclosing import MEDIA_TYPE, Showable, file_name
from api.drafting import read_model
from api.facts import heading
from api.routes.statements import unknown
from api.schemas import model_body
from ledger.errors import UnknownName
from ledger.identifiers import StatementId
from ledger.views.grants import grants_by, grants_to
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import Name

if TYPE_CHECKING:
    from api.facts import Facts
    from ledger.views.grants import Granted

router = APIRouter(tags=["sharing"])

_PLACES_MAX: Final = 1_000


class DisclosureRequest(Part):
    """Which items of the record to show, by their places, and to whom: so that they can be asked when one must be erased."""

    places: Annotated[tuple[StrictInt, ...], Field(min_length=1, max_length=_PLACES_MAX)]
    to: Name


@router.post(
    "/statements/{statement}/disclosure",
    operation_id="post_disclosure",
    response_class=Response,
    responses=file_of(MEDIA_TYPE),
    openapi_extra=model_body(DisclosureRequest),
    dependencies=[needs("export_own")],
)
def disclose(
    statement: str, body: JsonBody, request: Request, viewer: Anyone, ledger: TheLedger, settings: TheSettings
) -> Response:
    """出示一条记录 · a file that shows one record, as far as the caller may read it and wishes to show it. It verifies offline."""
    if "authorization" not in request.headers:
        check_same_origin(request, settings)
    name = StatementId.parse(statement)
    asked = read_model(DisclosureRequest, body)
    with ledger.book() as book:
        seq = book.position(name)
        if seq is None:
            raise unknown(statement)
        try:
            showable = Showable.of(book, seq, Reading.of(ledger, book, viewer))
        except UnknownName as none:
            raise unknown(statement) from none
        content = showable.show(ledger, asked.places, to_whom=asked.to)
    disposition = f'attachment; filename="{file_name(seq)}"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


@router.get("/grants", operation_id="list_grants", dependencies=[needs("read_own")])
def grants(caller: Someone, ledger: TheLedger) -> dict[str, object]:
    """授权 · the grants that the caller gave and got, standing or not, oldest first."""
    now = ledger.clock()
    with ledger.book() as book:
        given, got = grants_by(book, caller.party), grants_to(book, caller.party)
    return {"given": [_grant(one, now) for one in given], "got": [_grant(one, now) for one in got]}


def _grant(one: Granted, now_ms: int) -> Facts:
    facts: Facts = {
        **heading(one.record),
        "by": str(one.by),
        "to": str(one.to),
        "statements": sorted(map(str, one.statements)),
        "goods": sorted(map(str, one.goods)),
        "stands": one.stands(now_ms),
    }
    if one.until_ms:
        facts["until"] = moment(one.until_ms)
    if one.ended_by is not None:
        facts["ended_by"] = str(one.ended_by.header.id)
    return facts
