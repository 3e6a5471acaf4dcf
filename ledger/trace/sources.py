"""Where the way back ends, and how far each end can be trusted.

* *recorded*: made here, recorded by its maker.
* *declared* (grey): the maker is not on this ledger, or a farmer without code or licence, or nobody recorded how the goods
  came in. Lawful (食品安全法 35: sellers of edible farm produce need no food-business licence; farmers have no credit
  code); what is missing is said.
* *contradicted* (red, for officials and the chain): somebody wrote down what cannot be. Here that is a credit code that
  fails its own check; what the licence rules add comes from a `Contradictions` the caller gives.

An end is never silently missing: goods that only ever went round in a circle end in a declared source as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from ledger.errors import Refusal, Words
from ledger.identifiers import CreditCode
from ledger.trace.edges import Holding
from ledger.trace.sheets import batch_view, party_views
from ledger.trace.shelf import about_goods
from ledger.trace.walk import spread, ways_of
from ledger.vocabulary.goods import Adjustment, Batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.identifiers import PartyId
    from ledger.trace.sheets import BatchView, PartyView
    from ledger.trace.shelf import Shelf
    from ledger.trace.walk import Walk
    from ledger.views.book import Book, Record

SourceKind = Literal["recorded", "declared", "contradicted"]

MADE_HERE = Words(zh="生产者本人登记", en="recorded by its maker")
NOT_ON_LEDGER = Words(
    zh="生产者或供货者未使用本台账，由购货方申报", en="not on this ledger; declared by the buyer"
)
FARMER = Words(
    zh="农户，依法无需信用代码和经营许可", en="a farmer, who by law needs neither credit code nor licence"
)
OLDER = Words(zh="期初库存，早于本台账启用", en="opening stock, older than this ledger")
NO_RECORD = Words(zh="没有这些货物的来源记录", en="nobody recorded where these goods came from")

NAME = Words(zh="名称或姓名", en="name")
PHONE = Words(zh="联系电话", en="phone")
ADDRESS = Words(zh="地址（村）", en="address or village")
PURCHASE = Words(zh="进货记录", en="a record of purchase")
CERTIFICATE = Words(zh="合格证明或承诺达标合格证", en="a certificate or a commitment for these goods")

#: Edges that say where goods came from. A return brings back what was there before; a use adds an input to what grew here.
_ORIGIN_KINDS = frozenset({"shipment", "transformation", "aggregation", "succession"})


class Contradictions(Protocol):
    """What the licence rules of a category know against a party: required licence never held, a ghost, ..."""

    def __call__(self, book: Book, party: PartyId, category: str | None, /) -> tuple[Words, ...]:
        """What cannot be true about this party as a maker or seller of such goods; empty when nothing is."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """One end of the way back. `record` is the batch record of this maker, else the first entry that names this holding; `missing` what would help."""

    kind: SourceKind
    holding: Holding
    record: Record | None
    reasons: tuple[Words, ...]
    missing: tuple[Words, ...]


def nothing_against(book: Book, party: PartyId, category: str | None) -> tuple[Words, ...]:  # noqa: ARG001  (the protocol)
    """The licence rules of a caller that has none."""
    return ()


def sources_of(
    shelf: Shelf, back: Walk, contradictions: Contradictions = nothing_against
) -> tuple[Source, ...]:
    """The ends of a walk back, the ones with something against them first."""
    ends = _ends(shelf, back)
    parties = party_views(shelf, {one.party for one in ends})
    shelf.look(about_goods(one.goods) for one in ends)
    found = [_judged(shelf, end, parties[end.party], contradictions) for end in ends]
    order: dict[SourceKind, int] = {"contradicted": 0, "declared": 1, "recorded": 2}
    return tuple(sorted(found, key=lambda one: (order[one.kind], one.holding)))


def _ends(shelf: Shelf, back: Walk) -> list[Holding]:
    came_from = {one.target for one in back.edges if one.flows and one.kind in _ORIGIN_KINDS}
    processed = {one.target for one in back.edges if one.kind == "transformation"}
    roots = [
        holding
        for holding in back.depth
        if (_own_batch(shelf, holding) is not None and holding not in processed)
        or (holding not in came_from and holding not in back.cut)
    ]
    roots += _circles(back, explained_by=[*roots, *back.cut])
    return sorted({_declared_maker(shelf, one) for one in roots})


def _circles(back: Walk, *, explained_by: Iterable[Holding]) -> list[Holding]:
    """Holdings that no end explains, although the walk was not cut: goods that went round. The earliest stands for its circle."""
    flowing = [one for one in back.edges if one.flows]
    since: dict[Holding, tuple[int, int]] = {}
    for one in flowing:
        for holding in (one.source, one.target):
            since[holding] = min(
                since.get(holding, (one.occurred_ms, one.seqs[0])), (one.occurred_ms, one.seqs[0])
            )
    ways = ways_of(flowing, "forward")
    explained: set[Holding] = set()
    spread(ways, explained_by, explained)
    found = []
    for holding in sorted(since.keys() & back.depth.keys(), key=lambda one: (since[one], one)):
        if holding not in explained:
            found.append(holding)
            spread(ways, [holding], explained)
    return found


def _own_batch(shelf: Shelf, holding: Holding) -> Record | None:
    own = [
        record
        for record in shelf.batches(holding.goods)
        if isinstance(record.said, Batch) and record.actor == record.said.maker == holding.party
    ]
    return own[-1] if own else None


def _declared_maker(shelf: Shelf, holding: Holding) -> Holding:
    """Whoever the holder says made the goods, when it registered the batch for somebody else."""
    for record in reversed(shelf.batches(holding.goods)):
        if isinstance(record.said, Batch) and record.actor == holding.party:
            return Holding(record.said.maker, holding.goods)
    return holding


def _judged(shelf: Shelf, end: Holding, party: PartyView, contradictions: Contradictions) -> Source:
    goods, own = batch_view(shelf, end.goods), _own_batch(shelf, end)
    against = contradictions(shelf.book, end.party, goods.category) or _credit_code_fails(party)
    kind: SourceKind = "contradicted" if against else "recorded" if own is not None else "declared"
    declared = goods.record if goods.maker == end.party else None
    return Source(
        kind=kind,
        holding=end,
        record=own or declared or next(iter(shelf.records_of(end)), None),
        reasons=against or ((MADE_HERE,) if own is not None else _reasons(shelf, end, party)),
        missing=() if own is not None else _missing(shelf, end, party, goods),
    )


def _credit_code_fails(party: PartyView) -> tuple[Words, ...]:
    """GB 32100-2015: a code whose check character is wrong was miscopied, or never was one."""
    if party.credit_code is None:
        return ()
    try:
        CreditCode.parse(party.credit_code)
    except Refusal as wrong:
        return (Words(zh=wrong.in_language("zh"), en=wrong.in_language("en")),)
    return ()


def _reasons(shelf: Shelf, end: Holding, party: PartyView) -> tuple[Words, ...]:
    if _is_opening_stock(shelf, end):
        return (OLDER,)
    if party.kind == "farmer":
        return (FARMER,)
    return (NOT_ON_LEDGER,) if party.declared else (NO_RECORD,)


def _missing(shelf: Shelf, end: Holding, party: PartyView, goods: BatchView) -> tuple[Words, ...]:
    missing = []
    if party.name is None and party.person_name is None:
        missing.append(NAME)
    if party.declared and party.phone is None:
        missing.append(PHONE)
    if party.declared and party.address is None:
        missing.append(ADDRESS)
    if not party.declared and not _is_opening_stock(shelf, end):
        missing.append(PURCHASE)
    if not goods.certificates and not goods.commitments:
        missing.append(CERTIFICATE)
    return tuple(missing)


def _is_opening_stock(shelf: Shelf, end: Holding) -> bool:
    return any(
        isinstance(record.said, Adjustment)
        and record.said.reason == "opening_stock"
        and (record.said.held_by or record.actor) == end.party
        and any(line.goods == end.goods for line in record.said.lines)
        for record in shelf.records_of(end)
    )
