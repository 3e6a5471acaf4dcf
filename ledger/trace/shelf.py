"""The part of the book that one question has read so far.

A trace goes level by level, and a level asks the index once for everything it needs: four hundred receivers cost as many
looks as one. What was read is kept and never read again, so a walk back and a walk forward share their records.

The shelf files what records say about each holding; what the two sides of a delivery make together is `pairing`'s to say.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ledger.identifiers import Instant, LegalDate
from ledger.trace.edges import Claim, Edge, Holding, Turning, by_goods, moves_of, refusals_of, stock_of
from ledger.trace.pairing import Answers, pair
from ledger.views.book import (
    goods_sheet_key,
    holding_key,
    of_type,
    party_sheet_key,
    site_key,
    statement_key,
    succession_key,
)
from ledger.views.sheets import party_sheet
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.parties import Succession
from ledger.vocabulary.trade import Receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ledger.identifiers import GoodsId, PartyId, Quantity, SiteId, StatementId
    from ledger.trace.edges import EdgeKind
    from ledger.views.book import Book, Record

#: Records one question reads at most; whatever lies beyond makes the answer *truncated*.
RECORDS_MAX = 20_000
#: How often a record may have been put right before receipts of its first version are no longer looked for.
CORRECTIONS_MAX = 16
#: How long before harvest an input on the same plot counts, when nobody said when the crop was planted.
GROWING_DAYS = 365

#: Names of one party that are followed.
NAMES_MAX = 8

Direction = Literal["back", "forward"]
#: From one holding to another.
Way = tuple[Holding, Holding]


def about_goods(goods: GoodsId) -> str:
    """The key under which everything about goods is read that is not movement: batch, papers, orders, processing."""
    return goods_sheet_key(goods)


def about_party(party: PartyId) -> str:
    """The key under which a party's own sheet and licences are read."""
    return party_sheet_key(party)


@dataclass(slots=True)
class Shelf:
    """Records read for one question, filed by what they are about."""

    book: Book
    records_max: int = RECORDS_MAX
    short: bool = False
    _records: dict[int, Record] = field(default_factory=dict)
    _about: dict[str, list[Record]] = field(default_factory=dict)
    _by_id: dict[tuple[PartyId, StatementId], Record] = field(default_factory=dict)
    _receipts: dict[StatementId, list[Record]] = field(default_factory=lambda: defaultdict(list))
    _claims: dict[Holding, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    _refused: dict[Way, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    _turnings: dict[Holding, list[Turning]] = field(default_factory=lambda: defaultdict(list))
    _batches: dict[GoodsId, list[Record]] = field(default_factory=lambda: defaultdict(list))
    _uses_on: dict[SiteId, list[tuple[Record, Use]]] = field(default_factory=lambda: defaultdict(list))
    _grown_on: dict[SiteId, list[tuple[Record, Batch]]] = field(default_factory=lambda: defaultdict(list))
    _sites_read: set[tuple[SiteId, int, int]] = field(default_factory=set)
    _between: dict[Way, tuple[Edge, ...]] = field(default_factory=dict)
    _moves: dict[int, tuple[Claim | Turning, ...]] = field(default_factory=dict)
    _edges: dict[Holding, list[Edge]] = field(default_factory=dict)

    # Reading

    def look(self, keys: Iterable[str]) -> None:
        """Read everything that these keys mention: one look at the index and one at the records, none for what was read before."""
        new = [key for key in dict.fromkeys(keys) if key not in self._about]
        if not new:
            return
        mentions = self.book.mentions(new)
        self._read({mention.seq for mention in mentions})
        self._about.update({key: [] for key in new})
        for mention in mentions:
            if mention.seq in self._records:
                self._about[mention.key].append(self._records[mention.seq])

    def about(self, key: str) -> list[Record]:
        """What a key that was looked up mentions, in order."""
        return self._about[key]

    def bring(self, holdings: Collection[Holding], *, plots: Direction | None = None) -> None:
        """Read all that touches these holdings.

        With `plots`, as a walk asks, also under what other names their parties were or are, and what was used on, or grew on, the plots
        behind them.
        """
        keys = [holding_key(one.party, one.goods) for one in holdings]
        self.look(keys if plots is None else [*keys, *(succession_key(one.party) for one in holdings)])
        self._look_for_answers(holdings)
        if plots is not None:
            self._look_at_plots(holdings, plots)

    def _read(self, seqs: Collection[int]) -> None:
        new = sorted(set(seqs) - self._records.keys())
        room = self.records_max - len(self._records)
        if len(new) > room:
            self.short, new = True, new[: max(room, 0)]
        if not new:
            return
        found = self.book.records(new)
        for seq in new:
            self._file(found[seq])

    def moves(self, record: Record) -> tuple[Claim | Turning, ...]:
        """What a record says about movement, worked out once."""
        if record.seq not in self._moves:
            self._moves[record.seq] = tuple(moves_of(record))
        return self._moves[record.seq]

    def _file(self, record: Record) -> None:
        self._records[record.seq] = record
        self._by_id[record.header.issuer, record.header.id] = record
        if record.superseded_by is not None:
            return
        for move in self.moves(record):
            self._file_move(move)
        for one in refusals_of(record):
            self._refused[one.source, one.target].append(one)
            self._edges.pop(one.source, None)
            self._edges.pop(one.target, None)
        said = record.said
        if isinstance(said, (Batch, Use)) and said.site is not None:
            # A plot joins holdings that this record does not name.
            self._edges.clear()
        if isinstance(said, Receipt) and said.shipment is not None:
            self._receipts[said.shipment].append(record)
        elif isinstance(said, Batch):
            self._batches[said.goods].append(record)
            if said.site is not None:
                self._grown_on[said.site].append((record, said))
        elif isinstance(said, Use) and said.site is not None and not said.on_goods:
            self._uses_on[said.site].append((record, said))

    def _file_move(self, move: Claim | Turning) -> None:
        if isinstance(move, Claim):
            touched = [move.source, move.target]
            for holding in touched:
                self._claims[holding].append(move)
        else:
            touched = [*{**move.inputs, **move.outputs}]
            for holding in touched:
                self._turnings[holding].append(move)
        for holding in touched:
            self._edges.pop(holding, None)

    def _look_for_answers(self, holdings: Iterable[Holding]) -> None:
        """Receipts that leave these goods out, or answer an earlier version of a sending, are found through the statement alone."""
        sendings = {
            one.record.seq: one.record
            for holding in holdings
            for one in self._claims.get(holding, ())
            if one.is_sending
        }
        for _ in range(CORRECTIONS_MAX):
            keys = {
                statement_key(name)
                for record in sendings.values()
                # An answered sending that put none right needs no look.
                for name in self._names(record)[1 if self.answers_to(record).counted else 0 :]
            }
            if keys <= self._about.keys():
                return
            self.look(sorted(keys))

    def _look_at_plots(self, holdings: Iterable[Holding], plots: Direction) -> None:
        wanted: set[tuple[SiteId, int, int]] = set()
        for holding in holdings:
            if plots == "back":
                for record, batch in self._made_by(holding):
                    if batch.site is not None:
                        wanted.add((batch.site, *window_ms(record, batch)))
            else:
                # A crop is recorded whenever its grower finds time: no bound.
                wanted |= {(site, 0, 1 << 62) for site in self._sites_treated(holding)}
        wanted -= self._sites_read
        if not wanted:
            return
        self._sites_read |= wanted
        places = {site_key(site): site for site, _, _ in wanted}
        seqs = set()
        for mention in self.book.mentions(sorted(places)):
            site = places[mention.key]
            if any(one == site and first <= mention.occurred_ms < end for one, first, end in wanted):
                seqs.add(mention.seq)
        self._read(seqs)

    # What was read

    def records_of(self, holding: Holding) -> list[Record]:
        """Every record that changes or counts a holding that was brought; none for another."""
        return self._about.get(holding_key(holding.party, holding.goods), [])

    def successions(self, party: PartyId) -> Sequence[tuple[Record, Succession]]:
        """What is recorded of this party's renames, mergers and splits: read with a walk, or else known of the party as everybody asks it."""
        read = self._about.get(succession_key(party))
        return party_sheet(self.book, party).successions if read is None else of_type(read, Succession)

    def versions(self, record: Record) -> list[StatementId]:
        """The ids of a record and of its earlier and later versions; all that refers to them is read."""
        names, issuer = [record.header.id], record.header.issuer
        for _ in range(CORRECTIONS_MAX):
            self.look(statement_key(name) for name in names)
            known = [one for name in names if (one := self._by_id.get((issuer, name))) is not None]
            near = [
                name for one in known for name in (one.header.corrects, one.superseded_by) if name is not None
            ]
            more = [name for name in dict.fromkeys(near) if name not in names]
            if not more:
                break
            names += more
        return names

    def batches(self, goods: GoodsId) -> list[Record]:
        """The batch records of these goods that were read so far, in order."""
        return sorted(self._batches.get(goods, ()), key=lambda one: one.order)

    def batch(self, goods: GoodsId) -> Record | None:
        """The batch record to show: the maker's own before anybody else's, the latest of them."""
        return best_batch(self.batches(goods))

    def turnings(self, holding: Holding) -> list[Turning]:
        """What was made from, or into, this holding."""
        return sorted(self._turnings.get(holding, ()), key=lambda one: one.record.order)

    def holdings_of(self, goods: GoodsId) -> tuple[set[Holding], set[Holding]]:
        """Who has or had these goods by the records read so far, and which of them got the goods from another hand.

        That goods were sent to somebody does not make him a holder: he may have refused them. If he did not, an edge leads to him.
        """
        had = {one for record in self._records.values() for one in stock_of(record) if one.goods == goods}
        had |= {holding for holding in self._turnings if holding.goods == goods}
        got: set[Holding] = set()
        for holding, claims in self._claims.items():
            if holding.goods != goods:
                continue
            if any(one.target == holding and one.says != "returned" for one in claims):
                got.add(holding)
            if any(one.source == holding or not one.is_sending for one in claims):
                had.add(holding)
        return had, got

    def edges_at(self, holding: Holding) -> list[Edge]:
        """All edges that lead to or from a holding that was brought."""
        if holding not in self._edges:
            self._edges[holding] = self._edges_of(holding)
        return self._edges[holding]

    def _edges_of(self, holding: Holding) -> list[Edge]:
        ways: dict[Way, list[Claim]] = defaultdict(list)
        for under in self._under_all_names(holding):
            for one in self._claims.get(under, ()):
                ways[one.source, one.target].append(one)
        self._pair(ways)
        edges = [edge for way in ways for edge in self._between[way] if holding in {edge.source, edge.target}]
        for turning in self._turnings.get(holding, ()):
            edges.extend(_turned(turning, holding))
        edges.extend(self._grown_with(holding))
        return sorted(edges, key=lambda one: one.order)

    def _pair(self, ways: Mapping[Way, list[Claim]]) -> None:
        """Bring together what is said of each way. What is said under two names of one party is said of one way."""
        new = {way: claims for way, claims in ways.items() if way not in self._between}
        for way, claims in new.items():
            self._between[way] = pair(claims, self.answers_to, self._refused.get(way, ()))
        sent_alone = [way for way in new if any(map(_is_senders_word, self._between[way]))]
        got_alone = [way for way in new if any(map(_is_receivers_word, self._between[way]))]
        if not sent_alone or not got_alone or sent_alone == got_alone:
            return
        traders: dict[tuple[PartyId, PartyId], list[Way]] = defaultdict(list)
        for way in dict.fromkeys((*sent_alone, *got_alone)):
            source, target = way
            traders[min(self.names_of(source.party)), min(self.names_of(target.party))].append(way)
        for some in traders.values():
            if len(some) > 1:
                claims = [one for way in some for one in new[way]]
                refused = [one for way in some for one in self._refused.get(way, ())]
                paired = pair(claims, self.answers_to, refused)
                for way in some:
                    self._between[way] = tuple(one for one in paired if (one.source, one.target) == way)

    def _under_all_names(self, holding: Holding) -> list[Holding]:
        """The goods under every name of their holder, read."""
        names = self.names_of(holding.party)
        if len(names) == 1:
            return [holding]
        found = [Holding(one, holding.goods) for one in sorted(names)]
        self.bring(found)
        return found

    def names_of(self, party: PartyId) -> frozenset[PartyId]:
        """The party under all its names, whichever it had first: a rename alone keeps it what it is."""
        names, waiting = {party}, [party]
        while waiting and len(names) <= NAMES_MAX:
            for record, said in self.successions(waiting.pop(0)):
                if said.how == "renamed" and record.superseded_by is None:
                    waiting += {said.party, said.successor} - names
                    names |= {said.party, said.successor}
        return frozenset(names)

    def answers_to(self, sending: Record) -> Answers:
        """The receipts that answer a sending, under any of its versions.

        A refusal of an earlier version does not bind: the sender has put the record right since.
        """
        counted: list[Record] = []
        replaced: list[Record] = []
        target = getattr(sending.said, "to", None)
        for name in self._names(sending):
            answers = [
                receipt
                for receipt in self._receipts.get(name, ())
                if isinstance(receipt.said, Receipt)
                and receipt.actor == target
                and receipt.said.supplier == sending.actor
                and (name == sending.header.id or receipt.said.conclusion != "refuse")
            ]
            (replaced if counted else counted).extend(answers)
        return Answers(tuple(sorted(counted, key=lambda one: one.order)), tuple(replaced))

    def _names(self, record: Record) -> list[StatementId]:
        """The id of a record and of the earlier versions it put right, newest first, as far as they were read."""
        names, issuer = [record.header.id], record.header.issuer
        earlier = record.header.corrects
        while earlier is not None and len(names) <= CORRECTIONS_MAX:
            names.append(earlier)
            known = self._by_id.get((issuer, earlier))
            earlier = None if known is None else known.header.corrects
        return names

    def _made_by(self, holding: Holding) -> Iterator[tuple[Record, Batch]]:
        """The batch records that name this holder as the maker."""
        for record in self.batches(holding.goods):
            if isinstance(record.said, Batch) and record.said.maker == holding.party:
                yield record, record.said

    def _sites_treated(self, holding: Holding) -> Iterator[SiteId]:
        for turning in self._turnings.get(holding, ()):
            said = turning.record.said
            if isinstance(said, Use) and said.site is not None and not turning.outputs:
                yield said.site

    def _grown_with(self, holding: Holding) -> Iterator[Edge]:
        """Inputs used on the plot where a batch grew, while it grew: seen from the batch and from the input."""
        seen: set[tuple[int, Holding]] = set()
        for record, batch in self._made_by(holding):
            for use_record, use in self._uses_on.get(batch.site, ()) if batch.site else ():
                if grew_at(record, batch, use_record) and (use_record.seq, holding) not in seen:
                    seen.add((use_record.seq, holding))
                    yield from _used(use_record, use, holding, batch_record=record)
        for turning in self._turnings.get(holding, ()):
            use_record, said = turning.record, turning.record.said
            if not isinstance(said, Use) or said.site is None or turning.outputs:
                continue
            grown = sorted(self._grown_on.get(said.site, ()), key=lambda one: one[0].order)
            for record, batch in grown:
                target = Holding(batch.maker, batch.goods)
                if grew_at(record, batch, use_record) and (use_record.seq, target) not in seen:
                    seen.add((use_record.seq, target))
                    yield from _used(use_record, said, target, batch_record=record, only=holding)


def _is_senders_word(edge: Edge) -> bool:
    return edge.kind == "shipment" and edge.flows and edge.received is None


def _is_receivers_word(edge: Edge) -> bool:
    return edge.kind == "shipment" and edge.sent is None


def best_batch(records: Iterable[Record]) -> Record | None:
    """The batch record to show: the maker's own before anybody else's, the latest of them."""
    found = None
    for record in records:
        if isinstance(record.said, Batch) and (found is None or _rank(record) >= _rank(found)):
            found = record
    return found


def _rank(record: Record) -> tuple[bool, tuple[int, int]]:
    return (isinstance(record.said, Batch) and record.said.maker == record.actor, record.order)


def window_ms(record: Record, batch: Batch) -> tuple[int, int]:
    """When a batch grew, in ms: from planting (or a year before harvest) to the end of the day of harvest."""
    last = batch.produced_on or record.header.occurred_at.date_in_shanghai()
    first = batch.planted_on or LegalDate(
        max(last.date - dt.timedelta(days=GROWING_DAYS), dt.date(1900, 1, 2))
    )
    return day_begins_ms(first), day_begins_ms(last) + 86_400_000


def grew_at(record: Record, batch: Batch, use: Record) -> bool:
    """Whether a use on the plot fell into the time in which the batch grew there."""
    first, end = window_ms(record, batch)
    return first <= use.occurred_ms < end


def day_begins_ms(day: LegalDate) -> int:
    """When a day begins in China, in ms."""
    return Instant.parse(f"{day}T00:00:00+08:00").ms


def _turned(turning: Turning, holding: Holding) -> Iterator[Edge]:
    """The edges of one process that touch a holding."""
    for target, received in turning.outputs.items():
        for source, sent in turning.inputs.items():
            if source != target and holding in {source, target}:
                yield _within(turning.record, turning.kind, source, target, sent=sent, received=received)


def _used(
    record: Record, use: Use, target: Holding, *, batch_record: Record, only: Holding | None = None
) -> Iterator[Edge]:
    for goods, quantities in by_goods(use.lines).items():
        source = Holding(record.actor, goods)
        if source != target and only in {None, source}:
            sent = quantities[0] if len(quantities) == 1 else None
            yield _within(record, "use", source, target, sent=sent, received=None, also=batch_record.seq)


def _within(
    record: Record,
    kind: EdgeKind,
    source: Holding,
    target: Holding,
    *,
    sent: Quantity | None,
    received: Quantity | None,
    also: int | None = None,
) -> Edge:
    return Edge(
        source=source,
        target=target,
        kind=kind,
        sent=sent,
        received=received,
        state="confirmed",
        occurred_ms=record.occurred_ms,
        told_by=record.seq,
        seqs=(record.seq,) if also is None else tuple(sorted({record.seq, also})),
    )
