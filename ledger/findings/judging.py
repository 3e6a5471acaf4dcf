"""Which subjects a record touches, and what the book says about each: the two functions that keep findings in step with the log.

A *subject* is one of the book's own keys: a statement, a holding, a unit code, a voucher, a party, some goods, a phone or an address.
`judge` is a pure function of a subject and a book; it reads no clock and never raises. `subjects_touched` names every subject whose
judgement may change because of one record: judging those alone gives the same findings as judging everything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal
from ledger.findings.codes import hangs_on_shipments, judge_code
from ledger.findings.duties import buyers_licence, own_licence
from ledger.findings.finding import Finding, grade_order
from ledger.findings.moves import CORRECTIONS_MAX, differences, under_order, yields
from ledger.findings.reading import live
from ledger.findings.sources import (
    SHARED_BY_MIN,
    failing_credit_codes,
    shared_contact,
    short_interval,
    two_declarers,
)
from ledger.findings.stock import judge_holding
from ledger.findings.vouchers import edited, judge_voucher
from ledger.identifiers import GoodsId, PartyId, StatementId
from ledger.views.book import (
    about,
    about_many,
    code_key,
    corrected_by,
    goods_key,
    holding_key,
    keys_of,
    party_key,
    site_key,
    statement_key,
)
from ledger.vocabulary.goods import Adjustment, Batch, Use
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.views.book import Book, Record

#: Keys of the book that are subjects as they stand.
_DIRECT: Final = ("holding/", "code/", "voucher/", *(f"{what}/" for what in SHARED_BY_MIN))


def judge(subject: str, book: Book) -> tuple[Finding, ...]:
    """Every finding about one subject, worst first. The same book always gives the same answer."""
    what, _, rest = subject.partition("/")
    judging = _JUDGES.get(what)
    if judging is None:
        return ()
    return tuple(sorted(judging(subject, rest, book), key=grade_order))


def judge_many(subjects: Iterable[str], book: Book) -> dict[str, tuple[Finding, ...]]:
    """The subjects that have findings, each with them."""
    judged = {subject: judge(subject, book) for subject in sorted(set(subjects))}
    return {subject: findings for subject, findings in judged.items() if findings}


def subjects_of(record: Record) -> frozenset[str]:
    """The subjects that one record itself gives rise to. All of them together are everything there is to judge."""
    said = record.said
    subjects = {key for key in keys_of(record) if key.startswith(_DIRECT)}
    subjects.add(statement_key(record.header.id))
    if isinstance(said, Party):
        subjects.add(party_key(said.party))
    elif isinstance(said, Batch):
        subjects.add(goods_key(said.goods))
    return frozenset(subjects)


def subjects_touched(record: Record, book: Book) -> frozenset[str]:
    """Every subject whose judgement may change because this record was added, put right, or lost some of its items.

    `book` may stand before or after the change. For an erasure ask twice: with the record as it was, and as it is.
    """
    touched = _touched(record, book)
    corrected = corrected_by(record)
    if corrected is not None:
        seq = book.position(*corrected)
        if seq is not None:
            touched |= _touched(book.records([seq])[seq], book)
    return frozenset(touched)


def _touched(record: Record, book: Book) -> set[str]:
    record = replace(record, superseded_by=None)
    said = record.said
    touched = set(subjects_of(record))
    if isinstance(said, (Party, Licence)):
        party = said.party if isinstance(said, Party) else said.holder
        touched |= _subjects(about(book, party_key(party)))
    elif isinstance(said, Batch):
        touched |= _subjects(about(book, goods_key(said.goods)))
    elif isinstance(said, (Hold, Recall)):
        for goods in said.goods:
            touched |= {
                statement_key(one.header.id)
                for one in about(book, goods_key(goods))
                if isinstance(one.said, (Shipment, Sale))
            }
    elif isinstance(said, Use):
        touched |= _harvests(said, book)
    elif isinstance(said, (Shipment, Return, Receipt)):
        for one in _exchange(record, book):
            touched |= subjects_of(one)
    if isinstance(said, Shipment):
        touched |= _paths(said, book)
    return touched


def _subjects(records: Iterable[Record]) -> set[str]:
    return {subject for record in records for subject in subjects_of(record)}


def _harvests(use: Use, book: Book) -> set[str]:
    """The batches that grew where something was used, or on which it was used."""
    keys = [goods_key(goods) for goods in use.on_goods or ()]
    if use.site is not None:
        keys.append(site_key(use.site))
    return {
        statement_key(one.header.id)
        for records in about_many(book, keys).values()
        for one in records
        if isinstance(one.said, Batch)
    }


def _exchange(record: Record, book: Book) -> list[Record]:
    """The sendings and receipts that speak of one delivery, through every version of each."""
    seen: set[StatementId] = set()
    waiting = _names(record)
    records: dict[int, Record] = {}
    for _ in range(2 * CORRECTIONS_MAX):
        seen |= waiting
        found = about_many(book, sorted(statement_key(one) for one in waiting))
        near = {
            one.seq: one
            for some in found.values()
            for one in some
            if isinstance(one.said, (Shipment, Return, Receipt))
        }
        records |= near
        waiting = {name for one in near.values() for name in _names(one)} - seen
        if not waiting:
            break
    return live(records.values())


def _names(record: Record) -> set[StatementId]:
    """The statements a sending or receipt speaks of: itself, what it puts right, what it answers."""
    names = {record.header.id}
    if record.header.corrects is not None:
        names.add(record.header.corrects)
    if isinstance(record.said, Receipt) and record.said.shipment is not None:
        names.add(record.said.shipment)
    return names


def _paths(said: Shipment, book: Book) -> set[str]:
    """The codes whose path a shipment may explain: its receiver sold them or used them up, and no other record leads there."""
    keys = [holding_key(said.to, goods) for goods in {line.goods for line in said.lines}]
    gone: set[str] = set()
    for records in about_many(book, keys).values():
        for one in records:
            if isinstance(one.said, (Sale, Shipment, Use, Adjustment)) and one.actor == said.to:
                gone |= {code for line in one.said.lines for code in line.codes or ()}
    by_code = about_many(book, [code_key(code) for code in sorted(gone)])
    return {key for key, records in by_code.items() if hangs_on_shipments(key.removeprefix("code/"), records)}


def _judge_statement(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    try:
        name = StatementId.parse(rest)
    except Refusal:
        return
    for record in live(about(book, subject)):
        # Another issuer may have chosen the same id; records that only refer to it are not judged here.
        if record.header.id == name and record.said is not None:
            yield from own_licence(subject, record, book)
            yield from buyers_licence(subject, record, book)
            yield from under_order(subject, record, book)
            yield from differences(subject, record, book)
            yield from yields(subject, record, book)
            yield from edited(subject, record)
            yield from short_interval(subject, record, book)


def _judge_holding(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    party, _, goods = rest.partition("/")
    try:
        holder, held = PartyId.parse(party), GoodsId.parse(goods)
    except Refusal:
        return
    yield from judge_holding(subject, holder, held, book)


def _judge_voucher(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    kind, _, number = rest.partition("/")
    yield from judge_voucher(subject, kind, number, book)


def _judge_party(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    try:
        party = PartyId.parse(rest)
    except Refusal:
        return
    yield from failing_credit_codes(subject, party, book)


def _judge_goods(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    try:
        goods = GoodsId.parse(rest)
    except Refusal:
        return
    yield from two_declarers(subject, goods, book)


def _judge_phone(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from shared_contact(subject, "phone", rest, book)


def _judge_address(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from shared_contact(subject, "address", rest, book)


_JUDGES: Final[dict[str, Callable[[str, str, Book], Iterator[Finding]]]] = {
    "statement": _judge_statement,
    "holding": _judge_holding,
    "code": judge_code,
    "voucher": _judge_voucher,
    "party": _judge_party,
    "goods": _judge_goods,
    "phone": _judge_phone,
    "address": _judge_address,
}
