"""What a market's operator knows of those who sell in it: who they are, whether a licence of theirs ran out, what came in and whether it was looked over.

食品安全法 61: 集中交易市场的开办者 审查入场经营者的许可证, 定期检查. Facts only: what fits together and what does not is the trader's to hear and the
officials'. Whoever sells produce needs no food licence (食品安全法 35), so that none is recorded says nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ledger.findings.expiry import RENEWAL_DAYS, by_number, own_licences
from ledger.findings.standing import licences_of, standing_of
from ledger.identifiers import Instant
from ledger.trace.sheets import party_views
from ledger.trace.shelf import Shelf
from ledger.views.book import of_type, party_key
from ledger.views.sheets import market_of, sellers_in
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.findings.expiry import Expiry
    from ledger.identifiers import GoodsId, LegalDate, PartyId
    from ledger.trace import PartyView
    from ledger.views.book import Book, Record
    from ledger.vocabulary.parties import Licence

_DAY_MS: Final = 24 * 3_600_000
#: How far back deliveries are looked at.
DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came in, or was sent and waits: whose record says so, which goods, from whom, and whether it was looked over."""

    record: Record
    supplier: PartyId
    goods: tuple[GoodsId, ...]
    state: Literal["checked", "unchecked", "waiting"]


@dataclass(frozen=True, slots=True)
class Stall:
    """One seller, as the operator sees him."""

    party: PartyId
    view: PartyView
    number: str
    #: What was recorded of its licences: the last day of each, what ends first before the others.
    licences: tuple[Expiry, ...]
    #: Licences that were suspended or revoked, by their kinds and numbers.
    withdrawn: tuple[Licence, ...]
    deliveries: tuple[Delivery, ...]
    #: Goods that the operator, or somebody else, stopped in his hands.
    stopped: tuple[tuple[Record, Hold], ...] = field(default=())

    def count(self, state: str) -> int:
        """How many deliveries are in this state."""
        return sum(one.state == state for one in self.deliveries)

    @property
    def over(self) -> tuple[Expiry, ...]:
        """Licences that ran out. One whose renewal was filed in time counts as granted (行政许可法 50)."""
        return tuple(one for one in self.licences if one.stage == "ended" and not one.pending)

    @property
    def soon(self) -> tuple[Expiry, ...]:
        """Licences to be renewed, or about to be decided on."""
        return tuple(one for one in self.licences if one.stage != "later" and one not in self.over)


def stalls_of(book: Book, market: PartyId, *, now_ms: int) -> list[Stall]:
    """Everybody who sells in this market, by the number of the stall, with the deliveries of the last days."""
    parties = sellers_in(book, market)
    shelf = Shelf(book)
    views = party_views(shelf, parties)
    recent = _recent(book, parties, since_ms=now_ms - DAYS * _DAY_MS)
    stalls = [_stall(book, market, one, views[one], recent[one], now_ms=now_ms) for one in parties]
    return sorted(stalls, key=lambda one: (_number_order(one.number), str(one.party)))


def stall_of(book: Book, market: PartyId, party: PartyId, *, now_ms: int) -> Stall | None:
    """One seller; None where he does not sell in this market."""
    if party == market or market_of(book, party) != market:
        return None
    view = party_views(Shelf(book), [party])[party]
    recent = _recent(book, [party], since_ms=now_ms - DAYS * _DAY_MS)[party]
    return _stall(book, market, party, view, recent, now_ms=now_ms)


def _stall(
    book: Book, market: PartyId, party: PartyId, view: PartyView, records: Sequence[Record], *, now_ms: int
) -> Stall:
    numbers = [
        said.stall_number
        for record, said in of_type(book.records(view.seqs).values(), Party)
        if said.party == party and said.market == market and said.stall_number is not None
    ]
    today = Instant(now_ms).date_in_shanghai()
    return Stall(
        party=party,
        view=view,
        number=str(numbers[-1]) if numbers else "",
        licences=tuple(sorted(own_licences(book, party, today), key=lambda one: one.until)),
        withdrawn=tuple(_withdrawn(book, party, today)),
        deliveries=tuple(_deliveries(party, records)),
        stopped=tuple(_stopped(party, records)),
    )


def _withdrawn(book: Book, party: PartyId, day: LegalDate) -> list[Licence]:
    kinds = by_number(licences_of(book, party))
    return [
        versions[-1][1]
        for versions in kinds
        if standing_of(versions, renewal_days=RENEWAL_DAYS, day=day).withdrawn
    ]


def _recent(book: Book, parties: Sequence[PartyId], *, since_ms: int) -> dict[PartyId, list[Record]]:
    """What was recorded of each since then, and every stop; other older records are not opened at all."""
    keys = {party_key(one): one for one in parties}
    stops = {one.seq for one in book.mentions([f"type/{kind.TYPE}" for kind in (Hold, Takedown)])}
    mentions = [one for one in book.mentions(keys) if one.occurred_ms >= since_ms or one.seq in stops]
    records = book.records({one.seq for one in mentions})
    found: dict[PartyId, list[Record]] = {one: [] for one in parties}
    for mention in mentions:
        record = records[mention.seq]
        if record.superseded_by is None:
            found[keys[mention.key]].append(record)
    return found


def _deliveries(party: PartyId, records: Sequence[Record]) -> list[Delivery]:
    """Newest first. A check by headquarters for its shop is a check (食品安全法 53(3))."""
    checked = {
        line.goods
        for record, said in of_type(records, SupplierCheck)
        if record.actor == party or party in (said.for_shops or ())
        for line in said.lines
    }
    received = [
        (record, said)
        for record, said in of_type(records, Receipt)
        if record.actor == party and said.conclusion != "refuse"
    ]
    answered = {said.shipment for record, said in of_type(records, Receipt) if record.actor == party}
    came = [
        Delivery(
            record=record,
            supplier=said.supplier,
            goods=tuple(dict.fromkeys(line.goods for line in said.lines)),
            state="checked" if all(line.goods in checked for line in said.lines) else "unchecked",
        )
        for record, said in received
    ]
    waiting = [
        Delivery(
            record=record,
            supplier=record.actor,
            goods=tuple(dict.fromkeys(line.goods for line in said.lines)),
            state="waiting",
        )
        for record, said in of_type(records, Shipment)
        if said.to == party and said.offer and record.header.id not in answered
    ]
    return sorted([*came, *waiting], key=lambda one: one.record.order, reverse=True)


def _stopped(party: PartyId, records: Sequence[Record]) -> list[tuple[Record, Hold]]:
    """Stops at this seller that were not lifted, by whoever ordered them."""
    standing: dict[tuple[PartyId, GoodsId], tuple[Record, Hold]] = {}
    for record, said in sorted(of_type(records, Hold), key=lambda one: one[0].order):
        if said.at != party:
            continue
        for goods in said.goods:
            if said.action == "hold":
                standing[record.actor, goods] = (record, said)
            else:
                standing.pop((record.actor, goods), None)
    return list({record.seq: (record, said) for record, said in standing.values()}.values())


def _number_order(number: str) -> tuple[str, int, str]:
    """`A-07` before `15` before `101`: letters, then the number as a number."""
    digits = "".join(one for one in number if one.isascii() and one.isdigit())
    letters = "".join(one for one in number if not one.isdigit())
    return (letters if number else "\uffff", int(digits or 0), number)
