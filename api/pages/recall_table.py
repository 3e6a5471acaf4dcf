"""The scope of a recall as a list for spreadsheets: who has to be called, with how much, since when silent, and what was answered.

Before a recall is ordered it is the same list without answers: it shows whom a recall would reach. What stands in it is what its reader may
see on the page of the trace, figures and contacts alike; whoever ordered the recall sees every holder's account, as in the interface.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.tables import Column, Table
from api.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.pages.chain import Shown
    from api.tables import Cell
    from ledger.errors import Language
    from ledger.identifiers import PartyId, Quantity, Unit
    from ledger.trace import Holder, RecallHolder, RecallScope

_TEXTS = ("col_party", "recall_credit_code", "col_goods", "recall_reach")
_CONTACT = ("recall_person", "recall_phone", "recall_address")
_AMOUNTS = ("holder_received", "holder_passed_on", "holder_expected")
_ANSWERED = (
    "recall_recovered",
    "recall_sold",
    "recall_destroyed",
    "recall_lost",
    "recall_taken",
    "recall_unaccounted",
)
_WIDE, _NARROW = 28, 12
#: Entries named in one cell; the page of the trace has all of them.
ENTRIES_SHOWN = 40


def holders_table(shown: Shown, scope: RecallScope | None, reader: PartyId) -> Table:
    """The list. `scope` is the account of the recall that stands, None where none does."""
    language = shown.language
    columns = [Column(say("recall_step", language), 6, "number")]
    columns += [Column(say(key, language), _WIDE) for key in _TEXTS]
    columns += [Column(say(key, language), 18) for key in _CONTACT]
    columns += [Column(say(key, language), _NARROW, "number") for key in _AMOUNTS]
    columns += [
        Column(say("unit", language), 8),
        Column(say("recall_last_known", language), 18, "time"),
    ]
    if scope is not None:
        columns.append(Column(say("recall_answer", language), _NARROW))
        columns += [Column(say(key, language), _NARROW, "number") for key in _ANSWERED]
    columns.append(Column(say("col_entries", language), _WIDE))
    title = say("recall_scope" if scope is not None else "holders", language)
    return Table("recall-scope", title, tuple(columns), _rows(shown, scope, reader))


def _rows(shown: Shown, scope: RecallScope | None, reader: PartyId) -> Iterator[list[Cell]]:
    answers = {} if scope is None else {one.holding: one for one in scope.holders}
    ordered = scope is not None and reader in {scope.recall.actor, scope.recall.header.issuer}
    held = {one.holding: one for one in shown.found.holders}
    holdings = dict.fromkeys(one.holding for one in shown.holders())
    if ordered or shown.sight is None:
        # Whoever answered has the goods, even if no entry told how he got them.
        holdings |= dict.fromkeys(answers)
    shown.names.know(one.party for one in holdings)
    entries = {
        node.holding: sorted({seq for some in node.balance.seqs.values() for seq in some})
        for node in shown.found.nodes
    }
    for holding in holdings:
        one = answers.get(holding) or held[holding]
        sees = ordered or shown.names.reading.may_see_figures(holding)
        left = held[holding].left if holding in held else None
        amounts = (one.received, one.passed_on, left) if sees else (None, None, None)
        seqs = entries.get(holding, []) if sees else []
        unit = next((amount.unit for amount in amounts if amount is not None), None)
        yield [
            one.depth,
            *_who(shown, one),
            *(_number(amount, unit, shown.language) for amount in amounts),
            unit.many.in_language(shown.language) if unit is not None else "",
            _latest(shown, seqs),
            *(_answered(answers.get(holding), unit, shown.language, sees=sees) if scope is not None else ()),
            _entries(seqs),
        ]


def _who(shown: Shown, one: Holder | RecallHolder) -> list[Cell]:
    """The party and how to reach it, as far as this reader may know."""
    names, party = shown.names, one.holding.party
    view = names.view(party)
    told = names.reading.contact(view)
    reach = say("may_contain" if one.may_contain else "recall_certain", shown.language)
    return [
        names.party(party),
        view.credit_code or "",
        names.goods(one.holding.goods),
        reach,
        told.person_name or "",
        told.phone or "",
        told.address or "",
    ]


def _answered(
    answer: RecallHolder | None, unit: Unit | None, language: Language, *, sees: bool
) -> list[Cell]:
    said = answer is not None and answer.answered
    words: Cell = say("recall_answered" if said else "recall_not_answered", language)
    if answer is None or not sees:
        return [words, *([None] * len(_ANSWERED))]
    figures = (
        answer.recovered,
        answer.sold,
        answer.destroyed,
        answer.lost,
        answer.taken,
        answer.unaccounted,
    )
    return [words, *(_number(one, unit, language) for one in figures)]


def _number(amount: Quantity | None, unit: Unit | None, language: Language) -> Cell:
    """A number to add up; in another unit than its row it says which."""
    if amount is None:
        return None
    return amount.amount if amount.unit == unit else amount.display(language)


def _entries(seqs: Sequence[int]) -> str:
    more = ["…"] if len(seqs) > ENTRIES_SHOWN else []
    return " ".join([f"#{seq}" for seq in seqs[:ENTRIES_SHOWN]] + more)


def _latest(shown: Shown, seqs: Sequence[int]) -> int | None:
    """When the log took the latest record of what is in these hands."""
    return shown.names.book.records(seqs[-1:])[seqs[-1]].at_ms if seqs else None
