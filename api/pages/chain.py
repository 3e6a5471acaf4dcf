"""A trace as it is shown: the boxes and arrows of its drawing, its sources, its holders, cut to what the reader may see.

An authority sees all of it; a party sees the steps before and behind its own (`api.audience`), and of the figures its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from api.pages.boxes import Arrow, Box, Chain, Tag
from api.pages.drawing import Opening, gathered
from api.pages.rendering import quantity
from api.words import MARKS, say
from ledger.errors import NotAllowed, Words
from ledger.trace import Holding
from ledger.trace.amounts import added

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from api.audience import Sight
    from api.pages.boxes import BoxKind
    from api.pages.names import Names
    from ledger.errors import Language
    from ledger.identifiers import GoodsId, Quantity
    from ledger.trace import Edge, Holder, Node, Order, RecallHolder, Source, Trace

#: How a source is drawn, by its kind; whoever is none passed goods on.
_KINDS: Final[Mapping[str, BoxKind]] = {
    "recorded": "recorded",
    "declared": "declared",
    "contradicted": "contradicted",
}
_SOURCE_TONES: Final = {"recorded": "accent", "declared": "grey", "contradicted": "red"}


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a trace that its reader may see."""

    found: Trace
    names: Names
    sight: Sight | None
    orders: Mapping[GoodsId, tuple[Order, ...]] = field(default_factory=dict)
    #: Who is in sight and the steps between them, found once: a batch may be in four hundred hands.
    _holders: list[Holder] = field(default_factory=list, init=False, repr=False, compare=False)
    _edges: list[Edge] = field(default_factory=list, init=False, repr=False, compare=False)
    _ways: dict[tuple[Holding, Holding], list[Edge]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, found: Trace, names: Names) -> Self:
        """Cut to what the reader may see; `NotAllowed` for a party that never had these goods."""
        reading, sight = names.reading, None
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
        return cls(found, names, sight, {one: reading.orders_on(one) for one in goods})

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.names.language

    def nodes(self) -> list[Node]:
        """The holdings in sight."""
        return [node for node in self.found.nodes if self._sees(node.holding)]

    def edges(self) -> list[Edge]:
        """The steps in sight on which goods moved, each once."""
        if not self._edges:
            edges = dict.fromkeys((*self.found.back, *self.found.forward))
            self._edges.extend(
                edge for edge in edges if edge.flows and (self.sight is None or edge in self.sight.edges)
            )
        return self._edges

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
        if not self._holders:
            seen = (one for one in self.found.holders if self._sees(one.holding))
            self._holders.extend(
                sorted(
                    seen, key=lambda one: (one.depth, -self._weight(one.holding, one.received), one.holding)
                )
            )
        return self._holders

    def figure(self, holding: Holding, amount: Quantity | None) -> str:
        """A figure of a holding: an official's and the holder's own to know."""
        return quantity(amount, self.language) if self.names.reading.may_see_figures(holding) else ""

    def _weight(self, holding: Holding, amount: Quantity | None) -> float:
        """How much it is, for sorting; an order by figures that are not the reader's would tell them."""
        return _in_base(amount) if self.names.reading.may_see_figures(holding) else 0.0

    def chain(
        self,
        opening: Opening | None = None,
        *,
        href: str = "#holders",
        row_href: Callable[[int], str] = "#h{}".format,
    ) -> Chain:
        """The drawing: a box for every holding in sight, an arrow for every way between two; many like ends are one box, unless opened.

        `row_href` leads to the row of a holder, by its number.
        """
        worded = _Worded.of(self, row_href)
        opened = None
        if opening is not None:
            opened = replace(
                opening, words=say("pic_opened", self.language), box=worded.inside, line=worded.line
            )
        found = gathered(
            self._bare(),
            words=say("chain_several", self.language),
            label=worded.together,
            href=href,
            opening=opened,
        )
        return worded.chain(found)

    def whole(self) -> Chain:
        """The drawing with nothing gathered."""
        return _Worded.of(self).chain(self._bare())

    def _bare(self) -> Chain:
        """The drawing without its words: of four hundred boxes most are gathered before anybody reads them."""
        kinds = {one.holding: one.kind for one in self.sources()}
        boxes = tuple(
            Box(
                key=key_of(node.holding),
                title="",
                kind=_KINDS.get(kinds.get(node.holding, ""), "through"),
                tags=tuple(self._tags(node)),
                weight=self._weight(node.holding, node.balance.came_in),
            )
            for node in self.nodes()
        )
        arrows = (
            Arrow(key_of(source), key_of(target), may_contain=all(edge.may_contain for edge in edges))
            for (source, target), edges in self.ways().items()
        )
        return Chain(boxes, tuple(arrows))

    def ways(self) -> Mapping[tuple[Holding, Holding], list[Edge]]:
        """The steps in sight, those between the same two holdings together."""
        if not self._ways:
            for edge in self.edges():
                if edge.source != edge.target:
                    self._ways.setdefault((edge.source, edge.target), []).append(edge)
        return self._ways

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
        amount = self.amount(edges)
        if amount and edges[0].kind == "use":
            return say("chain_use", self.language, amount=amount)
        if all(one.kind == "succession" for one in edges):
            return say("chain_succession", self.language, amount=amount).strip()
        return amount

    def amount(self, edges: Sequence[Edge]) -> str:
        """What moved on some steps together, where all of it is the reader's to know."""
        if not all(self.names.reading.may_see_amounts(edge) for edge in edges):
            return ""
        return quantity(added(edge.moved for edge in edges), self.language)

    def _sees(self, holding: Holding) -> bool:
        return self.sight is None or holding in self.sight.holdings


@dataclass(frozen=True, slots=True)
class _Worded:
    """The words of a drawing's boxes and arrows, put where they are drawn."""

    shown: Shown
    row_href: Callable[[int], str]
    holdings: Mapping[str, Holding]
    rows: Mapping[Holding, int]
    left: Mapping[Holding, Quantity | None]
    ways: Mapping[tuple[str, str], list[Edge]]

    @classmethod
    def of(cls, shown: Shown, row_href: Callable[[int], str] = "#h{}".format) -> Self:
        """For the whole of what is shown."""
        holders = shown.holders()
        return cls(
            shown,
            row_href,
            {key_of(node.holding): node.holding for node in shown.nodes()},
            {one.holding: number for number, one in enumerate(holders)},
            {one.holding: one.left for one in holders},
            {(key_of(source), key_of(target)): edges for (source, target), edges in shown.ways().items()},
        )

    def chain(self, bare: Chain) -> Chain:
        """The same drawing with its words."""
        arrows = tuple(
            replace(one, label=self.shown.moved(edges))
            if (edges := self.ways.get((one.source, one.target)))
            else one
            for one in bare.arrows
        )
        return Chain(tuple(self.box(one) for one in bare.boxes), arrows)

    def box(self, bare: Box) -> Box:
        """A box with its words; one that gathers others has its own."""
        holding = self.holdings.get(bare.key)
        if holding is None:
            return bare
        shown, language = self.shown, self.shown.language
        lines = [] if holding.goods == shown.found.goods else [shown.names.goods(holding.goods)]
        left = self.left.get(holding)
        stock = shown.figure(holding, left)
        if stock and left is not None:
            lines.append(say("chain_left", language, amount=stock))
        if bare.kind != "through":
            lines.append(say(f"source_{bare.kind}", language))
        return replace(
            bare,
            title=shown.names.party(holding.party),
            lines=tuple(lines),
            href=self.row_href(self.rows[holding]) if holding in self.rows else "#sources",
        )

    def inside(self, source: str, bare: Box) -> Box:
        """A box inside an opened one, in as few words as say it: what came to it stands first. The arrow says from whom, the opened one what they share."""
        box, came = self.box(bare), self.shown.moved(self.ways[source, bare.key])
        line = MARKS[self.shown.language].comma.join(one for one in (came, *box.lines) if one)
        return replace(box, lines=(line,) if line else (), tags=())

    def together(self, keys: Sequence[str]) -> str:
        """What went to the holders that share one box."""
        return say("chain_several_what", self.shown.language, amount=self._went_to(keys))

    def line(self, source: str, keys: Sequence[str]) -> str:
        """The same, and from whom, above the holders that an opened box shows."""
        name, amount = self.shown.names.party(self.holdings[source].party), self._went_to(keys)
        return say("chain_from", self.shown.language, name=name, amount=amount)

    def _went_to(self, keys: Sequence[str]) -> str:
        wanted = set(keys)
        edges = [edge for (_, target), some in self.ways.items() if target in wanted for edge in some]
        return self.shown.amount(edges) or say("chain_amount_withheld", self.shown.language)


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
