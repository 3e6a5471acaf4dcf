"""Accounts that cannot be drawn up or do not close: units nobody brought together, answers to a recall, what became of seized goods."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.findings.moves import versions
from ledger.findings.reading import ZERO, Facts, found, profile_of, spelt, totals
from ledger.trace.amounts import added, less
from ledger.trace.balance import packs_of
from ledger.trace.succeeding import balance
from ledger.views.book import about, about_many, holding_key, of_type, statement_key
from ledger.vocabulary.goods import Adjustment, Batch, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Recall, RecallAnswer, Sample
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, PartyId, Quantity, StatementId, Unit
    from ledger.trace.balance import Balance
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile
    from ledger.vocabulary.said import Said
    from ledger.vocabulary.values import Line

_WITH_LINES = (Shipment, Receipt, Sale, SupplierCheck, Return, Use, Adjustment, Destruction)
_INS = ("opening", "made", "received", "returned_in", "gained", "carried_in")


def judge_account(subject: str, party: PartyId, goods: GoodsId, book: Book) -> Iterator[Finding]:
    """What is odd about the account of one holding, beside that it may be overdrawn."""
    records = about(book, subject)
    answered = [one for one in of_type(records, RecallAnswer) if _speaks(one, party, goods)]
    if not answered and len(_units(records, goods)) < 2:  # noqa: PLR2004  (one kind of unit adds up)
        return
    profile = profile_of(book, goods)
    figures = balance(book, party, goods)
    if profile.finds("unit_mismatch"):
        yield from _units_apart(subject, party, figures, book, profile)
    if profile.finds("recall_answer_differs"):
        yield from _answers_differ(subject, party, figures, answered, book, profile)


def seizure_accounts(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """More given back and destroyed than was seized: of this seizure by its own papers, and of all seizures in these hands together."""
    said = record.said
    if not isinstance(said, Adjustment) or said.reason != "seizure":
        return
    holder = said.held_by or record.actor
    linked = [
        other
        for records in about_many(book, [statement_key(one) for one in versions(record, book)]).values()
        for other in records
        if isinstance(other.said, Destruction) and other.superseded_by is None
    ]
    for goods in dict.fromkeys(line.goods for line in said.lines):
        if not profile_of(book, goods).finds("seizure_unaccounted"):
            continue
        near = about(book, holding_key(holder, goods))
        own = [one for one in {o.seq: o for o in (*linked, *near)}.values() if _of_seizure(one, record, book)]
        if not own or not _exceeds([record], own, goods):
            others = [one for one, other in of_type(near, Adjustment) if _seizes(other, one, holder)]
            if not others or others[-1].seq != record.seq:
                continue
            own = [one for one in near if _ends(one, holder)]
            own += [one for one in linked if one not in own and _of_seizure(one, record, book)]
            over = _exceeds(others, own, goods)
        else:
            others, over = [record], True
        if over:
            yield _unaccounted(subject, others, own, goods, book)


def _units_apart(
    subject: str, party: PartyId, figures: Balance, book: Book, profile: Profile
) -> Iterator[Finding]:
    if not figures.apart or figures.origin_unknown:
        return
    units = list(figures.apart)
    zh = "、".join(f"{unit.words.zh}（{unit.name}）" for unit in units)
    en = ", ".join(f"{unit.many.en} ({unit.name})" for unit in units)
    seqs = {seq for some in figures.apart.values() for seq in some}
    yield found(
        "unit_mismatch",
        "grey",
        subject=subject,
        party=party,
        rests_on=book.records(seqs).values(),
        facts=Facts(
            Words(
                zh=f"该货物的进出分别以{zh}计量，没有登记换算关系，无法结算库存。请登记每件所含数量，如 1 箱 = 10 公斤。",
                en=f"These goods came and went in {en}; no factor between them is declared, so no balance can be drawn up. "
                "Declare what one pack holds, such as 1 case = 10 kg.",
            ),
            {"units": ", ".join(unit.name for unit in units)},
            profile.laws.record,
        ),
    )


def _answers_differ(
    subject: str,
    party: PartyId,
    figures: Balance,
    answered: Sequence[tuple[Record, RecallAnswer]],
    book: Book,
    profile: Profile,
) -> Iterator[Finding]:
    """What a holder answered to one recall beside what it had: more than all that ever came in, or less than what is left to tell of."""
    had = figures.came_in
    if had is None or figures.origin_unknown:
        return
    by_recall: dict[StatementId, list[tuple[Record, RecallAnswer]]] = defaultdict(list)
    for record, said in answered:
        by_recall[said.recall].append((record, said))
    for name, answers in by_recall.items():
        recall = next(
            (one for one, said in of_type(about(book, statement_key(name)), Recall) if one.header.id == name),
            None,
        )
        if recall is None:
            continue
        told = _sum([amount for _, said in answers for amount in _told(said)], figures, book)
        stopped = _sum([said.recovered for _, said in answers if said.recovered is not None], figures, book)
        difference = _beyond(had, told, stopped, figures, profile)
        if told is not None and difference is not None:
            records = [recall, *(record for record, _ in answers), *_came_by(figures, book)]
            yield _differs(subject, party, (had, told, difference), records, profile)


def _beyond(
    had: Quantity, told: Quantity | None, stopped: Quantity | None, figures: Balance, profile: Profile
) -> Quantity | None:
    """How much more was answered than there was, or, below nothing, how much of it nobody has told of; None within the tolerance."""
    allowed = _base(had)[1] * profile.loss_tolerance
    over = None if told is None else less(told, had)
    if over is not None and _base(over)[1] > allowed:
        return over
    left = None if stopped is None or figures.expected is None else less(stopped, figures.expected)
    return left if left is not None and -_base(left)[1] > allowed else None


def _differs(
    subject: str,
    party: PartyId,
    amounts: tuple[Quantity, Quantity, Quantity],
    records: Iterable[Record],
    profile: Profile,
) -> Finding:
    had, told, difference = amounts
    (unit, all_of_it), (_, answered), (_, rest) = _base(had), _base(told), _base(difference)
    numbers = {
        "had": spelt(all_of_it),
        "answered": spelt(answered),
        "difference": spelt(rest),
        "unit": unit.name,
    }
    more = rest > 0
    zh = f"多出 {spelt(rest)}" if more else f"尚有 {spelt(-rest)} 没有说明去向"
    en = f"{spelt(rest)} more than it had" if more else f"{spelt(-rest)} not accounted for yet"
    return found(
        "recall_answer_differs",
        "amber",
        subject=subject,
        party=party,
        rests_on=records,
        facts=Facts(
            Words(
                zh=f"该批次记录的收入合计 {numbers['had']} {unit.words.zh}，召回反馈合计 {numbers['answered']}，{zh}。",
                en=f"By the records {numbers['had']} {unit.many.en} came in; the recall answers come to {numbers['answered']}: {en}.",
            ),
            numbers,
            profile.laws.recall,
        ),
    )


def _came_by(figures: Balance, book: Book) -> list[Record]:
    seqs = {seq for name in _INS for seq in figures.seqs.get(name, ())}
    return list(book.records(seqs).values())


def _told(said: RecallAnswer) -> list[Quantity]:
    return [one for one in (said.recovered, said.sold, said.destroyed, said.lost) if one is not None]


def _sum(amounts: Sequence[Quantity], figures: Balance, book: Book) -> Quantity | None:
    """The sum, in the unit of the account; a pack counts as what it is declared to hold where the account is in another unit."""
    had = figures.came_in
    if had is None or all(one.unit.base is had.unit.base for one in amounts):
        return added(amounts) if amounts else figures.nothing
    packs = packs_of(book, figures.holding.goods, for_=figures.holding.party)
    return added(packs.opened(one) for one in amounts)


def _base(quantity: Quantity) -> tuple[Unit, Decimal]:
    ((unit, amount),) = totals([quantity]).items()
    return unit, amount


def _speaks(one: tuple[Record, RecallAnswer], party: PartyId, goods: GoodsId) -> bool:
    return one[0].actor == party and one[1].goods == goods


def _units(records: Iterable[Record], goods: GoodsId) -> set[Unit]:
    """The units in which these goods are told of. Enough to see that nothing needs to be brought together."""
    units: set[Unit] = set()
    for record in records:
        said = record.said
        if isinstance(said, (Batch, Sample)):
            units.update([] if said.quantity is None else [said.quantity.unit])
        else:
            units.update(line.quantity.unit for line in _lines(said) if line.goods == goods)
    return {unit.base for unit in units}


def _lines(said: Said | None) -> Sequence[Line]:
    if isinstance(said, _WITH_LINES):
        return said.lines
    return (*said.inputs, *said.outputs) if isinstance(said, Transformation) else ()


def _of_seizure(other: Record, seizure: Record, book: Book) -> bool:
    """Whether a record says of itself that it ends this seizure: by its statement, or by the number of its paper."""
    said, taken = other.said, seizure.said
    if isinstance(said, Destruction):
        return said.stage == "done" and said.stock == "seized" and said.seizure in versions(seizure, book)
    if not isinstance(said, Adjustment) or not isinstance(taken, Adjustment) or taken.document is None:
        return False
    same = (said.held_by or other.actor) == (taken.held_by or seizure.actor)
    return said.reason == "seizure_returned" and same and said.document == taken.document


def _seizes(said: Adjustment, record: Record, holder: PartyId) -> bool:
    return said.reason == "seizure" and (said.held_by or record.actor) == holder


def _ends(other: Record, holder: PartyId) -> bool:
    """Whether seized goods of this holder were given back or destroyed by it."""
    said = other.said
    if isinstance(said, Destruction):
        gone = said.stage == "done" and said.stock == "seized"
    else:
        gone = isinstance(said, Adjustment) and said.reason == "seizure_returned"
    return gone and (getattr(said, "held_by", None) or other.actor) == holder


def _exceeds(seized: Sequence[Record], ended: Sequence[Record], goods: GoodsId) -> bool:
    taken, gone = _of(seized, goods), _of(ended, goods)
    return any(unit in taken and amount > taken[unit] for unit, amount in gone.items())


def _of(records: Iterable[Record], goods: GoodsId) -> dict[Unit, Decimal]:
    return totals(line.quantity for record in records for line in _lines(record.said) if line.goods == goods)


def _unaccounted(
    subject: str, seized: Sequence[Record], ended: Sequence[Record], goods: GoodsId, book: Book
) -> Finding:
    taken = _of(seized, goods)
    burnt = _of([one for one in ended if isinstance(one.said, Destruction)], goods)
    back = _of([one for one in ended if isinstance(one.said, Adjustment)], goods)
    unit = next(one for one in taken if burnt.get(one, ZERO) + back.get(one, ZERO) > taken[one])
    numbers = {
        "seized": spelt(taken[unit]),
        "destroyed": spelt(burnt.get(unit, ZERO)),
        "returned": spelt(back.get(unit, ZERO)),
        "difference": spelt(burnt.get(unit, ZERO) + back.get(unit, ZERO) - taken[unit]),
        "unit": unit.name,
    }
    return found(
        "seizure_unaccounted",
        "red",
        subject=subject,
        # It concerns the office that wrote down the most that ever left, not the trader whose goods they were.
        party=max(ended, key=lambda one: one.order).actor,
        rests_on=[*seized, *ended],
        facts=Facts(
            Words(
                zh=f"扣押 {numbers['seized']} {unit.words.zh}，销毁 {numbers['destroyed']}，退还 {numbers['returned']}，"
                f"多出 {numbers['difference']}。",
                en=f"Seized: {numbers['seized']} {unit.many.en}; destroyed: {numbers['destroyed']}; returned: {numbers['returned']}: "
                f"{numbers['difference']} more than was seized.",
            ),
            numbers,
            profile_of(book, goods).laws.trace,
        ),
    )
