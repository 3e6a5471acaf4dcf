"""One record of goods that moved or turned into others: yields, differences between two hands, and sales under an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ledger.errors import Words
from ledger.findings.reading import ZERO, Facts, found, live, moment, profile_of, spelt, totals
from ledger.views.book import about_many, goods_sheet_key, of_type, said_about, statement_key
from ledger.vocabulary.goods import Transformation
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.trade import Receipt, Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, StatementId, Unit
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

_Order = TypeVar("_Order", Hold, Recall)
_Sums = dict[tuple["GoodsId | None", "Unit"], "Decimal"]

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
    usual = profile.yield_of(said.process)
    ((unit, total_in),) = came.items()
    if usual is None or not profile.finds("yield_out_of_range") or total_in <= 0:
        return
    share = gave[unit] / total_in
    if usual.least <= share <= usual.most:
        return
    numbers = {
        "in": spelt(total_in),
        "out": spelt(gave[unit]),
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
                en=f"The process '{said.process}' took {numbers['in']} and gave {numbers['out']} ({unit.words.en}): "
                f"yield {numbers['yield']}, usually {numbers['least']} to {numbers['most']}.",
            ),
            numbers,
            profile.laws.trace,
        ),
    )


def differences(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """What the sender recorded beside what the receiver confirmed. It concerns the sender: the receiver has already spoken."""
    said = record.said
    if not isinstance(said, Shipment):
        return
    receipts = _answers(record, said, book)
    if not receipts:
        return
    answers = [(one, receipt) for one, receipt in receipts if receipt.conclusion != "refuse"]
    sent = _sums(said.lines)
    got = _sums([line for _, receipt in answers for line in receipt.lines])
    if not {goods for goods, _ in got} <= {goods for goods, _ in sent}:
        # The receiver knows the goods by a name of its own: only the sums can be compared.
        sent, got = _by_unit(sent), _by_unit(got)
    for (goods, unit), amount in sent.items():
        other = got.get((goods, unit), ZERO)
        if not other and any(one == goods and elsewhere != unit for one, elsewhere in got):
            continue  # Boxes beside kilograms: nothing to compare.
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
                    en=f"Sent by the record: {numbers['sent']} {unit.words.en}; confirmed by the receiver: {numbers['received']}.",
                ),
                numbers,
                profile.laws.record,
            ),
        )


def _sums(lines: Iterable[Line]) -> _Sums:
    groups: dict[GoodsId | None, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.goods, []).append(line)
    return {
        (goods, unit): amount
        for goods, some in groups.items()
        for unit, amount in totals(line.quantity for line in some).items()
    }


def _by_unit(sums: Mapping[tuple[GoodsId | None, Unit], Decimal]) -> _Sums:
    found_: _Sums = {}
    for (_, unit), amount in sums.items():
        found_[None, unit] = found_.get((None, unit), ZERO) + amount
    return found_


def under_order(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods sold or shipped after a hold or a recall of them had been published and before it was lifted."""
    said = record.said
    if not isinstance(said, (Shipment, Sale)):
        return
    seen = set()
    for line in said.lines:
        if line.goods in seen:
            continue
        profile = profile_of(book, line.goods)
        order = _standing(record, line, book) if profile.finds("shipped_under_order") else None
        if order is None:
            continue
        seen.add(line.goods)
        recalled = isinstance(order.said, Recall)
        since, at = moment(order.at_ms), moment(record.occurred_ms)
        yield found(
            "shipped_under_order",
            "red" if recalled else "amber",
            subject=subject,
            party=record.actor,
            rests_on=[order, record],
            facts=Facts(
                Words(
                    zh=f"{since} 起该货物{'召回' if recalled else '暂停销售'}，{at} 仍有销售或发货记录。",
                    en=f"These goods were {'recalled' if recalled else 'on hold'} from {since}; a sale or shipment is recorded at {at}.",
                ),
                {
                    "ordered_at": since,
                    "sold_at": at,
                    "quantity": spelt(line.quantity.amount),
                    "unit": line.quantity.unit.name,
                },
                profile.laws.recall,
            ),
        )


def _standing(record: Record, line: Line, book: Book) -> Record | None:
    """The order that stood on these goods in this party's hands when they went; a recall before a hold.

    An order binds from the moment the log shows it: one that is written up later could not be obeyed.
    """
    key = goods_sheet_key(line.goods)
    recalls = [one for one in _published(said_about(book, key, Recall), record) if line.goods in one[1].goods]
    ends = [(one, said) for one, said in recalls if said.action == "end"]
    for order, recall in recalls:
        lifted = any(
            said.ends in {None, order.header.id, order.header.corrects} and _lifts(book, one, order)
            for one, said in ends
        )
        if recall.action == "recall" and not lifted and not _other_packs(line, recall):
            return order
    holds = [one for one in _published(said_about(book, key, Hold), record) if line.goods in one[1].goods]
    releases = [(one, said) for one, said in holds if said.action == "release"]
    for order, hold in holds:
        lifted = any(said.at in {None, hold.at} and _lifts(book, one, order) for one, said in releases)
        if hold.action == "hold" and hold.at in {None, record.actor} and not lifted:
            return order
    return None


def _published(orders: Sequence[tuple[Record, _Order]], record: Record) -> list[tuple[Record, _Order]]:
    return sorted((one for one in orders if one[0].at_ms < record.occurred_ms), key=lambda one: one[0].seq)


def _lifts(book: Book, later: Record, order: Record) -> bool:
    """Nobody lifts an order that somebody else gave, except an authority and the registrar."""
    return later.order > order.order and (
        later.actor == order.actor
        or later.header.issuer == book.register.registrar
        or book.register.role_of(later.header.issuer) == "authority"
    )


def _other_packs(line: Line, recall: Recall) -> bool:
    """Whether a recall of certain packs leaves all packs of this line out."""
    return bool(recall.codes) and bool(line.codes) and not set(recall.codes or ()) & set(line.codes or ())


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
