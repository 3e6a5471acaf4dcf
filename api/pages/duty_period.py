"""How the checks of some days were done (进货查验履行情况汇总): a list with what is missing, as a page, as a file for a spreadsheet, and printed.

One row for each delivery, each with the entry that can be proved; the sheet of a single check is `duty.py`'s. Nothing is judged here.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from api import links, printing
from api.deps import Someone, needs
from api.pages.came_in import came_in, days_before, missing, row, today_of, words_of
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk, Desk
from api.pages.my import who
from api.pages.names import Names
from api.pages.rendering import moment, short
from api.tables import Column, FileForm, Table, table_answer
from api.words import MARKS
from ledger.errors import Malformed, TooLarge, Words
from ledger.identifiers import LegalDate

if TYPE_CHECKING:
    from api.pages.came_in import CameIn
    from api.tables import Cell
    from ledger.canonical import JsonObject
    from ledger.identifiers import PartyId

#: A quarter: what an inspector asks for at once.
DAYS_MAX: Final = 92
#: Rows of one printed report; more is a shorter period.
ROWS_MAX: Final = 1_500
DAYS_AT_FIRST: Final = 7
CELL_CHARACTERS_MAX: Final = 60

_From = Annotated[str | None, Query(alias="from", max_length=40)]
_To = Annotated[str | None, Query(alias="to", max_length=40)]

router = APIRouter(include_in_schema=False)


@router.get("/my/duty", response_class=HTMLResponse, dependencies=[needs("read_own")])
def duty_list(desk: AtDesk, caller: Someone, since: _From = None, until: _To = None) -> HTMLResponse:
    """The deliveries of some days; with no days named, of the last seven."""
    first, last = _days(desk, since, until)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        rows = [row(one, names) for one in came_in(book, caller.party, first, last)]
        return desk.page(
            "duty_period.html",
            who=who(names, caller.party),
            first=str(first),
            last=str(last),
            today=str(today_of(desk.ledger.clock())),
            rows=rows,
            query=f"?from={first}&to={last}",
        )


@router.get("/my/duty.{form}", response_class=Response, dependencies=[needs("read_own")])
def duty_table(
    form: FileForm, desk: AtDesk, caller: Someone, since: _From = None, until: _To = None
) -> Response:
    """The same for a spreadsheet."""
    first, last = _days(desk, since, until)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        rows = [_cells(one, names, desk) for one in came_in(book, caller.party, first, last)]
    columns = (
        Column(desk.say("accept_received_on"), kind="date"),
        Column(desk.say("col_supplier"), 28),
        Column(desk.say("col_what"), 40),
        Column(desk.say("duty_conclusion")),
        Column(desk.say("duty_state")),
        Column(desk.say("duty_slip")),
        Column(desk.say("duty_gaps"), 28),
        Column(desk.say("col_entry"), 10, kind="number"),
        Column(desk.say("col_recorded"), kind="time"),
    )
    return table_answer(Table("checks", desk.say("duty_period_title"), columns, rows), form)


@router.get("/my/duty/period.pdf", response_class=Response, dependencies=[needs("read_own")])
def duty_period_pdf(desk: AtDesk, caller: Someone, since: _From = None, until: _To = None) -> Response:
    """The same as a document to print; its entries, the checkpoint that covers them and how to verify stand in it."""
    first, last = _days(desk, since, until)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        came = came_in(book, caller.party, first, last)
        if len(came) > ROWS_MAX:
            expected = Words(
                zh=f"至多 {ROWS_MAX} 笔，请缩短时间", en=f"at most {ROWS_MAX} deliveries: a shorter period"
            )
            raise TooLarge(field="to", came=len(came), expected=expected)
        data = _printed(desk, names, caller.party, (first, last), came)
        held = _held(names, caller.party, came)
    # Before it is handed out: an erasure later lists the sheets that hold what was erased.
    name = desk.ledger.copies.remember("sheet", to_whom=str(caller.party), places=held)
    content = printing.pdf("duty_period.typ", data, at_ms=desk.ledger.clock())
    desk.ledger.copies.made(name, digest=sha256(content).hexdigest())
    return printing.sheet(content, name=f"suyuan-{first}-{last}")


def _days(desk: Desk, since: str | None, until: str | None) -> tuple[LegalDate, LegalDate]:
    today = today_of(desk.ledger.clock())
    last = min(LegalDate.parse(until, field="to"), today) if until else today
    first = LegalDate.parse(since, field="from") if since else days_before(last, DAYS_AT_FIRST - 1)
    if first > last:
        expected = Words(zh=f"不晚于 {last}", en=f"a day not after {last}")
        raise Malformed(field="from", came=str(first), expected=expected)
    if (last.date - first.date).days >= DAYS_MAX:
        expected = Words(zh=f"至多 {DAYS_MAX} 天", en=f"at most {DAYS_MAX} days")
        raise Malformed(field="from", came=str(first), expected=expected)
    return first, last


def _cells(one: CameIn, names: Names, desk: Desk) -> list[Cell]:
    marks = MARKS[names.language]
    return [
        one.day.date,
        names.party(one.supplier),
        marks.semicolon.join(names.lines(one.lines)),
        desk.say(f"conclusion_{one.said.conclusion}"),
        words_of(one, names)[0],
        desk.say("duty_slip_yes" if one.has_voucher else "duty_slip_no"),
        marks.listed.join(missing(one, names)),
        one.record.seq,
        one.record.at_ms,
    ]


def _printed(
    desk: Desk, names: Names, party: PartyId, days: tuple[LegalDate, LegalDate], came: list[CameIn]
) -> JsonObject:
    say, marks, base = desk.say, MARKS[names.language], desk.settings.base_url
    checkpoint = desk.ledger.head_of(desk.ledger.checkpoint()).checkpoint
    page = f"{base}/my/duty?from={days[0]}&to={days[1]}"
    simulated = names.book.register.clock == "simulated"
    return {
        "lang": "zh" if desk.language == "zh" else "en",
        "origin": desk.ledger.origin,
        "printed": say("duty_printed", time=moment(desk.ledger.clock())),
        "clock": f"{say('demo_clock')} {moment(desk.ledger.clock())}" if simulated else None,
        "title": say("duty_period_title"),
        "lede": say("duty_period_lede"),
        "buyer": names.party(party),
        "qr": str(code_svg(page, label=page)),
        "facts": [
            [say("duty_buyer"), names.party(party)],
            [say("duty_from"), str(days[0])],
            [say("duty_to"), str(days[1])],
            [say("duty_state"), say("duty_period_count", count=len(came))],
        ],
        "head": [
            say(key)
            for key in (
                "accept_received_on",
                "col_supplier",
                "col_what",
                "duty_state",
                "duty_slip",
                "duty_gaps",
                "col_entry",
                "col_recorded",
            )
        ],
        "rows": [
            [
                str(one.day),
                short(names.party(one.supplier), CELL_CHARACTERS_MAX),
                short(marks.semicolon.join(names.lines(one.lines)), CELL_CHARACTERS_MAX),
                words_of(one, names)[0],
                say("duty_slip_yes" if one.has_voucher else "duty_slip_no"),
                marks.listed.join(missing(one, names)) or "—",
                f"#{one.record.seq}",
                moment(one.record.at_ms),
            ]
            for one in came
        ],
        "none": None if came else say("duty_period_none"),
        "verify_title": say("duty_verify"),
        "verify": [
            say("duty_period_verify", address=f"{base}{links.API}/entries/N/proof"),
            say("duty_print_2"),
            say("duty_verify_3"),
        ],
        "anchors": [
            [say("duty_root", size=int(checkpoint.size)), bytes(checkpoint.root).hex()],
            [say("duty_key"), str(desk.ledger.vkey)],
        ],
        "not_what": say("duty_not"),
    }


def _held(names: Names, party: PartyId, came: list[CameIn]) -> dict[int, range]:
    """Every item that the report may show, by the position of its record."""
    shown = set(names.view(party).seqs)
    for one in came:
        batches = (names.sheet(line.goods).record for line in one.lines)
        belonging = (one.record, one.receipt, *one.vouchers, *batches)
        shown |= {record.seq for record in belonging if record is not None}
        shown |= set(names.view(one.supplier).seqs)
    return {seq: range(len(record.header.items)) for seq, record in names.book.records(shown).items()}
