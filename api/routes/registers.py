"""The registers anybody may ask: parties by any name they went by, who became whom, their licences in every version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.deps import Anyone, TheLedger
from api.facts import may_see_contact, party_facts, public_record
from api.parameters import QueryNumber, Text
from ledger.errors import UnknownName, Words
from ledger.identifiers import PartyId
from ledger.trace import party_view
from ledger.trace.parties import find_parties, lineage
from ledger.views.book import party_sheet_key, said_about
from ledger.vocabulary.measures import ListEntry
from ledger.vocabulary.parties import Licence

if TYPE_CHECKING:
    from api.deps import Viewer
    from api.facts import Facts
    from ledger.store.book import SqlBook
    from ledger.trace.parties import Step

router = APIRouter(prefix="/parties", tags=["registers"])


@router.get("", operation_id="find_parties")
def find(q: Text, viewer: Anyone, ledger: TheLedger) -> dict[str, object]:
    """查找主体 · parties by name, former name or part of one, credit code or licence number; an authority also by phone.

    Whoever a party was or became is found with it.
    """
    with ledger.book() as book:
        hits = find_parties(book, q, phones=viewer.is_official)
        return {"parties": [_short(book, one, viewer) for one in hits.parties], "left": hits.left}


@router.get("/{party}", operation_id="party")
def show(party: str, viewer: Anyone, ledger: TheLedger, as_of: QueryNumber = None) -> dict[str, object]:
    """主体 · one party: its sheet, who it was and became, its licences and approvals in every version, its public list entries."""
    asked = PartyId.parse(party, field="party")
    with ledger.book(as_of) as book:
        listed = list(said_about(book, party_sheet_key(asked), ListEntry))
        licences = list(said_about(book, party_sheet_key(asked), Licence))
        view = party_view(book, asked)
        if view.record is None and not licences:
            expected = Words(zh="本台账记录过的主体", en="a party recorded on this ledger")
            raise UnknownName(field="party", came=party, expected=expected)
        return {
            **_short(book, asked, viewer),
            "licences": [public_record(one) for one, said in licences if said.holder == asked],
            "lists": [public_record(one) for one, said in listed if said.party == asked],
            "as_of": book.size,
        }


def _short(book: SqlBook, party: PartyId, viewer: Viewer) -> Facts:
    view = party_view(book, party)
    line = lineage(book, party)
    contact = viewer.is_official or may_see_contact(view, viewer.party)
    return {
        "party": str(party),
        **party_facts(view, contact=contact),
        "former_names": list(view.former_names),
        "before": [str(one) for one in line.before],
        "after": [str(one) for one in line.after],
        "succession": [_step(one) for one in line.steps],
    }


def _step(step: Step) -> Facts:
    return {
        "from": str(step.before),
        "to": str(step.after),
        "how": step.how,
        "effective_on": str(step.effective_on),
        "position": step.record.seq,
    }
