"""My ledger: what a trader can do here, its own records newest first, and the findings that concern it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import Someone, needs
from api.pages.desk import AtDesk
from api.pages.findings_view import views_of
from api.pages.names import Names
from api.pages.own import Own
from api.pages.rendering import lag
from api.parameters import QueryNumber
from ledger.findings import grade_order
from ledger.views.book import party_key
from ledger.vocabulary import TYPES

if TYPE_CHECKING:
    from api.audience import Reading
    from ledger.findings import Finding
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.views.book import Book, Record

#: Records on one page of the list.
PAGE_RECORDS: Final = 25
#: Mentions looked through for one page: others speak about a party too.
PAGE_MENTIONS_MAX: Final = 400

#: What can be done with a record of one's own.
_THEN: Final = {
    "batch.v1": ("/my/batches/{seq}", "then_label"),
    "shipment.v1": ("/my/slips/{seq}", "then_slip"),
    "supplier_check.v1": ("/my/duty/{seq}", "then_duty"),
}

router = APIRouter(include_in_schema=False)


@router.get("/my", response_class=HTMLResponse, dependencies=[needs("read_own")])
def my(desk: AtDesk, caller: Someone, before: QueryNumber = None) -> HTMLResponse:
    """The list, with what may be done above it."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        records, older = _listed(book, caller.party, before)
        return desk.page(
            "my.html",
            who=who(names, caller.party),
            waiting=len(Own.of(book, caller.party).offers()),
            findings=len(_findings(desk.ledger, names.reading)),
            records=[_row(one, names) for one in records],
            older=older,
        )


@router.get("/my/findings", response_class=HTMLResponse, dependencies=[needs("read_findings")])
def my_findings(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """The findings that concern this party, each with how to answer."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        found = _findings(desk.ledger, names.reading)
        return desk.page("my_findings.html", who=who(names, caller.party), findings=views_of(found, names))


def who(names: Names, party: PartyId) -> dict[str, str]:
    """Whose page this is."""
    return {"name": names.party(party), "trade": names.view(party).trade or ""}


def _findings(ledger: Ledger, reading: Reading) -> list[Finding]:
    party = reading.viewer.party
    found = ledger.findings(party=party) if party is not None else []
    return sorted((one for one in found if reading.may_read_finding(one)), key=grade_order)


def _listed(book: Book, party: PartyId, before: int | None) -> tuple[list[Record], int | None]:
    """One page of a party's own records, and where the next page begins."""
    seqs = sorted((one.seq for one in book.mentions([party_key(party)])), reverse=True)
    seqs = [seq for seq in seqs if before is None or seq < before]
    looked_at = seqs[:PAGE_MENTIONS_MAX]
    found = book.records(looked_at)
    own = [found[seq] for seq in looked_at if found[seq].actor == party or found[seq].header.issuer == party]
    shown = own[:PAGE_RECORDS]
    if len(own) > PAGE_RECORDS:
        return shown, shown[-1].seq
    return shown, looked_at[-1] if len(seqs) > len(looked_at) else None


def _row(record: Record, names: Names) -> dict[str, object]:
    then = _THEN.get(record.header.type)
    return {
        "seq": record.seq,
        "title": TYPES[record.header.type].TITLE,
        "corrects": record.header.corrects is not None,
        "summary": names.summary(record),
        "occurred_ms": record.occurred_ms,
        "at_ms": record.at_ms,
        "lag": lag(record.at_ms - record.occurred_ms, names.language),
        "then": None
        if then is None or record.said is None
        else {"href": then[0].format(seq=record.seq), "words": then[1]},
    }
