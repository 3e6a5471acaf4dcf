"""People: who acts for which party, and as what. The name is sealed; the id tells nothing and may stand in the log as a key's holder.

Removing somebody removes the row and everything that opened a door: sessions, passkeys, codes, cards. What was recorded meanwhile stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, get_args

from sqlalchemy import delete, insert, select, update

from ledger.accounts.callers import ActingRole
from ledger.errors import LedgerFault, Malformed, Words
from ledger.identifiers import PartyId
from ledger.identifiers.names import RandomId
from ledger.store.sql import Sql
from ledger.store.tables import CardRow, IdentityRow, OnceRow, PasskeyRow, PersonRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection

    from ledger.accounts.office import Office
    from ledger.canonical import Json
    from ledger.register import Role

NAME_CHARACTERS_MAX: Final = 60
CERTIFICATE_CHARACTERS_MAX: Final = 100
RANDOM_BYTES: Final = 10

#: As what people may act for a party of each role. Whoever is not here is refused.
ACTING_OF: Final[Mapping[Role, frozenset[ActingRole]]] = {
    "registrar": frozenset({"registrar", "auditor"}),
    "enterprise": frozenset({"owner", "clerk", "signer", "stall"}),
    "operator": frozenset({"owner", "clerk", "signer", "market_operator", "platform"}),
    "authority": frozenset({"owner", "inspector", "supervisor", "prosecutor", "auditor"}),
    "laboratory": frozenset({"owner", "clerk", "signer", "laboratory"}),
}
#: Who speaks for a party where its people are concerned.
HEADS: Final[frozenset[ActingRole]] = frozenset({"owner", "registrar"})
#: Who comes in by a passkey (or by the agency's own sign-in service) from the first day on.
PASSKEY_ONLY: Final[frozenset[ActingRole]] = frozenset(
    {"signer", "inspector", "supervisor", "prosecutor", "auditor", "registrar"}
)
#: Who may come in by a card or a link.
SMALL: Final[frozenset[ActingRole]] = frozenset({"stall"})

# A telephone as people write it, or an address of electronic mail: what a channel of the operator can reach.
_CONTACT: Final = re.compile(r"\+?[0-9]{5,20}|[!-?A-~]{1,40}@[a-z0-9.-]{3,60}")

_persons = PersonRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_DOORS: Final = (
    SessionRow.__table__.c.person,  # type: ignore[attr-defined]  # set by SQLModel
    PasskeyRow.__table__.c.person,  # type: ignore[attr-defined]  # set by SQLModel
    CardRow.__table__.c.person,  # type: ignore[attr-defined]  # set by SQLModel
    IdentityRow.__table__.c.person,  # type: ignore[attr-defined]  # set by SQLModel
    OnceRow.__table__.c.about,  # type: ignore[attr-defined]  # set by SQLModel
)


class _Row(NamedTuple):
    """What is kept of somebody."""

    id: str
    party: str
    acting: str
    certificate: str | None
    sealed: bytes
    made_ms: int


#: Asked on every request of somebody who has signed in.
_BY_ID: Final = Sql[_Row].selecting("persons", _Row._fields, where="log_id = {} AND id = {}")


@dataclass(frozen=True, slots=True, order=True)
class PersonId(RandomId):
    """Somebody who acts for a party."""

    field: ClassVar[str] = "person"
    prefix: ClassVar[str] = "per_"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may come in. The name is not shown where values are printed."""

    id: PersonId
    party: PartyId
    acting: ActingRole
    name: str = field(repr=False)
    certificate: str | None = None
    #: What the operator's channel can reach: a telephone, mostly.
    contact: str | None = field(default=None, repr=False)
    made_ms: int = 0
    #: Since when somebody may not come in for the time being; None where nothing stands against it.
    suspended_ms: int | None = None


def read_acting(text: str) -> ActingRole:
    """The role of that name."""
    for one in get_args(ActingRole):
        if text == one:
            found: ActingRole = one
            return found
    expected = ", ".join(get_args(ActingRole))
    raise Malformed(field="acting", came=text, expected=Words(zh=expected, en=expected))


def read_name(text: str) -> str:
    """A person's name: something printable, and not long."""
    plain = " ".join(text.split())
    if not 1 <= len(plain) <= NAME_CHARACTERS_MAX or not plain.isprintable():
        most = NAME_CHARACTERS_MAX
        raise Malformed(
            field="name",
            came=text,
            expected=Words(zh=f"1 至 {most} 个字", en=f"1 to {most} letters"),
        )
    return plain


def read_certificate(text: str | None) -> str | None:
    """The number of a certificate as the register may know it; None where none was given."""
    if not text:
        return None
    if len(text) > CERTIFICATE_CHARACTERS_MAX or not text.isprintable():
        most = CERTIFICATE_CHARACTERS_MAX
        expected = Words(zh=f"至多 {most} 个字的证号", en=f"a number of at most {most} letters")
        raise Malformed(field="certificate", came=text, expected=expected)
    return text


def read_contact(text: str) -> str:
    """A telephone or a mail address in its one spelling."""
    plain = re.sub(r"[\s()-]", "", text).lower()
    if not _CONTACT.fullmatch(plain):
        expected = Words(zh="手机号（或邮箱）", en="a telephone number (or a mail address)")
        raise Malformed(field="contact", came=text, expected=expected)
    return plain


def new_person_id(office: Office) -> PersonId:
    """An id that nobody has."""
    return PersonId.new(office.randomness(RANDOM_BYTES))


def add_person(office: Office, connection: Connection, person: Person) -> None:
    """Keep somebody new."""
    row = {
        "log_id": office.log_id,
        "id": str(person.id),
        "party": str(person.party),
        "acting": person.acting,
        "certificate": person.certificate,
        "contact": None if person.contact is None else office.keyed_digest(connection, person.contact),
        "sealed": _sealed(office, person),
        "made_ms": office.clock(),
    }
    connection.execute(insert(_persons), row)


def change_person(office: Office, connection: Connection, person: Person) -> None:
    """Keep what was changed about somebody: as what they act, and whether they may come in."""
    connection.execute(
        update(_persons)
        .where(_persons.c.log_id == office.log_id, _persons.c.id == str(person.id))
        .values(acting=person.acting, sealed=_sealed(office, person))
    )


def _sealed(office: Office, person: Person) -> bytes:
    """What is nobody's business: the name, how to reach them, and that they are kept out for a while."""
    fields: dict[str, Json] = {"name": person.name}
    if person.contact:
        fields["contact"] = person.contact
    if person.suspended_ms is not None:
        fields["suspended_ms"] = person.suspended_ms
    return office.seal(fields, purpose=f"person {person.id}")


def find_person(office: Office, connection: Connection, person: str) -> Person | None:
    """Somebody by the id; None when nobody has it (any more)."""
    for row in _BY_ID.rows(connection, office.log_id, person):
        return _opened(office, _Row._make(row))
    return None


def person_reached(office: Office, connection: Connection, contact: str) -> Person | None:
    """Whom a telephone reaches; the one who was added last, where it is shared."""
    digest = office.keyed_digest(connection, contact)
    found = _read(office, connection, _persons.c.contact == digest)
    return found[-1] if found else None


def persons_of(office: Office, connection: Connection, party: PartyId) -> list[Person]:
    """Everybody who may come in for a party, by when they were added."""
    return _read(office, connection, _persons.c.party == str(party))


def forget_person(office: Office, connection: Connection, person: PersonId) -> None:
    """Remove somebody and every door that stood open to them."""
    for column in _DOORS:
        connection.execute(
            delete(column.table).where(column == str(person), column.table.c.log_id == office.log_id)
        )
    connection.execute(
        delete(_persons).where(_persons.c.log_id == office.log_id, _persons.c.id == str(person))
    )


def _read(office: Office, connection: Connection, which: ColumnElement[bool]) -> list[Person]:
    rows = connection.execute(
        select(*(_persons.c[name] for name in _Row._fields))
        .where(_persons.c.log_id == office.log_id, which)
        .order_by(_persons.c.made_ms, _persons.c.id)
    )
    return [_opened(office, _Row._make(row)) for row in rows]


def _opened(office: Office, row: _Row) -> Person:
    """Somebody as kept, with what lies under the seal."""
    fields = office.unseal(bytes(row.sealed), purpose=f"person {row.id}")
    name, contact = fields.get("name"), fields.get("contact")
    suspended = fields.get("suspended_ms")
    if (
        not isinstance(name, str)
        or not isinstance(contact, str | None)
        or not isinstance(suspended, int | None)
    ):
        message = f"person {row.id} has no name under its seal"
        raise LedgerFault(message)
    return Person(
        id=PersonId.parse(row.id),
        party=PartyId.parse(row.party),
        acting=read_acting(row.acting),
        name=name,
        certificate=row.certificate,
        contact=contact,
        made_ms=row.made_ms,
        suspended_ms=suspended,
    )
