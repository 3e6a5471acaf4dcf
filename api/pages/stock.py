"""What should be there: every holding of a party with its account, counting it, and what was destroyed.

A count is a record of its own with a reason; nobody overwrites a figure. What was used up, sold or shipped has forms of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, today, units
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, gather, keep_photo, new_id, record
from api.pages.holdings import Short, account_of, balances_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import PAGE_ROWS, Wanted
from api.parameters import MaybeText, QueryNumber, Text
from api.problems import Refusals
from api.tables import Column, FileForm, Table, table_answer
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import GoodsId
from ledger.store.listed import holdings_by_last
from ledger.trace import standing_orders
from ledger.trace.edges import Holding
from ledger.vocabulary.goods import Adjustment
from ledger.vocabulary.measures import Destruction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook

#: Why a trader's stock changes without trade. What officials take has records of theirs.
REASONS: Final = ("loss", "stock_loss", "stock_gain", "own_use", "opening_stock")
#: Records that one page looks through at most; a long list is read on from there.
LOOKED_AT_MAX: Final = 4_000
_PORTION: Final = 200
_LABELS: Final = {
    "reason": "goods_reason",
    "amount": "goods_amount",
    "note": "goods_note",
    "document": "goods_document",
    "method": "goods_method",
    "on": "goods_day",
    "place": "goods_place",
    "contractor": "goods_contractor",
    "witnesses": "goods_witnesses",
    "photo": "goods_photo",
}
_FIELDS: Final = {name: name for name in _LABELS} | {
    "lines": "amount",
    "evidence": "photo",
    "goods": "amount",
}

router = APIRouter(include_in_schema=False)


@router.get("/my/stock", response_class=HTMLResponse, dependencies=[needs("read_own")])
def stock(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """What should be there, what was spoken of last first."""
    wanted = Wanted.of(q, before)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        rows: list[dict[str, object]] = []
        looked, older = 0, None
        for below, portion in _portions(names, book, caller.party, wanted):
            looked += _PORTION
            for seq, holding, short in portion:
                # One record may speak of many goods: a page ends between records.
                if len(rows) >= PAGE_ROWS and seq != older:
                    break
                older = seq
                rows.append(
                    {
                        "goods": holding.goods,
                        "name": names.goods(holding.goods),
                        "seq": seq,
                        **short.shown(desk.language),
                    }
                )
            else:
                older = below
                if looked < LOOKED_AT_MAX:
                    continue
            break
        else:
            older = None
        return desk.page(
            "goods_stock.html", who=who(names, caller.party), wanted=wanted, older=older, rows=rows
        )


@router.get("/my/stock.{form}", response_class=Response, dependencies=[needs("read_own")])
def stock_file(form: FileForm, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The whole of it as a file: the list a clerk takes along to count."""
    with desk.ledger.book() as book:
        rows = _rows(desk, book, caller.party, Wanted.of(q, None))
        numbers = ("goods_made", "goods_received", "goods_out", "goods_used", "goods_other", "goods_left")
        columns = (
            Column(desk.say("goods_batch"), width=28),
            Column(desk.say("goods_id"), width=40),
            *(Column(desk.say(one), width=12, kind="number") for one in numbers),
            Column(desk.say("unit"), width=8),
            Column(desk.say("goods_unknown"), width=24),
            Column(desk.say("goods_counted"), width=14),
        )
        return table_answer(Table("stock", desk.say("goods_stock"), columns, rows), form)


@router.get("/my/stock/account", response_class=HTMLResponse, dependencies=[needs("read_own")])
def account(desk: AtDesk, caller: Someone, goods: Text) -> HTMLResponse:
    """One holding: its account by figures and records, its way in and out as far as it is one's own."""
    one = GoodsId.parse(goods)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        _check_ours(names, caller.party, one)
        return desk.page(
            "goods_account.html",
            who=who(names, caller.party),
            name=names.goods(one),
            account=account_of(names, caller.party, one),
            orders=standing_words(names, caller.party, one),
            page_path=links.goods_page(one),
        )


@router.get("/my/stock/adjust", response_class=HTMLResponse, dependencies=[needs("adjust_stock")])
def adjust_form(desk: AtDesk, caller: Someone, goods: Text) -> HTMLResponse:
    """Count one holding, or write down a loss."""
    values = {"id": str(new_id(desk)), "goods": str(GoodsId.parse(goods)), "reason": REASONS[0]}
    return _show(desk, caller.party, Form(values), "goods_adjust.html")


@router.post("/my/stock/adjust", response_class=HTMLResponse, dependencies=[needs("adjust_stock")])
def adjust(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record it, with its reason."""
    return _recorded(desk, author.party, posted, "goods_adjust.html", _adjustment)


@router.get("/my/stock/destroy", response_class=HTMLResponse, dependencies=[needs("adjust_stock")])
def destroy_form(desk: AtDesk, caller: Someone, goods: Text) -> HTMLResponse:
    """Goods made harmless: how, when, where, before whom."""
    values = {
        "id": str(new_id(desk)),
        "goods": str(GoodsId.parse(goods)),
        "on": today(desk),
        "stage": "done",
        "stock": "own_stock",
    }
    return _show(desk, caller.party, Form(values), "goods_destroy.html")


@router.post("/my/stock/destroy", response_class=HTMLResponse, dependencies=[needs("adjust_stock")])
def destroy(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record it."""
    return _recorded(desk, author.party, posted, "goods_destroy.html", _destruction)


def standing_words(names: Names, party: PartyId, goods: GoodsId) -> list[dict[str, object]]:
    """The orders that bind these goods in this party's hands."""
    return [
        {"kind": one.kind, "words": one.words, "seq": one.record.seq}
        for one in standing_orders(names.book, goods, party=party)
    ]


def _check_ours(names: Names, party: PartyId, goods: GoodsId) -> None:
    """Of goods that are none of one's business nothing is told."""
    assert names.viewer.party == party
    if not names.reading.deals_with(goods):
        expected = Words(zh="本方经手的货物", en="goods that you have to do with")
        raise UnknownName(field="goods", came=goods, expected=expected)


def _portions(
    names: Names, book: SqlBook, party: PartyId, wanted: Wanted
) -> Iterator[tuple[int, list[tuple[int, Holding, Short]]]]:
    """Holdings in which something should be left, or nobody can say: in portions, each with the position below which the next begins."""
    for below, found in holdings_by_last(book, party, before=wanted.before, portion=_PORTION):
        fit: Sequence[tuple[int, Holding]] = [
            one for one in found if not wanted.text or wanted.fits(names.goods(one[1].goods), one[1].goods)
        ]
        balances = balances_of(book, [holding for _, holding in fit])
        shown = []
        for seq, holding in fit:
            balance = balances[holding]
            nothing = not balance.seqs or (balance.expected is not None and balance.expected.is_zero)
            if not nothing:
                shown.append((seq, holding, Short.of(balance)))
        yield below, shown


def _rows(desk: Desk, book: SqlBook, party: PartyId, wanted: Wanted) -> Iterator[list[Cell]]:
    names = Names(book, desk.viewer, desk.language)
    for _, portion in _portions(names, book, party, wanted):
        for _, holding, short in portion:
            yield [
                names.goods(holding.goods),
                str(holding.goods),
                *short.cells(desk.language),
                desk.say(short.unknown) if short.unknown else "",
                # Left blank for whoever counts.
                None,
            ]


def _adjustment(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    amount = gather(wrong, lambda: amount_of(posted, "amount"))
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        **posted.present("reason", "document", "note"),
    }
    if amount is not None:
        body["lines"] = [{"goods": posted.text("goods"), "quantity": dict(amount)}]
    if posted.text("reason") not in REASONS:
        wrong.append(Malformed(field="reason", came=posted.text("reason"), expected=_one_of(desk, REASONS)))
    if not posted.text("note") and not posted.text("document"):
        wrong.append(
            Malformed(
                field="note",
                came="",
                expected=Words(zh="原因说明或依据文书", en="why, or the paper it rests on"),
            )
        )
    if wrong:
        raise Refusals(wrong)
    return [Drafting(ledger=desk.ledger, author=party).draft(Adjustment, body)]


def _destruction(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    amount = gather(wrong, lambda: amount_of(posted, "amount"))
    photo = gather(wrong, lambda: keep_photo(desk, posted, "photo"))
    witnesses = [
        one.strip() for one in posted.text("witnesses").replace("，", ",").replace("、", ",").split(",")
    ]
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        **posted.present("stage", "stock", "method", "on", "place", "contractor", "document"),
    }
    if any(witnesses):
        body["witnesses"] = [one for one in witnesses if one]
    if amount is not None:
        body["lines"] = [{"goods": posted.text("goods"), "quantity": dict(amount)}]
    if photo is not None:
        body["evidence"] = [str(photo.digest)]
    if not posted.text("method"):
        wrong.append(Malformed(field="method", came="", expected=Words(zh="处置方式", en="how it was done")))
    if wrong:
        raise Refusals(wrong)
    return [Drafting(ledger=desk.ledger, author=party).draft(Destruction, body)]


def _one_of(desk: Desk, names: Sequence[str]) -> Words:
    zh = "、".join(desk.say(f"goods_reason_{one}") for one in names)
    return Words(zh=zh, en=", ".join(names))


def _recorded(
    desk: Desk,
    party: PartyId,
    posted: Posted,
    template: str,
    make: Callable[[Desk, PartyId, Posted], list[Draft]],
) -> Response:
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        _check_ours(Names(book, desk.viewer, desk.language), party, GoodsId.parse(posted.text("goods")))
    drafts = attempt(form, lambda: make(desk, party, posted), _FIELDS, desk.language)
    placed = record(desk, party, drafts, form, _FIELDS) if drafts else ()
    if not placed:
        return _show(desk, party, form, template, status=422)
    goods = quote(posted.text("goods"), safe="")
    return RedirectResponse(f"/my/stock/account?goods={goods}", status_code=303)


def _show(desk: Desk, party: PartyId, form: Form, template: str, *, status: int = 200) -> HTMLResponse:
    goods = GoodsId.parse(form.value("goods"))
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        _check_ours(names, party, goods)
        account = account_of(names, party, goods)
        if not form.value("amount_unit"):
            form.values = {**form.values, "amount_unit": str(account["unit"] or "KGM")}
        return desk.page(
            template,
            status=status,
            who=who(names, party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            name=names.goods(goods),
            account=account,
            units=units(desk.language),
            reasons=[(one, desk.say(f"goods_reason_{one}")) for one in REASONS],
            stages=[(one, desk.say(f"goods_stage_{one}")) for one in ("done", "planned")],
            stocks=[(one, desk.say(f"goods_from_{one}")) for one in ("own_stock", "recalled")],
        )
