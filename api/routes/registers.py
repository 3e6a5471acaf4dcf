"""The registers anybody may ask: parties by any name they went by, who became whom, their licences in every version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.audience import Reading
from api.deps import Anyone, TheLedger, needs
from api.facts import party_facts, public_record
from api.parameters import QueryNumber, Text
from ledger.errors import UnknownName, Words
from ledger.identifiers import PartyId
from ledger.trace import party_view
from ledger.trace.parties import find_parties, lineage
from ledger.views.book import party_sheet_key, said_about
from ledger.vocabulary.measures import ListEntry
from ledger.vocabulary.parties import Licence

if TYPE_CHECKING:
    from api.facts import Facts
    from ledger.trace.parties import Step

router = APIRouter(prefix="/parties", tags=["registers"])


@router.get("", operation_id="find_parties", dependencies=[needs("look_up")])
def find(q: Text, viewer: Anyone, ledger: TheLedger) -> dict[str, object]:
    """查找主体 · parties by name, former name or part of one, credit code or licence number; by phone, where the caller may read it.

    Whoever a party was or became is found with it.
    """
    with ledger.book() as book:
        reading = Reading.of(ledger, book, viewer)
        hits = find_parties(book, q, reads_phone=lambda record: "phone" in reading.fields(record))
        return {"parties": [_short(one, reading) for one in hits.parties], "left": hits.left}


@router.get("/{party}", operation_id="party", dependencies=[needs("look_up")])
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
            **_short(asked, Reading.of(ledger, book, viewer)),
            "licences": [public_record(one) for one, said in licences if said.holder == asked],
            "lists": [public_record(one) for one, said in listed if said.party == asked],
            "as_of": book.size,
        }


def _short(party: PartyId, reading: Reading) -> Facts:
    view = party_view(reading.book, party)
    line = lineage(reading.book, party)
    return {
        "party": str(party),
        **party_facts(view, reading.contact(view)),
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
