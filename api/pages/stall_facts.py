"""What a stall shows to everybody under its code: what came in of late, from what sort of supplier, with which tests, and what nobody recorded.

The stall chose to show it, and it may show no more than it reads itself. Of others it tells nothing that could be gathered from many cards:
no supplier's or maker's name (a receipt is for the chain, and all cards of a market together would be a wholesaler's list of customers), no
batch number or link that leads to a name, no price, no quantity, no telephone. Loose food carries no code, so nothing here says that the
goods on the table are these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from api.audience import Reading
from api.deps import Viewer
from api.pages.came_in import CameIn, came_in, days_before, midnight_ms, today_of
from api.pages.names import Names
from api.words import MARKS, say
from ledger.identifiers import GoodsId
from ledger.trace import standing_orders
from ledger.trace.edges import Holding
from ledger.trace.shelf import Shelf
from ledger.trace.succeeding import balance_of
from ledger.views.book import Record, about, goods_sheet_key, holding_key, of_type, party_key
from ledger.views.sheets import market_of, party_sheet
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Recall, TestResult
from ledger.vocabulary.parties import Licence
from ledger.vocabulary.profiles import all_profiles, profile_for
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.identifiers import LegalDate, PartyId
    from ledger.trace.orders import Order
    from ledger.views.book import Book

#: Kinds of goods that one card lists; a stall has fewer.
GOODS_SHOWN: Final = 40
LICENCES_SHOWN: Final = 4
CODES_SHOWN: Final = 5
#: A name shorter than this stands in too many words to be looked for.
_NAME_CHARACTERS_MIN: Final = 2
_BRACKETS: Final = re.compile(r"（[^（）]*）$")


@dataclass(slots=True)
class Shown:
    """One stall in one book, for everybody, on one day."""

    book: Book
    party: PartyId
    now_ms: int
    names: Names
    #: What the stall itself may read: the most that it may show.
    own: Reading = field(init=False)
    today: LegalDate = field(init=False)

    def __post_init__(self) -> None:
        self.own = Reading(self.book, Viewer(party=self.party))
        self.today = today_of(self.now_ms)

    def content(self) -> dict[str, object]:
        """Everything for the template."""
        came = self._came()
        goods = list(self._goods(came))
        return {
            "title": self.names.party(self.party),
            **self.place(),
            "licences": list(self.licences()),
            "recalls": list(self.recalls([line.goods for one in came for line in one.lines])),
            "goods": goods[:GOODS_SHOWN],
            "more": max(len(goods) - GOODS_SHOWN, 0),
            "today": str(self.today),
        }

    def place(self) -> dict[str, object]:
        """Where the stall stands: its market and its number there, as everybody may read them."""
        sheets = [said for _, said in party_sheet(self.book, self.party).sheets]
        market = market_of(self.book, self.party)
        number = next((one.stall_number for one in reversed(sheets) if one.stall_number is not None), None)
        return {"market": None if market is None else self.names.party(market), "stall_number": number}

    def licences(self) -> Iterator[dict[str, object]]:
        """The latest word about each licence, and whether it holds today by its dates."""
        latest = dict[str, tuple[Record, Licence]]()
        for record, said in party_sheet(self.book, self.party).licences:
            latest[said.licence_kind] = (record, said)
        for _, said in list(latest.values())[:LICENCES_SHOWN]:
            yield {
                "kind": said.licence_kind,
                "number": said.number,
                "words": self._say(f"stall_licence_{self._standing(said)}", day=said.valid_to or ""),
            }

    def recalls(self, goods: Iterable[GoodsId]) -> Iterator[dict[str, object]]:
        """Standing recalls of what this stall took in of late, sold or not: whoever bought here yesterday must see them."""
        for one in dict.fromkeys(goods):
            for order in standing_orders(self.book, one):
                said = order.record.said
                if isinstance(said, Recall):
                    yield self._recall(one, order, said)

    def records(self, goods: GoodsId) -> bool:
        """Whether this stall recorded these goods as its own: received, looked over, or made."""
        return any(
            record.actor == self.party
            and (
                (isinstance(said, (Receipt, SupplierCheck)) and said.conclusion != "refuse")
                or (isinstance(said, Batch) and said.maker == self.party)
            )
            for record in about(self.book, holding_key(self.party, goods))
            if (said := record.said) is not None
        )

    def _came(self) -> list[CameIn]:
        """What came in here, as far back as goods of any category are shown."""
        found = came_in(self.book, self.party, self._first_day(), self.today)
        return [one for one in found if not one.refused]

    def _first_day(self) -> LegalDate:
        return days_before(self.today, max(one.on_sale_days for one in all_profiles()) - 1)

    def _goods(self, came: list[CameIn]) -> Iterator[dict[str, object]]:
        """Each kind of goods that should still be here: the latest first, what was sold or held left out."""
        latest = dict[GoodsId, CameIn]()
        for one in came:
            for line in one.lines:
                latest.setdefault(line.goods, one)
        made = {said.goods: record for record, said in self._made()}
        left = self._left([*latest, *made])
        for goods in [*latest, *(one for one in made if one not in latest)]:
            delivery = latest.get(goods)
            day = delivery.day if delivery else made[goods].header.occurred_at.date_in_shanghai()
            fresh = profile_for(self.names.sheet(goods).category).on_sale_days
            if goods in left and days_before(self.today, fresh - 1) <= day:
                yield self._one(goods, delivery, str(day))

    def _made(self) -> Iterator[tuple[Record, Batch]]:
        """What the stall itself made in these days."""
        start = midnight_ms(self._first_day())
        seqs = {one.seq for one in self.book.mentions([party_key(self.party)]) if one.occurred_ms >= start}
        for record, said in of_type(self.book.records(seqs).values(), Batch):
            if record.actor == self.party == said.maker:
                yield record, said

    def _left(self, goods: list[GoodsId]) -> set[GoodsId]:
        """Those of which something should be left by the records, and which may be sold: no order keeps them here."""
        shelf, holdings = Shelf(self.book), [Holding(self.party, one) for one in dict.fromkeys(goods)]
        shelf.bring(holdings)
        found = set[GoodsId]()
        for holding in holdings:
            expected = balance_of(shelf, holding).expected
            gone = expected is not None and expected.amount <= 0
            # Which hold it is and why is for the chain. That goods are not listed tells nobody whether they were sold.
            if not gone and not standing_orders(self.book, holding.goods, party=self.party):
                found.add(holding.goods)
        return found

    def _one(self, goods: GoodsId, one: CameIn | None, day: str) -> dict[str, object]:
        sheet, secret = self.names.sheet(goods), self._secret(goods, one)
        category = profile_for(sheet.category).name.words.in_language(self.names.language)
        facts, unknown = [self._source(one)], list[str]()
        if sheet.origin is None:
            unknown.append(self._say("stall_unknown_origin"))
        elif (origin := _open(sheet.origin, secret)) is not None:
            facts.insert(0, self._say("stall_origin", origin=origin))
        if sheet.produced_on is not None:
            facts.append(self._say("stall_made_on", day=sheet.produced_on))
        promise = self._promise(goods)
        (facts if promise else unknown).append(promise or self._say("stall_unknown_promise"))
        test = self._test(goods, secret)
        (facts if test else unknown).append(test or self._say("stall_unknown_test"))
        return {
            "name": _open(sheet.name or category, secret) or category,
            "day": self._say("stall_received" if one is not None else "stall_own_made", day=day),
            "facts": facts,
            "unknown": MARKS[self.names.language].listed.join(unknown),
        }

    def _source(self, one: CameIn | None) -> str:
        """Of what sort the supplier is, and whether he says the same: never who he is."""
        if one is None:
            return self._say("stall_source_own")
        source = self._say(f"stall_source_{self.names.view(one.supplier).kind or 'unknown'}")
        both = self._say("stall_both" if self._sender_recorded(one) else "stall_alone")
        return f"{source}{MARKS[self.names.language].comma}{both}"

    def _sender_recorded(self, one: CameIn) -> bool:
        said = None if one.receipt is None else one.receipt.said
        if not isinstance(said, Receipt) or said.shipment is None:
            return False
        seq = self.book.position(said.shipment, one.supplier)
        return seq is not None and isinstance(self.book.records([seq])[seq].said, Shipment)

    def _promise(self, goods: GoodsId) -> str | None:
        """The producer's promise for these goods, without its number: by that its producer could be looked up."""
        promises = of_type(self.names.sheet(goods).commitments, Commitment)
        if not promises:
            return None
        _, said = promises[-1]
        return self._say("stall_promise", day=said.issued_on or self._say("stall_no_day"))

    def _test(self, goods: GoodsId, secret: frozenset[str]) -> str | None:
        """The latest test of these goods at this stall. One that failed is told once it is final; until then, no test of them is.

        食品安全法 88: who was sampled may object for seven working days.
        """
        tests = [
            (record, said)
            for record, said in of_type(about(self.book, goods_sheet_key(goods)), TestResult)
            if said.goods == goods and said.taken_from == self.party and self.own.may_read(record, "parties")
        ]
        if not tests:
            return None
        record, said = tests[-1]
        if (
            any(one.overall == "fail" and not self._is_final(one) for _, one in tests)
            and said.stage != "retest"
        ):
            return None
        day = record.header.occurred_at.date_in_shanghai()
        by = _open(said.laboratory, secret) or self._say("stall_laboratory")
        return self._say(f"stall_test_{said.overall}", stage=self._say(f"stage_{said.stage}"), by=by, day=day)

    def _is_final(self, said: TestResult) -> bool:
        return said.stage == "retest" or (
            said.objection_until is not None and said.objection_until.ms < self.now_ms
        )

    def _recall(self, goods: GoodsId, order: Order, said: Recall) -> dict[str, object]:
        sheet = self.names.sheet(goods)
        by = order.record.actor
        # A maker who calls back what he sold names himself; here it would tell from whom this stall buys.
        official = self.book.register.role_of(by) == "authority"
        secret = self._secret(goods, None)
        codes = said.codes or ()
        listed = MARKS[self.names.language].listed.join(codes[:CODES_SHOWN])
        return {
            "name": _open(sheet.name or "", secret) or self._say("stall_goods"),
            "reason": _open(said.reason, secret) or self._say("stall_recall_reason"),
            "advice": None if said.advice is None else _open(said.advice, secret),
            "codes": listed + (" …" if len(codes) > CODES_SHOWN else ""),
            "by": self.names.party(by) if official else self._say("stall_recall_trader"),
            "at_ms": order.record.at_ms,
            "seq": order.record.seq,
        }

    def _secret(self, goods: GoodsId, one: CameIn | None) -> frozenset[str]:
        """Names and numbers that stand in no text of this page: of whoever delivered the goods or made them."""
        maker = self.names.sheet(goods).maker
        parties = {one.supplier if one is not None else None, maker} - {None, self.party}
        found = set[str]()
        for party in parties:
            if party is not None:
                view = self.names.view(party)
                found |= {
                    text
                    for text in (view.name, view.person_name, view.phone, view.address, *view.former_names)
                    if text is not None
                }
        return frozenset(one for one in found if len(one) >= _NAME_CHARACTERS_MIN)

    def _standing(self, said: Licence) -> str:
        if said.state in {"suspended", "revoked"}:
            return said.state
        if said.valid_to is not None and said.valid_to < self.today:
            # 行政许可法 50: filed in time and not decided, it goes on.
            return "renewing" if said.state == "renewal_filed" else "over"
        return "valid" if said.valid_to is not None else "undated"

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.names.language, **values)


def has_new_hands(book: Book, party: PartyId, today: LegalDate) -> bool:
    """Whether somebody else has taken over what this party ran: a card that was printed before speaks for nobody then."""
    return any(
        said.party == party and said.how != "renamed" and said.effective_on <= today
        for _, said in party_sheet(book, party).successions
    )


def sells_in(book: Book, party: PartyId, market: PartyId) -> bool:
    """Whether this party stands in that market, by its sheet."""
    return market_of(book, party) == market


def _open(text: str, secret: frozenset[str]) -> str | None:
    """A text that names nobody of these; None where it does. What stands in brackets behind a name is no part of it."""
    names = (_BRACKETS.sub("", one) or one for one in secret)
    return None if any(one in text for one in names) else text
