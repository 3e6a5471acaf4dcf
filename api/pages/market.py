"""The market operator's desk (市场开办者): who sells here, whose licence runs out, what came in unchecked; entry on behalf, and goods taken off sale.

What it reads of its sellers is in `market_stalls` and `api.audience`; that it may enter and stop only for those who sell in its market is the gate's rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.asking import read_asked
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages import declared
from api.pages.batches import today
from api.pages.deliveries import checked_papers
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, derived, derived_id, form_id, new_id, record
from api.pages.market_stalls import DAYS, Stall, stall_of, stalls_of
from api.pages.names import Names
from api.pages.stall_code import SIZES, card_of, codes_of, publish
from api.parameters import MaybeText
from api.printable import AskedAllTheSame, opens_only_here, require_printable
from api.problems import Refusals
from api.tables import Column, FileForm, Table, table_answer
from ledger.canonical import Json
from ledger.errors import Malformed, UnknownName, Words
from ledger.identifiers import GoodsId, PartyId, StatementId
from ledger.trace import what_it_was
from ledger.views.sheets import sellers_in
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.findings.expiry import Expiry
    from ledger.views.book import Book

#: Narrowings of the list.
SHOWS: Final = ("all", "unchecked", "waiting", "licence", "stopped")
#: Goods of one seller that the form to stop them lists.
GOODS_MAX: Final = 30

_NEW_FIELDS: Final = {
    "name": "name",
    "stall_number": "stall_number",
    "credit_code": "credit_code",
    "person_name": "person_name",
    "phone": "phone",
    "trade": "trade",
}
_STOP_FIELDS: Final = {"reason": "reason", "goods": "goods", "at": "goods"}
_TAKE_FIELDS: Final = {"shipment": ""}

router = APIRouter(include_in_schema=False)


@router.get("/market", response_class=HTMLResponse, dependencies=[needs("run_market")])
def market(desk: AtDesk, caller: Someone, show: MaybeText = None, q: MaybeText = None) -> HTMLResponse:
    """Everybody who sells here, with what is missing."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        stalls = stalls_of(book, caller.party, now_ms=desk.ledger.clock())
        chosen = show if show in SHOWS else "all"
        shown = [one for one in stalls if _is(one, chosen) and _named(one, q or "", names)]
        return desk.page(
            "market.html",
            who=names.party(caller.party),
            days=DAYS,
            show=chosen,
            q=q or "",
            shows=[(one, desk.say(f"market_show_{one}"), sum(_is(s, one) for s in stalls)) for one in SHOWS],
            stalls=[_row(desk, one, names) for one in shown],
            query=f"show={chosen}",
        )


@router.get("/market/stalls.{form}", dependencies=[needs("run_market")])
def market_file(form: FileForm, desk: AtDesk, caller: Someone, show: MaybeText = None) -> Response:
    """The list for a spreadsheet."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        stalls = stalls_of(book, caller.party, now_ms=desk.ledger.clock())
        chosen = show if show in SHOWS else "all"
        columns = (
            Column(desk.say("market_stall"), 10),
            Column(desk.say("market_name"), 28),
            Column(desk.say("market_trade"), 20),
            Column(desk.say("market_code"), 22),
            Column(desk.say("market_licences"), 40),
            Column(desk.say("market_unchecked"), kind="number"),
            Column(desk.say("market_waiting"), kind="number"),
            Column(desk.say("market_stopped"), kind="number"),
        )
        rows = list(_cells(desk, [one for one in stalls if _is(one, chosen)], names))
    return table_answer(Table("stalls", desk.say("market_title"), columns, rows), form)


@router.get("/market/cards", response_class=HTMLResponse, dependencies=[needs("run_market")])
def cards(
    desk: AtDesk, caller: Someone, size: MaybeText = None, loopback: AskedAllTheSame = None
) -> HTMLResponse:
    """The cards of all stalls that have a page for everybody (摊位码), to be printed in one go."""
    require_printable(desk.settings, loopback)
    codes = codes_of(desk.ledger)
    with desk.ledger.book() as book:
        stalls = stalls_of(book, caller.party, now_ms=desk.ledger.clock())
        opened = [one for one in (codes.of(stall.party) for stall in stalls) if one is not None]
        return desk.page(
            "market_cards.html" if not opened else "stall_card.html",
            size=size if size in SIZES else SIZES[0],
            sizes=SIZES,
            cards=[card_of(desk, book, one) for one in opened],
            back_to="/market",
            only_here=opens_only_here(desk.settings),
        )


@router.post("/market/cards", response_class=HTMLResponse, dependencies=[needs("record_in_market")])
def open_cards(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Open the page of every stall that has none, with the sellers' consent. Sent twice, done once."""
    if not posted.text("agreed"):
        expected = Words(zh="各摊主同意公开所列内容", en="that the sellers agreed to show it to everybody")
        raise Malformed(field="agreed", came="", expected=expected)
    with desk.ledger.book() as book:
        stalls = sellers_in(book, author.party)
    for one in stalls:
        publish(desk.ledger, one, by_whom=author.party)
    return RedirectResponse("/market/cards", status_code=303)


@router.get("/market/stalls/new", response_class=HTMLResponse, dependencies=[needs("run_market")])
def new_stall_form(desk: AtDesk) -> HTMLResponse:
    """A seller whom nobody recorded yet (入场销售者档案)."""
    return _new(desk, Form({"id": str(new_id(desk))}))


@router.post("/market/stalls", response_class=HTMLResponse, dependencies=[needs("record_in_market")])
def new_stall(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Enter a seller into the market's list, as the market's own word."""
    form = Form(posted.texts)
    party = PartyId.new(derived(form_id(posted), "party"))

    def drafts() -> list[Draft]:
        body: dict[str, Json] = {
            "id": str(form_id(posted)),
            "party": str(party),
            "party_kind": "individual_business",
            "market": str(author.party),
            **posted.present(*_NEW_FIELDS),
        }
        missing = [
            Malformed(field=name, came="", expected=Words(zh="必填", en="a value"))
            for name in ("name", "stall_number")
            if not posted.text(name)
        ]
        if missing:
            raise Refusals(missing)
        return [Drafting(ledger=desk.ledger, author=author.party).draft(Party, body)]

    made = attempt(form, drafts, _NEW_FIELDS, desk.language)
    if made and record(desk, author.party, made, form, _NEW_FIELDS):
        return RedirectResponse(f"/market/stalls/{party}", status_code=303)
    return _new(desk, form, status=422)


@router.get("/market/stalls/{party}", response_class=HTMLResponse, dependencies=[needs("run_market")])
def stall_page(party: str, desk: AtDesk, caller: Someone, done: MaybeText = None) -> HTMLResponse:
    """One seller: licences, what came in, what is stopped, and what can be done for him."""
    return _stall_page(desk, caller.party, party, Form({"id": str(new_id(desk))}), done=done is not None)


@router.post(
    "/market/stalls/{party}/take", response_class=HTMLResponse, dependencies=[needs("record_in_market")]
)
def take(party: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Confirm for the seller a delivery that its sender declared: receipt and check in one step, entered for him."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        stall = _stall(desk, book, author.party, party)
        made = attempt(
            form,
            lambda: _taken(desk, book, author.party, stall.party, posted),
            _TAKE_FIELDS,
            desk.language,
        )
    if made and record(desk, author.party, made, form, _TAKE_FIELDS):
        return RedirectResponse(f"/market/stalls/{party}?done=1", status_code=303)
    return _stall_page(desk, author.party, party, form, status=422)


@router.get(
    "/market/stalls/{party}/deliveries/new", response_class=HTMLResponse, dependencies=[needs("run_market")]
)
def delivery_form(party: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """A delivery of a supplier who is not on this ledger, entered for the seller."""
    with desk.ledger.book() as book:
        stall = _stall(desk, book, caller.party, party)
    return _delivery(desk, stall.party, Form(declared.fresh(desk, stall.party)))


@router.post(
    "/market/stalls/{party}/deliveries",
    response_class=HTMLResponse,
    dependencies=[needs("record_in_market")],
)
def delivery(party: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Supplier, batch, receipt, check and voucher, entered for the seller."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        stall = _stall(desk, book, author.party, party)
    if declared.take(desk, author.party, posted, form, behalf=stall.party):
        return RedirectResponse(f"/market/stalls/{party}?done=1", status_code=303)
    return _delivery(desk, stall.party, form, status=422)


@router.post(
    "/market/stalls/{party}/stop", response_class=HTMLResponse, dependencies=[needs("record_in_market")]
)
def stop(party: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Take goods off sale at one stall (停止销售), or put them back. 食品安全法 61: whoever finds an offence stops it and reports it."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        stall = _stall(desk, book, author.party, party)
        on_list = _goods(stall)
    chosen = [str(on_list[n]) for n in range(len(on_list)) if posted.text(f"goods_{n}")]
    again = posted.text("release")

    def drafts() -> list[Draft]:
        goods = [again] if again else chosen
        if not goods:
            expected = Words(zh="至少选一种货物", en="at least one kind of goods")
            raise Malformed(field="goods", came="0", expected=expected)
        if not posted.text("reason"):
            raise Malformed(field="reason", came="", expected=Words(zh="原因", en="a reason"))
        body: dict[str, Json] = {
            "id": str(form_id(posted)),
            "action": "release" if again else "hold",
            "goods": list[Json](goods),
            "at": str(stall.party),
            **posted.present("reason"),
        }
        return [Drafting(ledger=desk.ledger, author=author.party).draft(Takedown, body)]

    made = attempt(form, drafts, _STOP_FIELDS, desk.language)
    if made and record(desk, author.party, made, form, _STOP_FIELDS):
        return RedirectResponse(f"/market/stalls/{party}?done=1", status_code=303)
    return _stall_page(desk, author.party, party, form, status=422)


def _stall(desk: Desk, book: Book, market: PartyId, party: str) -> Stall:
    """One who sells in this market; for everybody else there is no such page."""
    found = stall_of(book, market, PartyId.parse(party), now_ms=desk.ledger.clock())
    if found is None:
        expected = Words(zh="在本市场经营的销售者", en="somebody who sells in your market")
        raise UnknownName(field="party", came=party, expected=expected)
    return found


def _taken(desk: Desk, book: Book, market: PartyId, party: PartyId, posted: Posted) -> list[Draft]:
    seq = book.position(StatementId.parse(posted.text("shipment"), field="shipment"))
    sent = None if seq is None else book.records([seq])[seq]
    if (
        sent is None
        or not isinstance(sent.said, Shipment)
        or sent.said.to != party
        or sent.superseded_by is not None
    ):
        expected = Words(
            zh="发给该摊位、等待确认的货", en="a delivery to this stall that waits for an answer"
        )
        raise UnknownName(field="shipment", came=posted.text("shipment"), expected=expected)
    category = what_it_was(book, sent.said.lines[0].goods).category
    checks = checked_papers(category, posted.text("papers") or "unread", photo=None, number="")
    lines = list[Json]()
    for line in sent.said.lines:
        amount = line.quantity.as_json()
        lines.append({"goods": str(line.goods), "quantity": amount, "declared": amount})
    body: dict[str, Json] = {
        # One delivery, one answer: pressed twice, it is recorded once.
        "id": str(derived_id(form_id(posted), str(sent.header.id))),
        "on_behalf_of": str(party),
        "supplier": str(sent.actor),
        "shipment": str(sent.header.id),
        "conclusion": "accept",
        "lines": lines,
        "check": {"received_on": today(desk), **({"checks": list[Json](checks)} if checks else {})},
    }
    return list(read_asked(Drafting(ledger=desk.ledger, author=market), Receipt, body).drafts())


def _is(stall: Stall, show: str) -> bool:
    if show in {"unchecked", "waiting"}:
        return stall.count(show) > 0
    if show == "licence":
        return bool(stall.over or stall.soon or stall.withdrawn)
    return bool(stall.stopped) if show == "stopped" else True


def _named(stall: Stall, text: str, names: Names) -> bool:
    wanted = text.strip().casefold()
    return wanted in f"{stall.number} {names.party(stall.party)}".casefold()


def _row(desk: Desk, stall: Stall, names: Names) -> dict[str, object]:
    return {
        "href": f"/market/stalls/{stall.party}",
        "number": stall.number or "—",
        "name": names.party(stall.party),
        "trade": stall.view.trade or "",
        "licences": [_licence(desk, one) for one in (*stall.over, *stall.soon)]
        + [
            {"words": desk.say("market_withdrawn", kind=one.licence_kind), "tone": "red"}
            for one in stall.withdrawn
        ],
        "none": not stall.licences and not stall.withdrawn,
        "deliveries": len(stall.deliveries),
        "unchecked": stall.count("unchecked"),
        "waiting": stall.count("waiting"),
        "stopped": len(stall.stopped),
    }


def _licence(desk: Desk, one: Expiry) -> dict[str, str]:
    key = "market_over" if one.stage == "ended" and not one.pending else "market_soon"
    if one.pending:
        key = "market_pending"
    return {
        "words": desk.say(key, kind=one.name, day=one.until),
        "tone": "red" if key == "market_over" else "amber",
    }


def _cells(desk: Desk, stalls: list[Stall], names: Names) -> Iterator[list[Cell]]:
    for one in stalls:
        licences = [_licence(desk, held)["words"] for held in (*one.over, *one.soon)]
        yield [
            one.number,
            names.party(one.party),
            one.view.trade or "",
            one.view.credit_code or "",
            "; ".join(licences),
            one.count("unchecked"),
            one.count("waiting"),
            len(one.stopped),
        ]


def _goods(stall: Stall) -> list[GoodsId]:
    """What came in lately and is not stopped already."""
    stopped = {goods for _, said in stall.stopped for goods in said.goods}
    came = dict.fromkeys(goods for one in stall.deliveries if one.state != "waiting" for goods in one.goods)
    return [one for one in came if one not in stopped][:GOODS_MAX]


def _stall_page(
    desk: Desk, market: PartyId, party: str, form: Form, *, status: int = 200, done: bool = False
) -> HTMLResponse:
    with desk.ledger.book() as book:
        stall = _stall(desk, book, market, party)
        names = Names(book, desk.viewer, desk.language)
        deliveries = [
            {
                "seq": one.record.seq,
                "id": one.record.header.id,
                "occurred_ms": one.record.occurred_ms,
                "supplier": names.party(one.supplier),
                "goods": [names.goods(goods) for goods in one.goods],
                "state": one.state,
                "by_us": one.record.header.issuer == market,
            }
            for one in stall.deliveries
        ]
        return desk.page(
            "market_stall.html",
            status=status,
            done=done,
            form=form,
            labels={"reason": desk.say("market_stop_reason"), "goods": desk.say("market_stop_goods")},
            stall=_row(desk, stall, names)
            | {
                "party": str(stall.party),
                "code": stall.view.credit_code or "",
                "contact": names.contact(stall.party),
                "all": [
                    {"kind": one.name, "number": one.number or "", "until": one.until, **_licence(desk, one)}
                    | ({"words": ""} if one.stage == "later" else {})
                    for one in stall.licences
                ],
            },
            deliveries=[one for one in deliveries if one["state"] != "waiting"],
            waiting=[one for one in deliveries if one["state"] == "waiting"],
            stopped=[
                {
                    "seq": record_.seq,
                    "goods": [(str(goods), names.goods(goods)) for goods in said.goods],
                    "at_ms": record_.at_ms,
                    "by": names.party(record_.actor),
                    "ours": record_.actor == market,
                }
                for record_, said in stall.stopped
            ],
            goods=[names.goods(one) for one in _goods(stall)],
            papers=[(one, desk.say(f"papers_{one}")) for one in ("in_order", "missing", "unread")],
            days=DAYS,
        )


def _delivery(desk: Desk, party: PartyId, form: Form, *, status: int = 200) -> HTMLResponse:
    return declared.show(
        desk,
        party,
        form,
        status=status,
        action=f"/market/stalls/{party}/deliveries",
        back=f"/market/stalls/{party}",
    )


def _new(desk: Desk, form: Form, *, status: int = 200) -> HTMLResponse:
    labels = {name: desk.say(f"market_new_{name}") for name in _NEW_FIELDS}
    return desk.page("market_new.html", status=status, form=form, labels=labels)
