"""Which subjects a record touches, and what the book says about each: the two functions that keep findings in step with the log.

A *subject* is one of the book's own keys: a statement, a holding, a unit code, a voucher, a party, some goods, a phone or an address.
`judge` is a pure function of a subject and a book; it reads no clock and never raises. `subjects_touched` names every subject whose
judgement may change because of one record: judging those alone gives the same findings as judging everything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal
from ledger.findings.accounts import judge_account, seizure_accounts
from ledger.findings.answers import with_all_answers, with_answers
from ledger.findings.claims import approvals, claims
from ledger.findings.codes import judge_code
from ledger.findings.dates import before_they_were_made, past_their_day
from ledger.findings.disputes import disputed_signature
from ledger.findings.duties import buyers_licence, own_licence, shared_licence
from ledger.findings.fields import missing_fields
from ledger.findings.finding import Finding, grade_order
from ledger.findings.moves import CORRECTIONS_MAX, differences, yields
from ledger.findings.orders_kept import under_order
from ledger.findings.papers import unfit_papers
from ledger.findings.reaching import touched_through
from ledger.findings.reading import live
from ledger.findings.sources import (
    SHARED_BY_MIN,
    failing_credit_codes,
    shared_contact,
    short_interval,
    two_declarers,
)
from ledger.findings.stock import judge_holding
from ledger.findings.substances import banned_in_test, banned_inputs, sold_after_failed_test
from ledger.findings.unnamed import accounts_touched, codes_touched, orders_touched
from ledger.findings.uses import overused
from ledger.findings.vouchers import edited, judge_voucher, unnumbered
from ledger.identifiers import GoodsId, PartyId, StatementId
from ledger.views.book import (
    about,
    about_many,
    corrected_by,
    goods_key,
    keys_of,
    party_key,
    site_key,
    statement_key,
)
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Return, Shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.views.book import Book, Record

#: Keys of the book that are subjects as they stand.
_DIRECT: Final = (
    "holding/",
    "code/",
    "voucher/",
    "document/",
    "licence/",
    *(f"{what}/" for what in SHARED_BY_MIN),
)


def judge(subject: str, book: Book) -> tuple[Finding, ...]:
    """Every finding about one subject, worst first. The same book always gives the same answer."""
    found = _found(subject, book)
    return with_answers(subject, found, book) if found else ()


def judge_many(subjects: Iterable[str], book: Book) -> dict[str, tuple[Finding, ...]]:
    """The subjects that have findings, each with them."""
    judged = {subject: _found(subject, book) for subject in sorted(set(subjects))}
    return with_all_answers({subject: findings for subject, findings in judged.items() if findings}, book)


def _found(subject: str, book: Book) -> list[Finding]:
    """What the records say against this subject, before anybody's answer."""
    what, _, rest = subject.partition("/")
    judging = _JUDGES.get(what)
    return [] if judging is None else sorted(judging(subject, rest, book), key=grade_order)


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
    if record.superseded_by is not None:
        record = replace(record, superseded_by=None)
    said = record.said
    touched = set(subjects_of(record))
    through = touched_through(record, book)
    touched |= _subjects(through.records.values()) | through.subjects
    if isinstance(said, Use):
        touched |= _harvests(said, book)
    elif isinstance(said, (Shipment, Return, Receipt)):
        for one in _exchange(record, book):
            touched |= subjects_of(one)
    touched |= codes_touched(record, book) | orders_touched(record, book)
    return touched | accounts_touched(record, book, _subjects)


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
            yield from seizure_accounts(subject, record, book)
            yield from yields(subject, record, book)
            yield from edited(subject, record)
            yield from short_interval(subject, record, book)
            for judging in _OF_PAPERS:
                yield from judging(subject, record, book)


def _judge_holding(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    party, _, goods = rest.partition("/")
    try:
        holder, held = PartyId.parse(party), GoodsId.parse(goods)
    except Refusal:
        return
    yield from judge_holding(subject, holder, held, book)
    yield from judge_account(subject, holder, held, book)


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


def _judge_document(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from overused(subject, rest, book)


def _judge_licence(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from shared_licence(subject, rest, book)


def _judge_phone(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from shared_contact(subject, "phone", rest, book)


def _judge_address(subject: str, rest: str, book: Book) -> Iterator[Finding]:
    yield from shared_contact(subject, "address", rest, book)


#: What one record says of papers, fields and substances, and whose key stands under it.
_OF_PAPERS: Final[tuple[Callable[[str, Record, Book], Iterator[Finding]], ...]] = (
    approvals,
    claims,
    missing_fields,
    unfit_papers,
    banned_inputs,
    banned_in_test,
    sold_after_failed_test,
    past_their_day,
    before_they_were_made,
    unnumbered,
    disputed_signature,
)

_JUDGES: Final[dict[str, Callable[[str, str, Book], Iterator[Finding]]]] = {
    "statement": _judge_statement,
    "holding": _judge_holding,
    "code": judge_code,
    "voucher": _judge_voucher,
    "party": _judge_party,
    "goods": _judge_goods,
    "document": _judge_document,
    "licence": _judge_licence,
    "phone": _judge_phone,
    "address": _judge_address,
}
