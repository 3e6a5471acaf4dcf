"""Registering a batch: one form, and its page with label, code, link and receipt, its account, its releases, and what can be done with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, derived, derived_id, form_id, gather, new_id, record
from api.pages.holdings import account_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.pages.rendering import cap, quantity
from api.parameters import PathNumber
from api.problems import Refusals
from ledger.canonical import Json
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import Instant, LegalDate, Quantity, SiteId, Unit
from ledger.trace import standing_orders
from ledger.views.book import goods_sheet_key, said_about, site_key
from ledger.vocabulary.goods import Batch, Release
from ledger.vocabulary.parties import Site
from ledger.vocabulary.profiles import all_profiles, profile_for
from ledger.vocabulary.said import Said

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.errors import Language
    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record

_Said = TypeVar("_Said", bound=Said)

#: The units a market knows come first; the rest in the order of the list.
_UNITS_FIRST: Final = ("KGM", "XBX", "XBO", "XBG", "XCT", "H87", "HEA", "TNE", "GRM", "LTR")

#: From the fields of the records to those of the form.
FIELDS: Final = {
    "quantity.amount": "quantity",
    "quantity": "quantity",
    "name": "name",
    "category": "category",
    "produced_on": "produced_on",
    "expires_on": "expires_on",
    "batch_number": "batch_number",
    "origin": "origin",
    "gtin": "gtin",
    "site.name": "plot",
}
_LABELS: Final = {
    "name": "batch_name",
    "category": "batch_category",
    "quantity": "batch_quantity",
    "produced_on": "batch_produced_on",
    "batch_number": "batch_number",
    "plot": "batch_plot",
    "origin": "batch_origin",
    "expires_on": "batch_expires_on",
    "gtin": "batch_gtin",
}

router = APIRouter(include_in_schema=False)


@router.get("/my/batches/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def batch_form(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """An empty form, filled with what was registered last time."""
    with desk.ledger.book() as book:
        last = next(iter(Own.of(book, caller.party).batches()), None)
    values = {"id": str(new_id(desk)), "produced_on": today(desk), "quantity_unit": "KGM"}
    values["category"] = "farm_produce"
    if last is not None:
        values |= {
            "name": last.name,
            "category": profile_for(last.category).category,
            "origin": last.origin or "",
        }
        values["quantity_unit"] = str(last.quantity.unit) if last.quantity is not None else "KGM"
    return _show(desk, caller.party, Form(values))


@router.post("/my/batches", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def register_batch(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the batch, and its plot if that is new; then show what to print."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: _drafts(desk, author.party, posted), FIELDS, desk.language)
    placed = record(desk, author.party, drafts, form, FIELDS) if drafts else ()
    if not placed:
        return _show(desk, author.party, form, status=422)
    return RedirectResponse(f"/my/batches/{placed[-1].seq}", status_code=303)


@router.get("/my/batches/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def batch_result(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """Label, code, link and receipt of a batch of one's own."""
    with desk.ledger.book() as book:
        batch, record_ = own_record(book, position, caller.party, Batch)
        names = Names(book, desk.viewer, desk.language)
        path, orders = links.code_path(batch.goods), standing_orders(book, batch.goods, party=caller.party)
        return desk.page(
            "batch_done.html",
            batch=batch,
            seq=position,
            is_maker=batch.maker == caller.party,
            superseded=record_.superseded_by is not None,
            account=account_of(names, caller.party, batch.goods),
            orders=[{"kind": one.kind, "words": one.words, "seq": one.record.seq} for one in orders],
            releases=_releases(names, batch),
            release_law=_release_law(batch, names),
            facts=_facts(batch, names),
            label_path=links.label(batch.goods),
            code=batch.goods.batch_code.printed if batch.goods.batch_code is not None else None,
            page_path=links.goods_page(batch.goods),
            page_address=f"{desk.settings.base_url}{path or links.goods_page(batch.goods)}",
            receipt={"seq": record_.seq, "at_ms": record_.at_ms, "statement": record_.header.id},
        )


def _releases(names: Names, batch: Batch) -> list[dict[str, object]]:
    """The decisions about this batch that are on record, the latest first."""
    places, language = Release.places(), names.language
    return [
        {
            "seq": record_.seq,
            "result": f"goods_release_{said.result}",
            "basis": f"goods_basis_{said.basis}",
            "certificate": said.certificate_number or "",
            "label": places["certificate_number"].label.in_language(language),
            "occurred_ms": record_.occurred_ms,
        }
        for record_, said in reversed(said_about(names.book, goods_sheet_key(batch.goods), Release))
        if said.goods == batch.goods and names.reading.may_read(record_, "chain")
    ]


def _release_law(batch: Batch, names: Names) -> str | None:
    """By which article its maker lets a batch of this category out on a record; None where none is known, or not of such a party."""
    duty, kind = profile_for(batch.category).release, names.view(batch.maker).kind
    return None if duty is None or kind in duty.not_for_parties else duty.law


def own_record(book: Book, position: int, party: PartyId, kind: type[_Said]) -> tuple[_Said, Record]:
    """A record of the party's own, of one type; for everybody else there is no such page."""
    record_ = book.records([position]).get(position) if position < book.size else None
    if (
        record_ is None
        or not isinstance(record_.said, kind)
        or party not in {record_.actor, record_.header.issuer}
    ):
        raise UnknownName(
            field="position", came=position, expected=Words(zh="本方的记录", en="a record of your own")
        )
    return record_.said, record_


def today(desk: Desk) -> str:
    """The day it is by the log's clock, in China."""
    return str(Instant(desk.ledger.clock()).date_in_shanghai())


def categories(language: Language) -> list[tuple[str, str]]:
    """The categories of goods, by their names."""
    return [(one.category, cap(one.name.words.in_language(language))) for one in all_profiles()]


def units(language: Language) -> list[tuple[str, str]]:
    """Units of quantity, the frequent ones first."""
    rest = (name for name in Unit.__members__ if name not in _UNITS_FIRST)
    return [(name, Unit[name].many.in_language(language)) for name in (*_UNITS_FIRST, *rest)]


def day_of(desk: Desk, posted: Posted, *, field: str) -> LegalDate:
    """The day of a delivery or a harvest; today, where none was typed. Nothing rests on a telephone's clock: a day that has not come by the log's is refused, with today's named."""
    now = Instant(desk.ledger.clock()).date_in_shanghai()
    if not posted.text(field):
        return now
    day = LegalDate.parse(posted.text(field), field=field)
    if day > now:
        expected = Words(zh=f"不晚于今天（{now}）", en=f"a day not after today ({now})")
        raise Malformed(field=field, came=posted.text(field), expected=expected)
    return day


def amount_of(
    posted: Posted, name: str, unit: str | None = None, *, may_be_none: bool = False
) -> dict[str, str]:
    """A quantity as records take it. A comma between thousands and a wide digit are what people type.

    Nothing moved is no record of a move; what arrived, or was won back, `may_be_none` of it.
    """
    text = posted.text(name).translate(_WIDE)
    if _THOUSANDS.fullmatch(text):
        # Any other comma may have been meant for the point: 1,5 is not fifteen.
        text = text.replace(",", "")
    if not text:
        raise Malformed(field=name, came="", expected=Words(zh="数量", en="a quantity"))
    amount = {"amount": text, "unit": unit or posted.text(f"{name}_unit")}
    try:
        quantity_ = Quantity.from_json(amount, field=name)
    except Refusal as wrong:
        # For a person; the exact rules of the number are for programs.
        expected = Words(zh="数字，如 12.5", en="a number, like 12.5")
        raise Malformed(field=name, came=text, expected=expected) from wrong
    if quantity_.is_zero and not may_be_none:
        raise Malformed(field=name, came=text, expected=Words(zh="大于 0 的数量", en="more than 0"))
    return quantity_.as_json()


_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_WIDE: Final = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xFF0E: ".", 0xFF0C: ",", 0x3002: "."}


def _drafts(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    statement, drafting, wrong = form_id(posted), Drafting(ledger=desk.ledger, author=party), list[Refusal]()
    quantity_ = gather(wrong, lambda: amount_of(posted, "quantity"))
    plot = gather(wrong, lambda: _plot(desk, party, posted), at="site")
    body: dict[str, Json] = {
        "id": str(statement),
        "maker": str(party),
        **({"quantity": quantity_} if quantity_ is not None else {}),
        **({"site": str(plot.site)} if plot is not None else {}),
        **posted.present("name", "category", "batch_number", "produced_on", "expires_on", "origin", "gtin"),
    }
    if posted.text("produced_on"):
        gather(wrong, lambda: day_of(desk, posted, field="produced_on"))
    batch = gather(wrong, lambda: drafting.draft(Batch, body))
    if wrong or batch is None:
        raise Refusals(wrong)
    if plot is None or _is_known(desk, plot.site):
        return [batch]
    return [Draft(said=plot, id=derived_id(statement, "site")), batch]


def _plot(desk: Desk, party: PartyId, posted: Posted) -> Site | None:
    """The plot of that name: the one recorded before, or a new one whose id follows from party and name."""
    name = posted.text("plot")
    if not name:
        return None
    with desk.ledger.book() as book:
        known = Own.of(book, party).plots().get(name)
    if known is not None:
        return known
    workshop = profile_for(posted.text("category")).category != "farm_produce"
    drafting = Drafting(ledger=desk.ledger, author=party)
    site = SiteId.new(derived(form_id(posted), "site"))
    body = {
        "site": str(site),
        "party": str(party),
        "site_kind": "workshop" if workshop else "plot",
        "name": name,
    }
    said = drafting.draft(Site, body).said
    assert isinstance(said, Site)
    return said


def _is_known(desk: Desk, site: SiteId) -> bool:
    with desk.ledger.book() as book:
        return any(
            isinstance(one.said, Site)
            for one in book.records({m.seq for m in book.mentions([site_key(site)])}).values()
        )


def _show(desk: Desk, party: PartyId, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        own = Own.of(book, party)
        return desk.page(
            "batch_new.html",
            status=status,
            who=who(Names(book, desk.viewer, desk.language), party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            categories=categories(desk.language),
            units=units(desk.language),
            products=own.products(),
            plots=list(own.plots()),
        )


def _facts(batch: Batch, names: Names) -> list[tuple[str, str]]:
    places, language = Batch.places(), names.language
    values = (
        ("category", profile_for(batch.category).name.words.in_language(language)),
        ("quantity", quantity(batch.quantity, language) if batch.quantity is not None else ""),
        ("produced_on", str(batch.produced_on or "")),
        ("expires_on", str(batch.expires_on or "")),
        ("origin", batch.origin or ""),
    )
    return [(places[name].label.in_language(language), value) for name, value in values if value]
