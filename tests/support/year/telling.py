"""From plain data to records: through the ledger's own vocabulary into a book in memory, or through the real recorder into a database."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ledger.identifiers import Instant, PartyId, StatementId
from ledger.register import Credential, Enrolment, Register
from ledger.statement import Header, sign_statement
from ledger.views.book import MemoryBook, Record
from ledger.vocabulary import said_type
from ledger.vocabulary.registering import Credential as CredentialSaid
from tests.support.signing import fixed
from tests.support.year.honest import REGISTRAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.keys import Signer
    from ledger.register import Role
    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said
    from tests.support.stores import FakeClock
    from tests.support.year.parties import Cast
    from tests.support.year.told import Told

ORIGIN = "year.example/0123456789abcdef"
CHINA_MINUTES = 480
LAST_MS = Instant.parse("2029-12-31T00:00:00+08:00").ms
_ROLES: Mapping[str, Role] = {
    "market": "operator",
    "authority": "authority",
    "agriculture_authority": "authority",
    "laboratory": "laboratory",
}


@dataclass(frozen=True, slots=True)
class Library:
    """A book, and where in it each told statement stands."""

    book: MemoryBook
    records: tuple[Record, ...]
    seq_of: Mapping[str, int]


def said_by(one: Told) -> Said:
    """The record that a told body is."""
    return said_type(one.type).read(one.body)


def roles_of(told: Iterable[Told], cast: Cast) -> dict[str, Role]:
    """Whoever says something, or for whom something is said, is on the ledger; and in which role."""
    trades = {one.id: one.trade for one in cast.everybody()}
    speaking = {party for one in told for party in (one.actor, one.on_behalf_of) if party}
    return {
        party: "registrar" if party == REGISTRAR else _ROLES.get(trades.get(party, ""), "enterprise")
        for party in sorted(speaking)
    }


def register_for(roles: Mapping[str, Role], officers: Mapping[str, str]) -> Register:
    """The register as if everybody had been enrolled before the first statement."""
    keys = {}
    for number, (party, role) in enumerate(roles.items()):
        key = fixed(number + 1).public
        keys[key.keyid] = Enrolment(key=key, party=PartyId(party), role=role, custody="custodial", since=-1)
    credentials = {
        number: Credential(number=number, party=PartyId(party), valid_from_ms=0, valid_to_ms=LAST_MS)
        for party, number in officers.items()
    }
    return Register(
        origin=ORIGIN,
        registrar=PartyId(REGISTRAR),
        clock="simulated",
        keys=keys,
        credentials=credentials,
        size=0,
    )


def record_of(one: Told, seq: int) -> Record:
    """One statement as the log would take it, with real items and header; signatures are left out, because answers do not read them."""
    said = said_by(one)
    items = said.to_items()
    header = Header(
        log=ORIGIN,
        id=StatementId(one.id),
        type=one.type,
        issuer=PartyId(one.actor),
        occurred_at=Instant(one.at_ms, CHINA_MINUTES),
        items=tuple(bytes(32) for _ in items),
        on_behalf_of=PartyId(one.on_behalf_of) if one.on_behalf_of else None,
        corrects=StatementId(one.corrects) if one.corrects else None,
    )
    return Record(seq=seq, at_ms=one.recorded_at_ms, header=header, said=said, custody="custodial")


def records_of(told: Sequence[Told]) -> tuple[Record, ...]:
    """All of them, in the order of the log."""
    return tuple(record_of(one, seq) for seq, one in enumerate(told))


def library(told: Sequence[Told], cast: Cast) -> Library:
    """A book in memory that holds all of it."""
    register = register_for(roles_of(told, cast), cast.officers)
    records = records_of(told)
    return Library(
        book=folded(records, register), records=records, seq_of={one.id: seq for seq, one in enumerate(told)}
    )


def folded(records: Iterable[Record], register: Register) -> MemoryBook:
    """The records read into a new book, one after the other."""
    book = MemoryBook(register)
    for record in records:
        book.add(record)
    return book


def recorded(told: Sequence[Told], cast: Cast, ledger: Ledger, clock: FakeClock) -> dict[str, int]:
    """All of it signed and recorded by the real recorder, each at its own time; where each statement stands."""
    signers: dict[str, Signer] = {REGISTRAR: ledger.custodial_signer(ledger.registrar)}
    for number, (party, role) in enumerate(roles_of(told, cast).items()):
        if role != "registrar":
            signers[party] = fixed(number + 1)
            ledger.enrol(PartyId(party), role=role, public=signers[party])
    for office, number_of_card in cast.officers.items():
        if office in signers:
            valid = CredentialSaid(
                number=number_of_card, party=PartyId(office), valid_from_ms=0, valid_to_ms=LAST_MS
            )
            ledger.say(ledger.registrar, valid)
    places: dict[str, int] = {}
    for at_ms, some in groupby(told, key=lambda one: max(one.recorded_at_ms, clock.ms)):
        clock.ms = at_ms
        together = list(some)
        placed = ledger.recorder.record([_signed(one, signers[one.actor], ledger) for one in together])
        places.update({one.id: place.seq for one, place in zip(together, placed, strict=True)})
    return places


def _signed(one: Told, signer: Signer, ledger: Ledger) -> Statement:
    """One statement as its author signs it."""
    return sign_statement(
        said_by(one).to_items(),
        log=ledger.origin,
        statement_id=StatementId(one.id),
        type_name=one.type,
        issuer=ledger.registrar if one.actor == REGISTRAR else PartyId(one.actor),
        occurred_at=Instant(one.at_ms, CHINA_MINUTES),
        signers=[signer],
        on_behalf_of=PartyId(one.on_behalf_of) if one.on_behalf_of else None,
        corrects=StatementId(one.corrects) if one.corrects else None,
    )
