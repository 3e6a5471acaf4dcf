"""Supplier checks (进货查验, 食品安全法 53) as they were recorded: what was missing then, what is on record by now, and what can still be filed.

A paper that comes after the goods is filed as a record of its own, with its own time; the check stays as it was written. What was not looked
at when the goods came (label, temperature, the goods themselves) nobody can look at later, and no form here offers it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.pages.batches import own_record
from api.pages.console import Counter, asked, file_form
from api.pages.console_lists import Head, Listing, Place, Section, Shown, at_time, dated
from api.pages.desk import AtDesk
from api.pages.rendering import lag
from api.parameters import MaybeText, PathNumber, QueryNumber
from ledger.findings.papers import LOOKS
from ledger.trace import what_it_was
from ledger.views.book import about_many, first_told_ms, goods_sheet_key, statement_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.pages.console_lists import Row
    from ledger.views.book import Record
    from ledger.vocabulary.trade import CheckedThing

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/checks"
LINES_SHOWN: Final = 3
_HEADS: Final = (
    Head("col_day", "date", 12),
    Head("col_supplier", width=28),
    Head("col_what", width=40),
    Head("duty_conclusion", width=12, on_page=False),
    Head("papers_missing_then", width=28),
    Head("papers_missing_now", width=28),
    Head("col_recorded", "time", 18),
    Head("col_lag", on_page=False),
)
#: Where each kind of paper is filed when it comes later.
_LATER: Final[Mapping[CheckedThing, str]] = {
    "voucher": "/my/vouchers/new?check={seq}",
    "commitment": "/my/commitments/new?check={seq}",
    "certificate": "/my/certificates/new?check={seq}",
    "release": "/my/certificates/new?check={seq}",
    "quarantine": "/my/certificates/new?check={seq}",
    "meat_inspection": "/my/certificates/new?check={seq}",
    "import": "/my/certificates/new?check={seq}",
    "licence": "/my/files/new?supplier={supplier}",
    "approval": "/my/files/new?supplier={supplier}",
    "authorisation": "/my/files/new?supplier={supplier}",
}
#: Only looked at when the goods are there; a voucher and an authorisation are papers and can come later.
_ON_THE_SPOT: Final = LOOKS - {"voucher", "authorisation"}


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def checks(
    desk: AtDesk, caller: Someone, q: MaybeText = None, show: MaybeText = None, before: QueryNumber = None
) -> HTMLResponse:
    """The checks, the newest first; or those only of which a paper is still nowhere on record."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        only = show == "missing"
        return counter.list_page(
            _listing(counter, text, only=only),
            q=text,
            before=before,
            narrowed={"show": "missing" if only else ""},
            tabs=[
                (HERE, counter.say("papers_all"), not only),
                (f"{HERE}?show=missing", counter.say("papers_missing_now"), only),
            ],
            lede=counter.say("papers_checks_lede"),
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def checks_file(
    form: str, desk: AtDesk, caller: Someone, q: MaybeText = None, show: MaybeText = None
) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_file(_listing(counter, text, only=show == "missing"), file_form(form), q=text)


@router.get(f"{HERE}/{{position}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def check(position: PathNumber, desk: AtDesk, caller: Someone, done: QueryNumber = None) -> HTMLResponse:
    """One check: every paper that belongs to it, what was written of it, and where it can still be filed."""
    with desk.ledger.book() as book:
        said, record = own_record(book, position, caller.party, SupplierCheck)
        counter = Counter.of(desk, book, caller.party)
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_checks"),
                "title": f"{counter.names.party(said.supplier)} {said.received_on}",
                "done": done,
                "facts": counter.facts(record, but=frozenset({"checks"})),
                "record": record,
                "copies": counter.copies(record),
                "actions": [
                    (f"/my/duty/{position}", counter.say("then_duty")),
                    (f"/my/files/{said.supplier}?on={said.received_on}", counter.say("papers_file_that_day")),
                ],
                "sections": [_papers(counter, record, said), _since(counter, record, said)],
            },
        )


def _missing_now(counter: Counter) -> dict[int, list[CheckedThing]]:
    """Of which checks a paper is nowhere on record by what is found today: the positions, and which papers."""
    found: dict[int, list[CheckedThing]] = {}
    for one in counter.desk.ledger.findings(party=counter.party):
        if one.kind == "document_missing":
            wanted = one.figures.get("documents", "").split(",")
            whats: list[CheckedThing] = [what for what in _LATER if what in wanted]
            for seq in one.seqs:
                found[seq] = [*found.get(seq, []), *whats]
    return found


def _listing(counter: Counter, q: str, *, only: bool) -> Listing:
    seqs, missing = counter.newest("supplier_check.v1"), _missing_now(counter)
    if only:
        seqs = [seq for seq in seqs if seq in missing]
    return Listing(
        name="checks",
        title="papers_checks",
        heads=_HEADS,
        places=[Place(seq) for seq in seqs],
        rows=partial(_rows, counter, missing),
        hits=counter.hits(q, seqs),
    )


def _rows(
    counter: Counter, missing: Mapping[int, Sequence[CheckedThing]], places: Sequence[Place]
) -> list[Row | None]:
    found = counter.book.records([one.position for one in places])
    records = [found[one.position] for one in places]
    counter.names.know(one.said.supplier for one in records if isinstance(one.said, SupplierCheck))
    return [_row(counter, one, missing.get(one.seq, ())) for one in records]


def _row(counter: Counter, record: Record, missing: Sequence[CheckedThing]) -> Row | None:
    said = record.said
    if not isinstance(said, SupplierCheck) or record.actor != counter.party:
        return None
    lines = counter.names.lines(said.lines[:LINES_SHOWN])
    then = [
        f"{counter.say(f'what_{one.what}')}（{counter.say(f'result_{one.result}')}）"
        for one in said.checks or ()
        if one.result != "in_order"
    ]
    now = "、".join(counter.say(f"what_{one}") for one in dict.fromkeys(missing))
    return (
        dated(said.received_on, href=f"{HERE}/{record.seq}"),
        Shown(counter.names.party(said.supplier)),
        Shown("；".join(lines) + (" …" if len(said.lines) > LINES_SHOWN else "")),
        Shown(counter.say(f"conclusion_{said.conclusion}")),
        Shown("、".join(then)),
        Shown(now, href=f"{HERE}/{record.seq}") if now else Shown(),
        at_time(record.at_ms),
        Shown(lag(first_told_ms(counter.names.book, record.seq) - record.occurred_ms, counter.desk.language)),
    )


def _papers(counter: Counter, record: Record, said: SupplierCheck) -> Section:
    profile = profile_for(what_it_was(counter.book, said.lines[0].goods).category)
    missing = _missing_now(counter).get(record.seq, [])
    laws = {one.what: one.law for one in profile.documents}
    required = {one.what for one in profile.documents if one.required}
    whats = dict.fromkeys(
        [*(one.what for one in profile.documents), *(one.what for one in said.checks or ())]
    )
    heads = ("duty_thing", "papers_then", "papers_now", "finding_law", "col_then")
    return Section(
        title=counter.say("duty_checked"),
        heads=[(place, counter.say(one)) for place, one in enumerate(heads)],
        rows=[
            (
                Shown(counter.say(f"what_{what}")),
                _then(counter, said, what),
                _now(counter, said, what, missing=what in missing, required=what in required),
                Shown(laws.get(what, "")),
                _later(counter, record, said, what),
            )
            for what in whats
        ],
        none=counter.say("papers_nothing_asked"),
        hint=counter.say("papers_late_hint"),
    )


def _then(counter: Counter, said: SupplierCheck, what: CheckedThing) -> Shown:
    """What the check says of it."""
    stated = [one for one in said.checks or () if one.what == what]
    if not stated:
        return Shown(tag=counter.say("papers_not_written"), tone="grey")
    one = stated[0]
    tone = "accent" if one.result == "in_order" else "amber"
    return Shown(one.reference or "", tag=counter.say(f"result_{one.result}"), tone=tone)


def _now(
    counter: Counter, said: SupplierCheck, what: CheckedThing, *, missing: bool, required: bool
) -> Shown:
    """Whether it is on record by now, as far as that is judged: only what the law asks for is looked for elsewhere."""
    stated = [one.result for one in said.checks or () if one.what == what]
    if missing:
        return Shown(tag=counter.say("papers_nowhere"), tone="amber")
    if "in_order" in stated or what in _ON_THE_SPOT:
        return Shown()
    return Shown(tag=counter.say("papers_elsewhere"), tone="accent") if required else Shown()


def _later(counter: Counter, record: Record, said: SupplierCheck, what: CheckedThing) -> Shown:
    if any(one.what == what and one.result == "in_order" for one in said.checks or ()):
        return Shown()
    if what not in _LATER:
        return Shown(counter.say("papers_not_later"))
    return Shown(
        counter.say("papers_file_later"), href=_LATER[what].format(seq=record.seq, supplier=said.supplier)
    )


def _since(counter: Counter, record: Record, said: SupplierCheck) -> Section:
    """The papers that name this delivery or its goods, each with when the log took it."""
    keys = [statement_key(record.header.id), *(goods_sheet_key(line.goods) for line in said.lines)]
    papers = {
        one.seq: one
        for some in about_many(counter.book, keys).values()
        for one in some
        if isinstance(one.said, (Voucher, Certificate, Commitment))
        and one.superseded_by is None
        and counter.names.reading.opens(one)
    }
    heads = ("col_entry", "col_type", "duty_number", "papers_by", "col_recorded", "col_lag")
    return Section(
        title=counter.say("papers_on_record"),
        heads=[(place, counter.say(one)) for place, one in enumerate(heads)],
        rows=[
            (
                Shown(f"#{seq}", href=f"/entries/{seq}"),
                Shown(TYPES[one.header.type].TITLE.in_language(counter.desk.language)),
                Shown(counter.names.summary(one)),
                Shown(counter.names.party(one.actor)),
                at_time(one.at_ms),
                Shown(lag(one.at_ms - record.occurred_ms, counter.desk.language)),
            )
            for seq, one in sorted(papers.items())
        ],
        none=counter.say("no_record"),
    )
