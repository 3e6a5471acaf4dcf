"""Labels for one's own goods: printed on a sheet, and written down: who, what, how many, when; again only with a reason.

Refused while a hold or a recall stands, as everything is that sends goods on their way. That a label was printed is an account of this server and
no statement (`docs/decisions/0032-print-log.md`); what stands on it is in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.deps import Someone, needs
from api.issuing import check_deals, find_run
from api.label_runs import Wish, new_run, own_run
from api.labelling import check_codes
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, form_id, gather, new_id
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import PAGE_ROWS, Wanted
from api.pages.rendering import sentence
from api.parameters import MaybeText, QueryNumber, whole_number
from api.people import Changing, TheAccounts
from api.printable import ASKED, AskedAllTheSame, opens_only_here, printable
from api.tables import Column, FileForm, Table, table_answer
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.gate import may_do
from ledger.identifiers import GoodsId, StatementId
from ledger.store.label_prints import (
    LabelPrint,
    PrintedCode,
    codes_of,
    note_print,
    print_of,
    printed_before,
    prints_of,
)
from ledger.trace.known import KnownFrom
from scanner.codes import address_host
from scanner.sheets_of_labels import SHEET_LABELS_MAX, TEMPLATES
from scanner.zpl import ZPL_DPI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.errors import Language
    from ledger.store.book import SqlBook

#: Labels of one run. More is a job for a printing house, which takes the drawing.
LABELS_MAX: Final = 500
#: Sizes that label printers of the trade take, in millimetres; the first is the usual one.
SIZES: Final = ((50, 30), (60, 40), (40, 30), (100, 60))
_LABELS: Final = {"count": "goods_labels_count", "size": "goods_labels_size", "reason": "goods_labels_reason"}
_ISSUE_LABELS: Final = {
    "first": "goods_labels_from",
    "count": "goods_labels_count",
    "reason": "goods_labels_reason",
}
#: Codes of a run that its page names.
_CODES_SHOWN: Final = 3
#: A reason for printing again is a few words.
REASON_CHARACTERS_MAX: Final = 200
#: A search looks through so many runs.
_LOOKED_AT_MAX: Final = 2_000

router = APIRouter(include_in_schema=False)


@router.get("/my/labels", response_class=HTMLResponse, dependencies=[needs("read_own")])
def labels(
    desk: AtDesk, caller: Someone, accounts: TheAccounts, q: MaybeText = None, before: QueryNumber = None
) -> HTMLResponse:
    """The print log, newest first. `before`: how many rows have been shown already."""
    wanted, start = Wanted.of(q, before), before or 0
    with desk.ledger.book() as book:
        names, people = Names(book, desk.viewer, desk.language), _people(accounts, caller)
        limit = _LOOKED_AT_MAX if wanted.text else PAGE_ROWS + 1
        runs = prints_of(book.connection, book.log_id, caller.party, start=start, limit=limit)
        shown, read = list[dict[str, object]](), 0
        while read < len(runs) and len(shown) < PAGE_ROWS:
            row = _row(names, people, runs[read])
            read += 1
            if wanted.fits(row["name"], row["goods"], row["person"], row["reason"]):
                shown.append(row)
        return desk.page(
            "goods_labels.html",
            who=who(names, caller.party),
            wanted=wanted,
            rows=shown,
            older=start + read if read < len(runs) or len(runs) == limit else None,
        )


@router.get("/my/labels.{form}", response_class=Response, dependencies=[needs("read_own")])
def labels_file(
    form: FileForm, desk: AtDesk, caller: Someone, accounts: TheAccounts, q: MaybeText = None
) -> Response:
    """The whole print log as a file."""
    wanted = Wanted.of(q, None)
    with desk.ledger.book() as book:
        names, people = Names(book, desk.viewer, desk.language), _people(accounts, caller)
        rows = _rows(names, people, prints_of(book.connection, book.log_id, caller.party), wanted)
        columns = (
            Column(desk.say("goods_labels_when"), kind="time"),
            Column(desk.say("goods_batch"), width=28),
            Column(desk.say("goods_id"), width=40),
            Column(desk.say("goods_labels_count"), width=10, kind="number"),
            Column(desk.say("goods_labels_size"), width=12),
            Column(desk.say("goods_labels_who"), width=20),
            Column(desk.say("goods_labels_reason"), width=30),
        )
        return table_answer(Table("labels", desk.say("goods_labels"), columns, rows), form)


@router.get("/my/labels/new", response_class=HTMLResponse, dependencies=[needs("print_label")])
def print_form(
    desk: AtDesk,
    caller: Someone,
    goods: MaybeText = None,
    issue: MaybeText = None,
    first: QueryNumber = None,
    loopback: AskedAllTheSame = None,
) -> HTMLResponse:
    """How many, how large; and why again, where these goods have had labels before. For an issue of codes: from which code on."""
    values = {"id": str(new_id(desk)), "count": "1", "loopback": loopback or ""}
    if issue is not None:
        values |= {"issue": str(StatementId.parse(issue, field="issue")), "first": str(first or 1)}
        return _show_issue(desk, caller, Form(values | {"count": ""}))
    return _show(
        desk, caller, Form(values | {"goods": str(GoodsId.parse(goods or "")), "size": _size(SIZES[0])})
    )


@router.post("/my/labels", response_class=HTMLResponse, dependencies=[needs("print_label"), printable()])
def print_labels(
    desk: AtDesk,
    caller: Changing,
    accounts: TheAccounts,
    posted: PostedForm,
    loopback: AskedAllTheSame = None,
) -> Response:
    """Write the run down, then show the sheet. A form sent twice is one run."""
    name, form, wrong = str(form_id(posted)), Form(posted.texts), list[Refusal]()
    of_issue = bool(posted.text("issue"))
    with desk.ledger.book() as book:
        known, codes = print_of(book.connection, book.log_id, caller.party, name), list[PrintedCode]()
        if known is None and of_issue:
            names = Names(book, desk.viewer, desk.language)
            told = gather(wrong, lambda: _run_of_issue(desk, book, names, caller, posted))
            run, codes = told or (None, codes)
        else:
            run = known or gather(wrong, lambda: _run(desk, book, caller, posted))
    if run is None:
        _refuse(form, wrong, desk, _ISSUE_LABELS if of_issue else _LABELS)
        return (_show_issue if of_issue else _show)(desk, caller, form, status=422)
    with accounts.office.writing() as connection:
        note_print(connection, desk.ledger.origin, run, codes)
    asked = f"?loopback={ASKED}" if loopback == ASKED else ""
    return RedirectResponse(f"/my/labels/{run.id}{asked}", status_code=303)


@router.get("/my/labels/{run}", response_class=HTMLResponse, dependencies=[needs("print_label"), printable()])
def sheet(run: str, desk: AtDesk, caller: Someone, loopback: AskedAllTheSame = None) -> HTMLResponse:
    """The labels of one run, to be printed. Opened again it is the same run; an order that came meanwhile closes it."""
    with desk.ledger.book() as book:
        found = own_run(book, caller.party, run)
        names = Names(book, desk.viewer, desk.language)
        codes = codes_of(book.connection, book.log_id, caller.party, found.id)
        _check_printable(names, book, found.goods, coded=bool(codes))
        if codes:
            check_codes(book, [one.code for one in codes])
        path = None if codes else links.label(found.goods)
        return desk.page(
            "goods_sheet.html",
            run=found,
            name=names.goods(found.goods),
            codes=[one.code for one in codes[:_CODES_SHOWN]],
            size=f"goods-label-{found.width_mm}",
            picture=_picture(found, path, loopback),
            loopback=loopback if loopback == ASKED else "",
            files=f"{links.API}/label-sheets/{found.id}",
            papers=_papers(desk.language, rolls=False),
            rolls=_papers(desk.language, rolls=True),
            roll=_roll(found, codes),
            fineness=ZPL_DPI,
            only_here=address_host(desk.settings.base_url) if opens_only_here(desk.settings) else None,
        )


def _picture(run: LabelPrint, path: str | None, loopback: str | None) -> str | None:
    if path is None:
        return None
    size = f"width_mm={run.width_mm}&height_mm={run.height_mm}"
    asked = f"&loopback={ASKED}" if loopback == ASKED else ""
    return f"{path}{'&' if '?' in path else '?'}{size}{asked}"


def _roll(run: LabelPrint, codes: list[PrintedCode]) -> str:
    """The roll that is offered first: the size that was asked for, else one on which a code with a signature has room."""
    asked = f"roll-{run.width_mm}x{run.height_mm}"
    if asked in TEMPLATES:
        return asked
    return "roll-60x40" if any("?" in one.printed for one in codes) else "roll-50x30"


def _papers(language: Language, *, rolls: bool) -> list[tuple[str, str]]:
    """The papers of one sort: what is asked for, and what it is called."""
    return [
        (one.name, one.title.in_language(language))
        for one in TEMPLATES.values()
        if one.name.startswith("roll-") is rolls
    ]


def _run_of_issue(
    desk: Desk, book: SqlBook, names: Names, caller: Caller, posted: Posted
) -> tuple[LabelPrint, list[PrintedCode]]:
    """The codes of an issue that are to be printed, or why not."""
    first = whole_number(posted.text("first"))
    if not first:
        expected = Words(zh="1 起的整数", en="a whole number from 1")
        raise Malformed(field="first", came=posted.text("first"), expected=expected)
    wish = Wish(
        id=form_id(posted),
        # On which paper it is printed is chosen beside the sheet.
        size_mm=TEMPLATES["a4-24"].printed,
        issue=StatementId.parse(posted.text("issue"), field="issue"),
        first=first,
        count=_count(posted.text("count"), most=SHEET_LABELS_MAX),
        signed=posted.text("signed") == "yes",
        reason=_reason(posted),
    )
    return new_run(desk.ledger, book, names.reading, caller, desk.settings, wish)


def _show_issue(desk: Desk, caller: Caller, form: Form, *, status: int = 200) -> HTMLResponse:
    issue = StatementId.parse(form.value("issue"), field="issue")
    with desk.ledger.book() as book:
        names, run = Names(book, desk.viewer, desk.language), find_run(book, issue, caller.party)
        if run is None or run.said.action != "issue":
            expected = Words(zh="本方的赋码任务", en="an issue of codes of your own")
            raise UnknownName(field="issue", came=issue, expected=expected)
        if form.good and not form.value("count"):
            left = run.of - (whole_number(form.value("first")) or 1) + 1
            form = Form({**form.values, "count": str(max(1, min(left, SHEET_LABELS_MAX)))})
        return desk.page(
            "goods_labels_issue.html",
            status=status,
            who=who(names, caller.party),
            form=form,
            labels={name: desk.say(key) for name, key in _ISSUE_LABELS.items()},
            name=names.goods(run.said.goods),
            of=run.of,
            most=SHEET_LABELS_MAX,
        )


def _run(desk: Desk, book: SqlBook, caller: Caller, posted: Posted) -> LabelPrint:
    """What is to be printed, or why not."""
    goods = GoodsId.parse(posted.text("goods"))
    _check_printable(Names(book, desk.viewer, desk.language), book, goods)
    runs, _ = printed_before(book.connection, book.log_id, caller.party, goods)
    reason = _reason(posted)
    if runs and not reason:
        raise Malformed(
            field="reason", came="", expected=Words(zh="补打原因", en="why they are printed again")
        )
    size = next((one for one in SIZES if _size(one) == posted.text("size")), None)
    if size is None:
        known = ", ".join(_size(one) for one in SIZES)
        raise Malformed(field="size", came=posted.text("size"), expected=Words(zh=known, en=known))
    return LabelPrint(
        id=str(form_id(posted)),
        party=caller.party,
        goods=goods,
        count=_count(posted.text("count")),
        width_mm=size[0],
        height_mm=size[1],
        person=caller.person or caller.key or caller.label,
        at_ms=desk.ledger.clock(),
        reason=reason if runs else "",
    )


def _reason(posted: Posted) -> str:
    reason = " ".join(posted.text("reason").split())
    if len(reason) > REASON_CHARACTERS_MAX:
        most = REASON_CHARACTERS_MAX
        expected = Words(zh=f"至多 {most} 个字", en=f"at most {most} letters")
        raise Malformed(field="reason", came=reason, expected=expected)
    if not reason.isprintable():
        expected = Words(zh="不含控制字符的文字", en="text without control characters")
        raise Malformed(field="reason", came=reason, expected=expected)
    return reason


def _count(text: str, *, most: int = LABELS_MAX) -> int:
    number = whole_number(text)
    if number is None or not 1 <= number <= most:
        expected = Words(zh=f"1 至 {most} 的整数", en=f"a whole number from 1 to {most}")
        raise Malformed(field="count", came=text, expected=expected)
    return number


def _check_printable(names: Names, book: SqlBook, goods: GoodsId, *, coded: bool = False) -> None:
    """Goods that one deals with, that have a code (or whose packs have: `coded`), and that no order stops."""
    party = names.viewer.party
    assert party is not None  # Whoever prints labels has signed in.
    check_deals(names.reading, goods)
    if not coded and links.label(goods) is None:
        expected = Words(
            zh="批次码或 GS1 数字链接标识的货物", en="goods named by a batch code or a GS1 Digital Link"
        )
        raise Malformed(field="goods", came=goods, expected=expected)
    may_do([goods], by=party, known=KnownFrom(book))


def _refuse(form: Form, wrong: list[Refusal], desk: Desk, fields: Mapping[str, str] = _LABELS) -> None:
    for one in wrong:
        name = one.field if one.field in fields else ""
        text = sentence(one, desk.language) if name else one.in_language(desk.language)
        form.errors.setdefault(name, text)


def _show(desk: Desk, caller: Caller, form: Form, *, status: int = 200) -> HTMLResponse:
    goods = GoodsId.parse(form.value("goods"))
    with desk.ledger.book() as book:
        names, wrong = Names(book, desk.viewer, desk.language), list[Refusal]()
        # Shown for the first time: what stands against it is said before anything is typed.
        if form.good:
            gather(wrong, lambda: _check_printable(names, book, goods))
            _refuse(form, wrong, desk)
            status = 422 if wrong else status
        check_deals(names.reading, goods)
        runs, printed = printed_before(book.connection, book.log_id, caller.party, goods)
        return desk.page(
            "goods_labels_new.html",
            status=status,
            who=who(names, caller.party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            name=names.goods(goods),
            runs=runs,
            printed=printed,
            sizes=[(_size(one), f"{one[0]} × {one[1]} mm") for one in SIZES],
            most=LABELS_MAX,
        )


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _people(accounts: Accounts, caller: Caller) -> dict[str, str]:
    return {str(one.id): one.name for one in accounts.persons(caller.party)}


def _row(names: Names, people: dict[str, str], run: LabelPrint) -> dict[str, object]:
    return {
        "id": run.id,
        "goods": run.goods,
        "name": names.goods(run.goods),
        "count": run.count,
        "size": f"{run.width_mm} × {run.height_mm} mm",
        "person": people.get(run.person, run.person),
        "reason": run.reason,
        "at_ms": run.at_ms,
    }


def _rows(
    names: Names, people: dict[str, str], runs: list[LabelPrint], wanted: Wanted
) -> Iterator[list[Cell]]:
    for run in runs:
        row = _row(names, people, run)
        if wanted.fits(row["name"], row["goods"], row["person"], row["reason"]):
            yield [
                run.at_ms,
                str(row["name"]),
                str(run.goods),
                run.count,
                str(row["size"]),
                str(row["person"]),
                run.reason,
            ]
