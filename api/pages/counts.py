"""Records and findings of some days, counted by the log's own time, with the entries behind every number. For officials."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import needs
from api.pages.desk import AtDesk, Desk
from api.pages.findings_view import FindingView, views_of
from api.pages.forms import Form
from api.pages.names import Names
from api.pages.rendering import sentence
from api.parameters import MaybeText
from ledger.errors import Refusal
from ledger.findings import grade_order
from ledger.identifiers import Instant, LegalDate
from ledger.log.entry import Entry
from ledger.vocabulary import TYPES

if TYPE_CHECKING:
    from ledger.service import Ledger
    from ledger.store.book import SqlBook

#: Entries listed behind one number; who needs more asks the interface.
ENTRIES_SHOWN: Final = 2_000
DAY_MS: Final = 86_400_000

router = APIRouter(include_in_schema=False)


@router.get("/findings", response_class=HTMLResponse, dependencies=[needs("read_all_findings")])
def counts(desk: AtDesk, to: MaybeText = None) -> HTMLResponse:
    """Counts from one day to another, both included; by default the month so far."""
    first, last, form = _days(desk, desk.request.query_params.get("from"), to)
    since_ms, until_ms = _start_ms(first), _start_ms(last) + DAY_MS
    found = sorted(desk.ledger.findings(since_ms=since_ms, until_ms=until_ms), key=grade_order)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        found = [one for one in found if names.reading.may_read_finding(one)]
        grouped = defaultdict[tuple[str, str], list[FindingView]](list)
        for one in views_of(found, names):
            grouped[one.grade, one.kind].append(one)
        return desk.page(
            "findings.html",
            form=form,
            labels={"from": desk.say("findings_from"), "to": desk.say("findings_to")},
            types=_types(desk.ledger, book, since_ms, until_ms),
            kinds=[
                {"kind": kind, "grade": grade, "label": views[0].label, "findings": views}
                for (grade, kind), views in grouped.items()
            ],
            count=len(found),
        )


def _days(desk: Desk, first: str | None, last: str | None) -> tuple[LegalDate, LegalDate, Form]:
    today = Instant(desk.ledger.clock()).date_in_shanghai()
    days = {"from": LegalDate(today.date.replace(day=1)), "to": today}
    form = Form({"from": first or str(days["from"]), "to": last or str(days["to"])})
    for name, text in (("from", first), ("to", last)):
        if text:
            try:
                days[name] = LegalDate.parse(text, field=name)
            except Refusal as refusal:
                form.errors[name] = sentence(refusal, desk.language)
    return days["from"], days["to"], form


def _types(ledger: Ledger, book: SqlBook, since_ms: int, until_ms: int) -> list[dict[str, object]]:
    """How many records of each type the log took in [since, until)."""
    start, stop = _position_at(ledger, book.size, since_ms), _position_at(ledger, book.size, until_ms)
    seqs = defaultdict[str, list[int]](list)
    for mention in book.mentions([f"type/{name}" for name in TYPES]):
        if start <= mention.seq < stop:
            seqs[mention.key.removeprefix("type/")].append(mention.seq)
    return [
        {
            "title": TYPES[name].TITLE,
            "count": len(found),
            "seqs": sorted(found)[:ENTRIES_SHOWN],
        }
        for name, found in sorted(seqs.items(), key=lambda one: -len(one[1]))
    ]


def _position_at(ledger: Ledger, size: int, at_ms: int) -> int:
    """The first position taken at or after a moment: the log's time never goes back, so halving finds it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        (raw,) = ledger.entries(middle, middle + 1)
        if Entry.parse(raw).at_ms < at_ms:
            low = middle + 1
        else:
            high = middle
    return low


def _start_ms(day: LegalDate) -> int:
    return Instant.parse(f"{day}T00:00:00+08:00").ms
