"""Erasing what the law wants gone (个人信息保护法 47): which items, what goes with them, and who holds copies.

An erasure is a statement of the registrar like any other: it names items by their places, and whoever reads the log sees that something
was removed, on what ground, and that every proof still holds. The envelope stays: it names parties and statements by random names
only, and without it nobody could tell an erased record of trade from a hidden revocation.

    erase(ledger, [Wanted(statement, kinds=("contact",))], ground="个人信息保护法 47")

Rows go in the transaction that records it (`ledger.store.fold`); pages, the write-ahead log and files right after it
(`ledger.store.erasing`). What left the server before cannot be erased here: `Outcome.copies` lists it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.errors import Conflict, Malformed, TooLarge, UnknownName, Words
from ledger.identifiers import Instant, PartyId, Sha256Hex, StatementId
from ledger.recorder import Placed
from ledger.register import REGISTER_TYPES
from ledger.retention import Keeping, Kept
from ledger.store.book import stored_entries
from ledger.store.engine import reading
from ledger.store.erasing import Due, due_in, is_named
from ledger.views.book import corrected_by, evidence_key, keys_of, statement_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.registering import ErasedPlace, Erasure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.store.book import SqlBook, Stored
    from ledger.store.copies import Copy

#: As many as one erasure may name; more go into several.
STATEMENTS_MAX: Final = 100
_EVIDENCE: Final = "evidence/"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Items of one statement: those at `places`, those of `kinds`, or the `whole` of it. `issuer` where two parties chose one id."""

    statement: StatementId
    issuer: PartyId | None = None
    places: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """The items of one statement that are removed: their places, and of what kind each was (empty where that is no longer known)."""

    seq: int
    issuer: PartyId
    statement: StatementId
    places: Mapping[int, str]

    @property
    def place(self) -> ErasedPlace:
        """As the erasure says it."""
        return ErasedPlace(issuer=self.issuer, statement=self.statement, places=tuple(sorted(self.places)))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another version of a record that was erased from (it was put right, or puts right) which still has items of those kinds."""

    seq: int
    statement: StatementId
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an erasure. `waiting` is what could not be removed yet, `copies` what others hold.

    `early` are floors that had not passed: 个人信息保护法 47 then asks to stop using the data, and leaves erasing to a ground of its own.
    """

    placed: Placed
    said: Erasure
    removed: tuple[Removed, ...]
    files_removed: tuple[Sha256Hex, ...]
    files_kept: tuple[Sha256Hex, ...]
    waiting: tuple[Due, ...]
    copies: tuple[Copy, ...]
    elsewhere: tuple[Elsewhere, ...]
    early: tuple[Kept, ...] = ()


def erase(
    ledger: Ledger, wanted: Sequence[Wanted], *, ground: str, statement_id: StatementId | None = None
) -> Outcome:
    """Record an erasure and remove what it names. Sent again under the same id, the first one's outcome as it stands now."""
    before = None if statement_id is None else _said_before(ledger, statement_id)
    if before is not None and statement_id is not None:
        placed, said = before
        if said.ground != ground or [one.statement for one in said.erased] != [
            one.statement for one in wanted
        ]:
            expected = Words(
                zh="新的编号，或与原记录相同的内容", en="a new id, or the content recorded under it"
            )
            raise Conflict(field="id", came=statement_id, expected=expected)
        return _outcome(ledger, placed, said, removed=_removed_by(ledger, said), files=frozenset())
    removed, files = choose(ledger, wanted)
    early = _still_kept(ledger, removed)
    said = Erasure(ground=ground, erased=tuple(one.place for one in removed))
    (placed,) = ledger.say(ledger.registrar, said, statement_id=statement_id)
    return replace(_outcome(ledger, placed, said, removed=removed, files=files), early=early)


def erase_chosen(ledger: Ledger, groups: Sequence[tuple[Removed, ...]], *, ground: str) -> list[Outcome]:
    """Record one erasure for each group of items, all of them or none."""
    with ledger.book() as book:
        files = [frozenset(_files_of(book, group)) for group in groups]
    said = [Erasure(ground=ground, erased=tuple(one.place for one in group)) for group in groups]
    if not said:
        return []
    placed = ledger.say(ledger.registrar, *said)
    return [
        _outcome(ledger, where, one, removed=group, files=named)
        for where, one, group, named in zip(placed, said, groups, files, strict=True)
    ]


def choose(ledger: Ledger, wanted: Sequence[Wanted]) -> tuple[tuple[Removed, ...], frozenset[Sha256Hex]]:
    """The items that are wanted and still there, and the files that they name. Refuses what names nothing."""
    if not 1 <= len(wanted) <= STATEMENTS_MAX:
        most = STATEMENTS_MAX
        raise TooLarge(
            field="erase",
            came=len(wanted),
            expected=Words(zh=f"1 至 {most} 条记录", en=f"1 to {most} records"),
        )
    removed, seen = list[Removed](), set[int]()
    with ledger.book() as book:
        for number, one in enumerate(wanted):
            field = f"erase[{number}]"
            stored = _stored(book, one, field=field)
            if stored.seq in seen:
                raise Malformed(
                    field=f"{field}.statement",
                    came=one.statement,
                    expected=Words(zh="每条记录一次", en="each record once"),
                )
            seen.add(stored.seq)
            removed.append(_chosen(stored, one, field=field))
        return tuple(removed), frozenset(_files_of(book, removed))


def _stored(book: SqlBook, one: Wanted, *, field: str) -> Stored:
    seq = book.position(one.statement, one.issuer)
    if seq is None:
        expected = Words(zh="已记录的业务记录", en="a recorded statement of the trade")
        raise UnknownName(field=f"{field}.statement", came=one.statement, expected=expected)
    (stored,) = stored_entries(book.connection, book.log_id, [seq])
    # What a correction says decides which record still counts: without it nobody could fold the log again.
    if stored.header.type in REGISTER_TYPES | {Correction.TYPE}:
        expected = Words(
            zh="业务记录（不含登记与撤销）", en="a record of the trade, no register statement or correction"
        )
        raise Malformed(field=f"{field}.statement", came=stored.header.type, expected=expected)
    return stored


def _chosen(stored: Stored, one: Wanted, *, field: str) -> Removed:
    """The places that are meant, of those not erased yet."""
    if sum((bool(one.places), bool(one.kinds), one.whole)) != 1:
        expected = Words(zh="places、kinds、whole 三者之一", en="one of places, kinds, whole")
        raise Malformed(field=field, came="", expected=expected)
    there = {place: item.item.kind for place, item in enumerate(stored.opened) if item is not None}
    if one.places:
        missing = sorted(set(one.places) - there.keys())
        if missing:
            known = "、".join(map(str, there)) or "—"
            raise Malformed(
                field=f"{field}.places",
                came=missing,
                expected=Words(zh=f"尚存的项：{known}", en=f"places still there: {known}"),
            )
        places = {place: there[place] for place in one.places}
    else:
        strange = sorted(set(one.kinds) - set(there.values()))
        if strange or not there:
            known = ", ".join(sorted(set(there.values()))) or "—"
            raise Malformed(
                field=f"{field}.kinds" if one.kinds else f"{field}.whole",
                came=strange or "whole",
                expected=Words(zh=f"尚存的项：{known}", en=f"kinds still there: {known}"),
            )
        places = {place: kind for place, kind in there.items() if one.whole or kind in one.kinds}
    header = stored.header
    return Removed(seq=stored.seq, issuer=header.issuer, statement=header.id, places=places)


def _said_before(ledger: Ledger, statement_id: StatementId) -> tuple[Placed, Erasure] | None:
    with ledger.book() as book:
        seq = book.position(statement_id, book.register.registrar)
        record = None if seq is None else book.records([seq])[seq]
    if record is None or not isinstance(record.said, Erasure):
        return None
    return Placed(seq=record.seq, at_ms=record.at_ms, again=True), record.said


def _removed_by(ledger: Ledger, said: Erasure) -> tuple[Removed, ...]:
    removed = []
    with ledger.book() as book:
        for one in said.erased:
            seq = book.position(one.statement, one.issuer)
            assert seq is not None  # The gate has seen it.
            removed.append(Removed(seq, one.issuer, one.statement, dict.fromkeys(one.places, "")))
    return tuple(removed)


def _outcome(
    ledger: Ledger,
    placed: Placed,
    said: Erasure,
    *,
    removed: tuple[Removed, ...],
    files: frozenset[Sha256Hex],
) -> Outcome:
    items = {one.seq: tuple(one.places) for one in removed}
    with reading(ledger.engine) as connection:
        waiting = due_in(connection, ledger.origin, by_seq=placed.seq)
    with ledger.book() as book:
        named = {one for one in files if is_named(book.connection, ledger.origin, evidence_key(one))}
        elsewhere = tuple(_versions(book, removed))
    late = {one.name for one in waiting}
    return Outcome(
        placed=placed,
        said=said,
        removed=removed,
        files_removed=tuple(sorted((one for one in files - named if str(one) not in late), key=str)),
        files_kept=tuple(sorted(named, key=str)),
        waiting=tuple(waiting),
        copies=tuple(ledger.copies.holding(items, until_ms=placed.at_ms)),
        elsewhere=elsewhere,
    )


def _still_kept(ledger: Ledger, removed: Sequence[Removed]) -> tuple[Kept, ...]:
    """The records whose floor is known and has not passed."""
    today = Instant(ledger.clock()).date_in_shanghai()
    with ledger.book() as book:
        keeping, records = Keeping(book), book.records([one.seq for one in removed])
        kept = [keeping.of(records[one.seq]) for one in removed]
    return tuple(one for one in kept if one.until is not None and not one.may_go(today))


def _files_of(book: SqlBook, removed: Sequence[Removed]) -> set[Sha256Hex]:
    """The files that these items name."""
    places = {one.seq: one.places for one in removed}
    records, found = book.records(places), set[str]()
    for stored in stored_entries(book.connection, book.log_id, places):
        keys = {
            key.removeprefix(_EVIDENCE) for key in keys_of(records[stored.seq]) if key.startswith(_EVIDENCE)
        }
        for place, one in enumerate(stored.opened):
            if one is not None and place in places[stored.seq]:
                found |= keys & set(_texts(one.item.fields))
    return {Sha256Hex.parse(digest) for digest in found}


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _versions(book: SqlBook, removed: Sequence[Removed]) -> Iterator[Elsewhere]:
    """The other versions of these records: a person's name that was put right still stands in the record before."""
    kinds = {one.seq: set(one.places.values()) for one in removed}
    for one in removed:
        for seq in sorted(_chain(book, one.seq) - kinds.keys()):
            (stored,) = stored_entries(book.connection, book.log_id, [seq])
            left = {item.item.kind for item in stored.opened if item is not None} & kinds[one.seq]
            if left:
                yield Elsewhere(seq=seq, statement=stored.header.id, kinds=tuple(sorted(left)))


def _chain(book: SqlBook, seq: int) -> set[int]:
    """Every version of one record, from the first to the latest."""
    found, waiting = {seq}, [seq]
    while waiting:
        record = book.records([waiting[-1]])[waiting.pop()]
        earlier = corrected_by(record)
        before = None if earlier is None else book.position(*earlier)
        near = {mention.seq for mention in book.mentions([statement_key(record.header.id)])}
        after = {
            other.seq
            for other in book.records(near).values()
            if corrected_by(other) == (record.header.id, record.header.issuer)
        }
        for one in ({before} if before is not None else set()) | after:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found
