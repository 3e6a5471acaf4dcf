"""The front of the clerk's console: what waits for this party, what runs out, the areas, and its own records, newest first.

What waits is counted by the records as they stand. A draft that somebody still has to sign waits nowhere: nothing is kept here before it is
signed, and whoever keeps the key signs each form as it is sent.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import Someone, needs
from api.pages.areas import AREAS
from api.pages.console import Counter
from api.pages.desk import AtDesk
from api.pages.expiring import reminder, reminders
from api.pages.own import Own
from api.pages.recall_view import answered_by, orders_for, stands
from api.pages.rendering import lag
from api.parameters import QueryNumber
from ledger.findings import GRADES, grade_order
from ledger.views.book import first_told_ms, party_key
from ledger.vocabulary import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.audience import Reading
    from api.pages.names import Names
    from ledger.findings import Finding
    from ledger.findings.expiry import Expiry
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.views.book import Book, Record

#: Records on one page of the list.
PAGE_RECORDS: Final = 12
#: Mentions looked through for one page: others speak about a party too.
PAGE_MENTIONS_MAX: Final = 400
#: Papers that the front names; the areas list the rest.
PAPERS_SHOWN: Final = 8
#: Recalls and orders of the log that the front looks through, the newest.
ORDERS_MAX: Final = 50

#: What can be done with a record of one's own.
_THEN: Final = {
    "batch.v1": ("/my/batches/{seq}", "then_label"),
    "shipment.v1": ("/my/slips/{seq}", "then_slip"),
    "supplier_check.v1": ("/my/duty/{seq}", "then_duty"),
}

router = APIRouter(include_in_schema=False)


@router.get("/my", response_class=HTMLResponse, dependencies=[needs("read_own")])
def my(desk: AtDesk, caller: Someone, before: QueryNumber = None) -> HTMLResponse:
    """What waits, then the areas, then the records."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        names = counter.names
        records, older = _listed(book, caller.party, before)
        soon = reminders(counter) if before is None else []
        names.know(one.holder for one in soon)
        return counter.page(
            "my.html",
            {
                "here": "/my",
                "who": who(names, caller.party),
                "first": before is None,
                "waiting": _waiting(counter, soon) if before is None else [],
                "papers": [reminder(counter, one) for one in soon[:PAPERS_SHOWN]],
                "papers_more": max(len(soon) - PAPERS_SHOWN, 0),
                "signs": book.register.signs_for_itself(caller.party),
                "groups": AREAS[1:],
                "records": [_row(one, names) for one in records],
                "older": older,
            },
        )


def who(names: Names, party: PartyId) -> dict[str, str]:
    """Whose page this is."""
    return {"name": names.party(party), "trade": names.view(party).trade or ""}


def own_findings(ledger: Ledger, reading: Reading) -> list[Finding]:
    """The findings that concern this reader's party, the gravest first and among those the oldest."""
    party = reading.viewer.party
    found = ledger.findings(party=party) if party is not None else []
    return sorted((one for one in found if reading.may_read_finding(one)), key=grade_order)


def _waiting(counter: Counter, soon: Sequence[Expiry]) -> list[dict[str, object]]:
    """What waits, each with how much of it, in which words, and where it is done. What does not wait is said, too."""
    offers = len(Own.of(counter.book, counter.party).offers())
    found = own_findings(counter.desk.ledger, counter.names.reading)
    open_ = [one for one in found if not one.answers]
    grades = [
        counter.say(f"papers_grade_{grade}", count=count)
        for grade in GRADES
        if (count := sum(one.grade == grade for one in open_))
    ]
    ended = sum(one.days < 0 and not one.pending for one in soon)
    recalls = _recalls(counter)
    rows = (
        ("/my/recalls", recalls, "papers_wait_recalls", ""),
        ("/my/deliveries", offers, "papers_wait_offers", ""),
        ("/my/findings?open=1", len(open_), "papers_wait_findings", " · ".join(grades)),
        (
            "#papers",
            len(soon),
            "papers_wait_papers",
            counter.say("papers_ended_count", count=ended) if ended else "",
        ),
    )
    return [
        {
            "href": href,
            "count": count,
            "title": counter.say(words),
            "what": what or counter.say(f"{words}_what"),
        }
        for href, count, words, what in rows
    ]


def _recalls(counter: Counter) -> int:
    """Recalls and orders that stand on goods this party had or has, and that it has not answered."""
    book, party = counter.book, counter.party
    orders = islice(orders_for(counter.names, book, party, before=None), ORDERS_MAX)
    return sum(
        record is not None
        and party not in {record.actor, record.header.issuer}
        and answered_by(book, record, party) == "none"
        and stands(book, record)
        for _, record in orders
    )


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
        "lag": lag(first_told_ms(names.book, record.seq) - record.occurred_ms, names.language),
        "then": None
        if then is None or record.said is None
        else {"href": then[0].format(seq=record.seq), "words": then[1]},
    }
