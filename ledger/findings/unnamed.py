"""What one record may change that it does not name: codes inside a case, paths that a delivery explains, orders on what goods were
made of, and seizures that later records end.

Each function gives subjects. Too many costs time, too few leaves a finding standing that is no longer true: so each says of everything
it looks at why a change of it could matter, and looks at nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.findings.moves import CORRECTIONS_MAX
from ledger.findings.orders_kept import family, ordered_family
from ledger.findings.sightings import hangs_on_others, issues_of, lines_with_codes, sighting
from ledger.trace.nesting import inside_of
from ledger.views.book import (
    about,
    about_many,
    code_key,
    goods_key,
    holding_key,
    product_key,
    site_key,
    statement_key,
)
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Hold, Recall, RecallAnswer
from ledger.vocabulary.parties import Product, Site
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.identifiers import GoodsId, PartyId, StatementId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

_Holding = tuple["PartyId", "GoodsId"]


def codes_touched(record: Record, book: Book) -> set[str]:
    """The codes that a record may speak of without naming them."""
    said = record.said
    touched = _paths(_brings(record), book) | _inside(said, book)
    if isinstance(said, Codes) and said.action == "issue" and not said.continues:
        # Whether a code is unknown hangs on whether any of its lot was issued, and how many. A run's first part says both for all of it.
        touched |= _never_issued(said.goods, book)
    elif isinstance(said, Site):
        touched |= {
            code_key(code) for one in about(book, site_key(said.site)) for code in _codes_of(one.said)
        }
    return touched


def orders_touched(record: Record, book: Book) -> set[str]:
    """What an order forbids of that which was done with its goods, or forbids no more."""
    said = record.said
    if isinstance(said, (Hold, Recall)):
        touched = _gone(family(book, said.goods, "forward"), book)
        return touched | (_answers(record, book) if isinstance(said, Recall) else set())
    if isinstance(said, (Transformation, Batch)):
        # Only the maker of a batch can say what it was made of.
        made = [said.goods] if isinstance(said, Batch) else [line.goods for line in said.outputs]
        named = made if isinstance(said, Batch) else [*made, *(line.goods for line in said.inputs)]
        return _gone(family(book, made, "forward"), book) if ordered_family(book, named) else set()
    # Goods may go back to whoever supplied them, and to be destroyed.
    holdings: set[_Holding] = set()
    if isinstance(said, (Shipment, Receipt, SupplierCheck)):
        holdings = _brings(record)
    elif isinstance(said, Destruction):
        holdings = {(said.held_by or record.actor, line.goods) for line in said.lines}
    ordered = bool(holdings) and ordered_family(book, {goods for _, goods in holdings})
    return _gone_from(holdings, book) if ordered else set()


def accounts_touched(
    record: Record, book: Book, subjects_of_all: Callable[[Iterable[Record]], set[str]]
) -> set[str]:
    """The accounts that a factor between units closes, and the seizures whose account a record changes."""
    said = record.said
    if isinstance(said, Product) and said.packs:
        lots = {
            one.said.goods for one in about(book, product_key(said.product)) if isinstance(one.said, Batch)
        }
        near = about_many(book, [goods_key(goods) for goods in sorted(lots)])
        return subjects_of_all(one for records in near.values() for one in records)
    if isinstance(said, Destruction):
        touched = set() if said.seizure is None else _seizure(said.seizure, book)
        return touched | _seizures(said.held_by or record.actor, (line.goods for line in said.lines), book)
    if isinstance(said, Adjustment) and said.reason in {"seizure", "seizure_returned"}:
        return _seizures(said.held_by or record.actor, (line.goods for line in said.lines), book)
    return set()


def _brings(record: Record) -> set[_Holding]:
    """Into whose hands which goods come by this record, by anybody's word."""
    said = record.said
    if isinstance(said, (Shipment, Return)):
        return {(said.to, line.goods) for line in said.lines}
    if isinstance(said, (Receipt, SupplierCheck)):
        return {(record.actor, line.goods) for line in said.lines}
    if isinstance(said, Adjustment):
        return {(said.held_by or record.actor, line.goods) for line in said.lines}
    if isinstance(said, Transformation):
        return {(record.actor, line.goods) for line in said.outputs}
    return set()


def _paths(holdings: set[_Holding], book: Book) -> set[str]:
    """The codes whose path goods may explain: their receiver sold or used up packs of them, and no record that names them leads there."""
    by_holding = about_many(book, [holding_key(party, goods) for party, goods in sorted(holdings)])
    gone: set[str] = set()
    for party, goods in holdings:
        for one in by_holding.get(holding_key(party, goods), ()):
            if one.actor == party and not isinstance(one.said, (Receipt, SupplierCheck)):
                gone.update(_codes_of(one.said))
    by_code = about_many(book, [code_key(code) for code in sorted(gone)])
    return {key for key, records in by_code.items() if hangs_on_others(_code(key), records)}


def _inside(said: Said | None, book: Book) -> set[str]:
    """The packs inside what a record names, as far as anything happened to them alone: they moved with it."""
    if isinstance(said, Packing):
        named = {said.parent_code, *said.codes}
    elif isinstance(said, (Shipment, Sale, Return, Receipt, SupplierCheck)):
        named = set(_codes_of(said))
    else:
        return set()
    inside = inside_of(book, named) if named else set()
    by_code = about_many(book, [code_key(code) for code in sorted(inside)])
    return {
        key
        for key, records in by_code.items()
        if any(
            (isinstance(one.said, (Sale, Shipment)) and sighting(one, _code(key)) is not None)
            # A case in a case may come to lie in itself.
            or (isinstance(one.said, Packing) and one.said.parent_code == _code(key))
            for one in records
        )
    }


def _never_issued(goods: GoodsId, book: Book) -> set[str]:
    traded = {code for one in about(book, goods_key(goods)) for code in _codes_of(one.said)}
    by_code = about_many(book, [code_key(code) for code in sorted(traded)])
    return {key for key, records in by_code.items() if not issues_of(records, _code(key))}


def _code(key: str) -> str:
    return key.removeprefix("code/")


def _codes_of(said: Said | None) -> Iterator[str]:
    for line in lines_with_codes(said):
        yield from line.codes or ()


def _answers(recall: Record, book: Book) -> set[str]:
    """The holdings that were answered for to a recall."""
    return {
        holding_key(one.actor, one.said.goods)
        for one in about(book, statement_key(recall.header.id))
        if isinstance(one.said, RecallAnswer)
    }


def _gone(goods: Iterable[GoodsId], book: Book) -> set[str]:
    """Whatever moved these goods on, or used them."""
    near = about_many(book, [goods_key(one) for one in goods])
    return {
        statement_key(one.header.id)
        for records in near.values()
        for one in records
        if isinstance(one.said, (Shipment, Sale, Return, Transformation, Use))
    }


def _gone_from(holdings: Iterable[_Holding], book: Book) -> set[str]:
    near = about_many(book, [holding_key(party, goods) for party, goods in sorted(holdings)])
    return {
        statement_key(one.header.id)
        for records in near.values()
        for one in records
        if isinstance(one.said, (Shipment, Return))
    }


def _seizures(holder: PartyId, goods: Iterable[GoodsId], book: Book) -> set[str]:
    keys = [holding_key(holder, one) for one in sorted(set(goods))]
    return {
        statement_key(one.header.id)
        for records in about_many(book, keys).values()
        for one in records
        if isinstance(one.said, Adjustment) and one.said.reason == "seizure"
    }


def _seizure(name: StatementId, book: Book) -> set[str]:
    """A seizure under every version of its record."""
    names, waiting = {name}, {name}
    for _ in range(CORRECTIONS_MAX):
        by_key = about_many(book, [statement_key(one) for one in sorted(waiting)])
        later = {
            one.header.id
            for records in by_key.values()
            for one in records
            if isinstance(one.said, Adjustment) and one.header.corrects in waiting
        }
        waiting = later - names
        names |= later
        if not waiting:
            break
    return {statement_key(one) for one in names}
