"""Who sees what: one delivery through each pair of eyes, with what each reads and what each is not shown.

Whoever looks reads no more here than anywhere else: the contents of an item stand on the page where the one who looks may read it, and for
all others only who does. On a ledger of invented parties everybody sees all of it, as everybody can be each of them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.audience import Reading
from api.delivery import delivery_of, sides_of
from api.deps import needs
from api.eyes import Eyes, eyes_on
from api.pages.desk import AtDesk
from api.pages.entries import fields_in_words
from api.pages.names import Names
from api.pages.own import Own
from api.parameters import PathNumber, QueryNumber
from ledger.errors import UnknownName, Words
from ledger.vocabulary import TYPES
from ledger.vocabulary.trade import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.pages.desk import Desk
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

#: Deliveries looked at for an example.
_LOOKED_AT_MAX = 60


@router.get("/who-sees-what", response_class=HTMLResponse, dependencies=[needs("look_up")])
def who_sees_what(desk: AtDesk, entry: QueryNumber = None) -> HTMLResponse:
    """The rules, and one delivery through each pair of eyes: the one that was asked for, else one that shows them well."""
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        found = _example(desk, book) if entry is None else _asked(desk, book, entry, reading)
        records = [] if found is None else delivery_of(book, found)
        return _show(desk, book, reading, records, title="eyes_title")


@router.get("/entries/{position}/eyes", response_class=HTMLResponse, dependencies=[needs("look_up")])
def eyes_of_entry(position: PathNumber, desk: AtDesk) -> HTMLResponse:
    """One record through each pair of eyes, for those who may know of it."""
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        return _show(desk, book, reading, [_asked(desk, book, position, reading)], title="eyes_entry")


def _invented(desk: Desk, book: SqlBook) -> bool:
    """Whether all parties are invented, and whoever looks can be each of them."""
    return desk.settings.demo and book.register.clock == "simulated"


def _asked(desk: Desk, book: SqlBook, position: int, reading: Reading) -> Record:
    found = book.records([position]).get(position) if position < book.size else None
    known = found is not None and (
        _invented(desk, book) or reading.may_read_heading(found, book.stored(position).opened)
    )
    if found is None or not known:
        expected = Words(zh="可以查看的记录", en="a record that you may read")
        raise UnknownName(field="position", came=position, expected=expected)
    return found


def _example(desk: Desk, book: SqlBook) -> Record | None:
    """A delivery of the reader's own; among invented parties the one that the most kinds of eyes look at."""
    if not _invented(desk, book):
        party = desk.viewer.party
        own = [] if party is None else Own.of(book, party).said(Receipt)
        return next((one for one, _ in own), None)
    seqs = [one.seq for one in book.mentions([f"type/{Receipt.TYPE}"])][-_LOOKED_AT_MAX:]
    records = [one for _, one in sorted(book.records(seqs).items())]
    reading = Reading(book, desk.viewer)
    return max(
        records,
        key=lambda one: (len(eyes_on([one], reading, invented=True)), len(delivery_of(book, one)), one.seq),
        default=None,
    )


def _show(
    desk: Desk, book: SqlBook, reading: Reading, records: Sequence[Record], *, title: str
) -> HTMLResponse:
    invented = _invented(desk, book)
    names = Names(book, desk.viewer, desk.language, reading)
    pairs = eyes_on(records, reading, invented=invented) if records else []
    return desk.page(
        "eyes.html",
        title=desk.say(title),
        delivery=bool(records) and sides_of(records[0]) is not None,
        records=[{"seq": one.seq, "title": TYPES[one.header.type].TITLE} for one in records],
        pairs=[_pair(desk, one, records, names, invented=invented) for one in pairs],
    )


def _pair(
    desk: Desk, eyes: Eyes, records: Iterable[Record], names: Names, *, invented: bool
) -> dict[str, object]:
    """One pair of eyes: of each record every item, whether it is read, and what it says where the one who looks may read it too."""
    theirs = Reading(names.book, eyes.viewer)
    shown_to = Names(names.book, eyes.viewer, desk.language, theirs) if invented else names
    rows = list[dict[str, object]]()
    for record in records:
        opened = desk.ledger.stored(record.seq).opened
        open_ = theirs.places(record, opened)
        mine = open_ if invented else names.reading.places(record, opened)
        kind = TYPES[record.header.type]
        items = [
            {
                "audience": one.item.audience,
                "reads": place in open_,
                "fields": fields_in_words(kind, one.item, shown_to)
                if place in open_ and place in mine
                else [],
            }
            for place, one in enumerate(opened)
            if one is not None
        ]
        rows.append({"seq": record.seq, "title": kind.TITLE, "parts": items, "any": bool(open_)})
    return {
        "whose": eyes.whose,
        "name": names.party(eyes.party) if eyes.party is not None and (invented or _may_name(eyes)) else "",
        "rows": rows,
    }


def _may_name(eyes: Eyes) -> bool:
    """Seller, buyer and market stand in what the one who looks reads already; others are named to nobody here."""
    return eyes.whose in {"seller", "buyer", "author", "market"}
