"""One record of goods that moved or turned into others: yields, and differences between two hands."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.reading import ZERO, Facts, first_batch, found, live, profile_of, spelt, totals
from ledger.trace.balance import packs_of
from ledger.views.book import about_many, of_type, statement_key
from ledger.vocabulary.goods import Transformation
from ledger.vocabulary.trade import Receipt, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, Quantity, StatementId, Unit
    from ledger.trace.amounts import Packs
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile, Yield
    from ledger.vocabulary.values import Line

_Sums = dict[tuple["GoodsId | None", "Unit"], Decimal]

#: No process gives more than went in but by water, air and what nobody wrote down.
ONE: Final = Decimal(1)
#: How many earlier versions of a shipment are looked at for a receipt that still names one of them.
CORRECTIONS_MAX = 16


def yields(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A process that gave much more or less than such a process gives. Only where everything is counted in one kind of unit."""
    said = record.said
    if not isinstance(said, Transformation):
        return
    kept = [line for line in said.outputs if line.role != "waste"]
    main = next((line for line in kept if line.role == "main"), None)
    came, gave = totals(line.quantity for line in said.inputs), totals(line.quantity for line in kept)
    if main is None or len(came) != 1 or set(came) != set(gave):
        return
    profile = profile_of(book, main.goods)
    usual = _usual(profile, said.process, main.goods, book)
    ((unit, total_in),) = came.items()
    if usual is None or not profile.finds("yield_out_of_range") or total_in <= 0:
        return
    # By-products make up for what is missing; what is too much is too much of the main goods, or of all goods together.
    whole, of_main = gave[unit], totals(line.quantity for line in kept if line.role == "main").get(unit, ZERO)
    too_little = whole < usual.least * total_in
    too_much = of_main > usual.most * total_in or whole > max(usual.most, ONE) * total_in
    if not too_little and not too_much:
        return
    out = of_main if of_main > usual.most * total_in else whole
    share = out / total_in
    numbers = {
        "in": spelt(total_in),
        "out": spelt(out),
        "unit": unit.name,
        "yield": f"{share:.3f}",
        "least": spelt(usual.least),
        "most": spelt(usual.most),
    }
    yield found(
        "yield_out_of_range",
        "amber",
        subject=subject,
        party=record.actor,
        rests_on=[record],
        facts=Facts(
            Words(
                zh=f"工序“{said.process}”投入 {numbers['in']}、产出 {numbers['out']}（{unit.words.zh}），"
                f"产出比 {numbers['yield']}，常见范围 {numbers['least']} 至 {numbers['most']}。",
                en=f"The process '{said.process}' took {numbers['in']} and gave {numbers['out']} ({unit.many.en}): "
                f"yield {numbers['yield']}, usually {numbers['least']} to {numbers['most']}.",
            ),
            numbers,
            profile.laws.trace,
        ),
    )


def _usual(profile: Profile, process: str, goods: GoodsId, book: Book) -> Yield | None:
    """What such a process gives: by its own name, else by the name of what it makes (灌制香肠 may be entered as 灌制), else by any."""
    first = first_batch(book, goods)
    for name in (process, first[1].name if first is not None else ""):
        known = next((one for one in profile.yields if any(word in name for word in one.process)), None)
        if known is not None:
            return known
    return profile.yield_of(process)


def differences(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """What the sender recorded beside what the receiver confirmed. It concerns the sender: the receiver has already spoken."""
    said = record.said
    if not isinstance(said, Shipment):
        return
    receipts = _answers(record, said, book)
    if not receipts:
        return
    answers = [(one, receipt) for one, receipt in receipts if receipt.conclusion != "refuse"]
    arrived = [line for _, receipt in answers for line in receipt.lines]
    packs = _packs([*said.lines, *arrived], book)
    sent, got = _sums(said.lines, packs), _sums(arrived, packs)
    if not {goods for goods, _ in got} <= {goods for goods, _ in sent}:
        # The receiver knows the goods by a name of its own: only the sums can be compared.
        sent, got = _by_unit(sent), _by_unit(got)
    for (goods, unit), amount in sent.items():
        other = got.get((goods, unit), ZERO)
        if not other and any(one == goods and elsewhere != unit for one, elsewhere in got):
            continue  # Boxes beside kilograms, and nobody said what a box holds: nothing to compare.
        profile = profile_of(book, goods or said.lines[0].goods)
        if (
            not profile.finds("sender_receiver_differ")
            or abs(amount - other) <= amount * profile.loss_tolerance
        ):
            continue
        explained = any(one.reason is not None or one.conclusion != "accept" for _, one in receipts)
        numbers = {
            "sent": spelt(amount),
            "received": spelt(other),
            "difference": spelt(other - amount),
            "unit": unit.name,
        }
        yield found(
            "sender_receiver_differ",
            "grey" if explained else "amber",
            subject=subject,
            party=record.actor,
            rests_on=[record, *(one for one, _ in receipts)],
            facts=Facts(
                Words(
                    zh=f"发货记录 {numbers['sent']} {unit.words.zh}，收货确认 {numbers['received']} {unit.words.zh}。",
                    en=f"Sent by the record: {numbers['sent']} {unit.many.en}; confirmed by the receiver: {numbers['received']}.",
                ),
                numbers,
                profile.laws.record,
            ),
        )


def _packs(lines: Sequence[Line], book: Book) -> dict[GoodsId, Packs]:
    """What packs hold, for the goods that one side counts in another unit than the other."""
    units: dict[GoodsId, set[Unit]] = {}
    for line in lines:
        units.setdefault(line.goods, set()).add(line.quantity.unit.base)
    return {goods: packs_of(book, goods) for goods, some in units.items() if len(some) > 1}


def _sums(lines: Iterable[Line], packs: Mapping[GoodsId, Packs]) -> _Sums:
    groups: dict[GoodsId | None, list[Quantity]] = {}
    for line in lines:
        known = packs.get(line.goods)
        opened = known.opened(line.quantity) if known is not None else None
        groups.setdefault(line.goods, []).append(opened or line.quantity)
    return {
        (goods, unit): amount
        for goods, quantities in groups.items()
        for unit, amount in totals(quantities).items()
    }


def _by_unit(sums: Mapping[tuple[GoodsId | None, Unit], Decimal]) -> _Sums:
    found_: _Sums = {}
    for (_, unit), amount in sums.items():
        found_[None, unit] = found_.get((None, unit), ZERO) + amount
    return found_


def _answers(record: Record, said: Shipment, book: Book) -> list[tuple[Record, Receipt]]:
    """The receipts that answer a shipment, or the version of it that it put right."""
    names = versions(record, book)
    by_key = about_many(book, [statement_key(name) for name in names])
    for name in names:
        answers = [
            (one, receipt)
            for one, receipt in of_type(live(by_key.get(statement_key(name), ())), Receipt)
            if receipt.shipment == name and one.actor == said.to and receipt.supplier == record.actor
        ]
        if answers:
            return answers
    return []


def versions(record: Record, book: Book) -> list[StatementId]:
    """The id of a record and of the earlier versions it put right, newest first."""
    names = [record.header.id]
    earlier = record.header.corrects
    while earlier is not None and earlier not in names and len(names) <= CORRECTIONS_MAX:
        names.append(earlier)
        seq = book.position(earlier, record.header.issuer)
        earlier = None if seq is None else book.records([seq])[seq].header.corrects
    return names
