"""Who may read what: the four audiences of an item, for one reader. Every way out of the ledger asks here and nowhere else.

    public      anyone
    chain       parties whose goods descend from, or lead to, the goods of the record
    parties     the parties the record names
    officials   authorities

An official reads everything within the scope of his certificate (`api.competence`), and each reading is noted; outside of it he reads what
the public reads. A record's author reads its own. On the chain nobody sees further by his own word alone: whoever claims to have
received goods does not thereby see whence his supplier has them, nor whoever claims to have sent some what became of them. One
looks through another party's hands only where that party has recorded the step itself. Others who bought from the same supplier
are on neither way. What a record says of several goods is one item each, and each is open to the chain of those goods alone.

Whoever opens a market (食品安全法 61) reads what those who sell in it took in and were sent, on the chain's terms: no papers, prices or sales.

Whoever may read something may show it: a *grant* lets one reader read the records it names, as far as its granter reads them without any
grant, until its last day (`ledger.views.grants`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from api.competence import Competence
from api.deps import Viewer
from ledger.findings import may_read as may_read_finding
from ledger.identifiers import GoodsId
from ledger.trace import standing_orders, trace
from ledger.trace.edges import Holding
from ledger.views.book import STOCK_TYPES, about, goods_key, goods_sheet_key, keys_of
from ledger.views.grants import grants_to
from ledger.views.sheets import market_of
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ledger.canonical import Json
    from ledger.findings import Finding
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.statement import Audience, Item, OpenedItem
    from ledger.trace import Order, PartyView
    from ledger.trace.edges import Edge
    from ledger.trace.tracing import Trace
    from ledger.views.book import Book, Record
    from ledger.views.grants import Granted

    #: Whether the items of a record for an audience are open; of a line, those about its goods.
    Opens = Callable[[Audience, GoodsId | None], bool]

_GOODS: Final = "goods/"

#: What stops goods in whosever hands they are.
ORDERS: Final = frozenset({"hold.v1", "takedown.v1", "recall.v1"})

#: What the market's operator reads of those who sell in it (食品安全法 61: 定期检查): what came in, from whom, and that it was looked over.
FOR_THE_MARKET: Final = frozenset({"receipt.v1", "supplier_check.v1"})

#: Seen only on the way they went: who holds the goods has other customers, and other stock to account for.
ON_THEIR_WAY_ONLY: Final = frozenset(
    {
        "shipment.v1",
        "receipt.v1",
        "return.v1",
        "supplier_check.v1",
        "sale.v1",
        "adjustment.v1",
        "recall_answer.v1",
        "order_answer.v1",
        "sample.v1",
        "destruction.v1",
    }
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one party sees of a trace: the holdings and the steps before and behind its own."""

    holdings: frozenset[Holding]
    edges: frozenset[Edge]
    #: The entries behind the steps, each with the goods that moved by it.
    moved: Mapping[int, frozenset[GoodsId]]
    #: Its own holdings, and those it reaches through hands that recorded each step themselves.
    reached: frozenset[Holding]
    #: Every holding of the trace, in sight or not.
    everybodys: frozenset[Holding]
    #: Whether somebody else's word, or its own as the maker, ties it to the goods.
    tied: bool

    def sees(self, record: Record, goods: GoodsId | None = None) -> bool:
        """Whether a record about these goods lies within sight; with `goods`, whether what it says of them does."""
        if record.seq in self.moved and (goods is None or goods in self.moved[record.seq]):
            return True
        if record.header.type in ON_THEIR_WAY_ONLY:
            return False
        asked = goods_of(record) if goods is None else [goods]
        theirs = {Holding(record.actor, one) for one in asked}
        if record.header.type in ORDERS:
            # Whoever says that he has the goods is told to keep them.
            return not {holding.goods for holding in self.holdings}.isdisjoint(asked)
        if record.header.type in STOCK_TYPES or not theirs.isdisjoint(self.everybodys):
            # By one's own word alone one does not come to see a supplier's sheets: anybody can say that he bought.
            return not theirs.isdisjoint(self.reached)
        return self.tied and not {holding.goods for holding in self.reached}.isdisjoint(asked)


@dataclass(frozen=True, slots=True)
class Contact:
    """The person behind a party, as far as one reader may know."""

    person_name: str | None = None
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One viewer in front of one book. `grants` are those to this viewer that stand at this moment."""

    book: Book
    viewer: Viewer
    grants: tuple[Granted, ...] = ()
    _sights: dict[GoodsId, Sight | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _granters: dict[PartyId, Reading] = field(default_factory=dict, init=False, repr=False, compare=False)
    _competence: Competence = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_competence", Competence(self.book, self.viewer.scope))

    @classmethod
    def of(cls, ledger: Ledger, book: Book, viewer: Viewer) -> Self:
        """A viewer with what was granted to him, by the log's clock."""
        if viewer.party is None or viewer.is_official:
            return cls(book, viewer)
        now = ledger.clock()
        # Never by a book that stands at an earlier size: a grant that was taken back since would open again.
        with ledger.newest(book) as latest:
            given = grants_to(latest, viewer.party)
        return cls(book, viewer, tuple(one for one in given if one.stands(now)))

    @property
    def sees_everything(self) -> bool:
        """Whether nothing is withheld from this viewer: holders, figures, findings. Of an official whose scope has bounds, something is."""
        return self.viewer.is_official and self._competence.unbounded

    def lies_outside(self, found: Trace) -> bool:
        """Whether nothing of a trace lies within the scope of this official's certificate."""
        return self.viewer.is_official and not self.sees_everything and self.sight(found) is None

    def shows(self, seqs: Iterable[int]) -> None:
        """These entries are being shown: of an official's reading that is noted."""
        if self.viewer.is_official:
            self.viewer.shown.entries.update(seqs)

    def shows_figures(self, holding: Holding) -> None:
        """The account of a holding is being shown."""
        if self.viewer.is_official:
            self.viewer.shown.others[f"holding/{holding.goods} {holding.party}"] = str(holding.party)

    def may_read(self, record: Record, audience: Audience, goods: GoodsId | None = None) -> bool:
        """Whether this viewer may read the record's items for that audience; with `goods`, the lines about them. Whoever asks shows them."""
        may = self._is_open(record, audience, goods)
        if may and audience != "public":
            self.shows([record.seq])
        return may

    def may_read_item(self, record: Record, item: Item) -> bool:
        """Whether this viewer may read one item of a record."""
        return self.may_read(record, item.audience, _goods_of_item(item))

    def places(self, record: Record, opened: Iterable[OpenedItem | None]) -> frozenset[int]:
        """The places of a record's items that this viewer may read, erased ones left out."""
        return frozenset(
            place
            for place, one in enumerate(opened)
            if one is not None and self.may_read_item(record, one.item)
        )

    def opens(self, record: Record) -> bool:
        """Whether any part of a record is open to this viewer, who is not shown it by that. Of all others he is told nothing, not even that they are there."""
        said = record.said
        if said is None:
            return False
        there = {place.audience for name, place in said.places().items() if getattr(said, name) is not None}
        return any(self._is_open(record, audience) for audience in there)

    def opens_all(self, record: Record) -> bool:
        """Whether every part that such a record may have is open to this viewer, also those that this one leaves out."""
        said = record.said
        return said is not None and all(
            self._is_open(record, place.audience) for place in said.places().values()
        )

    def may_read_heading(self, record: Record, opened: Iterable[OpenedItem | None]) -> bool:
        """Whether this viewer may know who said what sort of thing: with any of it open, or as its author, though all be erased."""
        party = self.viewer.party
        if self.viewer.is_official and self._competence.covers(record):
            return True
        if party is not None and party in {record.header.issuer, record.actor}:
            return True
        return bool(self.places(record, opened))

    def fields(self, record: Record) -> dict[str, Json]:
        """The fields of a record that this viewer may read, as they were sent."""
        return fields_of(record, lambda audience, goods: self.may_read(record, audience, goods))

    def may_read_finding(self, finding: Finding) -> bool:
        """Whether this viewer may see a finding. No grant opens one: what does not fit concerns whom it concerns."""
        if not self.viewer.is_official:
            return may_read_finding(finding, reader=self.viewer.party, official=False)
        if not self._competence.covers_party(finding.party):
            return False
        self.viewer.shown.others[f"finding/{finding.kind} {finding.subject}"] = str(finding.party)
        return True

    def sight(self, found: Trace) -> Sight | None:
        """The part of a trace that is open to this viewer; None where it has no goods of this chain."""
        party = self.viewer.party
        if self.viewer.is_official:
            seen = self._official_sight(found)
        else:
            seen = None if party is None else sight_of(found, party, self.book)
        self._sights[found.goods] = seen
        return seen

    def may_see_figures(self, holding: Holding) -> bool:
        """Whether the account of a holding is open to this viewer: what came in, went out and should be left."""
        if self.viewer.is_official and self._competence.covers_holding(holding):
            self.shows_figures(holding)
            return True
        return self.viewer.party == holding.party

    def may_see_amounts(self, edge: Edge) -> bool:
        """Whether the amounts of a step are: they stand in the lines of the records it rests on, of the goods that moved."""
        if self.sees_everything:
            self.shows(edge.seqs)
            return True
        if self.viewer.party in {edge.source.party, edge.target.party}:
            return True
        if edge.kind == "succession":
            return False  # What was left under the old name is its account; the register says nothing of it.
        records = self.book.records(edge.seqs).values()
        return all(
            self.may_read(record, "chain", edge.source.goods)
            or self.may_read(record, "chain", edge.target.goods)
            for record in records
        )

    def contact(self, view: PartyView) -> Contact:
        """The person behind a party, from the sheets whose contact item this viewer may read; the latest word first."""
        sheets = [record for _, record in sorted(self.book.records(view.seqs).items(), reverse=True)]
        said = [one.said for one in sheets if self.may_read(one, "parties")]
        return Contact(
            *(
                next((value for one in said if (value := getattr(one, name, None)) is not None), None)
                for name in ("person_name", "phone", "address")
            )
        )

    def deals_with(self, goods: GoodsId) -> bool:
        """Whether this viewer has to do with goods: an authority, or a party that recorded them or is named beside them."""
        party = self.viewer.party
        if self.viewer.is_official and self._competence.covers_goods([goods]):
            return True
        return any(
            party in {one.header.issuer, one.actor}
            or (one.said is not None and party in one.said.named_parties())
            for one in about(self.book, goods_key(goods))
        )

    def knows(self, goods: GoodsId) -> bool:
        """Whether this viewer may know that goods are recorded here: by a public item, by dealing with them, or on their chain."""
        # What is public about goods lies among the few records that say what they are: a batch in four hundred hands is not read whole.
        if self.book.sheet(_is_told_publicly, goods, goods_sheet_key):
            return True
        records = about(self.book, goods_key(goods))
        if not records:
            return False
        if self.deals_with(goods) or _is_told_publicly(goods, records):
            return True
        return self.viewer.party is not None and self.sight(trace(self.book, goods)) is not None

    @property
    def is_within_bounds(self) -> bool:
        """Whether this is an official whose certificate names what he may look into."""
        return self.viewer.is_official and not self.sees_everything

    def orders_on(self, goods: GoodsId) -> tuple[Order, ...]:
        """The orders that are told: a party is told of those that bind it, an official of those at one party only where he may read them."""
        if not self.viewer.is_official:
            return standing_orders(self.book, goods, party=self.viewer.party)
        orders = standing_orders(self.book, goods)
        return tuple(one for one in orders if one.at is None or self._lies_within(one.record))

    def _lies_within(self, record: Record) -> bool:
        """Of an official: whether a record lies within his scope, or his own agency wrote it."""
        return self.viewer.party in {record.header.issuer, record.actor} or self._competence.covers(record)

    def _is_open(self, record: Record, audience: Audience, goods: GoodsId | None = None) -> bool:
        if audience == "public":
            return True
        party = self.viewer.party
        if self.viewer.is_official:
            return self._lies_within(record)
        if party is None:
            return False
        return self._reads_as(party, record, audience, goods) or self._was_granted(record, audience, goods)

    def _official_sight(self, found: Trace) -> Sight | None:
        """Of a trace, an official whose scope has bounds sees the steps that touch it."""
        own = frozenset(node.holding for node in found.nodes if self._competence.covers_holding(node.holding))
        if not own:
            return None
        edges = frozenset(
            edge for edge in (*found.back, *found.forward) if not own.isdisjoint({edge.source, edge.target})
        )
        ends = (holding for edge in edges for holding in (edge.source, edge.target))
        return Sight(
            holdings=own | frozenset(ends),
            edges=edges,
            moved=_moved(edges),
            reached=own,
            everybodys=frozenset(node.holding for node in found.nodes),
            tied=True,
        )

    def _reads_as(self, party: PartyId, record: Record, audience: Audience, goods: GoodsId | None) -> bool:
        """By being who it is: author, named, or on the chain."""
        if party in {record.header.issuer, record.actor}:
            return True
        if audience == "officials" or record.said is None:
            return False
        if party in record.said.named_parties():
            return True
        return audience == "chain" and (self._in_our_market(record) or self._on_chain(record, goods))

    def _in_our_market(self, record: Record) -> bool:
        """Whether it is what somebody who sells in this reader's market took in, or was sent."""
        if self.viewer.role != "operator":
            return False
        if isinstance(record.said, Shipment):
            return market_of(self.book, record.said.to) == self.viewer.party
        return (
            record.header.type in FOR_THE_MARKET and market_of(self.book, record.actor) == self.viewer.party
        )

    def _was_granted(self, record: Record, audience: Audience, goods: GoodsId | None) -> bool:
        """By a grant that names the record, as far as its granter reads it as a party and without any grant."""
        if audience not in {"chain", "parties"}:
            return False
        return any(
            one.names(record) and self._granter(one.by).may_read(record, audience, goods)
            for one in self.grants
        )

    def _granter(self, party: PartyId) -> Reading:
        if party not in self._granters:
            # As a party only: what an official may read he may read himself, and show to nobody in this way.
            self._granters[party] = Reading(self.book, Viewer(party=party))
        return self._granters[party]

    def _on_chain(self, record: Record, goods: GoodsId | None) -> bool:
        if any(seen is not None and seen.sees(record, goods) for seen in self._sights.values()):
            return True
        for one in goods_of(record) if goods is None else [goods]:
            if one not in self._sights:
                seen = self.sight(trace(self.book, one))
                if seen is not None and seen.sees(record, goods):
                    return True
        return False


def _is_told_publicly(goods: GoodsId, records: Iterable[Record]) -> bool:
    return any(names(public_fields(one), str(goods)) for one in records)


def fields_of(record: Record, may_read: Opens) -> dict[str, Json]:
    """The fields of a record that a reader may read, as they were sent; of lists whose members are items of their own, those members."""
    said = record.said
    if said is None:
        return {}
    places = {
        name: place
        for name, place in said.places().items()
        # A line may be open where the record as a whole is not asked about; who may read none of them is left with an empty list.
        if place.each or may_read(place.audience, None)
    }
    fields: dict[str, Json] = said.model_dump(mode="json", exclude_none=True, include=set(places))
    for name, place in places.items():
        dumped = fields.get(name)
        if not place.each or not isinstance(dumped, list):
            continue
        members = zip(getattr(said, name), dumped, strict=True)
        kept = [value for one, value in members if may_read(place.audience, getattr(one, "goods", None))]
        if kept or not dumped:
            fields[name] = kept
        else:
            del fields[name]
    return fields


def names(value: Json, text: str) -> bool:
    """Whether a text stands anywhere in some fields, whole."""
    if isinstance(value, dict):
        return any(names(inner, text) for inner in value.values())
    if isinstance(value, list):
        return any(names(inner, text) for inner in value)
    return value == text


def public_fields(record: Record) -> dict[str, Json]:
    """The fields that anyone may read."""
    return fields_of(record, lambda audience, _: audience == "public")


def sight_of(found: Trace, party: PartyId, book: Book) -> Sight | None:
    """The part of a trace that is open to a party; None when it has no goods of this chain."""
    own = frozenset(node.holding for node in found.nodes if node.holding.party == party)
    if not own:
        return None
    edges = dict.fromkeys((*found.back, *found.forward))
    spoke = _speakers(edges, book)
    before, back = _seen(own, {edge: (edge.target, edge.source) for edge in edges}, spoke)
    behind, forth = _seen(own, {edge: (edge.source, edge.target) for edge in edges}, spoke)
    returned = {
        edge for edge in edges if edge.kind == "return" and not own.isdisjoint({edge.source, edge.target})
    }
    seen = frozenset(before | behind | returned)
    ends = (holding for edge in seen for holding in (edge.source, edge.target))
    made = any(
        node.batch is not None and node.batch.actor == party for node in found.nodes if node.holding in own
    )
    others = any(spoke[edge] - {party} for edge in seen if not own.isdisjoint({edge.source, edge.target}))
    return Sight(
        holdings=own | frozenset(ends),
        edges=seen,
        moved=_moved(seen),
        reached=frozenset(back | forth),
        everybodys=frozenset(node.holding for node in found.nodes),
        tied=made or others,
    )


def _moved(edges: Iterable[Edge]) -> dict[int, frozenset[GoodsId]]:
    goods: defaultdict[int, set[GoodsId]] = defaultdict(set)
    for edge in edges:
        for seq in edge.seqs:
            goods[seq] |= {edge.source.goods, edge.target.goods}
    return {seq: frozenset(some) for seq, some in goods.items()}


def _seen(
    own: Iterable[Holding],
    ways: Mapping[Edge, tuple[Holding, Holding]],
    spoke: Mapping[Edge, frozenset[PartyId]],
) -> tuple[set[Edge], set[Holding]]:
    """The steps one sees in one direction, up to the first hands that did not record the step themselves; and the hands that did."""
    at: defaultdict[Holding, list[tuple[Edge, Holding]]] = defaultdict(list)
    for edge, (near, far) in ways.items():
        # Goods that were sent back do not make the sender a supplier of all his supplier's other customers.
        if edge.flows and edge.kind != "return":
            at[near].append((edge, far))
    seen: set[Edge] = set()
    visited, waiting = set(own), list(own)
    while waiting:
        for edge, far in at[waiting.pop()]:
            seen.add(edge)
            if far not in visited and far.party in spoke[edge]:
                visited.add(far)
                waiting.append(far)
    return seen, visited


def _speakers(edges: Iterable[Edge], book: Book) -> dict[Edge, frozenset[PartyId]]:
    """Whose records each step rests on."""
    records = book.records({seq for edge in edges for seq in edge.seqs})
    spoke = {edge: frozenset(records[seq].actor for seq in edge.seqs) for edge in edges}
    # That a party goes on as another stands in the register, and both are the one that recorded what it did.
    return {
        edge: some | {edge.source.party, edge.target.party} if edge.kind == "succession" else some
        for edge, some in spoke.items()
    }


def goods_of(record: Record) -> list[GoodsId]:
    """The goods that a record mentions."""
    return [
        GoodsId.parse(key.removeprefix(_GOODS)) for key in sorted(keys_of(record)) if key.startswith(_GOODS)
    ]


def _goods_of_item(item: Item) -> GoodsId | None:
    """The goods that a line is about; None for an item about the record as a whole."""
    named = item.fields.get("goods")
    return GoodsId.parse(named) if isinstance(named, str) else None
