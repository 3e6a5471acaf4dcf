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
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, form_id, gather, new_id
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import PAGE_ROWS, Wanted
from api.pages.rendering import sentence
from api.parameters import MaybeText, QueryNumber, Text
from api.people import Changing, TheAccounts
from api.tables import Column, FileForm, Table, table_answer
from ledger.errors import Malformed, NotAllowed, Refusal, UnknownName, Words
from ledger.gate import may_do
from ledger.identifiers import GoodsId, StatementId
from ledger.store.label_prints import LabelPrint, note_print, print_of, printed_before, prints_of
from ledger.trace.known import KnownFrom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.store.book import SqlBook

#: Labels of one run. More is a job for a printing house, which takes the drawing.
LABELS_MAX: Final = 500
#: Sizes that label printers of the trade take, in millimetres; the first is the usual one.
SIZES: Final = ((50, 30), (60, 40), (40, 30), (100, 60))
_LABELS: Final = {"count": "goods_labels_count", "size": "goods_labels_size", "reason": "goods_labels_reason"}
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
def print_form(desk: AtDesk, caller: Someone, goods: Text) -> HTMLResponse:
    """How many, how large; and why again, where these goods have had labels before."""
    values = {
        "id": str(new_id(desk)),
        "goods": str(GoodsId.parse(goods)),
        "count": "1",
        "size": _size(SIZES[0]),
    }
    return _show(desk, caller, Form(values))


@router.post("/my/labels", response_class=HTMLResponse, dependencies=[needs("print_label")])
def print_labels(desk: AtDesk, caller: Changing, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Write the run down, then show the sheet. A form sent twice is one run."""
    name, form, wrong = str(form_id(posted)), Form(posted.texts), list[Refusal]()
    with desk.ledger.book() as book:
        known = print_of(book.connection, book.log_id, caller.party, name)
        run = known or gather(wrong, lambda: _run(desk, book, caller, posted))
    if run is None:
        _refuse(form, wrong, desk)
        return _show(desk, caller, form, status=422)
    with accounts.office.writing() as connection:
        note_print(connection, desk.ledger.origin, run)
    return RedirectResponse(f"/my/labels/{run.id}", status_code=303)


@router.get("/my/labels/{run}", response_class=HTMLResponse, dependencies=[needs("print_label")])
def sheet(run: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """The labels of one run, to be printed. Opened again it is the same run; an order that came meanwhile closes it."""
    name = str(StatementId.parse(run, field="run"))
    with desk.ledger.book() as book:
        found = print_of(book.connection, book.log_id, caller.party, name)
        if found is None:
            expected = Words(zh="本方的打印记录", en="a run of your own")
            raise UnknownName(field="run", came=run, expected=expected)
        names = Names(book, desk.viewer, desk.language)
        _check_printable(names, book, found.goods)
        path = links.label(found.goods)
        assert path is not None  # Checked when it was written down.
        joined = "&" if "?" in path else "?"
        return desk.page(
            "goods_sheet.html",
            run=found,
            name=names.goods(found.goods),
            size=f"goods-label-{found.width_mm}",
            picture=f"{path}{joined}width_mm={found.width_mm}&height_mm={found.height_mm}",
        )


def _run(desk: Desk, book: SqlBook, caller: Caller, posted: Posted) -> LabelPrint:
    """What is to be printed, or why not."""
    goods = GoodsId.parse(posted.text("goods"))
    _check_printable(Names(book, desk.viewer, desk.language), book, goods)
    runs, _ = printed_before(book.connection, book.log_id, caller.party, goods)
    reason = " ".join(posted.text("reason").split())
    if runs and not reason:
        raise Malformed(
            field="reason", came="", expected=Words(zh="补打原因", en="why they are printed again")
        )
    if len(reason) > REASON_CHARACTERS_MAX:
        most = REASON_CHARACTERS_MAX
        expected = Words(zh=f"至多 {most} 个字", en=f"at most {most} letters")
        raise Malformed(field="reason", came=reason, expected=expected)
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


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LABELS_MAX))) or not (
        1 <= int(text) <= LABELS_MAX
    ):
        expected = Words(zh=f"1 至 {LABELS_MAX} 的整数", en=f"a whole number from 1 to {LABELS_MAX}")
        raise Malformed(field="count", came=text, expected=expected)
    return int(text)


def _check_printable(names: Names, book: SqlBook, goods: GoodsId) -> None:
    """Goods that one deals with, that have a code, and that no order stops."""
    party = names.viewer.party
    assert party is not None  # Whoever prints labels has signed in.
    if not names.reading.deals_with(goods):
        expected = Words(zh="本方经手的货物", en="goods that you have to do with")
        raise NotAllowed(field="goods", came=goods, expected=expected)
    if links.label(goods) is None:
        expected = Words(
            zh="批次码或 GS1 数字链接标识的货物", en="goods named by a batch code or a GS1 Digital Link"
        )
        raise Malformed(field="goods", came=goods, expected=expected)
    may_do([goods], by=party, known=KnownFrom(book))


def _refuse(form: Form, wrong: list[Refusal], desk: Desk) -> None:
    for one in wrong:
        name = one.field if one.field in _LABELS else ""
        text = sentence(one, desk.language) if name else one.in_language(desk.language)
        form.errors.setdefault(name, text)


def _show(desk: Desk, caller: Caller, form: Form, *, status: int = 200) -> HTMLResponse:
    goods = GoodsId.parse(form.value("goods"))
    with desk.ledger.book() as book:
        names, wrong = Names(book, desk.viewer, desk.language), list[Refusal]()
        if status == 200:  # noqa: PLR2004  (shown for the first time: what stands against it is said before anything is typed)
            gather(wrong, lambda: _check_printable(names, book, goods))
            _refuse(form, wrong, desk)
            status = 422 if wrong else status
        if not names.reading.deals_with(goods):
            raise NotAllowed(
                field="goods",
                came=goods,
                expected=Words(zh="本方经手的货物", en="goods that you have to do with"),
            )
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
