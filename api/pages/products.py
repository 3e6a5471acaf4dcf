"""Product sheets: what a kind of goods is called, what it is made of, under which approval and standard, and what a pack of it holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, categories, units
from api.pages.console import Counter, asked, file_form
from api.pages.console_forms import (
    Ask,
    Group,
    Sheet,
    blank,
    body_after,
    finish,
    label_of,
    origin,
    sent,
    show,
)
from api.pages.console_lists import Head, Listing, Place, Shown, at_time
from api.pages.desk import AtDesk
from api.pages.forms import PostedForm
from api.pages.sites import versions_of
from api.parameters import MaybeText, PathNumber, QueryNumber, whole_number
from ledger.errors import Malformed, UnknownName, Words
from ledger.views.book import product_sheet_key, said_about
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/products"
#: Rows for packs that a form shows; a product with more of them keeps the rest.
PACKS_SHOWN: Final = 2
_TEXTS: Final = (
    "name",
    "category",
    "gtin",
    "specification",
    "approval_number",
    "standard",
    "storage",
)
_SHOWN: Final = frozenset({*_TEXTS, "shelf_life_days", "active_ingredients", "packs"})
FIELDS: Final = (
    {name: name for name in (*_TEXTS, "shelf_life_days", "active_ingredients")}
    | {f"pack_{number}": f"pack_{number}" for number in range(PACKS_SHOWN)}
    | {"packs": "pack_0", "corrects": "how"}
)
_HEADS: Final = (
    Head(label_of(Product, "name"), width=24),
    Head(label_of(Product, "category"), width=20),
    Head(label_of(Product, "specification"), width=20),
    Head(label_of(Product, "gtin"), width=18),
    Head(label_of(Product, "approval_number"), width=20),
    Head(label_of(Product, "standard"), width=20, on_page=False),
    Head(label_of(Product, "shelf_life_days"), "number", 10, on_page=False),
    Head(label_of(Product, "storage"), width=20, on_page=False),
    Head(label_of(Product, "active_ingredients"), width=40, on_page=False),
    Head("col_recorded", "time", 18, on_page=False),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def products(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """The products, the newest first."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_page(
            _listing(counter, text),
            q=text,
            before=before,
            lede=counter.say("papers_products_lede"),
            news=[(f"{HERE}/new", counter.say("papers_product_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def products_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_file(_listing(counter, text), file_form(form), q=text)


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def product_form(desk: AtDesk, caller: Someone, of: MaybeText = None) -> HTMLResponse:
    """An empty form, or one that is filled with the sheet before."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        before = origin(counter, Product, of or "")
        form = blank(desk, category="packaged_food") if before is None else blank(desk, **_filled(before))
        return show(counter, _sheet(counter, before), form)


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_trade")])
def record_product(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the product."""
    came = sent(desk, posted, ())
    with desk.ledger.book() as book:
        before = origin(Counter.of(desk, book, author.party), Product, came.text("of"), form=came.text("id"))
    return finish(
        desk,
        author.party,
        came,
        FIELDS,
        partial(_drafts, desk, author.party, came, before),
        to=lambda placed: f"{HERE}/{placed.seq}?done={placed.seq}",
        again=lambda counter: _sheet(counter, before),
    )


@router.get(f"{HERE}/{{position}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def product(position: PathNumber, desk: AtDesk, caller: Someone, done: QueryNumber = None) -> HTMLResponse:
    """One product, and every version of its sheet."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        record = counter.record(position)
        said = record.said
        if not isinstance(said, Product) or caller.party not in {said.owner, record.actor}:
            expected = Words(zh="本方的产品", en="a product of your own")
            raise UnknownName(field="position", came=position, expected=expected)
        versions = [
            (one, text)
            for one, sheet in said_about(book, product_sheet_key(said.product), Product)
            if sheet.product == said.product and caller.party in {sheet.owner, one.actor}
            for text in [" ".join(part for part in (sheet.name, sheet.specification) if part)]
        ]
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_products"),
                "title": said.name,
                "done": done,
                "facts": [
                    (counter.head(Head(label_of(Product, "category"))), _category(counter, said)),
                    *counter.facts(record, but=frozenset({"category"})),
                ],
                "record": record,
                "actions": [(f"{HERE}/new?of={position}", counter.say("papers_change"))]
                if record.superseded_by is None
                else [],
                "sections": [versions_of(counter, HERE, versions)],
            },
        )


def _category(counter: Counter, said: Product) -> str:
    return profile_for(said.category).name.words.in_language(counter.desk.language)


def _listing(counter: Counter, q: str) -> Listing:
    seqs = counter.newest("product.v1")
    return Listing(
        name="products",
        title="papers_products",
        heads=_HEADS,
        places=[Place(seq) for seq in seqs],
        rows=partial(_rows, counter, frozenset(seqs)),
        hits=counter.hits(q, seqs),
    )


def _rows(counter: Counter, own: frozenset[int], places: Sequence[Place]) -> list[Row | None]:
    found = counter.book.records([one.position for one in places])
    keys = (product_sheet_key(one.said.product) for one in found.values() if isinstance(one.said, Product))
    newest = counter.newest_under(keys, own)
    return [_row(counter, found[one.position], newest) for one in places]


def _row(counter: Counter, record: Record, newest: dict[str, int]) -> Row | None:
    said = record.said
    if not isinstance(said, Product) or counter.party not in {said.owner, record.actor}:
        return None
    if newest.get(product_sheet_key(said.product)) != record.seq:
        return None
    days = said.shelf_life_days
    return (
        Shown(said.name, href=f"{HERE}/{record.seq}"),
        Shown(_category(counter, said)),
        Shown(said.specification or ""),
        Shown(str(said.gtin or "")),
        Shown(said.approval_number or ""),
        Shown(said.standard or ""),
        Shown(str(days or ""), value=days),
        Shown(said.storage or ""),
        Shown("、".join(said.active_ingredients or ())),
        at_time(record.at_ms),
    )


def _filled(before: Record) -> dict[str, str]:
    said = before.said
    assert isinstance(said, Product)
    values = {name: str(getattr(said, name) or "") for name in _TEXTS}
    values["category"] = profile_for(said.category).category
    for number, pack in enumerate((said.packs or ())[:PACKS_SHOWN]):
        amount, _, _ = str(pack.holds).partition(" ")
        values |= {
            f"pack_{number}_of": pack.unit,
            f"pack_{number}": amount,
            f"pack_{number}_unit": str(pack.holds.unit),
        }
    return values | {
        "of": str(before.seq),
        "how": "changed",
        "shelf_life_days": str(said.shelf_life_days or ""),
        "active_ingredients": "\n".join(said.active_ingredients or ()),
    }


def _sheet(counter: Counter, before: Record | None) -> Sheet:
    desk = counter.desk
    short = {"maxlength": "100", "autocomplete": "off"}
    number = {"maxlength": "60", "autocomplete": "off"}
    digits = {"inputmode": "numeric", "maxlength": "14", "autocomplete": "off"}
    packs = [
        ask
        for place in range(PACKS_SHOWN)
        for ask in (
            Ask(
                f"pack_{place}_of",
                "papers_pack_of",
                "select",
                options=[("", counter.say("papers_no_choice")), *units(desk.language)],
            ),
            Ask(f"pack_{place}", "papers_pack_holds", "amount", options=units(desk.language)),
        )
    ]
    return Sheet(
        title=counter.say("papers_product_new" if before is None else "papers_product_next"),
        lede=counter.say("papers_product_form_lede"),
        action=HERE,
        go=counter.say("papers_save"),
        back=HERE,
        came_from=before,
        groups=(
            Group(
                "",
                (
                    Ask(
                        "name",
                        label_of(Product, "name"),
                        optional=False,
                        attrs=short,
                        hint=counter.say("batch_name_hint"),
                    ),
                    Ask(
                        "category",
                        label_of(Product, "category"),
                        "select",
                        optional=False,
                        options=categories(desk.language),
                        hint=counter.say("papers_category_hint"),
                    ),
                    Ask("specification", label_of(Product, "specification"), attrs=short),
                    Ask(
                        "gtin", label_of(Product, "gtin"), attrs=digits, hint=counter.say("papers_gtin_hint")
                    ),
                    Ask(
                        "approval_number",
                        label_of(Product, "approval_number"),
                        attrs=number,
                        hint=counter.say("papers_approval_hint"),
                    ),
                    Ask("standard", label_of(Product, "standard"), attrs=short),
                    Ask(
                        "shelf_life_days",
                        label_of(Product, "shelf_life_days"),
                        attrs={**digits, "maxlength": "5"},
                    ),
                    Ask("storage", label_of(Product, "storage"), attrs=short),
                ),
            ),
            Group(
                counter.say("papers_ingredients"),
                (
                    Ask(
                        "active_ingredients",
                        label_of(Product, "active_ingredients"),
                        "area",
                        hint=counter.say("papers_ingredients_hint"),
                    ),
                ),
                folded=True,
            ),
            Group(
                counter.say("papers_packs"), tuple(packs), folded=True, hint=counter.say("papers_packs_hint")
            ),
        ),
    )


def _drafts(desk: Desk, party: PartyId, came: Sent, before: Record | None) -> list[Draft]:
    body: dict[str, Json] = {
        "owner": str(party),
        **body_after(came, before, _SHOWN, party),
        **came.present(*_TEXTS),
    }
    if days := came.text("shelf_life_days"):
        body["shelf_life_days"] = _whole(days)
    if ingredients := came.lines("active_ingredients"):
        body["active_ingredients"] = list(ingredients)
    packs = [one for number in range(PACKS_SHOWN) for one in _pack(came, number)] + _more_packs(before)
    if packs:
        body["packs"] = packs
    return [Drafting(ledger=desk.ledger, author=party).draft(Product, body)]


def _whole(text: str) -> int:
    """A number of days. What is none is refused with what was typed, not with what the record would have made of it."""
    if (number := whole_number(text)) is not None:
        return number
    expected = Words(zh="整数天数，如 365", en="a whole number of days, like 365")
    raise Malformed(field="shelf_life_days", came=text, expected=expected)


def _pack(came: Sent, number: int) -> list[Json]:
    unit = came.text(f"pack_{number}_of")
    if not unit and not came.text(f"pack_{number}"):
        return []
    return [{"unit": unit, "holds": amount_of(came.posted, f"pack_{number}")}]


def _more_packs(before: Record | None) -> list[Json]:
    """Packs that the form has no rows for stay as they were."""
    said = None if before is None else before.said
    packs = said.packs or () if isinstance(said, Product) else ()
    return [one.model_dump(mode="json") for one in packs[PACKS_SHOWN:]]
