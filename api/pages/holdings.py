"""The account of goods in a party's hands, laid out: what came in, what went out, what should be there, and by which records.

Figures are the ledger's (`ledger.trace.balance`); a figure that does not add up is shown as unknown, with why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.pages.rendering import quantity
from ledger.trace.amounts import added
from ledger.trace.edges import Holding
from ledger.trace.shelf import Shelf
from ledger.trace.succeeding import balance_of, going_on, overdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from api.pages.names import Names
    from ledger.errors import Language
    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.trace.balance import Balance
    from ledger.trace.edges import Edge
    from ledger.views.book import Book

#: The figures of an account as pages list them: what came in, and what went out.
IN: Final = ("opening", "made", "received", "returned_in", "gained", "carried_in")
OUT: Final = (
    "shipped",
    "returned_out",
    "sold",
    "used",
    "lost",
    "sampled",
    "seized",
    "destroyed",
    "carried_out",
)
#: Steps that one page shows of an account.
STEPS_MAX: Final = 100


def balances_of(book: Book, holdings: Sequence[Holding]) -> dict[Holding, Balance]:
    """The accounts of many holdings, read together."""
    shelf = Shelf(book)
    shelf.bring(holdings)
    return {one: balance_of(shelf, one) for one in holdings}


@dataclass(frozen=True, slots=True)
class Short:
    """An account in the few columns of a list."""

    made: Quantity | None
    received: Quantity | None
    shipped: Quantity | None
    used: Quantity | None
    other: Quantity | None
    left: Quantity | None
    #: The key of the words that say why it is not known what is left; empty where it is.
    unknown: str
    overdrawn: bool

    @classmethod
    def of(cls, balance: Balance) -> Short:
        """The columns of one account."""
        return cls(
            made=_sum(balance, "opening", "made", "gained", "carried_in"),
            received=_sum(balance, "received", "returned_in"),
            shipped=_sum(balance, "shipped", "returned_out", "sold"),
            used=_sum(balance, "used"),
            other=_sum(balance, "lost", "sampled", "seized", "destroyed", "carried_out"),
            left=balance.expected,
            unknown=why_unknown(balance),
            overdrawn=balance.overdrawn,
        )

    def shown(self, language: Language) -> dict[str, object]:
        """For a template."""
        return {
            "made": _or_dash(self.made, language),
            "received": _or_dash(self.received, language),
            "shipped": _or_dash(self.shipped, language),
            "used": _or_dash(self.used, language),
            "other": _or_dash(self.other, language),
            "left": quantity(self.left, language),
            "unknown": self.unknown,
            "overdrawn": self.overdrawn,
        }

    def cells(self, language: Language) -> list[str | Decimal | None]:
        """For a spreadsheet: amounts in the unit of the last column, blank where that does not fit."""
        unit = next(
            (
                one.unit
                for one in (self.left, self.made, self.received, self.shipped, self.used)
                if one is not None
            ),
            None,
        )
        amounts: list[str | Decimal | None] = [
            None if one is None else one.amount if one.unit is unit else quantity(one, language)
            for one in (self.made, self.received, self.shipped, self.used, self.other, self.left)
        ]
        return [*amounts, "" if unit is None else unit.many.in_language(language)]


def why_unknown(balance: Balance) -> str:
    """Why nobody can say what is left, as a key of words; empty where it is known."""
    if balance.expected is not None:
        return ""
    if balance.units_differ:
        return "goods_units_differ"
    return "goods_origin_unknown" if balance.origin_unknown else "goods_amount_unknown"


def account_of(names: Names, party: PartyId, goods: GoodsId) -> dict[str, object]:
    """The whole account of one holding for a page: figures with their records, and the steps in and out."""
    shelf, holding = Shelf(names.book), Holding(party, goods)
    shelf.bring([holding])
    balance = balance_of(shelf, holding)
    went_on = [*going_on(shelf, [holding], "back"), *going_on(shelf, [holding], "forward")]
    edges = [*shelf.edges_at(holding), *went_on]
    names.know({one.source.party for one in edges} | {one.target.party for one in edges})
    return {
        "goods": goods,
        "unit": None if balance.nothing is None else str(balance.nothing.unit),
        "ins": _figures(balance, IN, names.language),
        "outs": _figures(balance, OUT, names.language),
        "left": quantity(balance.expected, names.language),
        "unknown": why_unknown(balance),
        "overdrawn": overdrawn(balance, went_on),
        "way_in": [_step(one, one.source, names) for one in edges if one.target == holding][:STEPS_MAX],
        "way_out": [_step(one, one.target, names) for one in edges if one.source == holding][:STEPS_MAX],
    }


def _figures(balance: Balance, wanted: Iterable[str], language: Language) -> list[dict[str, object]]:
    return [
        {
            "name": f"goods_figure_{name}",
            "amount": quantity(getattr(balance, name), language),
            "seqs": balance.seqs[name],
        }
        for name in wanted
        if name in balance.seqs
    ]


def _step(edge: Edge, other: Holding, names: Names) -> dict[str, object]:
    same = edge.source.party == edge.target.party
    return {
        "kind": f"goods_step_{edge.kind}",
        "state": edge.state,
        # Within one's own hands nobody else has anything to answer.
        "between": not same,
        "other": names.goods(other.goods) if same else names.party(other.party),
        "amount": quantity(edge.moved, names.language),
        "occurred_ms": edge.occurred_ms,
        "seqs": edge.seqs,
    }


def _sum(balance: Balance, *wanted: str) -> Quantity | None:
    present = [getattr(balance, name) for name in wanted if name in balance.seqs]
    return added(present) if present else None


def _or_dash(amount: Quantity | None, language: Language) -> str:
    return "" if amount is None else quantity(amount, language)
