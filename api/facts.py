"""Records and traces as JSON, each reader getting the fields that are theirs.

The public's answer is built from the fields whose place in the vocabulary says `public`, and from nothing else: a new field is secret
until its place says otherwise. Texts for people stand in both languages; whoever shows them chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from api import links
from api.answers import moment
from api.audience import public_fields
from api.withheld import FROM_THE_PUBLIC, withheld_facts
from ledger.trace import code_state, standing_orders, what_it_was
from ledger.trace.coded import label_of
from ledger.trace.sheets import party_view

if TYPE_CHECKING:
    from api.audience import Contact, Reading
    from ledger.canonical import Json
    from ledger.errors import Words
    from ledger.findings import Finding
    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.trace import BatchView, Order, PartyView
    from ledger.views.book import Book, Record

    Facts = dict[str, Json]

#: Licences of a maker on the public sheet.
LICENCES_MAX: Final = 50


def heading(record: Record) -> Facts:
    """Which record it is and who says so."""
    head: Facts = {
        "id": str(record.header.id),
        "type": record.header.type,
        "position": record.seq,
        "recorded_at": moment(record.at_ms),
        "occurred_at": str(record.header.occurred_at),
        "issuer": str(record.header.issuer),
        "custody": record.custody,
    }
    if record.header.on_behalf_of is not None:
        head["on_behalf_of"] = str(record.header.on_behalf_of)
    if record.header.corrects is not None:
        head["corrects"] = str(record.header.corrects)
    if record.superseded_by is not None:
        head["superseded_by"] = str(record.superseded_by)
    return head


def public_facts(book: Book, goods: GoodsId, *, code: str | None = None) -> Facts | None:
    """What anyone may know of some goods, and of one code on them; None when nobody has recorded them."""
    sheet = what_it_was(book, goods)
    state = None if code is None else code_state(book, code)
    if sheet.record is None and (state is None or state.goods != goods):
        return None
    facts: Facts = {
        "goods": str(goods),
        "page": links.goods_page(goods),
        "batch": None if sheet.record is None else public_record(sheet.record),
        "declared": sheet.declared,
        "maker": None if sheet.maker is None else maker_facts(party_view(book, sheet.maker)),
        "commitments": [public_record(one) for one in sheet.commitments],
        "recalls": recall_facts(standing_orders(book, goods)),
        "as_of": book.size,
        "withheld": withheld_facts(FROM_THE_PUBLIC),
    }
    label = label_facts(book, sheet, code)
    if label is not None:
        facts["label"] = label
    if code is not None and state is not None:
        # Never whose hands it passed: only what the person who holds the pack must know.
        facts["code"] = {"code": code, "state": state.state, "recalled": bool(state.recalls)}
    return facts


def label_facts(book: Book, sheet: BatchView, code: str | None = None) -> Facts | None:
    """Under which rule a pesticide's label stands, and the six facts as far as they are recorded; None for other goods."""
    label = label_of(book, sheet, code)
    if label is None:
        return None
    return {
        "rule": None if label.rule is None else words_facts(label.rule.words),
        "registration_fits": label.registration_fits,
        "prefix_dropped": label.prefix_dropped,
        "facts": [
            {
                "fact": one.fact,
                "name": words_facts(one.words),
                "value": one.value,
                "asked": one.asked,
                "position": None if one.record is None else one.record.seq,
            }
            for one in label.facts
        ],
    }


def public_record(record: Record) -> Facts:
    """The public part of a record."""
    return {**heading(record), **public_fields(record)}


def maker_facts(view: PartyView) -> Facts:
    """Who made the goods, as far as that is public. A farmer's name is his own."""
    return _present(
        {
            "party": str(view.party),
            "name": view.name,
            "kind": view.kind,
            "credit_code": view.credit_code,
            "region": None if view.region is None else str(view.region),
            "trade": view.trade,
            "declared": view.declared,
            "licences": [public_record(one) for one in view.licences[:LICENCES_MAX]],
        }
    )


def party_facts(view: PartyView, contact: Contact) -> Facts:
    """A party as a trace shows it, with as much of the person behind it as the reader may know."""
    return _present(
        {
            "name": view.name,
            "kind": view.kind,
            "region": None if view.region is None else str(view.region),
            "trade": view.trade,
            "credit_code": view.credit_code,
            "declared": view.declared,
            "person_name": contact.person_name,
            "phone": contact.phone,
            "address": contact.address,
        }
    )


def recall_facts(orders: Iterable[Order]) -> list[Json]:
    """The recalls among some standing orders: public from the moment the log took them."""
    return [
        {**public_record(order.record), "inherited": order.inherited}
        for order in orders
        if order.kind == "recall"
    ]


def order_facts(order: Order) -> Facts:
    """A standing hold or recall, for those who deal with the goods."""
    facts: Facts = {
        **heading(order.record),
        "order": order.kind,
        "goods": str(order.goods),
        "inherited": order.inherited,
    }
    if order.at is not None:
        facts["at"] = str(order.at)
    return facts


def finding_facts(finding: Finding) -> Facts:
    """A finding, for those who may read it."""
    return {**finding.as_json(), "since": moment(finding.since_ms)}


def words_facts(words: Words) -> Facts:
    """A text in both languages."""
    return {"zh": words.zh, "en": words.en}


def amount(quantity: Quantity | None) -> Json:
    """A quantity, or null where there is none to tell."""
    return None if quantity is None else quantity.as_json()


def _present(facts: Mapping[str, Json]) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def parties_of(parties: Iterable[PartyId], reading: Reading) -> Facts:
    """The sheets of some parties, by id."""
    views = [party_view(reading.book, party) for party in sorted(set(parties))]
    return {str(view.party): party_facts(view, reading.contact(view)) for view in views}
