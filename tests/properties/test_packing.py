"""Packs in packs, beside a model that keeps nothing but who lies in whom, over sequences nobody would think of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.findings import judge_many, subjects_of, subjects_touched
from ledger.trace.nesting import LEVELS_MAX, inside_of, lies_in, nest_of, packed_in
from ledger.views.book import about, code_key
from ledger.vocabulary.goods import Packing
from ledger.vocabulary.trade import Sale, Shipment
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.identifiers import PartyId
    from ledger.views.book import MemoryBook, Record

#: Box, box, case, case, pallet: few enough that they meet each other again and again.
PACKS = ("box-000001", "box-000002", "case-00001", "case-00002", "pallet-001")

_pack = st.sampled_from(PACKS)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody recorded. `minute`: when it happened; steps are recorded in any order."""

    deed: Literal["pack", "unpack", "ship", "sell"]
    what: str
    into: str
    minute: int


STEPS = st.lists(
    st.builds(
        Step,
        deed=st.sampled_from(("pack", "pack", "pack", "unpack", "ship", "sell")),
        what=_pack,
        into=_pack,
        minute=st.integers(0, 59),
    ),
    max_size=14,
)


class Yard:
    """One maker who packs; what he ships goes to a wholesaler."""

    def __init__(self) -> None:
        self.books = BookWriter()
        self.maker, self.other = self.books.party("厂（演示）"), self.books.party("批发（演示）")
        self.goods = batch(self.books, self.maker, "drug", "drug", pieces(1000))
        self.steps: list[tuple[Step, Record]] = []

    def does(self, step: Step) -> Record | None:
        if step.deed in {"pack", "unpack"}:
            if step.what == step.into:
                return None
            said: Packing | Shipment | Sale = Packing(
                action="pack" if step.deed == "pack" else "unpack",
                parent_code=step.into,
                codes=(step.what,),
                goods=self.goods,
            )
        elif step.deed == "ship":
            said = Shipment(to=self.other, lines=(line(self.goods, pieces(1), (step.what,)),), offer=False)
        else:
            said = Sale(lines=(line(self.goods, pieces(1), (step.what,)),))
        who: PartyId = self.maker
        day = f"2026-10-05T10:{step.minute:02}:00+08:00"
        self.books.says(who, said, at=day, logged="2026-10-20T08:00:00+08:00")
        self.steps.append((step, self.books.last))
        return self.books.last

    @property
    def book(self) -> MemoryBook:
        return self.books.book


class Naive:
    """Who lies in whom, replayed minute by minute."""

    def __init__(self, steps: Iterable[tuple[Step, Record]]) -> None:
        self.open: dict[str, dict[str, None]] = {pack: {} for pack in PACKS}
        self.inside: dict[str, dict[str, None]] = {pack: {} for pack in PACKS}
        self.carried: dict[str, set[tuple[int, str]]] = {pack: set() for pack in PACKS}
        self.circular = False
        for step, record in sorted(steps, key=lambda one: one[1].order):
            if step.deed == "pack":
                self.open[step.what].setdefault(step.into)
                self.inside[step.into].setdefault(step.what)
                self.circular |= any(pack in self.above(pack) for pack in PACKS)
            elif step.deed == "unpack":
                self.open[step.what].pop(step.into, None)
                self.inside[step.into].pop(step.what, None)
            else:
                for pack in PACKS:
                    if step.what in self.above(pack) and step.what != pack:
                        self.carried[pack].add((record.seq, step.what))

    def above(self, pack: str) -> set[str]:
        """Every pack around this one, level by level."""
        found: set[str] = set()
        waiting = set(self.open[pack])
        while waiting:
            found |= waiting
            waiting = {one for inner in waiting for one in self.open[inner]} - found
        return found


def played(steps: Iterable[Step]) -> tuple[Yard, Naive]:
    yard = Yard()
    for step in steps:
        yard.does(step)
    return yard, Naive(yard.steps)


@given(STEPS)
def test_what_lies_in_a_pack_is_what_was_put_in_and_not_taken_out(steps: list[Step]) -> None:
    yard, naive = played(steps)
    for pack in PACKS:
        assert packed_in(yard.book, pack) == tuple(naive.inside[pack])


@given(STEPS)
def test_where_a_pack_lies_is_known_level_by_level(steps: list[Step]) -> None:
    yard, naive = played(steps)
    for pack in PACKS:
        assert set(lies_in(yard.book, pack)) == naive.above(pack) - {pack}


@given(STEPS)
def test_a_pack_moves_with_everything_it_lies_in_and_with_nothing_else(steps: list[Step]) -> None:
    yard, naive = played(steps)
    if naive.circular:
        # What lies in itself moves with nothing that makes sense; that is found instead, below.
        return
    for pack in PACKS:
        nest = nest_of(yard.book, pack, about(yard.book, code_key(pack)))
        moved = {one.record.seq for one in nest.carried}
        assert moved == {seq for seq, _ in naive.carried[pack]}
        assert nest.itself is None


@given(STEPS)
def test_a_pack_that_lies_in_itself_is_told_by_one_of_those_around_it(steps: list[Step]) -> None:
    yard, naive = played(steps)
    told = [
        pack
        for pack in PACKS
        if nest_of(yard.book, pack, about(yard.book, code_key(pack))).itself is not None
    ]
    assert bool(told) == naive.circular


@given(STEPS)
def test_everything_that_ever_lay_inside_is_looked_through(steps: list[Step]) -> None:
    yard, naive = played(steps)
    for pack in PACKS:
        ever = inside_of(yard.book, [pack])
        assert set(naive.inside[pack]) <= ever
        assert len(PACKS) <= LEVELS_MAX


@settings(max_examples=60)
@given(STEPS)
def test_judging_what_each_step_touches_is_judging_everything(steps: list[Step]) -> None:
    yard = Yard()
    standing: dict[str, object] = {}
    for step in steps:
        record = yard.does(step)
        if record is None:
            continue
        touched = subjects_touched(record, yard.book)
        judged = judge_many(touched, yard.book)
        standing = {key: one for key, one in standing.items() if key not in touched} | dict(judged)
    subjects = {subject for _, record in yard.steps for subject in subjects_of(record)}
    whole = judge_many(subjects, yard.book)
    codes = {key: one for key, one in standing.items() if key.startswith("code/")}
    assert codes == {key: one for key, one in whole.items() if key.startswith("code/")}
