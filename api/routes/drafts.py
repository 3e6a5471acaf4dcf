"""Drafts for those who sign for themselves: the same plain JSON as the trade's own addresses take, and back comes what is to be signed.

Nothing is stored, and nothing is decided: whoever signs sends envelope and items to `/api/v1/statements`, where the gate judges them.
A draft is the server's suggestion. `words` are read back from the items; a program that signs unseen what it is given signs anything.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path

from api.asking import read_asked
from api.bodies import JsonBody
from api.deps import Someone, TheLedger, Viewer, needs
from api.drafting import Drafting
from api.pages.names import names_in
from api.routes.trade import PATHS
from api.schemas import json_body
from api.unsigned import draft_json, unsigned
from ledger.errors import UnknownName, Words
from ledger.vocabulary.registering import Key
from ledger.vocabulary.said import Said

router = APIRouter(prefix="/drafts", tags=["statements"])

#: What may be drafted: the trade's own words, and what a party says about its own keys.
DRAFTED: Final[dict[str, type[Said]]] = {**PATHS, "keys": Key}
_BY_TYPE: Final = {kind.TYPE: kind for kind in DRAFTED.values()}


@router.post(
    "/{kind}",
    operation_id="post_draft",
    dependencies=[needs("send_signed")],
    openapi_extra=json_body(
        {
            "type": "object",
            "description": "As for the address of that name, e.g. /api/v1/shipments. 与同名地址的请求体相同",
        }
    ),
)
def post(
    kind: Annotated[str, Path(max_length=60, description="Like `shipments`, or a type like `shipment.v1`.")],
    body: JsonBody,
    ledger: TheLedger,
    caller: Someone,
) -> dict[str, object]:
    """起草 · what is to be signed, as bytes and in words. Nothing is stored."""
    drafting = Drafting(ledger=ledger, author=caller.party)
    drafts = read_asked(drafting, drafted(kind), body).drafts()
    statements = [
        unsigned(one, log=ledger.origin, issuer=caller.party, now_ms=ledger.clock()) for one in drafts
    ]
    with ledger.book() as book:
        names = names_in(book, Viewer(party=caller.party, role=caller.role))
        return {"statements": [draft_json(one, names) for one in statements]}


def drafted(name: str) -> type[Said]:
    """What is meant by the last part of an address."""
    kind = DRAFTED.get(name) or _BY_TYPE.get(name)
    if kind is None:
        known = ", ".join(sorted(DRAFTED))
        raise UnknownName(field="kind", came=name, expected=Words(zh=known, en=known))
    return kind
