"""What a slip is filled in with before anybody types: the regular buyers, the goods of today, what this buyer took last and for how much.

Only the newest records are looked at (`api.pages.own`): at three in the morning a hand wants last night, not last year.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from api.initials import found_by
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, Unit
from ledger.trace import standing_orders
from ledger.vocabulary.goods import Adjustment, Batch, Transformation
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from api.pages.names import Names
    from api.pages.own import Own
    from ledger.accounts.receivables import KeptSlip
    from ledger.errors import Words
    from ledger.identifiers import Quantity
    from ledger.views.book import Record
    from ledger.vocabulary.values import Line

#: Lines that one slip has room for.
LINES: Final = 6
#: Buttons on the counter.
BUYERS_MAX: Final = 60
#: Slips of which the account knows, beside the newest records.
KEPT_MAX: Final = 2_000
#: Goods that were sold lately though the records show none left.
SOLD_OUT_MAX: Final = 10
#: A purchase counts half after so many days: who comes each night stands before who came often last month.
HALVED_AFTER_DAYS: Final = 7
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Buyer:
    """One button of the counter."""

    party: PartyId
    name: str
    beside: str
    last_ms: int
    #: By what a search finds it: name, first letters, and what is known of where it stands.
    find: str


@dataclass(frozen=True, slots=True)
class Offered:
    """Some goods that may be put on a slip. `left` is none where the records show nothing; `order` stops them."""

    goods: GoodsId
    unit: Unit
    left: Quantity | None
    came_on: LegalDate | None
    order: Words | None

    @property
    def choice(self) -> str:
        """As the form sends it: what is sold is counted in the unit that stood beside it."""
        return f"{self.unit} {self.goods}"


def read_choice(text: str) -> tuple[GoodsId, Unit]:
    """Goods and unit of a choice."""
    unit, _, goods = text.partition(" ")
    return GoodsId.parse(goods), Unit.parse(unit)


def regular(own: Own, kept: Iterable[KeptSlip], *, now_ms: int) -> dict[PartyId, int]:
    """Whom this party sells to, the most frequent of late first, each with the time of the last slip."""
    slips = {record.seq: (said.to, record.occurred_ms) for record, said in own.said(Shipment)}
    slips |= {one.seq: (one.buyer, one.at_ms) for one in kept if not one.superseded}
    weight, last = dict[PartyId, float](), dict[PartyId, int]()
    for party, at_ms in slips.values():
        days = max(now_ms - at_ms, 0) / _DAY_MS
        weight[party] = weight.get(party, 0.0) + 0.5 ** (days / HALVED_AFTER_DAYS)
        last[party] = max(last.get(party, 0), at_ms)
    # Halves: between two who came equally often, the later one.
    order = sorted(weight, key=lambda party: (-round(weight[party], 3), -last[party], party))
    return {party: last[party] for party in order}


def buyers(names: Names, known: dict[PartyId, int]) -> list[Buyer]:
    """The buttons, in order."""
    names.know(known)
    found = []
    for party, last_ms in known.items():
        name, contact = names.party(party), names.contact(party)
        found.append(Buyer(party, name, contact, last_ms, f"{found_by(name)} {contact.casefold()}"))
    return found


def matching(found: Sequence[Buyer], text: str) -> list[Buyer]:
    """The buyers that a search finds; those whose name or letters begin with it come first."""
    asked = text.casefold().strip()
    hits = [one for one in found if asked in one.find]
    return sorted(hits, key=lambda one: not any(part.startswith(asked) for part in one.find.split(" ")))


def offered(own: Own) -> list[Offered]:
    """What may be sold: what came in last first; behind it what the records say is gone, then what an order stops."""
    came = _came_in(own)
    stock = {goods: (left.unit, left) for goods, left in own.stock()}
    lately = (line for _, said in own.said(Shipment) for line in said.lines if line.goods not in stock)
    gone = {line.goods: line.quantity.unit for line in islice(lately, SOLD_OUT_MAX)}
    found = [_offered(own, goods, unit, left, came.get(goods)) for goods, (unit, left) in stock.items()]
    found += [_offered(own, goods, unit, None, came.get(goods)) for goods, unit in gone.items()]
    # A stable sort: within a day the goods that moved last stay first.
    found.sort(key=lambda one: str(one.came_on or ""), reverse=True)
    return sorted(found, key=lambda one: (one.order is not None, one.left is None))


def _offered(
    own: Own, goods: GoodsId, unit: Unit, left: Quantity | None, came_on: LegalDate | None
) -> Offered:
    orders = standing_orders(own.book, goods, party=own.party)
    return Offered(goods, unit, left, came_on, orders[0].words if orders else None)


def _came_in(own: Own) -> dict[GoodsId, LegalDate]:
    """On which day each of the goods came in last, by the party's own records."""
    came = dict[GoodsId, LegalDate]()
    for record in own.records:
        if record.actor == own.party:
            for goods in _inward(record):
                came.setdefault(goods, Instant(record.occurred_ms).date_in_shanghai())
    return came


def _inward(record: Record) -> Iterator[GoodsId]:
    match record.said:
        case Batch() as said:
            yield said.goods
        case Receipt() | SupplierCheck() as said:
            yield from (line.goods for line in said.lines)
        case Adjustment(reason="opening_stock") as said:
            yield from (line.goods for line in said.lines)
        case Transformation() as said:
            yield from (line.goods for line in said.outputs)
        case _:
            return


def last_slip(
    own: Own, kept: Iterable[KeptSlip], buyer: PartyId, *, before: int | None = None
) -> Shipment | None:
    """What this buyer was sold last, or last before the entry at `before`."""
    mine = ((record.seq, said) for record, said in own.said(Shipment) if said.to == buyer)
    recent = next((said for seq, said in mine if before is None or seq < before), None)
    if recent is not None:
        return recent
    older = (one.seq for one in kept if one.buyer == buyer and not one.superseded)
    seq = next((seq for seq in older if before is None or seq < before), None)
    said = None if seq is None else own.book.records([seq])[seq].said
    return said if isinstance(said, Shipment) else None


def priced(said: Shipment) -> list[tuple[Line, str, str]]:
    """The lines of a slip, each with its price and its amount; empty where none was written."""
    left = list(said.prices or ())
    found = []
    for line in said.lines:
        price = next((one for one in left if one.goods == line.goods), None)
        if price is not None:
            left.remove(price)
        found.append((line, price.unit_price if price else "", (price.amount if price else None) or ""))
    return found


def filled_in(own: Own, names: Names, choices: Sequence[Offered], last: Shipment | None) -> dict[str, str]:
    """The fields of a new slip: what this buyer took last, of the newest goods of that name; a second line without its amount."""
    values = dict[str, str]()
    prices = _latest_prices(own, names)
    if last is None:
        if (first := next((one for one in choices if one.order is None), None)) is not None:
            values = {"goods_0": first.choice, "price_0": prices.get(_name(names, first.goods), "")}
        return values
    for number, (line, price, _) in enumerate(priced(last)[:LINES]):
        choice = _same(names, choices, line)
        if choice is None:
            continue
        values[f"goods_{number}"] = choice.choice
        if choice.unit is line.quantity.unit:
            values[f"price_{number}"] = price or prices.get(_name(names, line.goods), "")
            values[f"amount_{number}"] = str(line.quantity).partition(" ")[0] if number == 0 else ""
    return values


def _same(names: Names, choices: Sequence[Offered], line: Line) -> Offered | None:
    """The same sort of goods as last time, as it stands there today."""
    name = _name(names, line.goods)
    free = [one for one in choices if one.order is None]
    alike = [one for one in free if _name(names, one.goods) == name and one.left is not None]
    return next((one for one in (*alike, *free) if one in alike or one.goods == line.goods), None)


def _name(names: Names, goods: GoodsId) -> str:
    return names.sheet(goods).name or str(goods)


def _latest_prices(own: Own, names: Names) -> dict[str, str]:
    """For how much each sort of goods went last, to anybody."""
    found = dict[str, str]()
    for _, said in own.said(Shipment):
        for line, price, _ in priced(said):
            if price:
                found.setdefault(_name(names, line.goods), price)
    return found
