"""Goods that go on under another name: what a party still had when it was renamed, merged, split or taken over (更名、合并、分立、承继).

Nobody writes a delivery for that (民法典 67: whoever goes on has the rights and duties), and yet the way of the goods leads on: back to whoever
supplied the old name, forward to whoever has the rest of a recalled lot now. What a party had sent, sold or lost went the way of its own
records; only what these leave over goes on. Who handed goods over by a delivery has nothing left.

Of a split nobody said which part went where, and neither of several names that one party went on as: the way is known there, and no amount.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.trace.amounts import added, less, none_of
from ledger.trace.balance import own_balance_of
from ledger.trace.edges import Edge, Holding
from ledger.trace.shelf import NAMES_MAX, Shelf, day_begins_ms
from ledger.views.book import succession_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.trace.balance import Balance
    from ledger.trace.shelf import Direction
    from ledger.views.book import Book, Record
    from ledger.vocabulary.parties import Succession

_Step = tuple["Record", "Succession"]
#: So much, by the word of this entry.
_Carried = tuple[int, "Quantity"]


def balance(book: Book, party: PartyId, goods: GoodsId) -> Balance:
    """What `party` should have of `goods`, from every entry about them."""
    shelf, holding = Shelf(book), Holding(party, goods)
    shelf.bring([holding])
    return balance_of(shelf, holding)


def balance_of(shelf: Shelf, holding: Holding) -> Balance:
    """The balance of a holding that was brought to the shelf, with what was left under earlier names, without what goes on under a later one."""
    own, into = own_balance_of(shelf, holding), _carried_in(shelf, holding, ())
    out = _carried_out(shelf, holding, ())
    return own if not into and out is None else _carried(own, into, out)


def going_on(shelf: Shelf, holdings: Iterable[Holding], direction: Direction) -> list[Edge]:
    """The ways from old names to new ones that touch these holdings: into them for a walk `back`, out of them for one `forward`."""
    wanted = sorted(set(holdings))
    shelf.look(succession_key(one) for one in sorted({one.party for one in wanted}))
    found: list[Edge] = []
    for holding in wanted:
        steps = _into(shelf, holding.party) if direction == "back" else _out_of(shelf, holding.party)
        for record, said in steps:
            source, target = Holding(said.party, holding.goods), Holding(said.successor, holding.goods)
            shelf.bring([source, target])
            if _leads_on(shelf, source, target, (target.party,)):
                found.append(_way(shelf, source, target, record, said))
    return found


def overdrawn(balance: Balance, ways: Iterable[Edge]) -> bool:
    """Whether more went out of a holding than came in, and nothing went on into it of which nobody can say how much."""
    unknown = any(
        one.kind == "succession" and one.target == balance.holding and one.sent is None for one in ways
    )
    return balance.overdrawn and not unknown


def _way(shelf: Shelf, source: Holding, target: Holding, record: Record, said: Succession) -> Edge:
    out = _carried_out(shelf, source, ())
    return Edge(
        source=source,
        target=target,
        kind="succession",
        sent=None if out is None else out[1],
        received=None,
        state="confirmed",
        occurred_ms=day_begins_ms(said.effective_on),
        told_by=record.seq,
        seqs=(record.seq,),
    )


def _leads_on(shelf: Shelf, source: Holding, target: Holding, names: tuple[PartyId, ...]) -> bool:
    """Whether something was left under the old name for the new one to go on with; where nobody can tell, whether the new one has such goods."""
    left = _left(shelf, source, ())
    if left is not None or len(names) > NAMES_MAX:
        return left is not None and left.amount > 0
    if not shelf.records_of(target):
        return False
    if shelf.records_of(source):
        return True
    before = [one for _, said in _into(shelf, source.party) if (one := said.party) not in names]
    holdings = [Holding(one, source.goods) for one in before]
    shelf.bring(holdings)
    return any(_leads_on(shelf, one, target, (*names, source.party)) for one in holdings)


def _carried(own: Balance, into: Sequence[_Carried], out: _Carried | None) -> Balance:
    """An account with what came from earlier names and what goes on under a later one."""
    some = [*into, *([out] if out is not None else [])]
    nothing = own.nothing or none_of(some[0][1].unit)
    seqs = dict(own.seqs)
    if into:
        seqs["carried_in"] = tuple(sorted({seq for seq, _ in into}))
    if out is not None:
        seqs["carried_out"] = (out[0],)
    whole = replace(
        own,
        nothing=nothing,
        carried_in=added(amount for _, amount in into) if into else nothing,
        carried_out=nothing if out is None else out[1],
        seqs=seqs,
    )
    came_in, went_out = whole.came_in, whole.went_out
    if came_in is None or went_out is None or whole.origin_unknown:
        return replace(whole, expected=None)
    return replace(whole, expected=less(came_in, went_out))


def _left(shelf: Shelf, holding: Holding, names: tuple[PartyId, ...]) -> Quantity | None:
    """What was left under one name, with what earlier names had left."""
    own, into = own_balance_of(shelf, holding), _carried_in(shelf, holding, names)
    return _carried(own, into, None).expected if into else own.expected


def _carried_in(shelf: Shelf, holding: Holding, names: tuple[PartyId, ...]) -> list[_Carried]:
    if len(names) >= NAMES_MAX:
        return []
    before = [one for _, said in _into(shelf, holding.party) if (one := said.party) not in names]
    found = []
    for one in dict.fromkeys(before):
        source = Holding(one, holding.goods)
        shelf.bring([source])
        out = _carried_out(shelf, source, (*names, holding.party))
        if out is not None:
            found.append(out)
    return found


def _carried_out(shelf: Shelf, holding: Holding, names: tuple[PartyId, ...]) -> _Carried | None:
    """What goes on under the one name that a party went on as, and the entry that says so."""
    steps = _out_of(shelf, holding.party)
    if len({said.successor for _, said in steps}) != 1 or any(said.how == "split" for _, said in steps):
        return None
    if _goes_round(shelf, holding.party):
        return None
    left = _left(shelf, holding, names)
    return None if left is None or left.amount <= 0 else (steps[-1][0].seq, left)


def _goes_round(shelf: Shelf, party: PartyId) -> bool:
    """Whether a party's later names lead back to it: then nobody can say under which of them the goods are."""
    waiting, seen = [party], {party}
    while waiting and len(seen) <= NAMES_MAX + 1:
        for _, said in _out_of(shelf, waiting.pop()):
            if said.successor == party:
                return True
            if said.successor not in seen:
                seen.add(said.successor)
                waiting.append(said.successor)
    return False


def _out_of(shelf: Shelf, party: PartyId) -> list[_Step]:
    return [one for one in _steps(shelf, party) if one[1].party == party]


def _into(shelf: Shelf, party: PartyId) -> list[_Step]:
    return [one for one in _steps(shelf, party) if one[1].successor == party]


def _steps(shelf: Shelf, party: PartyId) -> list[_Step]:
    """What stands of this party's successions, in either direction."""
    told = shelf.successions(party)
    return [one for one in told if one[0].superseded_by is None and one[1].party != one[1].successor]
