"""A trace as it is shown: the boxes and arrows of its drawing, its sources, its holders, cut to what the reader may see.

An authority sees all of it; a party sees the steps before and behind its own (`api.audience`), and of the figures its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from api.pages.boxes import Arrow, Box, Chain, Tag
from api.pages.drawing import Opening, gathered
from api.pages.rendering import quantity
from api.words import MARKS, say
from ledger.errors import NotAllowed, Words
from ledger.trace import Holding, standing_orders
from ledger.trace.amounts import added

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api.audience import Sight
    from api.pages.names import Names
    from ledger.errors import Language
    from ledger.identifiers import GoodsId, Quantity
    from ledger.trace import Edge, Holder, Node, Order, RecallHolder, Source, Trace

_SOURCE_TONES: Final = {"recorded": "accent", "declared": "grey", "contradicted": "red"}


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a trace that its reader may see."""

    found: Trace
    names: Names
    sight: Sight | None
    orders: Mapping[GoodsId, tuple[Order, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Trace, names: Names) -> Self:
        """Cut to what the reader may see; `NotAllowed` for a party that never had these goods."""
        reading, book = names.reading, names.book
        sight = None
        if not reading.sees_everything:
            sight = reading.sight(found)
            if sight is None:
                expected = Words(
                    zh="监管人员，或经手过这些货物的主体",
                    en="an official, or a party that had these goods in its hands",
                )
                raise NotAllowed(field="goods", came=found.goods, expected=expected)
        names.know(
            node.holding.party for node in found.nodes if sight is None or node.holding in sight.holdings
        )
        goods = dict.fromkeys(
            node.holding.goods for node in found.nodes if sight is None or node.holding in sight.holdings
        )
        return cls(
            found, names, sight, {one: standing_orders(book, one, party=reading.bound_by()) for one in goods}
        )

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.names.language

    def nodes(self) -> list[Node]:
        """The holdings in sight."""
        return [node for node in self.found.nodes if self._sees(node.holding)]

    def edges(self) -> list[Edge]:
        """The steps in sight on which goods moved, each once."""
        edges = dict.fromkeys((*self.found.back, *self.found.forward))
        return [edge for edge in edges if edge.flows and (self.sight is None or edge in self.sight.edges)]

    def seqs(self) -> set[int]:
        """Every entry the visible part rests on."""
        seqs = {seq for edge in self.edges() for seq in edge.seqs}
        seqs |= {node.batch.seq for node in self.nodes() if node.batch is not None}
        seqs |= {order.record.seq for orders in self.orders.values() for order in orders}
        # What somebody declared about a source is where its contradictions are found.
        seqs |= {seq for one in self.sources() for seq in self.names.view(one.holding.party).seqs}
        return seqs | {one.record.seq for one in self.sources() if one.record is not None}

    def sources(self) -> list[Source]:
        """The ends of the way back in sight."""
        return [one for one in self.found.sources if self._sees(one.holding)]

    def holders(self) -> list[Holder]:
        """Who has or had the goods, in sight: step by step from the source, and at each step the largest first."""
        seen = [one for one in self.found.holders if self._sees(one.holding)]
        return sorted(
            seen, key=lambda one: (one.depth, -self._weight(one.holding, one.received), one.holding)
        )

    def figure(self, holding: Holding, amount: Quantity | None) -> str:
        """A figure of a holding: an official's and the holder's own to know."""
        return quantity(amount, self.language) if self.names.reading.may_see_figures(holding) else ""

    def _weight(self, holding: Holding, amount: Quantity | None) -> float:
        """How much it is, for sorting; an order by figures that are not the reader's would tell them."""
        return _in_base(amount) if self.names.reading.may_see_figures(holding) else 0.0

    def chain(self, opening: Opening | None = None, *, href: str = "#holders") -> Chain:
        """The drawing: a box for every holding in sight, an arrow for every way between two; many like ends are one box, unless opened."""
        ways = self.ways()
        opened = None
        if opening is not None:
            opened = replace(
                opening,
                words=say("pic_opened", self.language),
                lines={key_of(target): self._from(source, edges) for (source, target), edges in ways.items()}
                if opening.groups
                else {},
            )
        return gathered(
            self.whole(),
            words=say("chain_several", self.language),
            label=lambda keys: self._together(keys, ways),
            href=href,
            opening=opened,
        )

    def whole(self) -> Chain:
        """The drawing with nothing gathered."""
        arrows = (
            Arrow(key_of(source), key_of(target), self.moved(edges), all(edge.may_contain for edge in edges))
            for (source, target), edges in self.ways().items()
        )
        return Chain(self._boxes(), tuple(arrows))

    def _boxes(self) -> tuple[Box, ...]:
        kinds = {one.holding: one.kind for one in self.sources()}
        rows = {one.holding: number for number, one in enumerate(self.holders())}
        left = {one.holding: one.left for one in self.holders()}
        return tuple(
            self._box(node, kinds.get(node.holding, "through"), rows, left.get(node.holding))
            for node in self.nodes()
        )

    def ways(self) -> Mapping[tuple[Holding, Holding], list[Edge]]:
        """The steps in sight, those between the same two holdings together."""
        ways = defaultdict[tuple[Holding, Holding], list["Edge"]](list)
        for edge in self.edges():
            if edge.source != edge.target:
                ways[edge.source, edge.target].append(edge)
        return ways

    def _from(self, source: Holding, edges: Sequence[Edge]) -> str:
        """What came to a box inside an opened one, and from whom."""
        return say("chain_from", self.language, name=self.names.party(source.party), amount=self.moved(edges))

    def _together(self, keys: Sequence[str], ways: Mapping[tuple[Holding, Holding], list[Edge]]) -> str:
        """What went to the holders that share one box."""
        wanted = set(keys)
        edges = [edge for (_, target), some in ways.items() if key_of(target) in wanted for edge in some]
        amount = self._amount(edges) or say("chain_amount_withheld", self.language)
        return say("chain_several_what", self.language, amount=amount)

    def _box(self, node: Node, kind: str, rows: Mapping[Holding, int], left: Quantity | None) -> Box:
        holding, language = node.holding, self.language
        lines = [] if holding.goods == self.found.goods else [self.names.goods(holding.goods)]
        stock = self.figure(holding, left)
        if stock and left is not None and holding in rows:
            lines.append(say("chain_left", language, amount=stock))
        source = kind if kind in {"recorded", "declared", "contradicted"} else "through"
        if source != "through":
            lines.append(say(f"source_{source}", language))
        return Box(
            key=key_of(holding),
            title=self.names.party(holding.party),
            lines=tuple(lines),
            kind=source,  # type: ignore[arg-type]  # one of the kinds of a source, or through
            tags=tuple(self._tags(node)),
            href=f"#h{rows[holding]}" if holding in rows else "#sources",
            weight=self._weight(holding, node.balance.came_in),
        )

    def _tags(self, node: Node) -> Iterable[Tag]:
        orders, holding, language = self.orders.get(node.holding.goods, ()), node.holding, self.language
        if node.depth == 0 and holding.goods == self.found.goods:
            yield Tag(say("chain_asked", language), "accent")
        if any(order.kind == "recall" for order in orders):
            yield Tag(say("chain_recall", language), "red")
        if any(order.kind == "hold" and order.at in {None, holding.party} for order in orders):
            yield Tag(say("chain_hold", language), "amber")
        if "overdrawn" in node.flags and self.figure(holding, node.balance.expected):
            yield Tag(say("chain_oversold", language), "red")
        if "may_contain" in node.flags:
            yield Tag(say("may_contain", language), "grey")
        if "not_followed" in node.flags:
            yield Tag(say("chain_cut", language), "grey")

    def moved(self, edges: Sequence[Edge]) -> str:
        """What went this way, as it stands on the arrow."""
        amount = self._amount(edges)
        if amount and edges[0].kind == "use":
            return say("chain_use", self.language, amount=amount)
        return amount

    def _amount(self, edges: Sequence[Edge]) -> str:
        """What moved on some steps together, where all of it is the reader's to know."""
        if not all(self.names.reading.may_see_amounts(edge) for edge in edges):
            return ""
        return quantity(added(edge.moved for edge in edges), self.language)

    def _sees(self, holding: Holding) -> bool:
        return self.sight is None or holding in self.sight.holdings


def source_row(one: Source, shown: Shown) -> dict[str, object]:
    """A source for the table."""
    names, language = shown.names, shown.language
    return {
        "kind": one.kind,
        "tone": _SOURCE_TONES[one.kind],
        "party": names.party(one.holding.party),
        "contact": names.contact(one.holding.party),
        "goods": names.goods(one.holding.goods),
        "reasons": MARKS[language].semicolon.join(words.in_language(language) for words in one.reasons),
        "missing": MARKS[language].listed.join(words.in_language(language) for words in one.missing),
        "seq": one.record.seq if one.record is not None else None,
    }


def holder_row(
    one: Holder, number: int, shown: Shown, answers: Mapping[Holding, RecallHolder]
) -> dict[str, object]:
    """A holder for the table; during a recall with what it has answered."""
    names, holding = shown.names, one.holding
    answer = answers.get(holding)
    key = "recall_answered" if answer is not None and answer.answered else "recall_not_answered"
    return {
        "anchor": f"h{number}",
        "party": names.party(holding.party),
        "goods": names.goods(holding.goods),
        "may_contain": one.may_contain,
        "received": shown.figure(holding, one.received),
        "passed_on": shown.figure(holding, one.passed_on),
        "expected": shown.figure(holding, one.left),
        "contact": names.contact(holding.party),
        "answer": say(key, shown.language) if answers else "",
    }


def key_of(holding: Holding) -> str:
    """The key of the box of a holding."""
    return f"{holding.party} {holding.goods}"


def _in_base(amount: Quantity | None) -> float:
    """How much it is, for sorting only."""
    return 0.0 if amount is None else float(amount.amount.scaleb(amount.unit.power))
